import WasmRuntime

// Formats of memory and table instructions. `Value` is the ``Destination`` of a load, and the operand of a store; it has 16 bits.

// MARK: Near accesses: memory 0 with 32-bit addresses

/// A near access. `value` is where a load puts the value, or the value that a store writes.
protocol AccessFormat: InstructionFormat {
  associatedtype Value: OperandField
  var value: Value { get }
}

/// An access at the address `base` + `offset`.
protocol BasedFormat: InstructionFormat {
  var base: SlotOperand { get }
  var offset: UInt32 { get }
}

/// The address is `base` + `step`, added as `i32.add` does.
protocol SteppedFormat: InstructionFormat {
  var base: SlotOperand { get }
  var step: Immediate { get }
}

struct BasedAccess<Value: OperandField>: BasedFormat, AccessFormat {
  static var identifier: FormatIdentifier {
    Value.isWritten ? .basedLoad : Value.isImmediate ? .basedImmediateStore : .basedStore
  }

  var handler = HandlerWord()
  var value: Value
  var base: SlotOperand
  var offset: UInt32
}

/// An access at a constant address.
struct AbsoluteAccess<Value: OperandField>: AccessFormat {
  static var identifier: FormatIdentifier { Value.isWritten ? .absoluteLoad : .absoluteStore }

  var handler = HandlerWord()
  var value: Value
  var unused = Unused16()
  var address: UInt32
}

struct SteppedAccess<Value: OperandField>: SteppedFormat, AccessFormat {
  static var identifier: FormatIdentifier {
    Value.isWritten ? .steppedLoad : Value.isImmediate ? .steppedImmediateStore : .steppedStore
  }

  var handler = HandlerWord()
  var value: Value
  var base: SlotOperand
  var step: Immediate
}

/// An access at the address `base` + `index`, added as `i32.add` does, + `offset`.
struct IndexedAccess<Value: OperandField>: AccessFormat {
  static var identifier: FormatIdentifier { Value.isWritten ? .indexedLoad : .indexedStore }

  var handler = HandlerWord()
  var value: Value
  var base: SlotOperand
  var index: SlotOperand
  var offset: UInt16
}

/// An access at the address (`index` << `shift`) + `offset`: an element of a static array.
struct ScaledAccess<Value: OperandField>: AccessFormat {
  static var identifier: FormatIdentifier { Value.isWritten ? .scaledLoad : .scaledStore }

  var handler = HandlerWord()
  var value: Value
  var index: SlotOperand
  var offset: UInt32
  var shift: UInt32
  var unused = Unused32()
}

/// An access at the address (`index` << `shift`) + `base`, added as `i32.add` does, + `offset`: an element of any array.
struct ScaledIndexedAccess<Value: OperandField>: AccessFormat {
  static var identifier: FormatIdentifier { Value.isWritten ? .scaledIndexedLoad : .scaledIndexedStore }

  var handler = HandlerWord()
  var value: Value
  var index: SlotOperand
  var base: SlotOperand
  var offset: UInt16
  var shift: UInt32
  var unused = Unused32()
}

/// An access to a lane of `vector`; a store has no `value`.
struct LaneAccess<Value: OperandField>: BasedFormat, AccessFormat {
  static var identifier: FormatIdentifier { Value.isWritten ? .laneLoad : .laneStore }

  var handler = HandlerWord()
  var value: Value
  var base: SlotOperand
  var offset: UInt32
  var vector: SlotOperand
  var lane: UInt16
  var unused = Unused32()
}

/// A binary instruction whose second operand is in memory.
protocol LoadedOperandFormat: ResultFormat {
  var destination: Destination { get }
  var first: SlotOperand { get }
}

/// The address is `base` + `offset`.
struct LoadedOperand: BasedFormat, LoadedOperandFormat {
  static var identifier: FormatIdentifier { .loadedOperand }

