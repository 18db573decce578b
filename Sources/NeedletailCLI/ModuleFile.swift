import Needletail
import WasmBinary
import WasmRuntime
import WasmText
import WebAssembly

/// A module that the user named, read and, if it is text, assembled; or one that was compiled before.
struct ModuleFile {
  /// What names of artifacts end with.
  static let artifactSuffix = ".nwasm"

  /// As the user gave it; `-` for standard input.
  let path: String
  /// The module in the binary format.
  private(set) var bytes: [UInt8]
  /// Where in the text the instructions stand, if it was a text.
  private let sourceMap: SourceMap?
  /// The module with its machine code, if it was compiled before.
  let artifact: Artifact?
  /// The module, if it was decoded.
  private(set) var structure: WebAssembly.Module?

  static let legacyText = OptionDefinition.flag(
    "legacy-text", "Accept the text format of the years before the standard, with words such as get_local and anyfunc")

  /// - Throws: `FileError`; `CommandError` with the place if the text is malformed, or if it is an artifact that cannot be used.
  init(path: String, legacyDialect: Bool) throws {
    if let file = try Self(artifact: path) {
      self = file
    } else {
      try self.init(path: path, contents: Files.read(path), legacyDialect: legacyDialect)
    }
  }

  /// What a file holds of a module that is to be run, which is all but debugging information.
  static func readToRun(_ path: String) throws(FileError) -> [UInt8] {
    try Files.read(path) { DebugSections.rest(ofModuleOf: $0, read: $1) }
  }

  /// Decodes what ``readToRun(_:)`` gave. What is wrong with it is told when the module is loaded.
  mutating func decodeToRun() throws(FileError) {
    guard structure == nil else { return }
    structure = try? Decoder.decode(bytes)
    // Places of errors are those in the whole file.
    if structure == nil, sourceMap == nil, path != "-" { bytes = try Files.read(path) }
  }

  /// The artifact that a file is, of which only what is needed is read; nil if it is something else.
  ///
  /// - Throws: `CommandError` if it cannot be used.
  init?(artifact path: String) throws(CommandError) {
    let beginning = path == "-" ? [] : Files.beginning(of: path, byteCount: Artifact.magicByteCount)
    // Something else with this name is taken for a damaged artifact, not for a text; but for modules.
    let isDamaged = path.hasSuffix(Self.artifactSuffix) && beginning.first != 0 && Files.isOrdinary(path)
    guard Artifact.isArtifact(beginning) || isDamaged else { return nil }
    self.init(path, try Self.artifact(path) { try Artifact(path: path) })
  }

  /// - Throws: `CommandError` with the place if the text is malformed, or if it is an artifact that cannot be used.
  init(path: String, contents: [UInt8], legacyDialect: Bool) throws(CommandError) {
    if Artifact.isArtifact(contents) {
      self = Self(path, try Self.artifact(path) { try Artifact(contents) })
      return
    }
    self.path = path
    artifact = nil
    if contents.isEmpty, !path.hasSuffix(".wasm") {
      throw CommandError("\(Self.displayName(path)): expected a module, found nothing")
    }
    if Self.isBinary(contents, path: path) {
      guard !legacyDialect || contents.first != 0 else {
        throw CommandError("\(Self.displayName(path)): --legacy-text is for texts, found the binary format")
      }
      bytes = contents
      sourceMap = nil
      return
    }
    if let format = FileFormat(contents), format.isForeign {
      throw CommandError("\(Self.displayName(path)): expected a module, found \(format)")
    }
    do {
      let module = try assembleModule(contents, options: WatOptions(legacyDialect: legacyDialect))
      bytes = module.bytes
      sourceMap = module.sourceMap
    } catch {
      throw CommandError("\(Self.displayName(path)):\(lines: error.rendered)")
    }
  }

  /// Decodes the module, which need not be valid.
  ///
  /// - Throws: `CommandError` with the place if it is malformed.
  func decode() throws(CommandError) -> WebAssembly.Module {
    if let structure { return structure }
    do throws(DecodingError) {
      return try Decoder.decode(bytes)
    } catch {
      throw malformed(error)
    }
  }

  /// The message for an error in the binary format.
  func malformed(_ error: DecodingError) -> CommandError {
    CommandError("\(place(error.offset))malformed module: \(error)", hints: hints(for: error.message))
  }

  /// Tells the user that the file is an artifact, if it is, where only the module in it counts.
  func noteIfArtifact() {
    if artifact != nil {
      Terminal.note("\(displayName) is an artifact of 'needletail compile': this is about the module in it")
    }
  }

  private init(_ path: String, _ artifact: Artifact) {
    self.path = path
    self.artifact = artifact
    structure = artifact.structure
    bytes = artifact.structure.bytes
    sourceMap = nil
  }

  private static func artifact(_ path: String, _ read: () throws -> Artifact) throws(CommandError) -> Artifact {
    do {
      return try read()
    } catch {
      throw CommandError("\(displayName(path)): \(error)")
    }
  }

  /// Whether the name says that the file is an artifact.
  var isNamedAsArtifact: Bool { path.hasSuffix(Self.artifactSuffix) }

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

  /// - Throws: `CommandError` if a file that is to be written is this one.
  func checkIsNot(output: String) throws(CommandError) {
    guard path != "-", output != "-", path == output || Files.isSame(path, output) else { return }
    throw CommandError("'\(output)' would be overwritten", hints: ["name another file with --output"])
  }

  /// Decodes and validates the module.
  ///
  /// - Parameter usesArtifact: whether code that was compiled before is used.
  /// - Throws: `CommandError` with the place if it is malformed, invalid or too large.
  func load(_ engine: Engine, usesArtifact: Bool = true) throws -> Needletail.Module {
    do {
      if let artifact, usesArtifact { return try Needletail.Module(engine, unsafeArtifact: artifact) }
      let text = sourceMap.flatMap { ModuleText($0, path: path == "-" ? nil : Files.absolutePath(path), engine) }
      return try Needletail.Module(engine, decoded: structure ?? Decoder.decode(bytes), text: text)
    } catch let error as ArtifactError {
      throw CommandError("\(displayName): \(error)")
    } catch let error as ValidationError {
      throw CommandError("\(place(error.offset))invalid module: \(error)", hints: hints(for: error.message))
    } catch let error as DecodingError {
      throw malformed(error)
    } catch let error as LimitExceeded {
      throw CommandError("\(displayName): \(error)")
    }
  }

  /// How to turn on the proposal that the module needs, if that is what is wrong.
  private func hints(for message: String) -> [Message] {
    let missing = Features.names.first { message.hasSuffix("needs the proposal \($0.name), which is off") }
    return missing.map { ["--features \($0.name) turns it on"] } ?? []
  }

  /// `file: `, or `file:line:column: ` if the module was a text.
  private func place(_ offset: Int) -> String {
    guard let location = sourceMap?.location(at: offset) else { return "\(displayName): " }
    return "\(displayName):\(location): "
  }
}
