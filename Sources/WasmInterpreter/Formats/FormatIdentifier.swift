/// A format, as a number: unlike a type, it needs no metadata, whose creation takes longer than to lower a small function, and it takes
/// little space in the handler table.
enum FormatIdentifier: UInt8, CaseIterable {
  case plain
  case copy, copyTwo, copySlots, constant, vectorConstant, select, globalGet, globalSet
  case unary, binarySlots, binaryImmediate, immediateBinary, binaryWideImmediate, wideImmediateBinary, ternary,
    ternaryImmediate, wideArithmetic, comparisonBranch, comparisonBranchImmediate, stepBranch, stepBranchImmediate,
    comparisonSelectSlots, comparisonSelectImmediate, extractLane, replaceLane, shuffle
  case unreachable, branch, conditionalBranch, copyBranch, branchTable, enter, `return`, returnSlot, returnImmediate,
    call, importCall, referenceCall, indirectCall, farIndirectCall, tailCall, referenceTailCall, indirectTailCall,
    farIndirectTailCall, hostCall, raise, callCounter, loopCounter, fuel, countedFuel
  case basedLoad, basedStore, basedImmediateStore, absoluteLoad, absoluteStore, steppedLoad, steppedStore,
    steppedImmediateStore, indexedLoad, indexedStore, scaledLoad, scaledStore, scaledIndexedLoad, scaledIndexedStore,
    loadedOperand, steppedLoadedOperand, laneLoad, laneStore, atomicAccess, farLoad, farStore, farLaneLoad,
    farLaneStore, farAtomicAccess, wait,
    memorySize, memoryGrow, drop, bulk, tableGet, tableSet, farTableGet, farTableSet, tableSize, tableGrow
  case functionReference, referenceTest, referenceTestBranch, descriptorCheck, descriptorCast, descriptorBranch,
    structureNew, structureNewDefault, fieldGet, fieldSet, elementGet, elementSet, arrayBulk

  /// The format.
  var format: any InstructionFormat.Type {
    switch self {
    case .plain: PlainFormat.self
    case .copy: CopyFormat.self
    case .copyTwo: CopyTwoFormat.self
    case .copySlots: CopySlotsFormat.self
    case .constant: ConstantFormat.self
    case .vectorConstant: VectorConstantFormat.self
    case .select: SelectFormat.self
    case .globalGet: GlobalFormat<Destination>.self
    case .globalSet: GlobalFormat<SlotOperand>.self
    case .unary: UnaryFormat.self
    case .binarySlots: BinarySlots.self
    case .binaryImmediate: BinaryImmediate.self
    case .immediateBinary: ImmediateBinary.self
    case .binaryWideImmediate: BinaryWideImmediate.self
    case .wideImmediateBinary: WideImmediateBinary.self
    case .ternary: TernaryFormat<SlotOperand>.self
    case .ternaryImmediate: TernaryFormat<ShortImmediate>.self
    case .wideArithmetic: WideArithmeticFormat.self
    case .comparisonBranch: ComparisonBranchFormat<SlotOperand>.self
    case .comparisonBranchImmediate: ComparisonBranchFormat<ShortImmediate>.self
    case .stepBranch: StepBranchFormat<SlotOperand>.self
    case .stepBranchImmediate: StepBranchFormat<ShortImmediate>.self
    case .comparisonSelectSlots: ComparisonSelectSlots.self
    case .comparisonSelectImmediate: ComparisonSelectImmediate.self
    case .extractLane: ExtractLaneFormat.self
    case .replaceLane: ReplaceLaneFormat.self
    case .shuffle: ShuffleFormat.self
    case .unreachable: UnreachableFormat.self
    case .branch: BranchFormat.self
    case .conditionalBranch: ConditionalBranchFormat.self
    case .copyBranch: CopyBranchFormat.self
    case .branchTable: BranchTableFormat.self
    case .enter: EnterFormat.self
    case .return: ReturnFormat.self
    case .returnSlot: ReturnSlot.self
    case .returnImmediate: ReturnImmediate.self
    case .call: CallFormat.self
    case .importCall: ImportCallFormat.self
    case .referenceCall: ReferenceCallFormat.self
    case .indirectCall: IndirectCall.self
    case .farIndirectCall: FarIndirectCall.self
    case .tailCall: TailCallFormat.self
    case .referenceTailCall: ReferenceTailCallFormat.self
    case .indirectTailCall: IndirectTailCall.self
    case .farIndirectTailCall: FarIndirectTailCall.self
    case .hostCall: HostCallFormat.self
    case .raise: RaiseFormat.self
    case .callCounter: CallCounterFormat.self
    case .loopCounter: LoopCounterFormat.self
    case .fuel: FuelFormat.self
    case .countedFuel: CountedFuelFormat.self
    case .basedLoad: BasedAccess<Destination>.self
    case .basedStore: BasedAccess<SlotOperand>.self
    case .basedImmediateStore: BasedAccess<ShortImmediate>.self
    case .absoluteLoad: AbsoluteAccess<Destination>.self
    case .absoluteStore: AbsoluteAccess<SlotOperand>.self
    case .steppedLoad: SteppedAccess<Destination>.self
    case .steppedStore: SteppedAccess<SlotOperand>.self
    case .steppedImmediateStore: SteppedAccess<ShortImmediate>.self
    case .indexedLoad: IndexedAccess<Destination>.self
    case .indexedStore: IndexedAccess<SlotOperand>.self
    case .scaledLoad: ScaledAccess<Destination>.self
    case .scaledStore: ScaledAccess<SlotOperand>.self
    case .scaledIndexedLoad: ScaledIndexedAccess<Destination>.self
    case .scaledIndexedStore: ScaledIndexedAccess<SlotOperand>.self
    case .loadedOperand: LoadedOperand.self
    case .steppedLoadedOperand: SteppedLoadedOperand.self
    case .laneLoad: LaneAccess<Destination>.self
    case .laneStore: LaneAccess<Unused16>.self
    case .atomicAccess: AtomicAccess.self
    case .farLoad: FarAccess<Destination>.self
    case .farStore: FarAccess<SlotOperand>.self
    case .farLaneLoad: FarLaneAccess<Destination>.self
    case .farLaneStore: FarLaneAccess<Unused16>.self
    case .farAtomicAccess: FarAtomicAccess.self
    case .wait: WaitFormat.self
    case .memorySize: MemorySizeFormat.self
    case .memoryGrow: MemoryGrowFormat.self
    case .drop: DropFormat.self
    case .bulk: BulkFormat.self
    case .tableGet: TableElement<Destination>.self
    case .tableSet: TableElement<SlotOperand>.self
    case .farTableGet: FarTableElement<Destination>.self
    case .farTableSet: FarTableElement<SlotOperand>.self
    case .tableSize: TableSizeFormat.self
    case .tableGrow: TableGrowFormat.self
    case .functionReference: FunctionReferenceFormat.self
    case .referenceTest: ReferenceTestFormat.self
    case .referenceTestBranch: ReferenceTestBranchFormat.self
    case .descriptorCheck: DescriptorCheckFormat.self
    case .descriptorCast: DescriptorCastFormat.self
    case .descriptorBranch: DescriptorBranchFormat.self
    case .structureNew: StructureNewFormat.self
    case .structureNewDefault: StructureNewDefaultFormat.self
    case .fieldGet: FieldAccess<Destination>.self
    case .fieldSet: FieldAccess<SlotOperand>.self
    case .elementGet: ArrayElement<Destination>.self
    case .elementSet: ArrayElement<SlotOperand>.self
    case .arrayBulk: ArrayBulkFormat.self
    }
  }
}