  var handler = HandlerWord()
  var destination: Destination
  var first: SlotOperand
  var base: SlotOperand
  var unused = Unused16()
  var offset: UInt32
  var unused2 = Unused32()
}

struct SteppedLoadedOperand: SteppedFormat, LoadedOperandFormat {
  static var identifier: FormatIdentifier { .steppedLoadedOperand }

  var handler = HandlerWord()
  var destination: Destination
  var first: SlotOperand
  var base: SlotOperand
  var unused = Unused16()
  var step: Immediate
  var unused2 = Unused32()
}

/// An atomic access. `first` and `second` are the operands besides the address; those that an instruction does not have are unused, and so
/// is the destination of a store.
protocol AtomicFormat: ResultFormat {
  var destination: Destination { get }
  var first: SlotOperand { get }
  var second: SlotOperand { get }
}

struct AtomicAccess: BasedFormat, AtomicFormat {
  static var identifier: FormatIdentifier { .atomicAccess }

  var handler = HandlerWord()
  var destination: Destination
  var base: SlotOperand
  var offset: UInt32
  var first: SlotOperand
  var second: SlotOperand
  var unused = Unused32()
}

extension BasedAccess: ResultFormat where Value == Destination {}
extension AbsoluteAccess: ResultFormat where Value == Destination {}
extension SteppedAccess: ResultFormat where Value == Destination {}
extension IndexedAccess: ResultFormat where Value == Destination {}
extension ScaledAccess: ResultFormat where Value == Destination {}
extension ScaledIndexedAccess: ResultFormat where Value == Destination {}
extension LaneAccess: ResultFormat where Value == Destination {}

// MARK: Far accesses: any memory

/// An access to any memory, with any offset.
protocol FarFormat: InstructionFormat {
  var address: SlotOperand { get }
  var memory: UInt16 { get }
  /// Whether the address has 64 bits.
  var is64: Flag { get }
  var offset: UInt64 { get }
}

struct FarAccess<Value: OperandField>: FarFormat {
  static var identifier: FormatIdentifier { Value.isWritten ? .farLoad : .farStore }

  var handler = HandlerWord()
  var value: Value
  var address: SlotOperand
  var memory: UInt16
  var is64: Flag
  var offset: UInt64
}

struct FarLaneAccess<Value: OperandField>: FarFormat {
  static var identifier: FormatIdentifier { Value.isWritten ? .farLaneLoad : .farLaneStore }

  var handler = HandlerWord()
  var value: Value
  var address: SlotOperand
  var memory: UInt16
  var is64: Flag
  var offset: UInt64
  var vector: SlotOperand
  var lane: UInt16
  var unused = Unused32()
}

struct FarAtomicAccess: FarFormat, AtomicFormat {
  static var identifier: FormatIdentifier { .farAtomicAccess }

  var handler = HandlerWord()
  var destination: Destination
  var address: SlotOperand
  var memory: UInt16
  var is64: Flag
  var offset: UInt64
  var first: SlotOperand
  var second: SlotOperand
  var unused = Unused32()
}

/// `memory.atomic.notify`, with `operand` as the count, and `memory.atomic.wait`, with `operand` as the expected value.
struct WaitFormat: FarFormat, ResultFormat {
  static var identifier: FormatIdentifier { .wait }

  var handler = HandlerWord()
  var destination: Destination
  var address: SlotOperand
  var memory: UInt16
  var is64: Flag
  var offset: UInt64
  var operand: SlotOperand
  var timeout: SlotOperand
  var instruction: Selector<WaitInstruction>
  var unused = Unused16()
}

extension FarAccess: ResultFormat where Value == Destination {}
extension FarLaneAccess: ResultFormat where Value == Destination {}

// MARK: Size and growth

struct MemorySizeFormat: ResultFormat {
  static var identifier: FormatIdentifier { .memorySize }

  var handler = HandlerWord()
  var destination: Destination
  var memory: UInt16
  var unused = Unused32()
}

