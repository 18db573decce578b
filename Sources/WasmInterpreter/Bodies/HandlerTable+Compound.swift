import WebAssembly

// The bodies of fused pairs of instructions.

extension HandlerTable {
  mutating func registerCompounds() {
    products(.f64MulAdd, Compose<FloatMultiply<Double>, FloatAdd<Double>>.self)
    products(.f64MulSub, Compose<FloatMultiply<Double>, FloatSubtract<Double>>.self)
    products(.f64SubMul, ComposeSecond<FloatMultiply<Double>, FloatSubtract<Double>>.self)
    products(.f32MulAdd, Compose<FloatMultiply<Float>, FloatAdd<Float>>.self)
    products(.f32MulSub, Compose<FloatMultiply<Float>, FloatSubtract<Float>>.self)
    products(.f32SubMul, ComposeSecond<FloatMultiply<Float>, FloatSubtract<Float>>.self)
    products(.i32MulAdd, Compose<Multiply<UInt32>, Add<UInt32>>.self)
    products(.i32AddAdd, Compose<Add<UInt32>, Add<UInt32>>.self)
    products(.i32AndAdd, Compose<And<UInt32>, Add<UInt32>>.self)
    products(.i32AndXor, Compose<And<UInt32>, ExclusiveOr<UInt32>>.self)
    immediates(.i32MulAdd, Compose<Multiply<UInt32>, Add<UInt32>>.self)
    immediates(.i64MulAdd, Compose<Multiply<UInt64>, Add<UInt64>>.self)
    products(.i64MulAdd, Compose<Multiply<UInt64>, Add<UInt64>>.self)
    products(.i64AddAdd, Compose<Add<UInt64>, Add<UInt64>>.self)
    immediates(.i64AndAdd, Compose<And<UInt64>, Add<UInt64>>.self)
    immediates(.i32AndAdd, Compose<And<UInt32>, Add<UInt32>>.self)
    immediates(.i32AndXor, Compose<And<UInt32>, ExclusiveOr<UInt32>>.self)
    immediates(.i32ShlAdd, Compose<ShiftLeft<UInt32>, Add<UInt32>>.self)
    immediates(.i32ShlXor, Compose<ShiftLeft<UInt32>, ExclusiveOr<UInt32>>.self)
    immediates(.i32ShrUXor, Compose<ShiftRightUnsigned<UInt32>, ExclusiveOr<UInt32>>.self)
    immediates(.i32RotlXor, Compose<RotateLeft<UInt32>, ExclusiveOr<UInt32>>.self)
    immediates(.i64ShlXor, Compose<ShiftLeft<UInt64>, ExclusiveOr<UInt64>>.self)
    immediates(.i64ShrUXor, Compose<ShiftRightUnsigned<UInt64>, ExclusiveOr<UInt64>>.self)
    immediates(.i64RotlXor, Compose<RotateLeft<UInt64>, ExclusiveOr<UInt64>>.self)

    loadedOperands(.f64AddLoad, FloatAdd<Double>.self)
    loadedOperands(.f64SubLoad, FloatSubtract<Double>.self)
    loadedOperands(.f32AddLoad, FloatAdd<Float>.self)
    loadedOperands(.f32SubLoad, FloatSubtract<Float>.self)

    steps(.i32Eq, Equal<UInt32>.self)
    steps(.i32Ne, NotEqual<UInt32>.self)
    steps(.i32LtS, LessSigned<UInt32>.self)
    steps(.i32LtU, LessUnsigned<UInt32>.self)
    steps(.i32GtS, GreaterSigned<UInt32>.self)
    steps(.i32GtU, GreaterUnsigned<UInt32>.self)
    steps(.i32LeS, LessOrEqualSigned<UInt32>.self)
    steps(.i32LeU, LessOrEqualUnsigned<UInt32>.self)
    steps(.i32GeS, GreaterOrEqualSigned<UInt32>.self)
    steps(.i32GeU, GreaterOrEqualUnsigned<UInt32>.self)

    register(.copyTwo, CopyTwo.self)
    register(.copyBranch, CopyBranch.self)
  }

  private mutating func products<F: CompoundFunction>(_ auxiliary: Auxiliary, _: F.Type) {
    register(auxiliary, .slots, Compound<F, SlotOperand, SlotOperand>.self)
    register(auxiliary, .accumulator, Compound<F, Accumulator, SlotOperand>.self)
  }

  private mutating func immediates<F: CompoundFunction>(_ auxiliary: Auxiliary, _: F.Type) {
    register(auxiliary, .immediate, Compound<F, SlotOperand, ShortImmediate>.self)
    register(auxiliary, .accumulatorImmediate, Compound<F, Accumulator, ShortImmediate>.self)
  }

  private mutating func loadedOperands<F: BinaryFunction>(_ auxiliary: Auxiliary, _: F.Type) {
    register(auxiliary, .slots, BinaryLoad<F, Based<LoadedOperand, SlotOperand>, SlotOperand>.self)
    register(auxiliary, .accumulator, BinaryLoad<F, Based<LoadedOperand, SlotOperand>, Accumulator>.self)
    register(auxiliary, .stepped, BinaryLoad<F, Stepped<SteppedLoadedOperand>, SlotOperand>.self)
    register(auxiliary, .steppedValueAccumulator, BinaryLoad<F, Stepped<SteppedLoadedOperand>, Accumulator>.self)
  }

  private mutating func steps<F: Comparison>(_ opcode: Opcode, _: F.Type) where F.Operand == UInt32 {
    register(opcode, .stepBranch, StepBranchIf<F, SlotOperand>.self)
    register(opcode, .stepBranchImmediate, StepBranchIf<F, ShortImmediate>.self)
  }
}
