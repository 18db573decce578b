import WasmRuntime
import WebAssembly

/// A value, identified by the number of the instruction that defines it.
struct Value: Hashable, BitwiseCopyable {
  var number: UInt32

  @inline(__always)
  init(_ number: Int) { self.number = UInt32(number) }

  /// No value: a missing operand.
  @inline(__always) static var none: Value { Value(Int(UInt32.max)) }
  @inline(__always) var isNone: Bool { self == .none }
  @inline(__always) var index: Int { Int(number) }
}

/// A basic block.
struct Block: Hashable, BitwiseCopyable {
  var number: UInt32

  @inline(__always)
  init(_ number: Int) { self.number = UInt32(number) }

  @inline(__always) static var none: Block { Block(Int(UInt32.max)) }
  @inline(__always) static var entry: Block { Block(0) }
  @inline(__always) var isNone: Bool { self == .none }
  @inline(__always) var index: Int { Int(number) }
}

/// A control-flow edge from a block to a successor, with arguments for the successor's parameters.
struct Edge: Hashable, BitwiseCopyable {
  var number: UInt32

  @inline(__always)
  init(_ number: Int) { self.number = UInt32(number) }

  @inline(__always) var index: Int { Int(number) }
}

/// The type of a value. References, and pointers into the raw data areas, are `i64`.
///
/// The upper 32 bits of a register with an `i32` are always zero: addressing of 32-bit memories relies on it.
package enum IRType: UInt8, BitwiseCopyable {
  case none, i32, i64, f32, f64, v128

  init(_ type: ValueType) {
    self =
      switch type {
      case .i32: .i32
      case .f32: .f32
      case .f64: .f64
      case .v128: .v128
      default: .i64
      }
  }

  /// The number of slots of a value in argument buffers.
  var slotCount: Int { self == .v128 ? 2 : self == .none ? 0 : 1 }
  package var isFloatOrVector: Bool { rawValue >= IRType.f32.rawValue }
}

/// The operation of an instruction. `a`, `b` and `c` are its operands, `list` its operands in the graph's pool, and `edges` its edges.
enum Operation: UInt8, BitwiseCopyable, CaseIterable {
  /// Parameter number `index` of its block. The parameters of the entry block are the function's.
  case parameter
  /// Result number `immediate` of `a`, a call or an instruction with two results. It immediately follows `a`.
  case result
  /// `immediate` as `i32`, `i64`, or the bits of a float. The upper half of a `v128` is in the graph's `vectorHighs` at `index`.
  case constant
  /// The same value as `a`. Passes do not remove copies; readers look through them with ``FunctionGraph/resolve(_:)``.
  case copy
  /// The numeric, vector or conversion instruction `opcode` of the standard, with operands `a`, `b`, `c` in its order. A lane number is
  /// in `immediate`; the bytes of a shuffle are in `immediate` and `vectorHighs[index]`. Instructions with two results (wide arithmetic)
  /// take their operands from `list` and have `result` instructions.
  ///
  /// Integer divisions never trap: a `trapIf` before them checks the operands (except that the remainder of the least number and -1 must
  /// be computed as 0). Truncations of floats that can trap have `trap` set and check their operand themselves: NaN is an
  /// `invalidConversionToInteger`, a number out of range an `integerOverflow`.
  case wasm
  /// `a` if the `i32` `c` is not zero, else `b`.
  case select
  /// `a` if the `i32` `c` is zero, else 0: `a` is an index or address, and `c` the condition on which its check traps. After the check
  /// has passed, the value is `a`; but while the processor speculates past a mispredicted check, it is 0, and nothing out of bounds is
  /// read (Spectre, variant 1). So no pass may replace it by `a` because a check has passed.
  case mask
  /// The `InstanceContext`; has a dedicated register.
  case context
  /// The base of memory 0, if it never moves; has a dedicated register.
  case memoryBase
  /// A load of the standard, by `opcode`, from `a` + `b` + `immediate`; `a`: a pointer; `b`: an `i32` or `i64` index, or none; `c`: the
  /// vector into which a lane is loaded. `immediate` is from 0 to 2³¹-1. If `trap` is set, an inaccessible address traps with it;
  /// otherwise the address is always accessible.
  case load
  /// A store of `c` by `opcode`; otherwise like `load`. A lane number is in `index`.
  case store
  /// The atomic instruction `opcode`, including loads and stores, at the aligned address `a` + `immediate`; `b`: operand or expected
  /// value; `c`: replacement. `atomic.fence` has no operands. Wait and notify are runtime calls.
  case atomic
  /// Calls function `index` of the module, which is not an import, with `list`. A single result is the instruction's own value; several
  /// are `result` instructions. `immediate`: the type's index.
  case call
  /// Calls the function of the reference `a`, which is not null, with `list`. `immediate`: the type's index.
  case callReference
  /// Calls function `index` of the runtime (``RuntimeFunction``) with `list`.
  case callRuntime
  /// Traps with `trap` if the `i32` `a` is not zero. For the trap's message, the check of an access to a memory has the end of the access in
  /// `b`, an `i64`, its size in `immediate`, and the memory in `index`; that of an access to an element has the index in `b` and the
  /// table's cell or the array in `c`.
  case trapIf
  /// Subtracts `index`, which is below 2³¹, from the signed 64-bit number at `a` + `immediate`, and traps with `trap` if the result is
  /// negative. No observable effect and no check moves across it.
  case charge
  /// Traps with `trap` if the store is interrupted: see `Interruption`. It may move to any place where it runs as often.
  case checkInterruption
  /// The exception that an exceptional edge passes. Only the first instruction of a block that is the target of such an edge.
  case caughtException

