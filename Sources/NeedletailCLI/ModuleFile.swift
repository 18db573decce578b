import Needletail
import WasmText

/// A module that the user named, read and, if it is text, assembled.
struct ModuleFile {
  /// As the user gave it; `-` for standard input.
  let path: String
  /// The module in the binary format.
  let bytes: [UInt8]
  /// Where in the text the instructions stand, if it was a text.
  private let sourceMap: SourceMap?

  static let legacyText = OptionDefinition.flag(
    "legacy-text", "Accept the text format of the years before the standard, with words such as get_local and anyfunc")

  /// - Throws: `FileError`; `CommandError` with the place if the text is malformed.
  init(path: String, legacyDialect: Bool) throws {
    try self.init(path: path, contents: Files.read(path), legacyDialect: legacyDialect)
  }

  /// - Throws: `CommandError` with the place if the text is malformed.
  init(path: String, contents: [UInt8], legacyDialect: Bool) throws(CommandError) {
    self.path = path
    if Self.isBinary(contents, path: path) {
      bytes = contents
      sourceMap = nil
      return
    }
    do {
      let module = try assembleModule(contents, options: WatOptions(legacyDialect: legacyDialect))
      bytes = module.bytes
      sourceMap = module.sourceMap
    } catch {
      throw CommandError("\(Self.displayName(path)):\(error.rendered)")
    }
  }

  /// Whether these are meant to be the bytes of a module rather than a text.
  private static func isBinary(_ contents: [UInt8], path: String) -> Bool {
    contents.first == 0 || path.hasSuffix(".wasm")
  }

  static func displayName(_ path: String) -> String { path == "-" ? "standard input" : path }

  var displayName: String { Self.displayName(path) }

  /// The file's name without its folder.
  var fileName: String { path == "-" ? displayName : path.split(separator: "/").last.map(String.init) ?? path }

  /// The file's name without folder and extension.
  var baseName: String { fileName.lastIndex(of: ".").map { String(fileName[..<$0]) } ?? fileName }

  /// Decodes and validates the module.
  ///
  /// - Throws: `CommandError` with the place if it is malformed, invalid or too large.
  func load(_ engine: Engine) throws -> Module {
    do {
      return try Module(engine, bytes: bytes)
    } catch let error as ValidationError {
      throw CommandError("\(place(error.offset))invalid module: \(error)", hints: hints(for: error))
    } catch let error as DecodingError {
      throw CommandError("\(place(error.offset))malformed module: \(error)")
    } catch let error as LimitExceeded {
      throw CommandError("\(displayName): \(error)")
    }
  }

  /// How to turn on the proposal that the module needs, if that is what is wrong.
  private func hints(for error: ValidationError) -> [String] {
    let missing = Features.names.first { error.message.hasSuffix("needs the proposal \($0.name), which is off") }
    return missing.map { ["--features \($0.name) turns it on"] } ?? []
  }

  /// `file: `, or `file:line:column: ` if the module was a text.
  private func place(_ offset: Int) -> String {
    guard let location = sourceMap?.location(at: offset) else { return "\(displayName): " }
    return "\(displayName):\(location): "
  }
}
