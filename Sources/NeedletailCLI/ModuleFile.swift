import Needletail
import WasmBinary
import WasmText
import WebAssembly

/// A module file, read and, if it is text, assembled; or an artifact.
struct ModuleFile {
  /// The extension of artifacts.
  static let artifactSuffix = ".nwasm"

  /// The path as the user wrote it; `-` for standard input.
  let path: String
  /// The module in the binary format; empty if it is in an artifact.
  let bytes: ModuleBytes
  /// The locations of instructions in the text, if it was a text.
  private let sourceMap: SourceMap?
  /// The module with its machine code, if it was compiled before.
  let artifact: Artifact?
  /// The module, if it was decoded; for an artifact without function bodies.
  private(set) var structure: WebAssembly.Module?

  static let legacyText = OptionDefinition.flag(
    "legacy-text", "Accept the pre-standard text format (2015-2017), with words such as get_local and anyfunc")

  /// Reads the only module of a command.
  ///
  /// - Throws: as ``init(oneOf:legacyDialect:)``; `UsageError` if `--legacy-text` was given and has no effect.
  init(_ parser: ArgumentParser, path: String) throws {
    try self.init(oneOf: path, legacyDialect: parser.has(Self.legacyText))
    try Self.checkLegacyDialect(parser, [self])
  }

  /// Reads one of several modules.
  ///
  /// - Throws: `FileError`; `CommandError` with the place if the text is malformed, or if it is an artifact that cannot be used.
  init(oneOf path: String, legacyDialect: Bool) throws {
    if let file = try Self(artifact: path) {
      self = file
    } else {
      try self.init(path: path, contents: .complete(Files.read(path)), legacyDialect: legacyDialect)
    }
  }

  /// Decodes a module to run. If it is malformed, that is reported when the module is loaded.
  ///
  /// - Parameter deadline: when loading is stopped; nil if its time is not limited.
  /// - Throws: `CommandError` if it exceeds a limit.
  mutating func decodeToRun(_ limits: ModuleLimits, deadline: ContinuousClock.Instant?) throws(CommandError) {
    guard structure == nil else { return }
    do throws(DecodingError) {
      structure = try Decoder.decode(bytes, limits: limits, stops: LoadingDeadline(deadline).stops)
    } catch {
      guard error.limit == nil else { throw malformed(error) }
    }
  }

  /// Opens an artifact, of which only the needed parts are read; nil if the file is something else.
  ///
  /// - Throws: `FileError`; `CommandError` if the artifact cannot be used.
  init?(artifact path: String) throws {
    let beginning = path == "-" ? [] : try Files.beginning(of: path, byteCount: Artifact.magicByteCount)
    // Another file with this extension is a damaged artifact, not a text, unless it begins as a module does.
    let isDamaged = path.hasSuffix(Self.artifactSuffix) && !beginning.isEmpty && beginning.first != 0
    guard Artifact.isArtifact(beginning) || isDamaged else { return nil }
    self.init(path, try Self.artifact(path) { try Artifact(path: path) })
  }

  /// - Throws: `CommandError` with the place if the text is malformed, or if it is an artifact that cannot be used.
  init(path: String, contents: Files.ModuleContents, legacyDialect: Bool) throws {
    switch contents {
    case .complete(let bytes): self = try Self(path: path, bytes: bytes, legacyDialect: legacyDialect)
    case .partial(let bytes):
      self.path = path
      self.bytes = bytes
      artifact = nil
      sourceMap = nil
    }
  }

  private init(path: String, bytes contents: [UInt8], legacyDialect: Bool) throws {
    if Artifact.isArtifact(contents) {
      self = Self(
        path, try Self.artifact(path) { try Artifact(contents, fileName: path == "-" ? Files.standardInputName : path) }
      )
      return
    }
    self.path = path
    artifact = nil
    guard !contents.isEmpty else {
      throw CommandError("\(Self.displayName(path)): expected a module, found an empty file")
    }
    // What begins with NUL may be a module: the decoder names it.
    if let format = FileFormat(contents), format.isComponent || contents.first != 0 && format.isForeign {
      throw CommandError(
        "\(Self.displayName(path)): expected a module, found \(format)",
        hints: format.isComponent ? ComponentFile.hints : [])
    }
    if ComponentFile.isText(contents) {
      throw CommandError(
        "\(Self.displayName(path)): expected a module, found \(FileFormat.componentText)", hints: ComponentFile.hints)
    }
    if Self.isBinary(contents, path: path) {
      bytes = ModuleBytes(contents)
      sourceMap = nil
      return
    }
    guard !contents.prefix(Self.headByteCount).contains(0) else {
      throw CommandError("\(Self.displayName(path)): expected a module, found binary data of another kind")
    }
    do {
      let module = try assembleModule(contents, options: WatOptions(legacyDialect: legacyDialect))
      bytes = ModuleBytes(module.bytes)
      sourceMap = module.sourceMap
    } catch {
      throw CommandError(
        "\(Self.displayName(path)):\(lines: error.rendered)",
        hints: path.hasSuffix(".wast") || Self.isInScript(error) ? ["'needletail wast' runs scripts"] : [])
    }
  }

