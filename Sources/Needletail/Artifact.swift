import WasmBinary
import WasmCompiler
import WasmNative
import WasmRuntime
import WebAssembly

/// A module with its machine code, compiled earlier.
///
/// ```swift
/// configuration.execution = .jit(.aggressive)
/// let engine = Engine(configuration)
/// let artifact = try Module(engine, bytes: bytes).artifact()
/// // Later, perhaps in another process, with the bytes of the artifact or the path of its file:
/// let module = try Module(engine, unsafeArtifact: Artifact(artifact))
/// ```
///
/// An artifact is for one version of Needletail, one architecture, and the processor features that its compilation was allowed to use
/// (``Engine/Configuration/processor``). Loading anything else, or a truncated or damaged artifact, throws a typed error.
///
/// - Important: These checks detect accidents, not attacks: nothing can show that machine code is harmless. Load artifacts only from
///   sources from which you would run executables.
public final class Artifact: Sendable {
  let reader: ArtifactReader
  /// The module in its binary form, whose function bodies were not read. Debugging sections are left out unless they were included on
  /// request.
  package let structure: WebAssembly.Module
  /// The name of its file for backtraces, without its folder; nil if it is not from a file.
  let fileName: String?

  /// Whether bytes begin with the magic number of an artifact.
  public static func isArtifact(_ bytes: some Collection<UInt8>) -> Bool { ArtifactFormat.isArtifact(bytes) }

  /// The number of bytes that ``isArtifact(_:)`` needs.
  public static let magicByteCount = ArtifactFormat.magic.count

  /// Reads an artifact.
  ///
  /// - Parameter bytes: the whole artifact.
  /// - Throws: `ArtifactError` if it is not an artifact, damaged, or made by another version or for another architecture.
  public convenience init(_ bytes: [UInt8]) throws { try self.init(bytes, fileName: nil) }

  package convenience init(
    _ bytes: [UInt8], fileName: String? = nil, _ loading: ArtifactLoading = .automatic
  ) throws {
    try self.init(ArtifactReader(.bytes(bytes), loading), fileName: fileName)
  }

  /// Reads an artifact from a file.
  ///
  /// A large file stays open, and its code is read when it is used. If the file has been changed, calls throw `ArtifactError`.
  ///
  /// - Parameter path: the path of the file.
  /// - Throws: `ArtifactError` if the file cannot be read, or is not a usable artifact.
  public convenience init(path: String) throws { try self.init(path: path, .automatic) }

  package convenience init(path: String, _ loading: ArtifactLoading) throws {
    try self.init(
      ArtifactReader(.file(ArtifactFile(path: path)), loading),
      fileName: path.split(separator: "/").last.map(String.init))
  }

  init(_ reader: ArtifactReader, fileName: String?) throws {
    // A cache entry, whose functions mostly have no code.
    guard !reader.options.isPartial, let module = reader.module else { throw ArtifactError.notAnArtifact }
    self.reader = reader
    self.fileName = fileName
    try module.loadStructure { (range) throws(ArtifactError) in try reader.loadModule(range) }
    do throws(DecodingError) {
      structure = try Decoder.decode(module, bodies: reader.bodies)
    } catch {
      throw ArtifactError.altered(part: "module")
    }
  }

  /// The module, all of whose bytes were read and checked.
  ///
  /// - Throws: `ArtifactError` if they are damaged or cannot be read.
  package func completeStructure() throws -> WebAssembly.Module {
    try structure.bytes.load(0..<structure.bytes.count)
    do throws(DecodingError) {
      return try Decoder.decode(structure.bytes)
    } catch {
      throw ArtifactError.altered(part: "module")
    }
  }

  /// The optimization level that the code was compiled with.
  public var level: OptimizationLevel { reader.options.level }
}

extension Module {
  /// Loads a module that was compiled earlier. Its code runs if the engine compiles modules; otherwise the module is interpreted.
  ///
  /// Unsafe if the engine compiles: the machine code runs outside the sandbox. Load only what you would run as an executable.
  ///
  /// - Parameters:
  ///   - engine: the engine that the module runs on.
  ///   - artifact: the result of ``artifact(includingDebugInformation:)``.
  /// - Throws: `ArtifactError` if the code needs processor features that this processor lacks, or was compiled without something that the
  ///   engine's configuration requires; `ValidationError` if the module needs a disabled proposal; `LimitExceeded`.
  /// - Complexity: O(size of the artifact).
  public convenience init(_ engine: Engine, unsafeArtifact artifact: Artifact) throws {
    guard let compiler = engine.compiler else {
      // The machine code and the claims about it are ignored.
      try self.init(engine, decoded: artifact.completeStructure(), fileName: artifact.fileName)
      return
    }
    try Self.check(artifact.structure, engine)
    let reader = artifact.reader
    // Function bodies were validated before they were compiled.
    let wereAllowed = reader.options.features.isSubset(of: engine.configuration.features)
    let structure = wereAllowed ? artifact.structure : try artifact.completeStructure()
    try Self.validate(structure, engine, functions: wereAllowed ? [] : nil)
    // Functions over a compile limit were not necessarily validated.
    let interpreted = wereAllowed ? reader.unvalidatedFunctions : []
    let validate = { @Sendable () throws -> Void in
      try Self.loadBodies(interpreted, of: structure)
      try Self.validate(structure, engine, functions: interpreted)
    }
    try self.init(
      engine, validated: structure, fileName: artifact.fileName, isPrecompiled: true,
      validate: interpreted.isEmpty ? nil : validate
    ) {
      try compiler.load(reader, for: $0.image)
    }
  }

  /// Loads bodies that the interpreter runs.
  private static func loadBodies(_ functions: [Int], of structure: WebAssembly.Module) throws {
    for index in functions {
      guard index < structure.functions.count else { throw ArtifactError.altered(part: "table of functions") }
      let body = structure.functions[index].body
      try structure.bytes.load(body)
      do throws(DecodingError) {
        try Decoder.checkLocals(of: body, in: structure.bytes)
      } catch {
        throw ArtifactError.altered(part: "module")
      }
    }
  }

  /// The module with its machine code, to be loaded by ``init(_:unsafeArtifact:)`` in another process.
  ///
  /// - Parameter includingDebugInformation: whether sections whose names begin with `.debug_` are kept.
  /// - Returns: the bytes of the artifact.
  /// - Throws: `ArtifactError.noCompiler` if the engine interprets, or if there is no memory for compiling all of the module; other
  ///   errors if the module was loaded from an artifact that cannot be read.
  public func artifact(includingDebugInformation: Bool = false) throws(ArtifactError) -> [UInt8] {
    guard let compiler = engine.compiler, let compiled = try? compiler.complete(compiled, of: image) else {
      throw .noCompiler
    }
    try compiled.loadAll()
    return ArtifactFormat.write(
      compiled, module: structure.artifactBytes(includingDebugInformation: includingDebugInformation),
      options: compiler.artifactOptions(features: engine.configuration.features))
  }
}

extension WebAssembly.Module {
  fileprivate func artifactBytes(includingDebugInformation: Bool) -> ModuleBytes {
    let start = trailingCustomSectionsStart
    let isDropped = { (section: CustomSection) in section.offset >= start && DebugSections.isName(section.name) }
    if includingDebugInformation || !customSections.contains(where: isDropped) { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    result += bytes[..<start]
    for section in customSections where section.offset >= start && !DebugSections.isName(section.name) {
      result += bytes[section.offset..<section.data.upperBound]
    }
    return ModuleBytes(result)
  }
}
