import WebAssembly

// The bodies of structure, array and cast instructions.

extension HandlerTable {
  mutating func registerAggregates() {
    register(.structNew, StructureNew.self)
    register(.structNewDefault, StructureNewDefault.self)
    load(.structureGet8S, .arrayGet8S, LoadInteger<Int8, UInt32>.self)
    load(.structureGet8U, .arrayGet8U, LoadInteger<UInt8, UInt32>.self)
    load(.structureGet16S, .arrayGet16S, LoadInteger<Int16, UInt32>.self)
    load(.structureGet16U, .arrayGet16U, LoadInteger<UInt16, UInt32>.self)
    load(.structureGet32, .arrayGet32, LoadInteger<UInt32, UInt32>.self)
    load(.structureGet64, .arrayGet64, LoadInteger<UInt64, UInt64>.self)
    load(.structureGetFloat32, .arrayGetFloat32, LoadFloat<Float>.self)
    load(.structureGetFloat64, .arrayGetFloat64, LoadFloat<Double>.self)
    register(.structureGetVector, StructureGetVector.self)
    register(.arrayGetVector, ArrayGetVector.self)
    store(.structureSet8, .arraySet8, StoreInteger<UInt32, UInt8>.self)
    store(.structureSet16, .arraySet16, StoreInteger<UInt32, UInt16>.self)
    store(.structureSet32, .arraySet32, StoreInteger<UInt32, UInt32>.self)
    store(.structureSet64, .arraySet64, StoreInteger<UInt64, UInt64>.self)
    register(.structureSetVector, StructureSetVector.self)
    register(.arraySetVector, ArraySetVector.self)
    register(.arrayLen, .slots, ArrayLength<SlotOperand>.self)
    register(.arrayLen, .accumulator, ArrayLength<Accumulator>.self)
    register(.arrayBulk, ArrayBulk.self)
    registerCasts()
  }

  private mutating func load<F: LoadFunction>(_ structure: Auxiliary, _ array: Auxiliary, _: F.Type) {
    register(structure, .slots, StructureGet<F, SlotOperand>.self)
    register(structure, .accumulator, StructureGet<F, Accumulator>.self)
    register(array, .slots, ArrayGet<F, SlotOperand>.self)
    register(array, .slotAccumulator, ArrayGet<F, Accumulator>.self)
  }

  /// `accumulator`: the structure is in the accumulator; `slotAccumulator`: the value is.
  private mutating func store<F: StoreFunction>(_ structure: Auxiliary, _ array: Auxiliary, _: F.Type) {
    register(structure, .slots, StructureSet<F, SlotOperand, SlotOperand>.self)
    register(structure, .accumulator, StructureSet<F, Accumulator, SlotOperand>.self)
    register(structure, .slotAccumulator, StructureSet<F, SlotOperand, Accumulator>.self)
    register(array, .slots, ArraySet<F, SlotOperand>.self)
    register(array, .slotAccumulator, ArraySet<F, Accumulator>.self)
  }

  private mutating func registerCasts() {
    casts(.testAggregate, .castAggregate, .branchAggregate, .branchUnlessAggregate, AggregateTest.self)
    casts(.testFunction, .castFunction, .branchFunction, .branchUnlessFunction, FunctionTest.self)
    casts(.testAbstract, .castAbstract, .branchAbstract, .branchUnlessAbstract, AbstractTest.self)
    register(.checkDescriptor, CheckDescriptor.self)
    register(.refCastDescEq, DescriptorCast.self)
    register(.brOnCastDescEq, BranchOnDescriptor.self)
  }

  private mutating func casts<T: TypeTest>(
    _ test: Auxiliary, _ cast: Auxiliary, _ branch: Auxiliary, _ branchUnless: Auxiliary, _: T.Type
  ) {
    register(test, ReferenceTest<T>.self)
    register(cast, ReferenceCast<T>.self)
    register(branch, BranchOnCast<T>.self)
    register(branchUnless, BranchOnCastFailure<T>.self)
  }
}
