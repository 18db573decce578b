import Needletail
import WasmCompiler
import WasmNative

/// Loads artifacts with correct checksums and arbitrary contents. Their code does not run.
///
/// An interpreting engine uses only the module in an artifact, so it also instantiates the result.
struct ArtifactTarget: FuzzTarget {
  private var compiling = EnginePool { $0.execution = .jit(.basic) }
  private var interpreting = EnginePool { _ in }

  private static let limits = Store.Limits(memoryByteCount: 1 << 20, tableElementCount: 10_000, heapByteCount: 1 << 20)

  mutating func run(_ input: [UInt8]) throws -> Bool {
    var bytes = input
    ArtifactFormat.repairChecksums(&bytes)
    guard let artifact = try? Artifact(bytes) else { return true }
    if let module = try? Module(compiling.next(), unsafeArtifact: artifact) {
      _ = module.exports.count + module.imports.count
      guard (try? module.artifact()) != nil else { throw Finding("a loaded artifact cannot be written") }
    }
    let engine = interpreting.next()
    if let module = try? Module(engine, unsafeArtifact: artifact), module.structure.startFunction == nil {
      _ = try? Linker(engine).instantiate(module, in: Store(engine, limits: Self.limits))
    }
    return true
  }

  mutating func mutate(_ input: [UInt8], _ mutation: inout Mutation) -> [UInt8]? {
    let places = ArtifactFormat.headerAndTables(input)
    // Machine code is not parsed, and magic, version and architecture are only compared, so these are not mutated.
    guard places.count > 16, mutation.choices.below(30) != 0 else { return nil }
    var bytes = input
    for _ in 0...mutation.choices.below(3) {
      if mutation.choices.chance(30) {
        let words = ArtifactFormat.sectionTable.count / 8
        let place = ArtifactFormat.sectionTable.lowerBound + 8 * mutation.choices.below(words)
        Self.change(&bytes, at: place, UInt64.self) { $0 &+ mutation.choices.pick(Self.steps) }
      } else {
        let place = (16 + mutation.choices.below(places.count - 16)) & ~3
        let word = Self.word(bytes, (16 + mutation.choices.below(places.count - 16)) & ~3)
        Self.change(&bytes, at: place, UInt32.self) { old in
          switch mutation.choices.below(4) {
          case 0: old ^ 1 << UInt32(mutation.choices.below(32))
          case 1: UInt32(truncatingIfNeeded: mutation.choices.interesting())
          case 2: old &+ UInt32(truncatingIfNeeded: mutation.choices.pick(Self.steps))
          default: word
          }
        }
      }
    }
    return bytes.count <= mutation.maximumSize ? bytes : nil
  }

  /// Changes of offsets and sizes, in two's complement.
  private static let steps: [UInt64] = [1, 4, 8, 12, 16, 32, 64, 4096].flatMap { [$0, 0 &- $0] }

  private static func word(_ bytes: [UInt8], _ place: Int) -> UInt32 {
    bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt32.self) }
  }

  private static func change<T: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: inout [UInt8], at place: Int, _ type: T.Type, _ change: (T) -> T
  ) {
    guard place + MemoryLayout<T>.size <= bytes.count else { return }
    bytes.withUnsafeMutableBytes { bytes in
      let old = bytes.loadUnaligned(fromByteOffset: place, as: T.self)
      bytes.storeBytes(of: change(old), toByteOffset: place, as: T.self)
    }
  }

  static var maximumInputSize: Int { 16_384 }

  /// Artifacts of small modules made by this build. Those of other builds are rejected by version.
  static func seeds(_ source: SeedSource) throws -> [[UInt8]] {
    var engines = EnginePool { $0.execution = .jit(.aggressive) }
    return try source.modules(limit: 150, ModuleMutator.isValid).compactMap { bytes in
      try? Module(engines.next(), bytes: bytes).artifact()
    }.filter { $0.count <= maximumInputSize }
  }
}
