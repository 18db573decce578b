import WebAssembly

// The bodies of the numeric instructions, by form.

extension HandlerTable {
  mutating func registerIntegers() {
    binary(.i32Add, Add<UInt32>.self)
    binary(.i32Sub, Subtract<UInt32>.self)
    binary(.i32Mul, Multiply<UInt32>.self)
    binary(.i32And, And<UInt32>.self)
    binary(.i32Or, Or<UInt32>.self)
    binary(.i32Xor, ExclusiveOr<UInt32>.self)
    binary(.i32Shl, ShiftLeft<UInt32>.self)
    binary(.i32ShrS, ShiftRightSigned<UInt32>.self)
    binary(.i32ShrU, ShiftRightUnsigned<UInt32>.self)
    binary(.i32Rotl, RotateLeft<UInt32>.self)
    binary(.i32Rotr, RotateRight<UInt32>.self)
    checkedBinary(.i32DivS, DivideSigned<UInt32>.self)
    checkedBinary(.i32DivU, DivideUnsigned<UInt32>.self)
    checkedBinary(.i32RemS, RemainderSigned<UInt32>.self)
    checkedBinary(.i32RemU, RemainderUnsigned<UInt32>.self)
    comparison(.i32Eq, Equal<UInt32>.self)
    comparison(.i32Ne, NotEqual<UInt32>.self)
    comparison(.i32LtS, LessSigned<UInt32>.self)
    comparison(.i32LtU, LessUnsigned<UInt32>.self)
    comparison(.i32GtS, GreaterSigned<UInt32>.self)
    comparison(.i32GtU, GreaterUnsigned<UInt32>.self)
    comparison(.i32LeS, LessOrEqualSigned<UInt32>.self)
    comparison(.i32LeU, LessOrEqualUnsigned<UInt32>.self)
    comparison(.i32GeS, GreaterOrEqualSigned<UInt32>.self)
    comparison(.i32GeU, GreaterOrEqualUnsigned<UInt32>.self)
    unary(.i32Clz, CountLeadingZeros<UInt32>.self)
    unary(.i32Ctz, CountTrailingZeros<UInt32>.self)
    unary(.i32Popcnt, CountOnes<UInt32>.self)
    unary(.i32Extend8S, ExtendSigned<Int8, UInt32>.self)
    unary(.i32Extend16S, ExtendSigned<Int16, UInt32>.self)

    binary(.i64Add, Add<UInt64>.self)
    binary(.i64Sub, Subtract<UInt64>.self)
    binary(.i64Mul, Multiply<UInt64>.self)
    binary(.i64And, And<UInt64>.self)
    binary(.i64Or, Or<UInt64>.self)
    binary(.i64Xor, ExclusiveOr<UInt64>.self)
    binary(.i64Shl, ShiftLeft<UInt64>.self)
    binary(.i64ShrS, ShiftRightSigned<UInt64>.self)
    binary(.i64ShrU, ShiftRightUnsigned<UInt64>.self)
    binary(.i64Rotl, RotateLeft<UInt64>.self)
    binary(.i64Rotr, RotateRight<UInt64>.self)
    checkedBinary(.i64DivS, DivideSigned<UInt64>.self)
    checkedBinary(.i64DivU, DivideUnsigned<UInt64>.self)
    checkedBinary(.i64RemS, RemainderSigned<UInt64>.self)
    checkedBinary(.i64RemU, RemainderUnsigned<UInt64>.self)
    comparison(.i64Eq, Equal<UInt64>.self)
    comparison(.i64Ne, NotEqual<UInt64>.self)
    comparison(.i64LtS, LessSigned<UInt64>.self)
    comparison(.i64LtU, LessUnsigned<UInt64>.self)
    comparison(.i64GtS, GreaterSigned<UInt64>.self)
    comparison(.i64GtU, GreaterUnsigned<UInt64>.self)
    comparison(.i64LeS, LessOrEqualSigned<UInt64>.self)
    comparison(.i64LeU, LessOrEqualUnsigned<UInt64>.self)
    comparison(.i64GeS, GreaterOrEqualSigned<UInt64>.self)
    comparison(.i64GeU, GreaterOrEqualUnsigned<UInt64>.self)
    unary(.i64Clz, CountLeadingZeros<UInt64>.self)
    unary(.i64Ctz, CountTrailingZeros<UInt64>.self)
    unary(.i64Popcnt, CountOnes<UInt64>.self)
    unary(.i64Extend8S, ExtendSigned<Int8, UInt64>.self)
    unary(.i64Extend16S, ExtendSigned<Int16, UInt64>.self)
    unary(.i64Extend32S, ExtendSigned<Int32, UInt64>.self)

    branches(.branchCommonBit32, AnyCommonBit<UInt32>.self)
    branches(.branchCommonBit64, AnyCommonBit<UInt64>.self)
    register(.i64Add128, WideAdd.self)
    register(.i64Sub128, WideSubtract.self)
    register(.i64MulWideS, WideMultiplySigned.self)
    register(.i64MulWideU, WideMultiplyUnsigned.self)
  }