  /// Whether an error in a text is at a command of a script, or at a second module.
  private static func isInScript(_ error: ParseError) -> Bool {
    let rest = error.sourceLine.unicodeScalars.dropFirst(error.caret).drop { $0 == "(" || $0 == " " }
    let word = String(String.UnicodeScalarView(rest.prefix { $0.isASCII && $0 != " " && $0 != "(" && $0 != ")" }))
    return word.hasPrefix("assert_") || ["invoke", "get", "register", "thread", "wait", "module"].contains(word)
  }

  /// Decodes the module, which need not be valid.
  ///
  /// - Throws: `CommandError` with the place if it is malformed.
  func decode() throws(CommandError) -> WebAssembly.Module {
    if let module = try moduleInArtifact() ?? structure { return module }
    do throws(DecodingError) {
      return try Decoder.decode(bytes)
    } catch {
      throw malformed(error)
    }
  }

  /// The whole module in the binary format.
  ///
  /// - Throws: `CommandError` if it is in an artifact that cannot be read.
  func completeBytes() throws(CommandError) -> [UInt8] {
    Array(try moduleInArtifact()?.bytes ?? bytes)
  }

  /// The module in an artifact, with all of its bytes.
  private func moduleInArtifact() throws(CommandError) -> WebAssembly.Module? {
    guard let artifact else { return nil }
    do {
      return try artifact.completeStructure()
    } catch {
      throw CommandError("\(displayName): \(error)")
    }
  }

  /// The message for an error in the binary format.
  ///
  /// - Parameter isListed: whether the user sees a listing of the module up to the error.
  func malformed(_ error: DecodingError, isListed: Bool = false) -> CommandError {
    if let limit = error.limit { return CommandError("\(displayName): \(limit)") }
    var hints = hints(for: error.missingFeature)
    if error.missingFeature == nil {
      if let cause = cause(of: error) { hints.append(cause) }
      if !isListed, !isText, error.offset > SectionID.moduleHeader.count {
        hints.append("'needletail objdump' lists the module up to this place")
      }
    }
    return CommandError(located("malformed module: \(error)", error.offset), hints: hints)
  }

  /// What has probably happened to a malformed file.
  private func cause(of error: DecodingError) -> Message? {
    // A version that does not exist yet.
    if error.message.hasPrefix("unknown binary version") { return nil }
    if error.message == "magic header not detected" {
      return bytes.prefix(Self.headByteCount).allSatisfy { $0 == 0 }
        ? "the file begins with zeros: was it written completely?"
        : "the file is no module, or its beginning is damaged"
    }
    let isCut: Message = "the file ends after \(ByteCount.format(UInt64(bytes.count))): is it complete?"
    let causes: [(beginning: String, cause: Message)] = [
      ("unexpected end", isCut), ("length out of bounds", isCut),
      // The sections after a cut at the end of another one are missing.
      ("function and code section", isCut), ("data count and data section", isCut),
      ("malformed section id", "the file is damaged there, or something else follows the module"),
      ("malformed UTF-8", "a name in the module is not UTF-8: its compiler or the file is damaged"),
    ]
    return causes.first { error.message.hasPrefix($0.beginning) }?.cause
      ?? "the file is damaged there, or uses a proposal that this version does not have"
  }

  /// Tells the user if the file is an artifact, of which the command only uses the module.
  func noteIfArtifact() {
    if artifact != nil {
      Terminal.note("\(displayName) is an artifact of 'needletail compile', of which only the module is used")
    }
  }

  private init(_ path: String, _ artifact: Artifact) {
    self.path = path
    self.artifact = artifact
    structure = artifact.structure
    bytes = ModuleBytes([])
    sourceMap = nil
  }

  private static func artifact(_ path: String, _ read: () throws -> Artifact) throws(CommandError) -> Artifact {
    do {
      return try read()
    } catch let error as ArtifactError {
      throw CommandError("\(displayName(path)): \(error.message)", hints: error.hints)
    } catch {
      throw CommandError("\(displayName(path)): \(error)")
    }
  }

  /// Whether the name says that the file is an artifact.
  var isNamedAsArtifact: Bool { path.hasSuffix(Self.artifactSuffix) }

  /// The first bytes, in which a text has no NUL.
  private static let headByteCount = 512

  /// Whether the file is read as a binary, not as a text.
  private static func isBinary(_ contents: [UInt8], path: String) -> Bool {
    contents.first == 0 || path.hasSuffix(".wasm")
  }

