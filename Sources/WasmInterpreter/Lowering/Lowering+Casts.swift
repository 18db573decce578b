import WasmRuntime
import WebAssembly

// Type tests, casts and branches on casts.

extension Lowering {
  private enum TestKind { case aggregate, function, abstract }

  /// How a reference is tested for a type, with the operands of the test.
  private struct Test {
    var kind: TestKind
    /// The canonical type, or the set of kinds of objects in an abstract type.
    var wanted: UInt32
    var depth: UInt16 = 0
    var isNullable: Bool
  }

  private mutating func test(_ type: ReferenceType) -> Test {
    guard let index = type.heapType.typeIndex else {
      return Test(kind: .abstract, wanted: type.heapType.kinds, isNullable: type.isNullable)
    }
    let isFunction = image.module.types[Int(index)].composite.function != nil
    return Test(
      kind: isFunction ? .function : .aggregate, wanted: image.canonical(index),
      depth: type.heapType.isExact ? .max : code.narrow(depth(of: index)), isNullable: type.isNullable)
  }

  /// The number of supertypes of a type.
  private func depth(of index: UInt32) -> Int {
    var depth = 0
    var type = image.module.types[Int(index)]
    while let supertype = type.supertypes.first {
      depth += 1
      type = image.module.types[Int(supertype)]
    }
    return depth
  }

  private mutating func emitTest(
    _ type: ReferenceType, _ instructions: (Auxiliary, Auxiliary, Auxiliary), result: ValueKind
  ) {
    let slot = readableSlot(pop())
    let test = test(type)
    let instruction =
      switch test.kind {
      case .aggregate: instructions.0
      case .function: instructions.1
      case .abstract: instructions.2
      }
    emitResult(
      result, instruction,
      ReferenceTestFormat(
        destination: code.narrow(top), reference: code.narrow(slot), type: test.wanted, depth: test.depth,
        isNullable: Flag(test.isNullable)))
  }

  mutating func lowerReferenceTest(isNullable: Bool) throws {
    let type = ReferenceType(isNullable: isNullable, heapType: try reader.readHeapType())
    emitTest(type, (.testAggregate, .testFunction, .testAbstract), result: .integer32)
  }

  mutating func lowerReferenceCast(isNullable: Bool) throws {
    let type = ReferenceType(isNullable: isNullable, heapType: try reader.readHeapType())
    emitTest(type, (.castAggregate, .castFunction, .castAbstract), result: .reference)
  }

  /// `br_on_cast` and `br_on_cast_fail`: a branch around the actual branch, since values may have to be moved for that.
  mutating func lowerBranchOnCast(_ opcode: Opcode) throws {
    let branch = try reader.readCastBranch()
    settleTop(1)
    settleCarried(depth: Int(branch.label))
    let test = test(branch.target)
    let around = opcode == .brOnCast
    let instruction: Auxiliary =
      switch test.kind {
      case .aggregate: around ? .branchUnlessAggregate : .branchAggregate
      case .function: around ? .branchUnlessFunction : .branchFunction
      case .abstract: around ? .branchUnlessAbstract : .branchAbstract
      }
    let fixup = emitUnbound(
      handlers.number(instruction),
      ReferenceTestBranchFormat(
        target: .unbound, reference: code.narrow(stack[stack.count - 1].slot), type: test.wanted, depth: test.depth,
        isNullable: Flag(test.isNullable)))
    try emitBranch(depth: Int(branch.label))
    bind(fixup)
    forgetLastInstruction()
  }

  // MARK: Descriptors

  mutating func lowerDescriptorCast(isNullable: Bool) throws {
    _ = try reader.readHeapType()
    let descriptor = readableSlot(pop())
    let reference = readableSlot(pop())
    try emitResult(
      .reference, .refCastDescEq,
      DescriptorCastFormat(
        destination: code.narrow(top), reference: code.narrow(reference), descriptor: code.narrow(descriptor),
        isNullable: Flag(isNullable)))
  }

  /// `br_on_cast_desc_eq` and `br_on_cast_desc_eq_fail`.
  mutating func lowerBranchOnDescriptor(_ opcode: Opcode) throws {
    let branch = try reader.readCastBranch()
    settleTop(2)
    settleCarried(depth: Int(branch.label))
    let descriptor = pop().slot
    let fixup = emitUnbound(
      try number(.brOnCastDescEq),
      DescriptorBranchFormat(
        target: .unbound, reference: code.narrow(stack[stack.count - 1].slot), descriptor: code.narrow(descriptor),
        isNullable: Flag(branch.target.isNullable), isInverted: Flag(opcode == .brOnCastDescEq)))
    try emitBranch(depth: Int(branch.label))
    bind(fixup)
    forgetLastInstruction()
  }
}

extension HeapType {
  /// The kinds of objects in an abstract type, without null.
  fileprivate var kinds: UInt32 {
    let structure = AbstractKinds.of(TypeDescriptor.Kind.structure)
    let array = AbstractKinds.of(TypeDescriptor.Kind.array)
    return switch self {
    case .any, .function, .external, .exception: AbstractKinds.all
    case .equatable: AbstractKinds.i31 | structure | array
    case .i31: AbstractKinds.i31
    case .structure: structure
    case .array: array
    default: AbstractKinds.none
    }
  }
}