  mutating func registerFloats() {
    floats32()
    floats64()
  }

  private mutating func floats32() {
    floatBinary(.f32Add, FloatAdd<Float>.self)
    floatBinary(.f32Sub, FloatSubtract<Float>.self)
    floatBinary(.f32Mul, FloatMultiply<Float>.self)
    floatBinary(.f32Div, FloatDivide<Float>.self)
    floatBinary(.f32Min, FloatMinimum<Float>.self)
    floatBinary(.f32Max, FloatMaximum<Float>.self)
    floatBinary(.f32Copysign, CopySign<Float>.self)
    floatComparison(.f32Eq, FloatEqual<Float>.self)
    floatComparison(.f32Ne, FloatNotEqual<Float>.self)
    floatComparison(.f32Lt, FloatLess<Float>.self)
    floatComparison(.f32Gt, FloatGreater<Float>.self)
    floatComparison(.f32Le, FloatLessOrEqual<Float>.self)
    floatComparison(.f32Ge, FloatGreaterOrEqual<Float>.self)
    unary(.f32Abs, Absolute<Float>.self)
    unary(.f32Neg, Negate<Float>.self)
    unary(.f32Sqrt, SquareRoot<Float>.self)
    unary(.f32Ceil, Round<Float, Upward>.self)
    unary(.f32Floor, Round<Float, Downward>.self)
    unary(.f32Trunc, Round<Float, TowardZero>.self)
    unary(.f32Nearest, Round<Float, ToNearest>.self)
  }

  private mutating func floats64() {
    floatBinary(.f64Add, FloatAdd<Double>.self)
    floatBinary(.f64Sub, FloatSubtract<Double>.self)
    floatBinary(.f64Mul, FloatMultiply<Double>.self)
    floatBinary(.f64Div, FloatDivide<Double>.self)
    floatBinary(.f64Min, FloatMinimum<Double>.self)
    floatBinary(.f64Max, FloatMaximum<Double>.self)
    floatBinary(.f64Copysign, CopySign<Double>.self)
    floatComparison(.f64Eq, FloatEqual<Double>.self)
    floatComparison(.f64Ne, FloatNotEqual<Double>.self)
    floatComparison(.f64Lt, FloatLess<Double>.self)
    floatComparison(.f64Gt, FloatGreater<Double>.self)
    floatComparison(.f64Le, FloatLessOrEqual<Double>.self)
    floatComparison(.f64Ge, FloatGreaterOrEqual<Double>.self)
    unary(.f64Abs, Absolute<Double>.self)
    unary(.f64Neg, Negate<Double>.self)
    unary(.f64Sqrt, SquareRoot<Double>.self)
    unary(.f64Ceil, Round<Double, Upward>.self)
    unary(.f64Floor, Round<Double, Downward>.self)
    unary(.f64Trunc, Round<Double, TowardZero>.self)
    unary(.f64Nearest, Round<Double, ToNearest>.self)
  }

