import WasmBinary
import WasmCompiler
import WasmRuntime
import WebAssembly

/// A module that was compiled before, with its machine code.
///
/// ```swift
/// let compiling = Engine(configuration)  // configuration.engine = .jit(.aggressive)
/// try Module(compiling, bytes: bytes).artifact().write(to: file)
///
/// let module = try Module(engine, unsafeArtifact: Artifact(path: "app.nwasm"))
/// ```
///
/// An artifact is for one version of Needletail, one kind of processor, and the features that this was allowed to have
/// (``Engine/Configuration/processor``). What is foreign, older, truncated or altered is refused by a typed error.
///
/// - Important: That finds accidents, not enemies: machine code cannot be checked for being harmless. Load artifacts only from where you
///   would load executables.
public final class Artifact: Sendable {
  let reader: ArtifactReader
  /// The module as it stands in the binary format. Sections with debugging information are left out unless they were asked for.
  public let structure: WebAssembly.Module

  /// Whether bytes begin as artifacts do.
  public static func isArtifact(_ bytes: some Collection<UInt8>) -> Bool { ArtifactFormat.isArtifact(bytes) }

  /// How many bytes tell whether it is one.
  public static let magicByteCount = ArtifactFormat.magic.count

  /// Reads an artifact.
  ///
  /// - Throws: `ArtifactError`.
  public convenience init(_ bytes: [UInt8]) throws { try self.init(ArtifactReader(.bytes(bytes))) }

  /// Reads an artifact from a file.
  ///
  /// - Throws: `ArtifactError`.
  public convenience init(path: String) throws { try self.init(ArtifactReader(.file(ArtifactFile(path: path)))) }

  init(_ reader: ArtifactReader) throws {
    self.reader = reader
    do throws(DecodingError) {
      structure = try Decoder.decode(reader.module)
    } catch {
      throw ArtifactError.altered(part: "module")
    }
  }

  /// How much work was done to make the code fast.
  public var level: OptimizationLevel { reader.options.level }
}

extension Module {
  /// Loads a module that was compiled before. Its code is executed if the engine compiles modules; otherwise it is interpreted.
  ///
  /// Unsafe if the engine compiles: the machine code runs as it is, outside of the sandbox. Load only what you would run as an executable.
  ///
  /// - Parameters:
  ///   - engine: what the module is to run on.
  ///   - artifact: what ``artifact(includingDebugInformation:)`` made.
  /// - Throws: `ArtifactError` if the code is for a processor that has more than this one, or the engine's configuration promises what the
  ///   code was not compiled for; `ValidationError` if the module needs a proposal that is off; `LimitExceeded`.
  /// - Complexity: O(size of the artifact).
  public convenience init(_ engine: Engine, unsafeArtifact artifact: Artifact) throws {
    guard let compiler = engine.compiler else {
      // Nothing that was said about the code is relied upon.
      try self.init(engine, decoded: artifact.structure)
      return
    }
    let reader = artifact.reader
    // Function bodies were validated before they were compiled.
    let wereAllowed = reader.options.features.isSubset(of: engine.configuration.features)
    try Self.validate(
      artifact.structure, engine, functions: wereAllowed ? reader.interpretedFunctions : nil)
    try self.init(engine, validated: artifact.structure) { try compiler.load(reader, for: $0.image) }
  }

  /// The module with its machine code, to be loaded by ``init(_:unsafeArtifact:)`` in another process.
  ///
  /// - Parameter includingDebugInformation: whether sections whose names begin with `.debug_` are kept.
  /// - Throws: `ArtifactError.noCompiler` if the engine interprets, or there is no memory to compile all functions of a module whose
  ///   functions are compiled when they are called.
  public func artifact(includingDebugInformation: Bool = false) throws(ArtifactError) -> [UInt8] {
    guard let compiled, let compiler = engine.compiler, let compiled = try? compiler.complete(compiled) else {
      throw .noCompiler
    }
    return ArtifactFormat.write(
      compiled, module: structure.artifactBytes(includingDebugInformation: includingDebugInformation),
      options: compiler.artifactOptions(features: engine.configuration.features))
  }
}

extension WebAssembly.Module {
  /// Where custom sections begin behind which no other section stands. What is before decides what the code does.
  var trailingCustomSectionsStart: Int {
    var end = bytes.count
    for section in customSections.reversed() where section.data.upperBound == end { end = section.offset }
    return end
  }

  fileprivate func artifactBytes(includingDebugInformation: Bool) -> [UInt8] {
    let start = trailingCustomSectionsStart
    let isDropped = { (section: CustomSection) in section.offset >= start && DebugSections.isName(section.name) }
    if includingDebugInformation || !customSections.contains(where: isDropped) { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    result += bytes[..<start]
    for section in customSections where section.offset >= start && !DebugSections.isName(section.name) {
      result += bytes[section.offset..<section.data.upperBound]
    }
    return result
  }
}
