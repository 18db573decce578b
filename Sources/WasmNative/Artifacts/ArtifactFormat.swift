import WasmCompiler
import WasmRuntime
import WebAssembly

/// A compiled module as a file: the module's bytes, its machine code, and the tables of positions in the code.
///
///     header           see ``Header``
///     sections         in the order of ``Section``, each from its offset up to the next one's; the bytes after its contents are zero
///
/// All numbers are little-endian. Rows of tables have their layout in memory, so that they are used where they were read. Each section,
/// up to the next one, has a checksum, and the header, which contains these, has its own: every byte is covered.
///
/// Machine code cannot be checked for being harmless: an artifact must be trusted like an executable.
package enum ArtifactFormat {
  /// Begins with a byte that begins neither a text nor a module; ends with bytes that text-mode transfer would change.
  package static let magic: [UInt8] = [0x7F, 0x6E, 0x77, 0x61, 0x73, 0x6D, 0x0D, 0x0A]
  static let formatVersion: UInt32 = 3

  /// Whether bytes begin with the magic number of an artifact.
  package static func isArtifact(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.withContiguousStorageIfAvailable { $0.starts(with: magic) } ?? bytes.starts(with: magic)
  }

  enum Section: Int, CaseIterable {
    /// ``NativeModule/FunctionRange``, by function.
    case functions
    /// The indices of the functions with code, as `UInt32`, in the order of their addresses.
    case order
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
    /// ``ProfileRow``; empty if the code is complete.
    case profile
    /// ``RefusalRow``.
    case refusals
    /// The refusals' reasons, in UTF-8.
    case reasons
    /// The module in the binary format.
    case module
    /// Machine code, at a multiple of the page size.
    case code

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
      case .profile: MemoryLayout<ProfileRow>.stride
      case .refusals: MemoryLayout<RefusalRow>.stride
      case .reasons, .module, .code: 1
      }
    }

    /// The alignment of the section's offset.
    var alignment: Int { self == .code ? codeAlignment : 16 }

    /// The sections that are tables, which are adjacent.
    static let tables = Section.functions...Section.reasons

    var name: String {
      switch self {
      case .functions, .order: "table of functions"
      case .traps: "table of traps"
      case .calls: "table of calls"
      case .liveSites, .liveWords: "table of live locations"
      case .inlinedPositions: "table of inlined positions"
      case .profile: "profile"
      case .refusals, .reasons: "table of interpreted functions"
      case .module: "module"
      case .code: "machine code"
      }
    }
  }

  static let codeAlignment = 4096

  /// A function that is left to the interpreter.
  struct RefusalRow: BitwiseCopyable {
    var function: UInt32
    /// The offset of the reason in the texts of all reasons.
    var textStart: UInt32
    var textByteCount: UInt32
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
    package var fuelIdentity: UInt32 = 0
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
    static let fuel = 52
    /// The release that made it, for messages: UTF-8, padded with zeros.
    static let release = 56
    static let releaseByteCount = 24
    /// A ``SectionEntry`` for each section.
    static let sections = 80
    static let byteCount = (sections + Section.allCases.count * MemoryLayout<SectionEntry>.stride + 15) & ~15
  }

  struct SectionEntry: BitwiseCopyable {
    var offset: UInt64
    /// The size without the zeros after it.
    var byteCount: UInt64
    var checksum: UInt64
  }

  static let deterministicFlag: UInt8 = 1
  static let interruptibleFlag: UInt8 = 2
  static let partialFlag: UInt8 = 4
  static let boundsFlag: UInt8 = 8
  static let allFlags = deterministicFlag | interruptibleFlag | partialFlag | boundsFlag

  /// The name of the architecture that the compiler generates code for.
  package static let targetName = NativeBackend.architecture.name

  /// A number for costs of fuel; 0 for none.
  package static func fuelIdentity(_ costs: FuelCosts?) -> UInt32 {
    guard let costs else { return 0 }
    return UInt32(truncatingIfNeeded: costs.words.withUnsafeBytes { Checksum.of($0) }) | 1
  }

  /// Writes the checksum of a header that is otherwise complete.
  package static func seal(_ header: UnsafeMutableRawBufferPointer) {
    header.storeBytes(
      of: headerChecksum(UnsafeRawBufferPointer(header)), toByteOffset: Header.checksum, as: UInt64.self)
  }

  static func headerChecksum(_ header: UnsafeRawBufferPointer) -> UInt64 {
    let front = Checksum.of(UnsafeRawBufferPointer(rebasing: header[..<Header.checksum]))
    return Checksum.of(
      UnsafeRawBufferPointer(rebasing: header[(Header.checksum + 8)..<Header.byteCount]), seed: front)
  }
}