  mutating func registerConversions() {
    unary(.i64ExtendI32S, ExtendI32Signed.self)
    unary(.i64ExtendI32U, ExtendI32Unsigned.self)
    checkedUnary(.i32TruncF32S, Truncate<Float, Int32>.self)
    checkedUnary(.i32TruncF32U, Truncate<Float, UInt32>.self)
    checkedUnary(.i32TruncF64S, Truncate<Double, Int32>.self)
    checkedUnary(.i32TruncF64U, Truncate<Double, UInt32>.self)
    checkedUnary(.i64TruncF32S, Truncate<Float, Int64>.self)
    checkedUnary(.i64TruncF32U, Truncate<Float, UInt64>.self)
    checkedUnary(.i64TruncF64S, Truncate<Double, Int64>.self)
    checkedUnary(.i64TruncF64U, Truncate<Double, UInt64>.self)
    unary(.i32TruncSatF32S, TruncateSaturating<Float, Int32>.self)
    unary(.i32TruncSatF32U, TruncateSaturating<Float, UInt32>.self)
    unary(.i32TruncSatF64S, TruncateSaturating<Double, Int32>.self)
    unary(.i32TruncSatF64U, TruncateSaturating<Double, UInt32>.self)
    unary(.i64TruncSatF32S, TruncateSaturating<Float, Int64>.self)
    unary(.i64TruncSatF32U, TruncateSaturating<Float, UInt64>.self)
    unary(.i64TruncSatF64S, TruncateSaturating<Double, Int64>.self)
    unary(.i64TruncSatF64U, TruncateSaturating<Double, UInt64>.self)
    unary(.f32ConvertI32S, ConvertSigned<UInt32, Float>.self)
    unary(.f32ConvertI32U, ConvertUnsigned<UInt32, Float>.self)
    unary(.f32ConvertI64S, ConvertSigned<UInt64, Float>.self)
    unary(.f32ConvertI64U, ConvertUnsigned<UInt64, Float>.self)
    unary(.f64ConvertI32S, ConvertSigned<UInt32, Double>.self)
    unary(.f64ConvertI32U, ConvertUnsigned<UInt32, Double>.self)
    unary(.f64ConvertI64S, ConvertSigned<UInt64, Double>.self)
    unary(.f64ConvertI64U, ConvertUnsigned<UInt64, Double>.self)
    unary(.f32DemoteF64, Demote.self)
    unary(.f64PromoteF32, Promote.self)
    unary(.i32ReinterpretF32, FloatBits<Float>.self)
    unary(.i64ReinterpretF64, FloatBits<Double>.self)
    unary(.f32ReinterpretI32, FloatFromBits<Float>.self)
    unary(.f64ReinterpretI64, FloatFromBits<Double>.self)
  }

  // MARK: Families of forms

  private mutating func unary<F: UnaryFunction>(_ opcode: Opcode, _: F.Type) {
    register(opcode, .slots, Unary<F, SlotOperand>.self)
    register(opcode, .accumulator, Unary<F, Accumulator>.self)
  }

  private mutating func checkedUnary<F: CheckedUnaryFunction>(_ opcode: Opcode, _: F.Type) {
    register(opcode, .slots, CheckedUnary<F, SlotOperand>.self)
    register(opcode, .accumulator, CheckedUnary<F, Accumulator>.self)
  }

  private mutating func binary<F: BinaryFunction>(_ opcode: Opcode, _: F.Type) {
    register(opcode, .slots, Binary<F, BinarySlots, SlotOperand, SlotOperand>.self)
    register(opcode, .accumulator, Binary<F, BinarySlots, Accumulator, SlotOperand>.self)
    register(opcode, .slotAccumulator, Binary<F, BinarySlots, SlotOperand, Accumulator>.self)
    register(opcode, .immediate, Binary<F, BinaryImmediate, SlotOperand, Immediate>.self)
    register(opcode, .accumulatorImmediate, Binary<F, BinaryImmediate, Accumulator, Immediate>.self)
    register(opcode, .immediateSlot, Binary<F, ImmediateBinary, Immediate, SlotOperand>.self)
    register(opcode, .immediateAccumulator, Binary<F, ImmediateBinary, Immediate, Accumulator>.self)
  }

  private mutating func checkedBinary<F: CheckedBinaryFunction>(_ opcode: Opcode, _: F.Type) {
    register(opcode, .slots, CheckedBinary<F, BinarySlots, SlotOperand, SlotOperand>.self)
    register(opcode, .accumulator, CheckedBinary<F, BinarySlots, Accumulator, SlotOperand>.self)
    register(opcode, .slotAccumulator, CheckedBinary<F, BinarySlots, SlotOperand, Accumulator>.self)
    register(opcode, .immediate, CheckedBinary<F, BinaryImmediate, SlotOperand, Immediate>.self)
    register(opcode, .accumulatorImmediate, CheckedBinary<F, BinaryImmediate, Accumulator, Immediate>.self)
  }

