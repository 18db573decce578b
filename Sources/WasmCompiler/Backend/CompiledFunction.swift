import WasmRuntime

/// What compiling a function makes: position-independent code and tables of places in it. `FunctionCompiler` (Backend) makes it of a
/// function's index, and ``NativeModule`` puts those of all functions together.
///
/// Offsets in code are relative to the function's first byte.
package struct CompiledFunction {
  /// The limit on the code of a function, and of a module: 32-bit displacements reach all of it.
  package static let maximumByteCount = 1 << 30

  /// A 32-bit displacement, relative to its end, to be filled in with the address of a function of the module.
  package struct Relocation: BitwiseCopyable {
    /// Where the four bytes are.
    package var offset: UInt32
    /// The function's index in the index space of the module; never an import.
    package var function: UInt32
  }

  /// An instruction that may fault, and what that means.
  package struct TrapSite: BitwiseCopyable {
    /// The address of the instruction.
    package var offset: UInt32
    /// The position: see ``InlinedPosition``.
    package var source: UInt32
    /// The raw value of a ``TrapCode``, or ``Instruction/recordedTrap``.
    package var code: UInt8
    // Rows stand in artifacts as they are in memory, so there is no byte in them that is left to chance.
    private let padding: (UInt8, UInt8, UInt8) = (0, 0, 0)

    package init(offset: UInt32, source: UInt32, code: UInt8) {
      self.offset = offset
      self.source = source
      self.code = code
    }

    /// The entry for the instruction at an offset, in a table that is in the order of offsets. O(log(count)); safe in handlers of
    /// signals.
    package static func find(_ offset: UInt32, in sites: UnsafePointer<TrapSite>, count: Int) -> TrapSite? {
      var low = 0
      var high = count
      while low < high {
        let middle = (low + high) / 2
        if sites[middle].offset < offset { low = middle + 1 } else { high = middle }
      }
      return low < count && sites[low].offset == offset ? sites[low] : nil
    }
  }

  /// A call, of any kind, runtime calls included.
  package struct CallSite: BitwiseCopyable {
    /// The address that the call returns to.
    package var offset: UInt32
    /// The call's position.
    package var source: UInt32
    /// Where the function goes on if the call ends with an exception, or ``none``.
    package var landingPad: UInt32 = none

    package static let none = UInt32.max
  }

  /// A multiple of 16 bytes, filled up with instructions that trap.
  package var code: [UInt8]
  /// All three in the order of their offsets.
  package var relocations: [Relocation]
  package var traps: [TrapSite]
  package var calls: [CallSite]
  /// What positions stand for that are not offsets.
  package var inlinedPositions: [InlinedPosition] = []
  /// How far the stack pointer is below the frame pointer while the function runs.
  package var frameByteCount: UInt32
  /// At most one: a module can have a million functions, so what is seldom there takes one word.
  private var recordedPositions: [CodePositions]

  package init(
    code: [UInt8] = [], relocations: [Relocation] = [], traps: [TrapSite] = [], calls: [CallSite] = [],
    frameByteCount: UInt32 = 0, positions: CodePositions? = nil
  ) {
    self.code = code
    self.relocations = relocations
    self.traps = traps
    self.calls = calls
    self.frameByteCount = frameByteCount
    recordedPositions = positions.map { [$0] } ?? []
  }

  /// What came from where, if ``CompilerOptions/recordsPositions`` asks for it.
  package var positions: CodePositions? {
    get { recordedPositions.first }
    set { recordedPositions = newValue.map { [$0] } ?? [] }
  }
}

extension CompiledFunction.TrapSite {
  /// The same in code that begins elsewhere, and with a table of positions that does.
  package func moved(by start: UInt32, positionsBy count: Int) -> Self {
    var result = self
    result.offset += start
    result.source = InlinedPosition.moved(source, by: count)
    return result
  }
}

extension CompiledFunction.CallSite {
  /// The same in code that begins elsewhere, and with a table of positions that does.
  package func moved(by start: UInt32, positionsBy count: Int) -> Self {
    var result = self
    result.offset += start
    result.source = InlinedPosition.moved(source, by: count)
    if landingPad != Self.none { result.landingPad += start }
    return result
  }
}

/// Where the code of each instruction of the module stands: for listings and profilers.
package struct CodePositions {
  package struct Entry: BitwiseCopyable {
    package var offset: UInt32
    /// The offset in the binary; of what was inlined, that of the call; 0 for code that comes from no instruction.
    package var source: UInt32
  }

  package struct JumpTable: BitwiseCopyable {
    package var offset: UInt32
    /// How many distances, of four bytes each, from the table's beginning there are.
    package var count: UInt32
  }

  /// In the order of their offsets. Each reaches up to the next one.
  package var entries: [Entry] = []
  /// Behind the instructions stand tables of jumps and constants.
  package var instructionByteCount: UInt32 = 0
  package var jumpTables: [JumpTable] = []
}

/// Why a function has no compiled code, and is left to the interpreter.
package struct CompilationRefusal: Error, CustomStringConvertible {
  package var reason: String

  package init(reason: String) { self.reason = reason }

  package var description: String { reason }
}
