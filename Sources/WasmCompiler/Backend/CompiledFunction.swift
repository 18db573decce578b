import WasmRuntime
import WebAssembly

/// The result of compiling a function: position-independent code, and tables of positions in it. ``NativeModule`` combines those of all
/// functions.
///
/// Offsets in code are relative to the function's first byte.
package struct CompiledFunction {
  /// The limit on the code of a function, and of a module: 32-bit displacements reach all of it.
  package static let maximumByteCount = 1 << 30

  /// A 32-bit displacement, relative to its end, to be filled with the address of a function of the module.
  package struct Relocation: BitwiseCopyable {
    /// The offset of the four bytes.
    package var offset: UInt32
    /// The function's index in the index space of the module; never an import.
    package var function: UInt32
  }

  /// An instruction that can fault, and its trap.
  package struct TrapSite: BitwiseCopyable {
    /// The address of the instruction.
    package var offset: UInt32
    /// The position: see ``InlinedPosition``.
    package var source: UInt32
    /// The raw value of a ``TrapCode``, or ``Instruction/recordedTrap``.
    package var code: UInt8
    // Artifacts store rows with their layout in memory, so no byte is left uninitialized.
    private let padding: (UInt8, UInt8, UInt8) = (0, 0, 0)

    package init(offset: UInt32, source: UInt32, code: UInt8) {
      self.offset = offset
      self.source = source
      self.code = code
    }
  }

  /// A call of any kind, including runtime calls.
  package struct CallSite: BitwiseCopyable {
    /// The return address of the call.
    package var offset: UInt32
    /// The call's position.
    package var source: UInt32
    /// The landing pad if the call ends with an exception, or ``none``.
    package var landingPad: UInt32 = none

    package static let none = UInt32.max
  }

  /// The locations that hold values needed after a call: see ``LiveLocations``.
  package struct LiveSite: BitwiseCopyable {
    /// The return address of the call.
    package var offset: UInt32
    /// The start of the set in a table of words.
    package var start: UInt32
  }

  /// The live locations of calls, and the words of their sets.
  package struct Liveness {
    /// In the order of their offsets.
    package var sites: [LiveSite] = []
    package var words: [UInt64] = []
  }

  /// The machine code: a multiple of 16 bytes, padded with trapping instructions.
  package var code: [UInt8]
  /// All three are in the order of their offsets.
  package var relocations: [Relocation]
  package var traps: [TrapSite]
  package var calls: [CallSite]
  /// The table for positions that are not offsets.
  package var inlinedPositions: [InlinedPosition] = []
  /// The distance from the frame pointer down to the stack pointer while the function runs.
  package var frameByteCount: UInt32
  /// At most one: a module can have a million functions, so a rare attribute takes one word.
  private var recordedPositions: [CodePositions]
  private var recordedLiveness: [Liveness]

  package init(
    code: [UInt8] = [], relocations: [Relocation] = [], traps: [TrapSite] = [], calls: [CallSite] = [],
    frameByteCount: UInt32 = 0, positions: CodePositions? = nil, liveness: Liveness? = nil
  ) {
    self.code = code
    self.relocations = relocations
    self.traps = traps
    self.calls = calls
    self.frameByteCount = frameByteCount
    recordedPositions = positions.map { [$0] } ?? []
    recordedLiveness = liveness.map { [$0] } ?? []
  }

  /// The live locations at calls, in modules with references to heap objects. A call without an entry may need all of its frame.
  package var liveness: Liveness? { recordedLiveness.first }

  /// The source positions, if ``CompilerOptions/recordsPositions`` is set.
  package var positions: CodePositions? {
    get { recordedPositions.first }
    set { recordedPositions = newValue.map { [$0] } ?? [] }
  }
}

extension CompiledFunction.TrapSite {
  /// The site after moving the code and the table of positions.
  package func moved(by start: UInt32, positionsBy count: Int) -> Self {
    var result = self
    result.offset += start
    result.source = InlinedPosition.moved(source, by: count)
    return result
  }
}

extension CompiledFunction.CallSite {
  /// The site after moving the code and the table of positions.
  package func moved(by start: UInt32, positionsBy count: Int) -> Self {
    var result = self
    result.offset += start
    result.source = InlinedPosition.moved(source, by: count)
    if landingPad != Self.none { result.landingPad += start }
    return result
  }
}

extension CompiledFunction.LiveSite {
  /// The site after moving the code and the table of words.
  package func moved(by start: UInt32, wordsBy count: Int) -> Self {
    Self(offset: offset + start, start: self.start + UInt32(count))
  }
}

/// The code ranges of the module's instructions, for listings and profilers.
package struct CodePositions {
  package struct Entry: BitwiseCopyable {
    package var offset: UInt32
    /// The offset in the binary; for inlined code, that of the call; 0 for code without an instruction.
    package var source: UInt32
  }

  package struct JumpTable: BitwiseCopyable {
    package var offset: UInt32
    /// The number of four-byte distances, which are relative to the table's beginning.
    package var count: UInt32
  }

  /// In the order of their offsets. Each entry extends to the next one.
  package var entries: [Entry] = []
  /// The size of the instructions; jump tables and constants come after them.
  package var instructionByteCount: UInt32 = 0
  package var jumpTables: [JumpTable] = []
}

/// Why a function has no compiled code, and is interpreted.
package struct CompilationRefusal: Error, CustomStringConvertible {
  package var reason: String

  package init(reason: String) { self.reason = reason }

  package var description: String { reason }
}
