// Formats of branches, calls, returns and exceptions.

struct UnreachableFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .unreachable }

  var handler = HandlerWord()
  var unused = Unused32()
  var unused2 = Unused32()
}

// MARK: Branches

struct BranchFormat: BranchingFormat {
  static var identifier: FormatIdentifier { .branch }

  var handler = HandlerWord()
  var target: BranchOffset
  var unused = Unused32()
}

struct ConditionalBranchFormat: BranchingFormat {
  static var identifier: FormatIdentifier { .conditionalBranch }

  var handler = HandlerWord()
  var target: BranchOffset
  var condition: SlotOperand
  var unused = Unused16()
}

/// `destination` ← `source`, then the branch.
struct CopyBranchFormat: BranchingFormat {
  static var identifier: FormatIdentifier { .copyBranch }

  var handler = HandlerWord()
  var target: BranchOffset
  var destination: Destination
  var source: SlotOperand
}

/// The elements are the targets; the last is the default.
struct BranchTableFormat: InstructionFormat {
  typealias Element = BranchOffset

  static var identifier: FormatIdentifier { .branchTable }

  var handler = HandlerWord()
  var unused = Unused16()
  var index: SlotOperand
  /// The number of targets without the default.
  var count: UInt32

  var elementCount: Int { Int(count) + 1 }
}

// MARK: Function entry and exit

/// The first instruction of a function. Calls read it: they check the stack, and do its work if it clears few slots.
struct EnterFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .enter }

  var handler = HandlerWord()
  /// The size of the frame, in slots.
  var frameSlots: UInt32
  var firstCleared: Destination
  var clearedCount: UInt16

  /// The number of slots that are always cleared together: there is room for so many after `firstCleared`.
  static let fewSlots = 4
  /// The `clearedCount` of an entry that calls must not skip.
  static let isExecuted = UInt16.max
}

/// `header` is the slot of the frame's header, here and in the next two.
struct ReturnFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .return }

  var handler = HandlerWord()
  var header: UInt16
  var unused = Unused16()
  var unused2 = Unused32()
}

/// Returns one value.
protocol ReturnValueFormat: InstructionFormat {
  associatedtype Value: OperandField
  var header: UInt16 { get }
  var value: Value { get }
}

struct ReturnSlot: ReturnValueFormat {
  static var identifier: FormatIdentifier { .returnSlot }

  var handler = HandlerWord()
  var header: UInt16
  var value: SlotOperand
  var unused = Unused32()
}

struct ReturnImmediate: ReturnValueFormat {
  static var identifier: FormatIdentifier { .returnImmediate }

  var handler = HandlerWord()
  var header: UInt16
  var unused = Unused16()
  var value: Immediate
}

// MARK: Counters

/// Counts the calls of the function whose code record is at `function`. The count runs down in the code itself.
struct CallCounterFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .callCounter }

  var handler = HandlerWord()
  var count: Immediate
  var unused = Unused32()
  var function: CalleeAddress
}

/// Counts the iterations of a loop.
struct LoopCounterFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .loopCounter }

  var handler = HandlerWord()
  var count: Immediate
  /// The offset of the loop in the binary.
  var loop: UInt32
  var function: CalleeAddress
  /// The slot after the operands.
  var top: UInt16
  var unused = Unused16()
  var unused2 = Unused32()
}

// MARK: Fuel

/// Charges a segment.
struct FuelFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .fuel }

  var handler = HandlerWord()
  var cost: Immediate
  var unused = Unused32()
}

/// Charges the next instruction for each unit of its last operand.
struct CountedFuelFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .countedFuel }

  var handler = HandlerWord()
  var count: SlotOperand
  /// Whether the operand has 64 bits.
  var is64: Flag
  /// See `FuelRate`.
  var cost: UInt16
  var countLog2: UInt16
}

// MARK: Calls

/// A call: the new frame begins at the slot `firstArgument`, and has its header at the slot `header`.
protocol CallingFormat: InstructionFormat {
  var firstArgument: SlotOperand { get }
  var header: UInt16 { get }
}

struct CallFormat: CallingFormat {
  static var identifier: FormatIdentifier { .call }

  var handler = HandlerWord()
  var function: CalleeAddress
  var firstArgument: SlotOperand
  var header: UInt16
  var unused = Unused32()
}

struct ImportCallFormat: CallingFormat {
  static var identifier: FormatIdentifier { .importCall }

  var handler = HandlerWord()
  var firstArgument: SlotOperand
  var header: UInt16
  var function: UInt32
}

