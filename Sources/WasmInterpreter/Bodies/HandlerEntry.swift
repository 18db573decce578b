import WebAssembly

/// A handler whose body is known: an instruction in a form.
struct HandlerEntry<Body: Operation> {
  /// The place in the handler table.
  var position: Int
  /// Where the instruction has the operand that it reads from the accumulator, in bytes; nil if it reads none.
  var operand: Int?

  @inline(__always)
  init(_ opcode: Opcode, _ form: Form = .slots, operand: Int? = nil) {
    position = HandlerTable.position(opcode, form)
    self.operand = operand
  }

  @inline(__always)
  init(_ auxiliary: Auxiliary, _ form: Form = .slots, operand: Int? = nil) {
    position = HandlerTable.position(auxiliary, form)
    self.operand = operand
  }
}

// The entries of families of forms, as `HandlerTable+….swift` registers them.

struct UnaryEntries<F: UnaryFunction> {
  var opcode: Opcode

  @inline(__always) var accumulator: HandlerEntry<Unary<F, Accumulator>> {
    HandlerEntry(opcode, .accumulator, operand: OperandPlace.unary)
  }
}

struct BinaryEntries<F: BinaryFunction> {
  var opcode: Opcode

  @inline(__always) var immediateAccumulator: HandlerEntry<Binary<F, ImmediateBinary, Immediate, Accumulator>> {
    HandlerEntry(opcode, .immediateAccumulator, operand: OperandPlace.secondAfterImmediate)
  }
  @inline(__always) var slots: HandlerEntry<Binary<F, BinarySlots, SlotOperand, SlotOperand>> { HandlerEntry(opcode) }
  @inline(__always) var accumulator: HandlerEntry<Binary<F, BinarySlots, Accumulator, SlotOperand>> {
    HandlerEntry(opcode, .accumulator, operand: OperandPlace.first)
  }
  @inline(__always) var slotAccumulator: HandlerEntry<Binary<F, BinarySlots, SlotOperand, Accumulator>> {
    HandlerEntry(opcode, .slotAccumulator, operand: OperandPlace.second)
  }
  @inline(__always) var immediate: HandlerEntry<Binary<F, BinaryImmediate, SlotOperand, Immediate>> {
    HandlerEntry(opcode, .immediate)
  }
  @inline(__always) var accumulatorImmediate: HandlerEntry<Binary<F, BinaryImmediate, Accumulator, Immediate>> {
    HandlerEntry(opcode, .accumulatorImmediate, operand: OperandPlace.immediateFirst)
  }
}

struct CheckedBinaryEntries<F: CheckedBinaryFunction> {
  var opcode: Opcode

  @inline(__always) var slots: HandlerEntry<CheckedBinary<F, BinarySlots, SlotOperand, SlotOperand>> {
    HandlerEntry(opcode)
  }
  @inline(__always) var immediate: HandlerEntry<CheckedBinary<F, BinaryImmediate, SlotOperand, Immediate>> {
    HandlerEntry(opcode, .immediate)
  }
  @inline(__always) var accumulatorImmediate: HandlerEntry<CheckedBinary<F, BinaryImmediate, Accumulator, Immediate>> {
    HandlerEntry(opcode, .accumulatorImmediate, operand: OperandPlace.immediateFirst)
  }
}

struct FloatBinaryEntries<F: BinaryFunction> {
  var opcode: Opcode

  @inline(__always) var slots: HandlerEntry<Binary<F, BinarySlots, SlotOperand, SlotOperand>> { HandlerEntry(opcode) }
  @inline(__always) var accumulator: HandlerEntry<Binary<F, BinarySlots, Accumulator, SlotOperand>> {
    HandlerEntry(opcode, .accumulator, operand: OperandPlace.first)
  }
  @inline(__always) var slotAccumulator: HandlerEntry<Binary<F, BinarySlots, SlotOperand, Accumulator>> {
    HandlerEntry(opcode, .slotAccumulator, operand: OperandPlace.second)
  }
  @inline(__always) var accumulatorImmediate: HandlerEntry<Binary<F, BinaryWideImmediate, Accumulator, WideImmediate>> {
    HandlerEntry(opcode, .accumulatorImmediate, operand: OperandPlace.wideImmediateFirst)
  }
  @inline(__always) var immediateAccumulator: HandlerEntry<Binary<F, WideImmediateBinary, WideImmediate, Accumulator>> {
    HandlerEntry(opcode, .immediateAccumulator, operand: OperandPlace.secondAfterWideImmediate)
  }
}

struct ComparisonEntries<F: Comparison> {
  var opcode: Opcode

