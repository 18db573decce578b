import Needletail
import WasmBinary
import WasmComponent
import WasmText
import WebAssembly

/// A component file, read and, if it is text, parsed.
struct ComponentFile {
  /// The path as the user wrote it; `-` for standard input.
  let path: String
  let component: Component
  /// The text; nil if the file was binary.
  private let text: [UInt8]?

  /// A file that can be a module or a component.
  enum Opened {
    case module(ModuleFile)
    case component(ComponentFile)
  }

  /// What to do with a component where a module is needed.
  static let hints: [Message] = [
    "components cannot be run yet: build for WASI preview 1, such as wasm32-wasip1",
    "'validate', 'print' and 'parse' take components",
  ]

  /// Reads a module or a component.
  ///
  /// - Parameter limits: the limits of the modules in a binary component.
  /// - Throws: as ``ModuleFile/init(oneOf:legacyDialect:)``; `CommandError` with the place if a component is malformed.
  static func open(_ path: String, legacyDialect: Bool, limits: ModuleLimits = .init()) throws -> Opened {
    if let file = try ModuleFile(artifact: path) { return .module(file) }
    let contents = try Files.read(path)
    if isText(contents) || isBinary(contents) {
      return .component(try ComponentFile(path, contents, limits))
    }
    return .module(try ModuleFile(path: path, contents: .complete(contents), legacyDialect: legacyDialect))
  }

  /// Whether a file is a component in the text format.
  static func isText(_ contents: [UInt8]) -> Bool { contents.first != 0 && ComponentParser.recognizes(contents) }

  /// Whether a file is a component in the binary format, of any version.
  private static func isBinary(_ contents: [UInt8]) -> Bool {
    contents.starts(with: Component.header[..<4]) && contents.dropFirst(6).starts(with: Component.header[6...])
  }

  private init(_ path: String, _ contents: [UInt8], _ limits: ModuleLimits) throws(CommandError) {
    self.path = path
    let name = ModuleFile.displayName(path)
    guard Self.isText(contents) else {
      text = nil
      component = try Self.decode(contents, name, limits)
      return
    }
    text = contents
    do throws(ParseError) { component = try ComponentParser.parse(contents) } catch {
      throw CommandError(
        "\(name):\(lines: error.rendered)", hints: path.hasSuffix(".wast") ? ["'needletail wast' runs scripts"] : [])
    }
    // The decoder checks limits.
    if limits != ModuleLimits() { _ = try Self.decode(ComponentEncoder.encode(component), name, limits) }
  }

  private static func decode(_ bytes: [UInt8], _ name: String, _ limits: ModuleLimits) throws(CommandError) -> Component
  {
    do throws(DecodingError) { return try ComponentDecoder.decode(bytes, limits: limits) } catch {
      throw CommandError(error.limit.map { "\(name): \($0)" } ?? "\(name): malformed component: \(error)")
    }
  }

  var displayName: String { ModuleFile.displayName(path) }

  /// Whether the component was read as a text.
  var isText: Bool { text != nil }

  /// The component in the binary format.
  var encoded: [UInt8] { ComponentEncoder.encode(component) }

  /// Checks that the component is valid.
  ///
  /// - Throws: `CommandError` with the place if it is not.
  func validate(_ configuration: Engine.Configuration) throws(CommandError) {
    do throws(LoadingError) {
      try ComponentValidator.validate(component, features: configuration.features)
    } catch {
      switch error {
      case .malformed(let inner): throw located("malformed component", inner.message, "\(inner)", inner.offset)
      case .invalid(let inner):
        var error = located("invalid component", inner.message, "\(inner)", inner.offset)
        if let names = inner.missingFeature?.names {
          error.hints.append("--features \(names.joined(separator: ",")) turns \(names.count == 1 ? "it" : "them") on")
        }
        throw error
      case .limitExceeded(let inner): throw CommandError("\(displayName): \(inner)")
      }
    }
  }

  /// The component in the text format.
  ///
  /// - Throws: `CommandError` if the code of a function is malformed.
  func print(_ options: WatPrinter.Options) throws(CommandError) -> String {
    do throws(DecodingError) { return try ComponentPrinter.print(component, options: options) } catch {
      throw CommandError("\(displayName): malformed component: \(error)")
    }
  }

  /// An error at a line of the text, or at an offset of the binary.
  private func located(_ what: String, _ message: String, _ description: String, _ offset: Int) -> CommandError {
    guard let text else { return CommandError("\(displayName): \(what): \(description)") }
    let error = text.withUnsafeBufferPointer { ParseError("\(what): \(message)", at: offset, in: $0) }
    return CommandError("\(displayName):\(lines: error.rendered)")
  }
}
