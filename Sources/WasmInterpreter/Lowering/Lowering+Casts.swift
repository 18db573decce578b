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
    var depth = 0
    var isNullable: Bool
  }

  private func test(_ type: ReferenceType) -> Test {
    guard let index = type.heapType.typeIndex else {
      return Test(kind: .abstract, wanted: type.heapType.kinds, isNullable: type.isNullable)
    }
    let isFunction = image.module.types[Int(index)].composite.function != nil
    return Test(
      kind: isFunction ? .function : .aggregate, wanted: image.canonical(index),
      depth: type.heapType.isExact ? Int(UInt16.max) : depth(of: index), isNullable: type.isNullable)
  }

  private mutating func append(_ test: Test) {
    code.append(immediate: test.wanted, test.depth, test.isNullable ? 1 : 0)
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
    switch test.kind {
    case .aggregate: emit(instructions.0)
    case .function: emit(instructions.1)
    case .abstract: emit(instructions.2)
    }
    let position = code.position
    code.append(top, slot)
    append(test)
    pushResult(result, operandsAt: position)
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
    let start = code.position
    let around = opcode == .brOnCast
    switch test.kind {
    case .aggregate: emit(around ? .branchUnlessAggregate : .branchAggregate)
    case .function: emit(around ? .branchUnlessFunction : .branchFunction)
    case .abstract: emit(around ? .branchUnlessAbstract : .branchAbstract)
    }
    code.appendBranch(stack[stack.count - 1].slot)
    append(test)
    let fixup = Fixup(instruction: start, word: start + 1, half: 0)
    try emitBranch(depth: Int(branch.label))
    bind(fixup)
    forgetLastInstruction()
  }

  // MARK: Descriptors

  mutating func lowerDescriptorCast(isNullable: Bool) throws {
    _ = try reader.readHeapType()
    let descriptor = readableSlot(pop())
    let reference = readableSlot(pop())
    try emit(.refCastDescEq)
    let position = code.position
    code.append(top, reference, descriptor, isNullable ? 1 : 0)
    pushResult(.reference, operandsAt: position)
  }

  /// `br_on_cast_desc_eq` and `br_on_cast_desc_eq_fail`.
  mutating func lowerBranchOnDescriptor(_ opcode: Opcode) throws {
    let branch = try reader.readCastBranch()
    settleTop(2)
    settleCarried(depth: Int(branch.label))
    let descriptor = pop().slot
    let start = code.position
    try emit(.brOnCastDescEq)
    code.appendBranch(stack[stack.count - 1].slot, descriptor)
    code.append(branch.target.isNullable ? 1 : 0, opcode == .brOnCastDescEq ? 1 : 0)
    let fixup = Fixup(instruction: start, word: start + 1, half: 0)
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
