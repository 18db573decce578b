import WasmCompiler
import WasmRuntime
import WebAssembly

/// A compiled module as a file: the module's bytes, its machine code, and the tables of positions in the code.
///
///     header           see ``Header``
///     sections         in the order of ``Section``, each from its offset up to the next one's; the bytes after its contents are zero
///
/// All numbers are little-endian. Rows of tables have their layout in memory, so that they are used where they were read.
///
/// Sections are loaded in pieces of ``PagedBytes/pieceByteCount`` bytes: those of the contents, which are all sections between the header
/// and the code, and those of the code. Each piece has a checksum and a digest (``PieceChecks``), which are the last two sections. The
/// header has the checksum of these, and its own: every byte is covered.
///
/// Machine code cannot be checked for being harmless: an artifact must be trusted like an executable.
package enum ArtifactFormat {
  /// Begins with a byte that begins neither a text nor a module; ends with bytes that text-mode transfer would change.
  package static let magic: [UInt8] = [0x7F, 0x6E, 0x77, 0x61, 0x73, 0x6D, 0x0D, 0x0A]
  static let formatVersion: UInt32 = 4

  /// The limit on an artifact's size. The largest module and its code have 1 GiB each. Files can have holes, which cost their makers nothing.
  static let maximumByteCount = 16 << 30
  /// The limit on functions, as for modules.
  static let maximumFunctionCount = 1_000_000
  /// The limit on the reason why a function is interpreted, with its name. Longer ones are cut.
  static let maximumReasonByteCount = 32 << 10

  /// Whether bytes begin with the magic number of an artifact.
  package static func isArtifact(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.withContiguousStorageIfAvailable { $0.starts(with: magic) } ?? bytes.starts(with: magic)
  }

  enum Section: Int, CaseIterable {
    /// ``CompiledFunction/TrapSite``, by address.
    case traps
    /// ``CompiledFunction/CallSite``, by address.
    case calls
    /// ``CompiledFunction/LiveSite``, by address.
    case liveSites
    /// The sets of these: see ``CodeTables/liveWords``.
    case liveWords
    /// ``InlinedPosition``, each after those that it refers to.
    case inlinedPositions
    // The sections from here up to the module are read when an artifact is opened.
    /// The indices of the functions with code, as `UInt32`, in the order of their addresses.
    case order
    /// ``NativeModule/FunctionRange``, by function.
    case functions
    /// ``BodyRow``, by function; empty in cache entries, whose readers have the module.
    case bodies
    /// ``ProfileRow``; empty if the code is complete.
    case profile
    /// ``RefusalRow``.
    case refusals
    /// The refusals' reasons and the functions' names, in UTF-8.
    case reasons
    /// The module in the binary format.
    case module
    /// Machine code.
    case code
    /// The checksums of the pieces of the contents, then of those of the code.
    case checksums
    /// Their digests; empty if functions that ran seldom have no code.
    case digests

    /// The size of a row in bytes.
    var rowByteCount: Int {
      switch self {
      case .functions: MemoryLayout<NativeModule.FunctionRange>.stride
      case .order: MemoryLayout<UInt32>.stride
      case .traps: MemoryLayout<CompiledFunction.TrapSite>.stride
      case .calls: MemoryLayout<CompiledFunction.CallSite>.stride
      case .liveSites: MemoryLayout<CompiledFunction.LiveSite>.stride
      case .liveWords: MemoryLayout<UInt64>.stride
      case .inlinedPositions: MemoryLayout<InlinedPosition>.stride
      case .bodies: MemoryLayout<BodyRow>.stride
      case .profile: MemoryLayout<ProfileRow>.stride
      case .refusals: MemoryLayout<RefusalRow>.stride
      case .reasons, .module, .code: 1
      case .checksums: MemoryLayout<UInt64>.stride
      case .digests: MemoryLayout<BLAKE3.Digest>.stride
      }
    }

    static let first = Section.traps
    /// The alignment of offsets.
    static let alignment = 16

    var name: String {
      switch self {
      case .functions, .order: "table of functions"
      case .traps: "table of traps"
      case .calls: "table of calls"
      case .liveSites, .liveWords: "table of live locations"
      case .inlinedPositions: "table of inlined positions"
      case .bodies: "table of bodies"
      case .profile: "profile"
      case .refusals, .reasons: "table of interpreted functions"
      case .module: "module"
      case .code: "machine code"
      case .checksums, .digests: "table of checksums"
      }
    }
  }

  /// The name of the sections between header and code in errors.
  static let contentsName = "module or a table"

  /// The range of a function's body in the module.
  struct BodyRow: BitwiseCopyable {
    var start: UInt32
    var end: UInt32
  }

  /// A function that is left to the interpreter.
  struct RefusalRow: BitwiseCopyable {
    var function: UInt32
    /// The offset of the reason in the texts of all reasons.
    var textStart: UInt32
    var textByteCount: UInt32
    /// The size of the function's name, which follows the reason; 0 if it has none.
    var nameByteCount: UInt32
  }

  /// A function that was used, but has no code yet.
  struct ProfileRow: BitwiseCopyable {
    /// The index among the functions that the module defines.
    var function: UInt32
    /// The number of calls; `UInt32.max` if they were enough to compile it.
    var calls: UInt32
  }

  /// The options that the code was compiled with, as stored in the artifact.
  package struct Options: Hashable, Sendable {
    package var level: OptimizationLevel
    package var isDeterministic: Bool
    package var isInterruptible: Bool
    package var processor: ProcessorFeatures
    package var checksBounds: Bool
    /// Which costs of fuel the code charges; 0 if none: ``ArtifactFormat/fuelIdentity(_:)``.
    package var fuelIdentity: UInt64 = 0
    /// The proposals that the module was allowed to use when it was validated.
    package var features: Features
    /// Whether functions that ran seldom have no code: see ``TierCompiler``. Only cache entries are so.
    package var isPartial = false
  }
}

