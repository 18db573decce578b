import WebAssembly

// The entries of the instructions in pairs.

extension HandlerTable {
  @inline(__always) static var branch: HandlerEntry<Branch> { HandlerEntry(.br) }
  @inline(__always) static var branchCommonBit32: BranchEntries<AnyCommonBit<UInt32>> {
    BranchEntries(auxiliary: .branchCommonBit32)
  }
  @inline(__always) static var branchIf: BranchIfEntries { BranchIfEntries() }
  @inline(__always) static var branchTable: HandlerEntry<BranchTable<Accumulator>> {
    HandlerEntry(.brTable, .accumulator, operand: OperandPlace.tableIndex)
  }
  @inline(__always) static var call: HandlerEntry<Call> { HandlerEntry(.call) }
  @inline(__always) static var callIndirect: HandlerEntry<CallIndirect<IndirectCall>> { HandlerEntry(.callIndirect) }
  @inline(__always) static var constant: HandlerEntry<Constant<UInt64>> { HandlerEntry(.constant) }
  @inline(__always) static var copy: HandlerEntry<Copy<UInt64>> { HandlerEntry(.copy) }
  @inline(__always) static var copyBranch: HandlerEntry<CopyBranch> { HandlerEntry(.copyBranch) }
  @inline(__always) static var copyTwo: HandlerEntry<CopyTwo> { HandlerEntry(.copyTwo) }
  @inline(__always) static var f32Add: FloatBinaryEntries<FloatAdd<Float>> { FloatBinaryEntries(opcode: .f32Add) }
  @inline(__always) static var f32Load: LoadEntries<LoadFloat<Float>> { LoadEntries(opcode: .f32Load) }
  @inline(__always) static var f32Mul: FloatBinaryEntries<FloatMultiply<Float>> { FloatBinaryEntries(opcode: .f32Mul) }
  @inline(__always) static var f32MulAdd: CompoundEntries<Compose<FloatMultiply<Float>, FloatAdd<Float>>> {
    CompoundEntries(auxiliary: .f32MulAdd)
  }
  @inline(__always) static var f32Store: StoreEntries<StoreFloat<Float>> { StoreEntries(opcode: .f32Store) }
  @inline(__always) static var f32Sub: FloatBinaryEntries<FloatSubtract<Float>> { FloatBinaryEntries(opcode: .f32Sub) }
  @inline(__always) static var f32SubMul: CompoundEntries<ComposeSecond<FloatMultiply<Float>, FloatSubtract<Float>>> {
    CompoundEntries(auxiliary: .f32SubMul)
  }
  @inline(__always) static var f64Add: FloatBinaryEntries<FloatAdd<Double>> { FloatBinaryEntries(opcode: .f64Add) }
  @inline(__always) static var f64AddLoad: LoadedOperandEntries<FloatAdd<Double>> {
    LoadedOperandEntries(auxiliary: .f64AddLoad)
  }
  @inline(__always) static var f64ConvertI32U: UnaryEntries<ConvertUnsigned<UInt32, Double>> {
    UnaryEntries(opcode: .f64ConvertI32U)
  }
  @inline(__always) static var f64Div: FloatBinaryEntries<FloatDivide<Double>> { FloatBinaryEntries(opcode: .f64Div) }
  @inline(__always) static var f64Le: FloatBinaryEntries<FloatLessOrEqual<Double>> {
    FloatBinaryEntries(opcode: .f64Le)
  }
  @inline(__always) static var f64Load: LoadEntries<LoadFloat<Double>> { LoadEntries(opcode: .f64Load) }
  @inline(__always) static var f64Mul: FloatBinaryEntries<FloatMultiply<Double>> { FloatBinaryEntries(opcode: .f64Mul) }
  @inline(__always) static var f64MulAdd: CompoundEntries<Compose<FloatMultiply<Double>, FloatAdd<Double>>> {
    CompoundEntries(auxiliary: .f64MulAdd)
  }
  @inline(__always) static var f64ReinterpretI64: UnaryEntries<FloatFromBits<Double>> {
    UnaryEntries(opcode: .f64ReinterpretI64)
  }
  @inline(__always) static var f64Sqrt: UnaryEntries<SquareRoot<Double>> { UnaryEntries(opcode: .f64Sqrt) }
  @inline(__always) static var f64Store: StoreEntries<StoreFloat<Double>> { StoreEntries(opcode: .f64Store) }
  @inline(__always) static var f64Sub: FloatBinaryEntries<FloatSubtract<Double>> { FloatBinaryEntries(opcode: .f64Sub) }
  @inline(__always) static var f64SubLoad: LoadedOperandEntries<FloatSubtract<Double>> {
    LoadedOperandEntries(auxiliary: .f64SubLoad)
  }
  @inline(__always) static var f64SubMul: CompoundEntries<ComposeSecond<FloatMultiply<Double>, FloatSubtract<Double>>> {
    CompoundEntries(auxiliary: .f64SubMul)
  }
  @inline(__always) static var globalGet: HandlerEntry<GlobalGet<UInt64, OwnGlobal>> { HandlerEntry(.globalGet) }
  @inline(__always) static var globalSet: HandlerEntry<GlobalSet<UInt64, OwnGlobal, Accumulator>> {
    HandlerEntry(.globalSet, .accumulator, operand: OperandPlace.global)
  }
  @inline(__always) static var i16x8Add: HandlerEntry<VectorBinary<AddLanes<UInt16>>> { HandlerEntry(.i16x8Add) }
  @inline(__always) static var i16x8ExtendHighI8x16U: HandlerEntry<VectorUnary<ExtendHalf<UInt8, HighHalf>>> {
    HandlerEntry(.i16x8ExtendHighI8x16U)
  }
  @inline(__always) static var i16x8ExtendLowI8x16U: HandlerEntry<VectorUnary<ExtendHalf<UInt8, LowHalf>>> {
    HandlerEntry(.i16x8ExtendLowI8x16U)
  }
  @inline(__always) static var i16x8Shl: HandlerEntry<VectorShift<ShiftLanesLeft<UInt16>>> { HandlerEntry(.i16x8Shl) }
  @inline(__always) static var i16x8ShrU: HandlerEntry<VectorShift<ShiftLanesRight<UInt16>>> {
    HandlerEntry(.i16x8ShrU)
  }
  @inline(__always) static var i32Add: BinaryEntries<Add<UInt32>> { BinaryEntries(opcode: .i32Add) }
  @inline(__always) static var i32AddAdd: CompoundEntries<Compose<Add<UInt32>, Add<UInt32>>> {
    CompoundEntries(auxiliary: .i32AddAdd)
  }
  @inline(__always) static var i32And: BinaryEntries<And<UInt32>> { BinaryEntries(opcode: .i32And) }
  @inline(__always) static var i32AndAdd: CompoundEntries<Compose<And<UInt32>, Add<UInt32>>> {
    CompoundEntries(auxiliary: .i32AndAdd)
  }
  @inline(__always) static var i32AndXor: CompoundEntries<Compose<And<UInt32>, ExclusiveOr<UInt32>>> {
    CompoundEntries(auxiliary: .i32AndXor)
  }
  @inline(__always) static var i32Eq: ComparisonEntries<Equal<UInt32>> { ComparisonEntries(opcode: .i32Eq) }
  @inline(__always) static var i32GeS: ComparisonEntries<GreaterOrEqualSigned<UInt32>> {
    ComparisonEntries(opcode: .i32GeS)
  }
  @inline(__always) static var i32GtS: ComparisonEntries<GreaterSigned<UInt32>> { ComparisonEntries(opcode: .i32GtS) }
  @inline(__always) static var i32GtU: ComparisonEntries<GreaterUnsigned<UInt32>> { ComparisonEntries(opcode: .i32GtU) }
  @inline(__always) static var i32Load: LoadEntries<LoadInteger<UInt32, UInt32>> { LoadEntries(opcode: .i32Load) }
  @inline(__always) static var i32Load16S: LoadEntries<LoadInteger<Int16, UInt32>> { LoadEntries(opcode: .i32Load16S) }
  @inline(__always) static var i32Load16U: LoadEntries<LoadInteger<UInt16, UInt32>> { LoadEntries(opcode: .i32Load16U) }
  @inline(__always) static var i32Load8S: LoadEntries<LoadInteger<Int8, UInt32>> { LoadEntries(opcode: .i32Load8S) }
  @inline(__always) static var i32Load8U: LoadEntries<LoadInteger<UInt8, UInt32>> { LoadEntries(opcode: .i32Load8U) }
  @inline(__always) static var i32LtS: ComparisonEntries<LessSigned<UInt32>> { ComparisonEntries(opcode: .i32LtS) }
  @inline(__always) static var i32LtU: ComparisonEntries<LessUnsigned<UInt32>> { ComparisonEntries(opcode: .i32LtU) }
  @inline(__always) static var i32Mul: BinaryEntries<Multiply<UInt32>> { BinaryEntries(opcode: .i32Mul) }
  @inline(__always) static var i32MulAdd: CompoundEntries<Compose<Multiply<UInt32>, Add<UInt32>>> {
    CompoundEntries(auxiliary: .i32MulAdd)
  }
  @inline(__always) static var i32Ne: ComparisonEntries<NotEqual<UInt32>> { ComparisonEntries(opcode: .i32Ne) }
  @inline(__always) static var i32Or: BinaryEntries<Or<UInt32>> { BinaryEntries(opcode: .i32Or) }
  @inline(__always) static var i32RemU: CheckedBinaryEntries<RemainderUnsigned<UInt32>> {
    CheckedBinaryEntries(opcode: .i32RemU)
  }
  @inline(__always) static var i32Shl: BinaryEntries<ShiftLeft<UInt32>> { BinaryEntries(opcode: .i32Shl) }
  @inline(__always) static var i32ShlAdd: CompoundEntries<Compose<ShiftLeft<UInt32>, Add<UInt32>>> {
    CompoundEntries(auxiliary: .i32ShlAdd)
  }
  @inline(__always) static var i32ShrS: BinaryEntries<ShiftRightSigned<UInt32>> { BinaryEntries(opcode: .i32ShrS) }
  @inline(__always) static var i32ShrU: BinaryEntries<ShiftRightUnsigned<UInt32>> { BinaryEntries(opcode: .i32ShrU) }
  @inline(__always) static var i32ShrUXor: CompoundEntries<Compose<ShiftRightUnsigned<UInt32>, ExclusiveOr<UInt32>>> {
    CompoundEntries(auxiliary: .i32ShrUXor)
  }
  @inline(__always) static var i32Store: StoreEntries<StoreInteger<UInt32, UInt32>> { StoreEntries(opcode: .i32Store) }
  @inline(__always) static var i32Store8: StoreEntries<StoreInteger<UInt32, UInt8>> { StoreEntries(opcode: .i32Store8) }
  @inline(__always) static var i32Store8SteppedImmediate:
    HandlerEntry<Store<StoreInteger<UInt32, UInt8>, Stepped<SteppedAccess<ShortImmediate>>, ShortImmediate>>
  { HandlerEntry(.i32Store8, .steppedImmediate) }
  @inline(__always) static var i32Sub: BinaryEntries<Subtract<UInt32>> { BinaryEntries(opcode: .i32Sub) }
  @inline(__always) static var i32Xor: BinaryEntries<ExclusiveOr<UInt32>> { BinaryEntries(opcode: .i32Xor) }
  @inline(__always) static var i64Add: BinaryEntries<Add<UInt64>> { BinaryEntries(opcode: .i64Add) }
  @inline(__always) static var i64And: BinaryEntries<And<UInt64>> { BinaryEntries(opcode: .i64And) }
  @inline(__always) static var i64DivU: CheckedBinaryEntries<DivideUnsigned<UInt64>> {
    CheckedBinaryEntries(opcode: .i64DivU)
  }
  @inline(__always) static var i64Eq: ComparisonEntries<Equal<UInt64>> { ComparisonEntries(opcode: .i64Eq) }
  @inline(__always) static var i64GeU: ComparisonEntries<GreaterOrEqualUnsigned<UInt64>> {
    ComparisonEntries(opcode: .i64GeU)
  }
  @inline(__always) static var i64GtU: ComparisonEntries<GreaterUnsigned<UInt64>> { ComparisonEntries(opcode: .i64GtU) }
  @inline(__always) static var i64Load: LoadEntries<LoadInteger<UInt64, UInt64>> { LoadEntries(opcode: .i64Load) }
  @inline(__always) static var i64Load32U: LoadEntries<LoadInteger<UInt32, UInt32>> { LoadEntries(opcode: .i64Load32U) }
  @inline(__always) static var i64Load8U: LoadEntries<LoadInteger<UInt8, UInt32>> { LoadEntries(opcode: .i64Load8U) }
  @inline(__always) static var i64LtU: ComparisonEntries<LessUnsigned<UInt64>> { ComparisonEntries(opcode: .i64LtU) }
  @inline(__always) static var i64Mul: BinaryEntries<Multiply<UInt64>> { BinaryEntries(opcode: .i64Mul) }
  @inline(__always) static var i64MulAdd: CompoundEntries<Compose<Multiply<UInt64>, Add<UInt64>>> {
    CompoundEntries(auxiliary: .i64MulAdd)
  }
  @inline(__always) static var i64Ne: ComparisonEntries<NotEqual<UInt64>> { ComparisonEntries(opcode: .i64Ne) }
  @inline(__always) static var i64Or: BinaryEntries<Or<UInt64>> { BinaryEntries(opcode: .i64Or) }
  @inline(__always) static var i64RemU: CheckedBinaryEntries<RemainderUnsigned<UInt64>> {
    CheckedBinaryEntries(opcode: .i64RemU)
  }
  @inline(__always) static var i64Shl: BinaryEntries<ShiftLeft<UInt64>> { BinaryEntries(opcode: .i64Shl) }
  @inline(__always) static var i64ShrU: BinaryEntries<ShiftRightUnsigned<UInt64>> { BinaryEntries(opcode: .i64ShrU) }
  @inline(__always) static var i64ShrUXor: CompoundEntries<Compose<ShiftRightUnsigned<UInt64>, ExclusiveOr<UInt64>>> {
    CompoundEntries(auxiliary: .i64ShrUXor)
  }
  @inline(__always) static var i64Store: StoreEntries<StoreInteger<UInt64, UInt64>> { StoreEntries(opcode: .i64Store) }
  @inline(__always) static var i64Sub: BinaryEntries<Subtract<UInt64>> { BinaryEntries(opcode: .i64Sub) }
  @inline(__always) static var i64Xor: BinaryEntries<ExclusiveOr<UInt64>> { BinaryEntries(opcode: .i64Xor) }
  @inline(__always) static var i64x2ShrU: HandlerEntry<VectorShift<ShiftLanesRight<UInt64>>> {
    HandlerEntry(.i64x2ShrU)
  }
  @inline(__always) static var returnInteger: ReturnIntegerEntries { ReturnIntegerEntries() }
  @inline(__always) static var returnNothing: HandlerEntry<Return> { HandlerEntry(.return) }
  @inline(__always) static var select: HandlerEntry<Select<UInt64, SlotOperand>> { HandlerEntry(.select) }
  @inline(__always) static var stepBranch: HandlerEntry<StepBranchIf<NotEqual<UInt32>, ShortImmediate>> {
    HandlerEntry(.i32Ne, .stepBranchImmediate)
  }
  @inline(__always) static var v128Load: HandlerEntry<VectorLoad<LoadWhole, Accumulator>> {
    HandlerEntry(.v128Load, .accumulator, operand: OperandPlace.base)
  }
  @inline(__always) static var v128Store: HandlerEntry<VectorStore<Accumulator>> {
    HandlerEntry(.v128Store, .accumulator, operand: OperandPlace.base)
  }
  @inline(__always) static var v128Xor: HandlerEntry<VectorBinary<VectorExclusiveOr>> { HandlerEntry(.v128Xor) }
}

struct BranchIfEntries {
  @inline(__always) var slots: HandlerEntry<BranchIfNotZero<UInt32, SlotOperand>> { HandlerEntry(.brIf) }
  @inline(__always) var accumulator: HandlerEntry<BranchIfNotZero<UInt32, Accumulator>> {
    HandlerEntry(.brIf, .accumulator, operand: OperandPlace.condition)
  }
}

struct ReturnIntegerEntries {
  @inline(__always) var slots: HandlerEntry<ReturnValue<UInt64, ReturnSlot, SlotOperand>> {
    HandlerEntry(.returnInteger)
  }
  @inline(__always) var accumulator: HandlerEntry<ReturnValue<UInt64, ReturnSlot, Accumulator>> {
    HandlerEntry(.returnInteger, .accumulator, operand: OperandPlace.returned)
  }
}
