import WasmRuntime
import WebAssembly

/// A value, by the number of the instruction that makes it.
struct Value: Hashable, BitwiseCopyable {
  var number: UInt32

  @inline(__always)
  init(_ number: Int) { self.number = UInt32(number) }

  /// No value, where an operand is missing.
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

/// A way from a block to one that may follow it, with the values of that block's parameters.
struct Edge: Hashable, BitwiseCopyable {
  var number: UInt32

  @inline(__always)
  init(_ number: Int) { self.number = UInt32(number) }

  @inline(__always) var index: Int { Int(number) }
}

/// The type of a value. References, and pointers into the raw data areas, are `i64`.
///
/// In a register, an `i32` has its upper 32 bits clear, always: addresses of 32-bit memories rely on it.
enum IRType: UInt8, BitwiseCopyable {
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

  /// The slots that a value takes in argument buffers.
  var slotCount: Int { self == .v128 ? 2 : self == .none ? 0 : 1 }
  var isFloatOrVector: Bool { rawValue >= IRType.f32.rawValue }
}

/// What an instruction does. `a`, `b` and `c` are its operands; `list` stands for its operands in the graph's pool; `edges` for
/// its edges.
enum Operation: UInt8, BitwiseCopyable, CaseIterable {
  /// Parameter number `index` of its block. Those of the entry block are the function's.
  case parameter
  /// Result number `immediate` of the call, or the instruction with two results, `a`. Stands right behind it.
  case result
  /// `immediate` as `i32`, `i64`, or the bits of a float. The upper half of a `v128` stands in the graph's `vectorHighs` at `index`.
  case constant
  /// The same value as `a`. Passes leave these behind; readers look through them by ``FunctionGraph/resolve(_:)``.
  case copy
  /// The numeric, vector or conversion instruction `opcode` of the standard on `a`, `b`, `c`, in its order of operands. A lane
  /// number stands in `immediate`; the bytes of a shuffle in `immediate` and `vectorHighs[index]`. Those of two results (wide
  /// arithmetic) take their operands from `list` and have `result` instructions.
  ///
  /// Integer divisions never trap: `trapIf` in front of them saw to that (but the remainder of the least number and -1 is theirs to
  /// get right: 0). Truncations of floats that trap have `trap` set, and check by themselves: a NaN is an
  /// `invalidConversionToInteger`, too large a number an `integerOverflow`.
  case wasm
  /// `a` if the `i32` `c` is not zero, else `b`.
  case select
  /// `a` if the `i32` `c` is zero, else 0: an index or an address, `c` being the condition on which the check of it traps. As the check has
  /// passed, it is `a`; but where the processor runs on with a wrong guess of the check's outcome, it is 0, and nothing outside is read
  /// (Spectre, variant 1). So nothing may take it for `a` because a check has passed.
  case mask
  /// The `InstanceContext`; lives in a register of its own.
  case context
  /// The base of memory 0, if that is one that never moves; lives in a register of its own.
  case memoryBase
  /// A load of the standard's, by `opcode`, from `a` + `b` + `immediate`; `a`: a pointer; `b`: an `i32` or `i64` index, or none; `c`: the
  /// vector that a lane is loaded into. `immediate` is from 0 to 2³¹-1. Traps as `trap` says if the address has no memory; if `trap`
  /// is none, it always has.
  case load
  /// A store of `c` by `opcode`; otherwise like `load`. A lane's number stands in `index`.
  case store
  /// The atomic instruction `opcode` at the address `a` + `immediate`, which is aligned; `b`: operand or expected value; `c`: replacement.
  /// Loads and stores, too. `atomic.fence` has no operands. Waiting and notifying are runtime calls.
  case atomic
  /// Calls function `index` of the module, which is not an import, with `list`. One result is the instruction's own value; more are
  /// `result` instructions. The type's index stands in `immediate`.
  case call
  /// Calls the function of the reference `a`, which is not null, with `list`. `immediate`: the type's index.
  case callReference
  /// Calls the runtime's function `index` (``RuntimeFunction``) with `list`.
  case callRuntime
  /// Traps as `trap` says if the `i32` `a` is not zero.
  case trapIf
  /// The exception that an exceptional edge brought here. First in a block that is the target of such an edge only.
  case caughtException

  // What ends a block.
  /// Goes to `edges[0]`.
  case jump
  /// Goes to `edges[0]` if the `i32` `a` is not zero, else to `edges[1]`. ``Instruction/Flags`` may say which is likely.
  case branch
  /// Goes to the edge that the `i32` `a` selects; the last one if it is as large as, or larger than, the number of the others.
  case `switch`
  /// Behind a call as the last instruction but `result`s: goes to `edges[0]`; but to `edges[1]` if the call ended with an exception.
  /// The arguments of `edges[1]` are values from before the call.
  case tryJump
  /// Returns `list`.
  case `return`
  case tailCall
  case tailCallReference
  /// Traps as `trap` says.
  case trap
}

/// What memory an instruction may read or write, so that accesses to one are not disturbed by those to others.
enum Region: UInt8, BitwiseCopyable {
  /// Nothing that ever changes while the function runs: fields of contexts that are fixed, or memory nobody else writes.
  case constant
  /// Linear memories.
  case memory
  case globals
  /// Tables' elements, and counts.
  case tables
  /// Heap objects' fields and elements.
  case heap
  /// Heap objects' headers and lengths: written when they are made.
  case header
  /// Sizes and bases of memories that may grow or move.
  case memoryCells
  /// Everything else that the runtime may write: allocation windows, fuel, the interruption word.
  case runtime
}

/// One instruction. Its place in ``FunctionGraph/instructions`` is also the name of its value.
struct Instruction: BitwiseCopyable {
  struct Flags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    /// A branch that is nearly always, or nearly never, taken.
    static let likely = Flags(rawValue: 1)
    static let unlikely = Flags(rawValue: 2)
    /// Other threads may see, or change, the memory that is accessed, at any time.
    static let shared = Flags(rawValue: 4)
    /// Only works behind the checks in front of it: it moves up over no `trapIf` and no block's beginning. For divisions by what is
    /// not a constant, and loads from objects and tables. (Loads of region `constant` from the context are not guarded.)
    static let guarded = Flags(rawValue: 8)
  }

  /// Stands in ``trap`` if the runtime has recorded the reason in the store before.
  static let recordedTrap: UInt8 = 255

  var operation: Operation
  var type: IRType
  var opcode: Opcode = .nop
  var region: Region = .constant
  var flags: Flags = []
  /// Raw value of a ``TrapCode``, ``recordedTrap``, or 0.
  var trap: UInt8 = 0
  var a: Value = .none
  var b: Value = .none
  var c: Value = .none
  /// A function's index, a lane, a place in a pool.
  var index: UInt32 = 0
  var immediate: UInt64 = 0
  /// Operands beyond three, in ``FunctionGraph/pool``.
  var listStart: UInt32 = 0
  var listCount: UInt32 = 0
  /// The edges of a terminator are neighbours in ``FunctionGraph/edges``.
  var firstEdge: UInt32 = 0
  var edgeCount: UInt32 = 0
  /// The position: the offset in the module's binary, or that of an ``InlinedPosition``. Passes hand it on and do not look at it.
  var source: UInt32 = 0

  // Its place.
  var block: Block = .none
  var previous: Value = .none
  var next: Value = .none
}

extension Operation {
  /// Whether it ends a block.
  @inline(__always) var isTerminator: Bool { rawValue >= Operation.jump.rawValue }

  var isCall: Bool { self == .call || self == .callReference || self == .callRuntime }
}