  @inline(__always) var branch: HandlerEntry<BranchIf<F, SlotOperand, SlotOperand>> { HandlerEntry(opcode, .branch) }
  @inline(__always) var selectImmediate: HandlerEntry<SelectIf<F, ComparisonSelectImmediate, SlotOperand, Immediate>> {
    HandlerEntry(opcode, .selectImmediate)
  }
  @inline(__always) var accumulator: HandlerEntry<Binary<F, BinarySlots, Accumulator, SlotOperand>> {
    HandlerEntry(opcode, .accumulator, operand: OperandPlace.first)
  }
  @inline(__always) var immediate: HandlerEntry<Binary<F, BinaryImmediate, SlotOperand, Immediate>> {
    HandlerEntry(opcode, .immediate)
  }
  @inline(__always) var accumulatorImmediate: HandlerEntry<Binary<F, BinaryImmediate, Accumulator, Immediate>> {
    HandlerEntry(opcode, .accumulatorImmediate, operand: OperandPlace.immediateFirst)
  }
  @inline(__always) var branchImmediate: HandlerEntry<BranchIf<F, SlotOperand, ShortImmediate>> {
    HandlerEntry(opcode, .branchImmediate)
  }
  @inline(__always) var branchAccumulator: HandlerEntry<BranchIf<F, Accumulator, SlotOperand>> {
    HandlerEntry(opcode, .branchAccumulator, operand: OperandPlace.compared)
  }
  @inline(__always) var branchSlotAccumulator: HandlerEntry<BranchIf<F, SlotOperand, Accumulator>> {
    HandlerEntry(opcode, .branchSlotAccumulator, operand: OperandPlace.comparedSecond)
  }
  @inline(__always) var branchAccumulatorImmediate: HandlerEntry<BranchIf<F, Accumulator, ShortImmediate>> {
    HandlerEntry(opcode, .branchAccumulatorImmediate, operand: OperandPlace.comparedWithImmediate)
  }
}

extension ComparisonEntries where F.Operand == UInt32 {
  @inline(__always) var stepBranch: HandlerEntry<StepBranchIf<F, SlotOperand>> { HandlerEntry(opcode, .stepBranch) }
}

/// Branches on a comparison that is not an instruction.
struct BranchEntries<F: Comparison> {
  var auxiliary: Auxiliary

  @inline(__always) var branchAccumulatorImmediate: HandlerEntry<BranchIf<F, Accumulator, ShortImmediate>> {
    HandlerEntry(auxiliary, .branchAccumulatorImmediate, operand: OperandPlace.comparedWithImmediate)
  }
  @inline(__always) var branchUnlessAccumulatorImmediate: HandlerEntry<BranchUnless<F, Accumulator, ShortImmediate>> {
    HandlerEntry(auxiliary, .branchUnlessAccumulatorImmediate, operand: OperandPlace.comparedWithImmediate)
  }
}

struct LoadEntries<F: LoadFunction> {
  var opcode: Opcode

  @inline(__always) var slots: HandlerEntry<Load<F, Based<BasedAccess<Destination>, SlotOperand>>> {
    HandlerEntry(opcode)
  }
  @inline(__always) var accumulator: HandlerEntry<Load<F, Based<BasedAccess<Destination>, Accumulator>>> {
    HandlerEntry(opcode, .accumulator, operand: OperandPlace.base)
  }
  @inline(__always) var stepped: HandlerEntry<Load<F, Stepped<SteppedAccess<Destination>>>> {
    HandlerEntry(opcode, .stepped)
  }
  @inline(__always) var immediate: HandlerEntry<Load<F, AbsoluteAddress<Destination>>> {
    HandlerEntry(opcode, .immediate)
  }
  @inline(__always) var scaled: HandlerEntry<Load<F, Scaled<Destination>>> { HandlerEntry(opcode, .scaled) }
  @inline(__always) var scaledIndexed: HandlerEntry<Load<F, ScaledIndexed<Destination>>> {
    HandlerEntry(opcode, .scaledIndexed)
  }
  @inline(__always) var indexed: HandlerEntry<Load<F, Indexed<Destination, SlotOperand>>> {
    HandlerEntry(opcode, .indexed)
  }
}

struct StoreEntries<F: StoreFunction> {
  var opcode: Opcode

  @inline(__always) var scaledIndexed: HandlerEntry<Store<F, ScaledIndexed<SlotOperand>, SlotOperand>> {
    HandlerEntry(opcode, .scaledIndexed)
  }
  @inline(__always) var slots: HandlerEntry<Store<F, Based<BasedAccess<SlotOperand>, SlotOperand>, SlotOperand>> {
    HandlerEntry(opcode)
  }
  @inline(__always) var accumulator: HandlerEntry<Store<F, Based<BasedAccess<SlotOperand>, Accumulator>, SlotOperand>> {
    HandlerEntry(opcode, .accumulator, operand: OperandPlace.base)
  }
  @inline(__always) var slotAccumulator:
    HandlerEntry<Store<F, Based<BasedAccess<SlotOperand>, SlotOperand>, Accumulator>>
  {
    HandlerEntry(opcode, .slotAccumulator, operand: OperandPlace.value)
  }
  @inline(__always) var steppedValueAccumulator:
    HandlerEntry<Store<F, Stepped<SteppedAccess<SlotOperand>>, Accumulator>>
  {
    HandlerEntry(opcode, .steppedValueAccumulator, operand: OperandPlace.steppedValue)
  }
}

struct CompoundEntries<F: CompoundFunction> {
  var auxiliary: Auxiliary