extension ArtifactFormat.Section: Comparable {
  static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

// MARK: Header

extension ArtifactFormat {
  /// The header's fields by their offsets.
  enum Header {
    static let formatVersion = 8
    /// ``Architecture``.
    static let architecture = 12
    /// The checksum of all other bytes of the header.
    static let checksum = 16
    static let totalByteCount = 24
    /// ``CompilerIdentity``.
    static let compiler = 32
    static let processor = 40
    static let features = 44
    static let level = 48
    /// Bit 0: deterministic; bit 1: interruptible; bit 2: partial; bit 3: checks bounds.
    static let flags = 49
    /// ``ArtifactFormat/fuelIdentity(_:)``.
    static let fuel = 56
    /// The release that made it, for messages: UTF-8, padded with zeros.
    static let release = 64
    static let releaseByteCount = 24
    /// The checksum of ``Section/checksums`` and ``Section/digests``, with the zeros after them.
    static let checksumOfChecks = 88
    /// A ``SectionEntry`` for each section.
    static let sections = 96
    static let byteCount = (sections + Section.allCases.count * MemoryLayout<SectionEntry>.stride + 15) & ~15
  }

  struct SectionEntry: BitwiseCopyable {
    var offset: UInt64
    /// The size without the zeros after it.
    var byteCount: UInt64
  }

  static let deterministicFlag: UInt8 = 1
  static let interruptibleFlag: UInt8 = 2
  static let partialFlag: UInt8 = 4
  static let boundsFlag: UInt8 = 8
  static let allFlags = deterministicFlag | interruptibleFlag | partialFlag | boundsFlag

  /// The name of the architecture that the compiler generates code for.
  package static let targetName = NativeBackend.architecture.name

  /// A number for costs of fuel; 0 for none.
  package static func fuelIdentity(_ costs: FuelCosts?) -> UInt64 {
    guard let costs else { return 0 }
    return max(costs.words.withUnsafeBytes { Checksum.of($0) }, 1)
  }

  /// Writes the checksum of a header that is otherwise complete.
  package static func seal(_ header: UnsafeMutableRawBufferPointer) {
    header.storeBytes(
      of: headerChecksum(UnsafeRawBufferPointer(header)), toByteOffset: Header.checksum, as: UInt64.self)
  }

  /// The checks of all pieces of an artifact: of its contents, then of its code, which ends with its section's zeros.
  static func pieceChecks(_ artifact: UnsafeRawBufferPointer, code: Range<Int>, isPartial: Bool) -> PieceChecks {
    PieceChecks(artifact, [Header.byteCount..<code.lowerBound, code], hasDigests: !isPartial)
  }

  static func headerChecksum(_ header: UnsafeRawBufferPointer) -> UInt64 {
    let front = Checksum.of(UnsafeRawBufferPointer(rebasing: header[..<Header.checksum]))
    return Checksum.of(
      UnsafeRawBufferPointer(rebasing: header[(Header.checksum + 8)..<Header.byteCount]), seed: front)
  }
}
