import WasmRuntime
import WebAssembly

// Type tests, casts and branches on casts.

extension Lowering {
  private enum TestKind { case aggregate, function, abstract }

  /// How a reference is tested for a type, and the operand word that says for which.
  private func test(_ type: ReferenceType) -> (kind: TestKind, word: UInt64) {
    let nullable: UInt64 = type.isNullable ? 1 << 48 : 0
    guard let index = type.heapType.typeIndex else {
      return (.abstract, UInt64(type.heapType.kinds) | nullable)
    }
    let canonical = image.canonical(index)
    let depth = type.heapType.isExact ? UInt64(UInt16.max) : UInt64(depth(of: index))
    let isFunction = image.module.types[Int(index)].composite.function != nil
    return (isFunction ? .function : .aggregate, UInt64(canonical) | depth << 32 | nullable)
  }

  /// How many supertypes a type has.
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
    let (kind, word) = test(type)
    switch kind {
    case .aggregate: emit(instructions.0)
    case .function: emit(instructions.1)
    case .abstract: emit(instructions.2)
    }
    let position = code.position
    code.append(top, slot)
    code.append(word)
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

  /// `br_on_cast` and `br_on_cast_fail`: a branch around the branch, since values may have to be moved for that.
  mutating func lowerBranchOnCast(_ opcode: Opcode) throws {
    let branch = try reader.readCastBranch()
    settleTop(1)
    settleCarried(depth: Int(branch.label))
    let (kind, word) = test(branch.target)
    let start = code.position
    let around = opcode == .brOnCast
    switch kind {
    case .aggregate: emit(around ? .branchUnlessAggregate : .branchAggregate)
    case .function: emit(around ? .branchUnlessFunction : .branchFunction)
    case .abstract: emit(around ? .branchUnlessAbstract : .branchAbstract)
    }
    code.appendBranch(stack[stack.count - 1].slot)
    code.append(word)
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
  /// The kinds of objects that an abstract type consists of, but null.
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