  private mutating func comparison<F: Comparison>(_ opcode: Opcode, _: F.Type) {
    binary(opcode, F.self)
    register(opcode, .branch, BranchIf<F, SlotOperand, SlotOperand>.self)
    register(opcode, .branchAccumulator, BranchIf<F, Accumulator, SlotOperand>.self)
    register(opcode, .branchSlotAccumulator, BranchIf<F, SlotOperand, Accumulator>.self)
    register(opcode, .branchImmediate, BranchIf<F, SlotOperand, ShortImmediate>.self)
    register(opcode, .branchAccumulatorImmediate, BranchIf<F, Accumulator, ShortImmediate>.self)
    register(opcode, .select, SelectIf<F, ComparisonSelectSlots, SlotOperand, SlotOperand>.self)
    register(opcode, .selectAccumulator, SelectIf<F, ComparisonSelectSlots, Accumulator, SlotOperand>.self)
    register(opcode, .selectImmediate, SelectIf<F, ComparisonSelectImmediate, SlotOperand, Immediate>.self)
    register(opcode, .selectAccumulatorImmediate, SelectIf<F, ComparisonSelectImmediate, Accumulator, Immediate>.self)
  }

  /// Branches on a comparison that is not an instruction.
  private mutating func branches<F: Comparison>(_ auxiliary: Auxiliary, _: F.Type) {
    register(auxiliary, .branch, BranchIf<F, SlotOperand, SlotOperand>.self)
    register(auxiliary, .branchAccumulator, BranchIf<F, Accumulator, SlotOperand>.self)
    register(auxiliary, .branchSlotAccumulator, BranchIf<F, SlotOperand, Accumulator>.self)
    register(auxiliary, .branchImmediate, BranchIf<F, SlotOperand, ShortImmediate>.self)
    register(auxiliary, .branchAccumulatorImmediate, BranchIf<F, Accumulator, ShortImmediate>.self)
    register(auxiliary, .select, SelectIf<F, ComparisonSelectSlots, SlotOperand, SlotOperand>.self)
    register(auxiliary, .selectAccumulator, SelectIf<F, ComparisonSelectSlots, Accumulator, SlotOperand>.self)
    register(auxiliary, .selectImmediate, SelectIf<F, ComparisonSelectImmediate, SlotOperand, Immediate>.self)
    register(
      auxiliary, .selectAccumulatorImmediate, SelectIf<F, ComparisonSelectImmediate, Accumulator, Immediate>.self)
    register(auxiliary, .branchUnless, BranchUnless<F, SlotOperand, SlotOperand>.self)
    register(auxiliary, .branchUnlessAccumulator, BranchUnless<F, Accumulator, SlotOperand>.self)
    register(auxiliary, .branchUnlessSlotAccumulator, BranchUnless<F, SlotOperand, Accumulator>.self)
    register(auxiliary, .branchUnlessImmediate, BranchUnless<F, SlotOperand, ShortImmediate>.self)
    register(auxiliary, .branchUnlessAccumulatorImmediate, BranchUnless<F, Accumulator, ShortImmediate>.self)
  }

  private mutating func floatBinary<F: BinaryFunction>(_ opcode: Opcode, _: F.Type) {
    register(opcode, .slots, Binary<F, BinarySlots, SlotOperand, SlotOperand>.self)
    register(opcode, .accumulator, Binary<F, BinarySlots, Accumulator, SlotOperand>.self)
    register(opcode, .slotAccumulator, Binary<F, BinarySlots, SlotOperand, Accumulator>.self)
    register(opcode, .immediate, Binary<F, BinaryWideImmediate, SlotOperand, WideImmediate>.self)
    register(opcode, .accumulatorImmediate, Binary<F, BinaryWideImmediate, Accumulator, WideImmediate>.self)
    register(opcode, .immediateSlot, Binary<F, WideImmediateBinary, WideImmediate, SlotOperand>.self)
    register(opcode, .immediateAccumulator, Binary<F, WideImmediateBinary, WideImmediate, Accumulator>.self)
  }

  private mutating func floatComparison<F: Comparison>(_ opcode: Opcode, _: F.Type) {
    floatBinary(opcode, F.self)
    register(opcode, .select, SelectIf<F, ComparisonSelectSlots, SlotOperand, SlotOperand>.self)
    register(opcode, .selectAccumulator, SelectIf<F, ComparisonSelectSlots, Accumulator, SlotOperand>.self)
    register(opcode, .branch, BranchIf<F, SlotOperand, SlotOperand>.self)
    register(opcode, .branchAccumulator, BranchIf<F, Accumulator, SlotOperand>.self)
    register(opcode, .branchSlotAccumulator, BranchIf<F, SlotOperand, Accumulator>.self)
    register(opcode, .branchUnless, BranchUnless<F, SlotOperand, SlotOperand>.self)
    register(opcode, .branchUnlessAccumulator, BranchUnless<F, Accumulator, SlotOperand>.self)
    register(opcode, .branchUnlessSlotAccumulator, BranchUnless<F, SlotOperand, Accumulator>.self)
  }
}