  /// Whether the module was read as a text. What does not begin with NUL may be a text under another name: that is the better message.
  var isText: Bool { artifact == nil && (sourceMap != nil || bytes.first != 0) }

  /// - Throws: `UsageError` if `--legacy-text` was given, and none of the files is a text.
  static func checkLegacyDialect(_ parser: ArgumentParser, _ files: [ModuleFile]) throws(UsageError) {
    try parser.check(legacyText, files.contains(where: \.isText), "on the binary format")
  }

  static func displayName(_ path: String) -> String { path == "-" ? Files.standardInputName : path }

  var displayName: String { Self.displayName(path) }

  /// The file's name without its folder.
  var fileName: String { path == "-" ? displayName : path.split(separator: "/").last.map(String.init) ?? path }

  /// The file that a command writes without `--output`: in the current folder, with the module's name and another extension. For a module from
  /// standard input, standard output.
  func defaultOutput(_ suffix: String) -> String { Self.defaultOutput(of: path, suffix) }

  /// The same for a file with a path.
  static func defaultOutput(of path: String, _ suffix: String) -> String {
    guard path != "-" else { return "-" }
    let fileName = path.split(separator: "/").last.map(String.init) ?? path
    return (fileName.lastIndex(of: ".").map { String(fileName[..<$0]) } ?? fileName) + suffix
  }

  /// This rule in the help of `--output`.
  static func defaultOutputRule(_ suffix: String) -> String {
    "the default is MODULE\(suffix) in the current directory, or standard output for standard input"
  }

  /// - Parameter option: the option that names the output file.
  /// - Throws: `CommandError` if an output file is this one.
  func checkIsNot(output: String, option: String) throws(CommandError) {
    try Self.checkIsNot(output: output, path, option: option)
  }

  /// The same for a file with a path.
  static func checkIsNot(output: String, _ path: String, option: String) throws(CommandError) {
    guard path != "-", output != "-", path == output || Files.isSame(path, output) else { return }
    throw CommandError("'\(output)' would be overwritten", hints: ["name another file with \(option)"])
  }

  /// Decodes and validates the module.
  ///
  /// - Parameters:
  ///   - usesArtifact: whether code that was compiled before is used.
  ///   - deadline: when loading is stopped; nil if its time is not limited.
  /// - Throws: `CommandError` with the place if it is malformed, invalid or too large; `Trap` if loading was stopped.
  func load(
    _ engine: Engine, usesArtifact: Bool = true, deadline: ContinuousClock.Instant? = nil
  ) throws -> Needletail.Module {
    let limit = LoadingDeadline(deadline)
    try limit.check()
    do {
      return try load(engine, usesArtifact: usesArtifact, stops: limit.stops)
    } catch {
      throw limit.error(for: error)
    }
  }

  private func load(_ engine: Engine, usesArtifact: Bool, stops: StopCheck?) throws -> Needletail.Module {
    do {
      if let artifact, usesArtifact { return try Needletail.Module(engine, unsafeArtifact: artifact) }
      guard let sourceMap else {
        return try Needletail.Module(
          engine,
          decoded: moduleInArtifact() ?? structure
            ?? Decoder.decode(bytes, limits: engine.configuration.moduleLimits, stops: stops),
          fileName: path == "-" ? Files.standardInputName : fileName, stops: stops)
      }
      return try Needletail.Module(
        engine,
        decoded: structure ?? Decoder.decode(bytes, limits: engine.configuration.moduleLimits, stops: stops),
        sourceMap: sourceMap,
        path: path == "-" ? nil : Files.absolutePath(path), name: path == "-" ? Files.standardInputName : path,
        stops: stops)
    } catch let error as ArtifactError {
      throw CommandError("\(displayName): \(error.message)", hints: error.hints)
    } catch let error as ValidationError {
      // With a location in the text, which is printed in front, the offset in the binary says nothing.
      let message = error.location == nil ? "\(error)" : error.message
      throw CommandError(located("invalid module: \(message)", error.offset), hints: hints(for: error.missingFeature))
    } catch let error as DecodingError {
      throw malformed(error)
    } catch let error as LimitExceeded {
      throw CommandError("\(displayName): \(error)")
    }
  }

  /// How to turn on the proposals that the module needs.
  private func hints(for missing: MissingFeature?) -> [Message] {
    guard let names = missing?.names else { return [] }
    return ["--features \(names.joined(separator: ",")) turns \(names.count == 1 ? "it" : "them") on"]
  }

  /// `file: message`, or `file:line:column: message` with the line of the text.
  private func located(_ message: String, _ offset: Int) -> Message {
    guard let error = sourceMap?.error(message, at: offset) else { return "\(displayName): \(message)" }
    return "\(displayName):\(lines: error.rendered)"
  }
}