struct MemoryGrowFormat: ResultFormat {
  static var identifier: FormatIdentifier { .memoryGrow }

  var handler = HandlerWord()
  var destination: Destination
  var delta: SlotOperand
  var memory: UInt16
  /// Whether addresses have 64 bits.
  var is64: Flag
}

/// `data.drop` and `elem.drop`.
struct DropFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .drop }

  var handler = HandlerWord()
  var segment: UInt32
  var unused = Unused32()
}

// MARK: Bulk instructions

/// The bulk instructions share one handler: the compiler would merge six handlers of the same shape into one, called through thunks, and
/// each execution would leave a frame on the machine stack.
enum BulkInstruction: UInt16 {
  case memoryFill, memoryCopy, memoryInit, tableFill, tableCopy, tableInit
}

/// A ``BulkInstruction``, and whether addresses or indices have 64 bits.
struct BulkSelector: OperandField {
  private let bits: UInt16

  private static var flagCount: UInt16 { 2 }

  init(_ instruction: BulkInstruction, targetIs64: Bool, sourceIs64: Bool = false) {
    bits = (targetIs64 ? 1 : 0) | (sourceIs64 ? 2 : 0) | instruction.rawValue << Self.flagCount
  }

  var instruction: BulkInstruction? { BulkInstruction(rawValue: bits >> Self.flagCount) }
  var targetIs64: Bool { bits & 1 != 0 }
  var sourceIs64: Bool { bits & 2 != 0 }

  func text(in context: OperandContext) -> String? {
    (instruction.map { "\($0)" } ?? "\(bits)") + (targetIs64 ? ".target64" : "") + (sourceIs64 ? ".source64" : "")
  }
}

struct BulkFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .bulk }

  var handler = HandlerWord()
  /// The slots of the first address or index written; the first one read, or the value; and the number.
  var target: SlotOperand
  var source: SlotOperand
  var count: SlotOperand
  var selector: BulkSelector
  /// The memory or table.
  var targetIndex: UInt32
  /// The memory, table or segment that is read.
  var sourceIndex: UInt32
}

// MARK: Tables

/// An access to an element of a table.
protocol ElementFormat: InstructionFormat {
  associatedtype Value: OperandField
  var value: Value { get }
  var index: SlotOperand { get }
  /// Whether the index has 64 bits.
  var is64: Flag { get }
  var tableIndex: Int { get }
}

struct TableElement<Value: OperandField>: ElementFormat {
  static var identifier: FormatIdentifier { Value.isWritten ? .tableGet : .tableSet }

  var handler = HandlerWord()
  var value: Value
  var index: SlotOperand
  var table: UInt16
  var is64: Flag

  @inline(__always) var tableIndex: Int { Int(table) }
}

struct FarTableElement<Value: OperandField>: ElementFormat {
  static var identifier: FormatIdentifier { Value.isWritten ? .farTableGet : .farTableSet }

  var handler = HandlerWord()
  var value: Value
  var index: SlotOperand
  var unused = Unused16()
  var is64: Flag
  var table: UInt32
  var unused2 = Unused32()

  @inline(__always) var tableIndex: Int { Int(table) }
}

extension TableElement: ResultFormat where Value == Destination {}
extension FarTableElement: ResultFormat where Value == Destination {}

struct TableSizeFormat: ResultFormat {
  static var identifier: FormatIdentifier { .tableSize }

  var handler = HandlerWord()
  var destination: Destination
  var unused = Unused16()
  var table: UInt32
}

struct TableGrowFormat: ResultFormat {
  static var identifier: FormatIdentifier { .tableGrow }

  var handler = HandlerWord()
  var destination: Destination
  var value: SlotOperand
  var delta: SlotOperand
  /// Whether indices have 64 bits.
  var is64: Flag
  var table: UInt32
  var unused = Unused32()
}
