import WasmCompiler
import WasmRuntime
import WebAssembly

/// A compiled module as it stands in a file: the module's bytes, its machine code, and the tables of places in the code.
///
///     header           see ``Header``
///     sections         in the order of ``Section``, each from its offset up to the next one's; what is behind its contents is zero
///
/// All numbers are little-endian. Rows of tables stand as they do in memory, so that they are used where they were read to. Each section,
/// up to the next one, has a checksum, and the header, with those, has its own: no byte is left out.
///
/// Machine code cannot be checked for being harmless: an artifact is to be trusted as an executable is.
package enum ArtifactFormat {
  /// Begins with what no text begins with, nor a module; ends with what transfers as text would change.
  package static let magic: [UInt8] = [0x7F, 0x6E, 0x77, 0x61, 0x73, 0x6D, 0x0D, 0x0A]
  static let formatVersion: UInt32 = 2

  /// Whether these bytes begin as artifacts do.
  package static func isArtifact(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: magic) }

  enum Section: Int, CaseIterable {
    /// ``NativeModule/FunctionRange``, by function.
    case functions
    /// The numbers of the functions that have code, as `UInt32`, in the order of their addresses.
    case order
    /// ``CompiledFunction/TrapSite``, by address.
    case traps
    /// ``CompiledFunction/CallSite``, by address.
    case calls
    /// ``InlinedPosition``, each behind those that it refers to.
    case inlinedPositions
    /// ``RefusalRow``.
    case refusals
    /// The refusals' reasons, in UTF-8.
    case reasons
    /// The module in the binary format.
    case module
    /// Machine code, at a multiple of a page's size.
    case code

    /// The size of a row.
    var rowByteCount: Int {
      switch self {
      case .functions: MemoryLayout<NativeModule.FunctionRange>.stride
      case .order: MemoryLayout<UInt32>.stride
      case .traps: MemoryLayout<CompiledFunction.TrapSite>.stride
      case .calls: MemoryLayout<CompiledFunction.CallSite>.stride
      case .inlinedPositions: MemoryLayout<InlinedPosition>.stride
      case .refusals: MemoryLayout<RefusalRow>.stride
      case .reasons, .module, .code: 1
      }
    }

    /// What offsets of the section are multiples of.
    var alignment: Int { self == .code ? codeAlignment : 16 }

    /// The sections that are tables, and stand side by side.
    static let tables = Section.functions...Section.reasons

    var name: String {
      switch self {
      case .functions, .order: "table of functions"
      case .traps: "table of traps"
      case .calls: "table of calls"
      case .inlinedPositions: "table of inlined positions"
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
    /// The reason's place among all.
    var textStart: UInt32
    var textByteCount: UInt32
  }

  /// What the code was compiled for, as the artifact says it.
  package struct Options: Hashable, Sendable {
    package var level: OptimizationLevel
    package var isDeterministic: Bool
    package var isInterruptible: Bool
    package var processor: CPUFeatures
    /// The proposals that the module was allowed to use when it was validated.
    package var features: Features
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
    /// Of all bytes of the header but these eight.
    static let checksum = 16
    static let totalByteCount = 24
    /// ``CompilerIdentity``.
    static let compiler = 32
    static let processor = 40
    static let features = 44
    static let level = 48
    /// Bit 0: deterministic; bit 1: interruptible.
    static let flags = 49
    /// The release that made it, for messages: UTF-8, filled up with zeros.
    static let release = 56
    static let releaseByteCount = 24
    /// For each section ``SectionEntry``.
    static let sections = 80
    static let byteCount = (sections + Section.allCases.count * MemoryLayout<SectionEntry>.stride + 15) & ~15
  }

  struct SectionEntry: BitwiseCopyable {
    var offset: UInt64
    /// Without the zeros behind it.
    var byteCount: UInt64
    var checksum: UInt64
  }

  static let deterministicFlag: UInt8 = 1
  static let interruptibleFlag: UInt8 = 2

  enum Architecture: UInt32 {
    case x86_64 = 1
    case arm64 = 2

    static let names: [UInt32: String] = [x86_64.rawValue: "x86-64", arm64.rawValue: "arm64"]

    /// The one that the compiler makes code for.
    static let current = x86_64
  }

  /// The name of the architecture that the compiler makes code for.
  package static let targetName = Architecture.names[Architecture.current.rawValue]!

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
