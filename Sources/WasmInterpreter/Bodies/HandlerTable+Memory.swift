import WebAssembly

// The bodies of the memory instructions, by form.

extension HandlerTable {
  // Instructions with the same effect on a slot share a body: unsigned loads always extend to 64 bits, and a narrow store ignores the
  // width of its operand. (The compiler would merge two equal bodies, with a jump to the shared one.)
  mutating func registerMemory() {
    load(.i32Load, LoadInteger<UInt32, UInt32>.self)
    load(.i64Load, LoadInteger<UInt64, UInt64>.self)
    load(.f32Load, LoadFloat<Float>.self)
    load(.f64Load, LoadFloat<Double>.self)
    load(.i32Load8S, LoadInteger<Int8, UInt32>.self)
    load(.i32Load8U, LoadInteger<UInt8, UInt32>.self)
    load(.i32Load16S, LoadInteger<Int16, UInt32>.self)
    load(.i32Load16U, LoadInteger<UInt16, UInt32>.self)
    load(.i64Load8S, LoadInteger<Int8, UInt64>.self)
    load(.i64Load8U, LoadInteger<UInt8, UInt32>.self)
    load(.i64Load16S, LoadInteger<Int16, UInt64>.self)
    load(.i64Load16U, LoadInteger<UInt16, UInt32>.self)
    load(.i64Load32S, LoadInteger<Int32, UInt64>.self)
    load(.i64Load32U, LoadInteger<UInt32, UInt32>.self)
    store(.i32Store, StoreInteger<UInt32, UInt32>.self)
    store(.i64Store, StoreInteger<UInt64, UInt64>.self)
    store(.i32Store8, StoreInteger<UInt32, UInt8>.self)
    store(.i32Store16, StoreInteger<UInt32, UInt16>.self)
    store(.i64Store8, StoreInteger<UInt32, UInt8>.self)
    store(.i64Store16, StoreInteger<UInt32, UInt16>.self)
    store(.i64Store32, StoreInteger<UInt32, UInt32>.self)
    floatStore(.f32Store, StoreFloat<Float>.self)
    floatStore(.f64Store, StoreFloat<Double>.self)
    register(.memorySize, MemorySize.self)
    register(.memoryGrow, MemoryGrow.self)
    register(.memoryFill, Bulk.self)
    register(.memoryCopy, Bulk.self)
    register(.memoryInit, Bulk.self)
    register(.dataDrop, DataDrop.self)
  }

  private mutating func load<F: LoadFunction>(_ opcode: Opcode, _: F.Type) {
    register(opcode, .slots, Load<F, Based<BasedAccess<Destination>, SlotOperand>>.self)
    register(opcode, .accumulator, Load<F, Based<BasedAccess<Destination>, Accumulator>>.self)
    register(opcode, .immediate, Load<F, AbsoluteAddress<Destination>>.self)
    register(opcode, .stepped, Load<F, Stepped<SteppedAccess<Destination>>>.self)
    register(opcode, .indexed, Load<F, Indexed<Destination, SlotOperand>>.self)
    register(opcode, .indexedAccumulator, Load<F, Indexed<Destination, Accumulator>>.self)
    register(opcode, .scaled, Load<F, Scaled<Destination>>.self)
    register(opcode, .scaledIndexed, Load<F, ScaledIndexed<Destination>>.self)
    register(opcode, .far, FarLoad<F>.self)
  }

  /// In the forms of a store the first operand is the address, and the second the value.
  private mutating func floatStore<F: StoreFunction>(_ opcode: Opcode, _: F.Type) {
    register(opcode, .slots, Store<F, Based<BasedAccess<SlotOperand>, SlotOperand>, SlotOperand>.self)
    register(opcode, .accumulator, Store<F, Based<BasedAccess<SlotOperand>, Accumulator>, SlotOperand>.self)
    register(opcode, .slotAccumulator, Store<F, Based<BasedAccess<SlotOperand>, SlotOperand>, Accumulator>.self)
    register(opcode, .immediateSlot, Store<F, AbsoluteAddress<SlotOperand>, SlotOperand>.self)
    register(opcode, .immediateAccumulator, Store<F, AbsoluteAddress<SlotOperand>, Accumulator>.self)
    register(opcode, .stepped, Store<F, Stepped<SteppedAccess<SlotOperand>>, SlotOperand>.self)
    register(opcode, .steppedValueAccumulator, Store<F, Stepped<SteppedAccess<SlotOperand>>, Accumulator>.self)
    register(opcode, .indexed, Store<F, Indexed<SlotOperand, SlotOperand>, SlotOperand>.self)
    register(opcode, .indexedAccumulator, Store<F, Indexed<SlotOperand, Accumulator>, SlotOperand>.self)
    register(opcode, .scaled, Store<F, Scaled<SlotOperand>, SlotOperand>.self)
    register(opcode, .scaledIndexed, Store<F, ScaledIndexed<SlotOperand>, SlotOperand>.self)
    register(opcode, .far, FarStore<F>.self)
  }

  private mutating func store<F: StoreFunction>(_ opcode: Opcode, _: F.Type) {
    floatStore(opcode, F.self)
    register(opcode, .immediate, Store<F, Based<BasedAccess<ShortImmediate>, SlotOperand>, ShortImmediate>.self)
    register(
      opcode, .accumulatorImmediate, Store<F, Based<BasedAccess<ShortImmediate>, Accumulator>, ShortImmediate>.self)
    register(opcode, .steppedImmediate, Store<F, Stepped<SteppedAccess<ShortImmediate>>, ShortImmediate>.self)
  }
}