struct ReferenceCallFormat: CallingFormat {
  static var identifier: FormatIdentifier { .referenceCall }

  var handler = HandlerWord()
  var firstArgument: SlotOperand
  var header: UInt16
  var function: SlotOperand
  var unused = Unused16()
}

/// A call through a table.
protocol IndirectCallFormat: CallingFormat {
  var index: SlotOperand { get }
  /// The canonical type of the callee.
  var type: UInt32 { get }
  /// Whether the index has 64 bits.
  var is64: Flag { get }
  /// Whether the type has subtypes.
  var hasSubtypes: Flag { get }
  var tableIndex: Int { get }
}

struct IndirectCall: IndirectCallFormat {
  static var identifier: FormatIdentifier { .indirectCall }

  var handler = HandlerWord()
  var firstArgument: SlotOperand
  var header: UInt16
  var index: SlotOperand
  var table: UInt16
  var type: UInt32
  var is64: Flag
  var hasSubtypes: Flag

  @inline(__always) var tableIndex: Int { Int(table) }
}

struct FarIndirectCall: IndirectCallFormat {
  static var identifier: FormatIdentifier { .farIndirectCall }

  var handler = HandlerWord()
  var firstArgument: SlotOperand
  var header: UInt16
  var index: SlotOperand
  var unused = Unused16()
  var type: UInt32
  var is64: Flag
  var hasSubtypes: Flag
  var unused2 = Unused32()
  var table: UInt32

  @inline(__always) var tableIndex: Int { Int(table) }
}

// MARK: Tail calls

/// A tail call: the callee's frame replaces the current one.
protocol TailCallingFormat: CallingFormat {
  /// The slot of the current frame's header.
  var ownHeader: UInt16 { get }
  /// The number of slots of the arguments.
  var argumentSlots: UInt16 { get }
}

struct TailCallFormat: TailCallingFormat {
  static var identifier: FormatIdentifier { .tailCall }

  var handler = HandlerWord()
  var firstArgument: SlotOperand
  var header: UInt16
  var function: UInt32
  var ownHeader: UInt16
  var argumentSlots: UInt16
  var unused = Unused32()
}

struct ReferenceTailCallFormat: TailCallingFormat {
  static var identifier: FormatIdentifier { .referenceTailCall }

  var handler = HandlerWord()
  var firstArgument: SlotOperand
  var header: UInt16
  var function: SlotOperand
  var unused = Unused16()
  var ownHeader: UInt16
  var argumentSlots: UInt16
  var unused2 = Unused32()
}

struct IndirectTailCall: IndirectCallFormat, TailCallingFormat {
  static var identifier: FormatIdentifier { .indirectTailCall }

  var handler = HandlerWord()
  var firstArgument: SlotOperand
  var header: UInt16
  var index: SlotOperand
  var table: UInt16
  var type: UInt32
  var is64: Flag
  var hasSubtypes: Flag
  var ownHeader: UInt16
  var argumentSlots: UInt16
  var unused = Unused32()

  @inline(__always) var tableIndex: Int { Int(table) }
}

struct FarIndirectTailCall: IndirectCallFormat, TailCallingFormat {
  static var identifier: FormatIdentifier { .farIndirectTailCall }

  var handler = HandlerWord()
  var firstArgument: SlotOperand
  var header: UInt16
  var index: SlotOperand
  var unused = Unused16()
  var type: UInt32
  var is64: Flag
  var hasSubtypes: Flag
  var ownHeader: UInt16
  var argumentSlots: UInt16
  var table: UInt32

  @inline(__always) var tableIndex: Int { Int(table) }
}

// MARK: Host functions and exceptions

/// The code of a host function.
struct HostCallFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .hostCall }

  var handler = HandlerWord()
  /// As in ``EnterFormat``: calls read it.
  var frameSlots: UInt32 = 0
  var header: UInt16
  /// As `clearedCount` in ``EnterFormat``.
  var isExecuted = EnterFormat.isExecuted
  /// The address of the `HostFunction`.
  var function: WideImmediate
}

/// The kinds of throwing instructions, which share one handler, as bulk instructions do.
enum RaiseInstruction: UInt16 {
  /// `throw`: a new exception.
  case new
  /// `throw_ref`, and the legacy `rethrow`: an exception that was caught.
  case reference
}

struct RaiseFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .raise }

  var handler = HandlerWord()
  var instruction: Selector<RaiseInstruction>
  /// The slot of the reference, or the first of the payload.
  var payload: SlotOperand
  var tag: UInt32
}