  @inline(__always) var slots: HandlerEntry<Compound<F, SlotOperand, SlotOperand>> { HandlerEntry(auxiliary) }
  @inline(__always) var accumulator: HandlerEntry<Compound<F, Accumulator, SlotOperand>> {
    HandlerEntry(auxiliary, .accumulator, operand: OperandPlace.ternaryFirst)
  }
  @inline(__always) var immediate: HandlerEntry<Compound<F, SlotOperand, ShortImmediate>> {
    HandlerEntry(auxiliary, .immediate)
  }
  @inline(__always) var accumulatorImmediate: HandlerEntry<Compound<F, Accumulator, ShortImmediate>> {
    HandlerEntry(auxiliary, .accumulatorImmediate, operand: OperandPlace.ternaryImmediateFirst)
  }
}

struct LoadedOperandEntries<F: BinaryFunction> {
  var auxiliary: Auxiliary

  @inline(__always) var accumulator: HandlerEntry<BinaryLoad<F, Based<LoadedOperand, SlotOperand>, Accumulator>> {
    HandlerEntry(auxiliary, .accumulator, operand: OperandPlace.loadedFirst)
  }
  @inline(__always) var stepped: HandlerEntry<BinaryLoad<F, Stepped<SteppedLoadedOperand>, SlotOperand>> {
    HandlerEntry(auxiliary, .stepped)
  }
  @inline(__always) var steppedValueAccumulator: HandlerEntry<BinaryLoad<F, Stepped<SteppedLoadedOperand>, Accumulator>>
  {
    HandlerEntry(auxiliary, .steppedValueAccumulator, operand: OperandPlace.steppedLoadedFirst)
  }
}

/// Where formats have the operands that instructions read from the accumulator, in bytes.
enum OperandPlace {
  @inline(__always) static var unary: Int { MemoryLayout<UnaryFormat>.offset(of: \.operand).unsafelyUnwrapped }
  @inline(__always) static var first: Int { MemoryLayout<BinarySlots>.offset(of: \.first).unsafelyUnwrapped }
  @inline(__always) static var second: Int { MemoryLayout<BinarySlots>.offset(of: \.second).unsafelyUnwrapped }
  @inline(__always) static var secondAfterImmediate: Int {
    MemoryLayout<ImmediateBinary>.offset(of: \.second).unsafelyUnwrapped
  }
  @inline(__always) static var immediateFirst: Int {
    MemoryLayout<BinaryImmediate>.offset(of: \.first).unsafelyUnwrapped
  }
  @inline(__always) static var wideImmediateFirst: Int {
    MemoryLayout<BinaryWideImmediate>.offset(of: \.first).unsafelyUnwrapped
  }
  @inline(__always) static var secondAfterWideImmediate: Int {
    MemoryLayout<WideImmediateBinary>.offset(of: \.second).unsafelyUnwrapped
  }
  @inline(__always) static var base: Int {
    MemoryLayout<BasedAccess<Destination>>.offset(of: \.base).unsafelyUnwrapped
  }
  @inline(__always) static var value: Int {
    MemoryLayout<BasedAccess<SlotOperand>>.offset(of: \.value).unsafelyUnwrapped
  }
  @inline(__always) static var steppedValue: Int {
    MemoryLayout<SteppedAccess<SlotOperand>>.offset(of: \.value).unsafelyUnwrapped
  }
  @inline(__always) static var condition: Int {
    MemoryLayout<ConditionalBranchFormat>.offset(of: \.condition).unsafelyUnwrapped
  }
  @inline(__always) static var tableIndex: Int {
    MemoryLayout<BranchTableFormat>.offset(of: \.index).unsafelyUnwrapped
  }
  @inline(__always) static var returned: Int { MemoryLayout<ReturnSlot>.offset(of: \.value).unsafelyUnwrapped }
  @inline(__always) static var compared: Int {
    MemoryLayout<ComparisonBranchFormat<SlotOperand>>.offset(of: \.first).unsafelyUnwrapped
  }
  @inline(__always) static var comparedSecond: Int {
    MemoryLayout<ComparisonBranchFormat<SlotOperand>>.offset(of: \.second).unsafelyUnwrapped
  }
  @inline(__always) static var comparedWithImmediate: Int {
    MemoryLayout<ComparisonBranchFormat<ShortImmediate>>.offset(of: \.first).unsafelyUnwrapped
  }
  @inline(__always) static var ternaryFirst: Int {
    MemoryLayout<TernaryFormat<SlotOperand>>.offset(of: \.first).unsafelyUnwrapped
  }
  @inline(__always) static var ternaryImmediateFirst: Int {
    MemoryLayout<TernaryFormat<ShortImmediate>>.offset(of: \.first).unsafelyUnwrapped
  }
  @inline(__always) static var loadedFirst: Int {
    MemoryLayout<LoadedOperand>.offset(of: \.first).unsafelyUnwrapped
  }
  @inline(__always) static var steppedLoadedFirst: Int {
    MemoryLayout<SteppedLoadedOperand>.offset(of: \.first).unsafelyUnwrapped
  }
  @inline(__always) static var global: Int {
    MemoryLayout<GlobalFormat<SlotOperand>>.offset(of: \.value).unsafelyUnwrapped
  }
}