  // Terminators.
  /// Branches to `edges[0]`.
  case jump
  /// Branches to `edges[0]` if the `i32` `a` is not zero, else to `edges[1]`. ``Instruction/Flags`` can mark one as likely.
  case branch
  /// Branches to the edge selected by the `i32` `a`; to the last edge if `a` is at least the number of the other edges.
  case `switch`
  /// Follows a call and its `result`s: branches to `edges[0]`, or to `edges[1]` if the call ended with an exception. The arguments of
  /// `edges[1]` are defined before the call.
  case tryJump
  /// Returns `list`.
  case `return`
  case tailCall
  case tailCallReference
  /// Traps with `trap`.
  case trap
}

/// The memory that an instruction may read or write. Accesses to different regions do not alias.
enum Region: UInt8, BitwiseCopyable {
  /// Memory that does not change while the function runs: fixed fields of contexts, and memory that only this function writes.
  case constant
  /// Linear memories.
  case memory
  case globals
  /// The elements and counts of tables.
  case tables
  /// The fields and elements of heap objects.
  case heap
  /// The headers and lengths of heap objects, which are written when the object is allocated.
  case header
  /// The sizes and bases of memories that may grow or move.
  case memoryCells
  /// Everything else that the runtime may write: allocation windows, fuel.
  case runtime
}

/// One instruction. Its index in ``FunctionGraph/instructions`` is also the number of its value.
package struct Instruction: BitwiseCopyable {
  struct Flags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    /// A branch that is nearly always taken, or nearly never.
    static let likely = Flags(rawValue: 1)
    static let unlikely = Flags(rawValue: 2)
    /// Other threads may access the memory at any time.
    static let shared = Flags(rawValue: 4)
    /// Valid only after the preceding checks: it must not move above a `trapIf` or the beginning of its block. Set for divisions by
    /// variables, and for loads from objects and tables. (Loads of region `constant` from the context are not guarded.)
    static let guarded = Flags(rawValue: 8)
  }

  /// The value of ``trap`` if the runtime has already recorded the reason in the store.
  package static let recordedTrap: UInt8 = 255

  /// The value of ``trap`` for an access that is a part of a larger one, which begins `offset` bytes before it.
  ///
  /// - Parameter offset: at most ``maximumPartOffset``.
  package static func trap(ofPartAt offset: Int) -> UInt8 {
    offset == 0 ? UInt8(TrapCode.outOfBoundsMemoryAccess.rawValue) : firstPartTrap + UInt8(offset)
  }

  private static let firstPartTrap: UInt8 = 128
  package static let maximumPartOffset = 64

  /// The reason that a value of ``trap`` means, and the offset of a part of an access; nil for ``recordedTrap`` and unknown values.
  package static func reason(_ trap: UInt8) -> (code: TrapCode, partOffset: UInt64)? {
    if (firstPartTrap...firstPartTrap + UInt8(maximumPartOffset)).contains(trap) {
      return (.outOfBoundsMemoryAccess, UInt64(trap - firstPartTrap))
    }
    return TrapCode(rawValue: UInt32(trap)).map { ($0, 0) }
  }

  var operation: Operation
  var type: IRType
  var opcode: Opcode = .nop
  var region: Region = .constant
  var flags: Flags = []
  /// The raw value of a ``TrapCode``, ``recordedTrap``, ``trap(ofPartAt:)``, or 0.
  var trap: UInt8 = 0
  var a: Value = .none
  var b: Value = .none
  var c: Value = .none
  /// The index of a function or memory, a lane, or an index in a pool.
  var index: UInt32 = 0
  var immediate: UInt64 = 0
  /// Operands beyond three, in ``FunctionGraph/pool``.
  var listStart: UInt32 = 0
  var listCount: UInt32 = 0
  /// The edges of a terminator are adjacent in ``FunctionGraph/edges``.
  var firstEdge: UInt32 = 0
  var edgeCount: UInt32 = 0
  /// The position: an offset in the module's binary, or that of an ``InlinedPosition``. Passes copy it without interpreting it.
  var source: UInt32 = 0

  // Its place in a block.
  var block: Block = .none
  var previous: Value = .none
  var next: Value = .none
}

extension Operation {
  /// Whether it ends a block.
  @inline(__always) var isTerminator: Bool { rawValue >= Operation.jump.rawValue }

  var isCall: Bool { self == .call || self == .callReference || self == .callRuntime }
}
