import WasmRuntime
import WebAssembly

// Type tests, casts and branches on casts, in constant time: a type's display has each of its supertypes at that supertype's depth.

extension FrontEnd {
  /// Ends the current block: branches to `success` if a reference has a type, else to `failure`. Either may end up without an edge.
  private mutating func test(_ reference: Value, _ type: ReferenceType, _ success: Block, _ failure: Block) {
    let ifNull = type.isNullable ? success : failure
    guard let index = type.heapType.typeIndex else {
      return test(reference, abstract: type.heapType, success, failure, ifNull: ifNull)
    }
    let subtype = facts.image.module.types[Int(index)]
    beginUnless(isZero(reference), ifNull)
    let found: Value
    if subtype.composite.function != nil {
      found = loadField(reference, offsets.function.type, .constant, .i32Load, .i32, flags: .guarded)
    } else {
      beginUnless(isI31(reference), failure)
      found = loadHeader(reference)
    }
    let wanted = canonicalType(index)
    let isEqual = wasm(.i32Eq, .i32, found, wanted)
    if subtype.isFinal || type.heapType.isExact { return branch(isEqual, success, failure) }
    let next = makeBlock()
    branch(isEqual, success, next)
    begin(next)
    testSupertypes(of: found, wanted, depth: facts.typeDepths[index], success, failure)
  }

  /// The type index in an object's header.
  private mutating func loadHeader(_ reference: Value) -> Value {
    loadField(reference, HeapObject.typeOffset, .header, .i32Load, .i32, flags: .guarded)
  }

  /// Branches to a block if a condition holds; else continues in a new block.
  private mutating func beginUnless(_ condition: Value, _ target: Block) {
    let next = makeBlock()
    branch(condition, target, next)
    begin(next)
  }

  private mutating func isI31(_ reference: Value) -> Value {
    wasm(.i32WrapI64, .i32, wasm(.i64And, .i64, reference, i64(1)))
  }

  /// Ends the current block: branches to `success` if a type, in canonical indices, has the wanted one as a supertype, else to `failure`.
  mutating func testSupertypes(of found: Value, _ wanted: Value, depth: UInt32, _ success: Block, _ failure: Block) {
    let descriptor = typeDescriptor(found)
    let foundDepth = loadField(descriptor, offsets.descriptor.depth, .constant, .i32Load, .i32, flags: .guarded)
    beginUnless(wasm(.i32LeU, .i32, foundDepth, i32(depth)), failure)
    let display = loadField(descriptor, offsets.descriptor.display, .constant, flags: .guarded)
    let above = loadField(display, 4 * Int(depth), .constant, .i32Load, .i32, flags: .guarded)
    branch(wasm(.i32Eq, .i32, above, wanted), success, failure)
  }

  private mutating func typeDescriptor(_ type: Value) -> Value {
    let table = loadField(storeContext(), offsets.store.typeDescriptors, .constant)
    let stride = UInt64(MemoryLayout<TypeDescriptor>.stride)
    return wasm(.i64Add, .i64, table, wasm(.i64Mul, .i64, extended(type), i64(stride)))
  }

  private mutating func test(
    _ reference: Value, abstract type: HeapType, _ success: Block, _ failure: Block, ifNull: Block
  ) {
    switch type {
    case .any, .function, .external, .exception:
      if ifNull == success { jump(to: success) } else { branch(isZero(reference), failure, success) }
    case .i31:
      beginUnless(isZero(reference), ifNull)
      branch(isI31(reference), success, failure)
    case .equatable, .structure, .array:
      beginUnless(isZero(reference), ifNull)
      beginUnless(isI31(reference), type == .equatable ? success : failure)
      let descriptor = typeDescriptor(loadHeader(reference))
      let kind = loadField(descriptor, offsets.descriptor.kind, .constant, .i32Load8U, .i32, flags: .guarded)
      branch(isKind(kind, of: type), success, failure)
    default:
      if ifNull == failure { jump(to: failure) } else { branch(isZero(reference), success, failure) }
    }
  }

  private mutating func isKind(_ kind: Value, of type: HeapType) -> Value {
    let structure = UInt32(TypeDescriptor.Kind.structure)
    let array = UInt32(TypeDescriptor.Kind.array)
    switch type {
    case .structure: return wasm(.i32Eq, .i32, kind, i32(structure))
    case .array: return wasm(.i32Eq, .i32, kind, i32(array))
    default:
      let isStructure = wasm(.i32Eq, .i32, kind, i32(structure))
      return wasm(.i32Or, .i32, isStructure, wasm(.i32Eq, .i32, kind, i32(array)))
    }
  }

  // MARK: Instructions

  mutating func lowerReferenceTest(isNullable: Bool) throws {
    let type = ReferenceType(isNullable: isNullable, heapType: try reader.readHeapType())
    let (success, failure, join) = (makeBlock(), makeBlock(), makeBlock())
    test(stack.removeLast(), type, success, failure)
    for (block, result) in [(success, UInt32(1)), (failure, 0)] where hasPredecessors(block) {
      begin(block)
      jump(to: join, i32(result))
    }
    begin(join)
    stack.append(graph.appendParameter(.i32, to: join))
  }

  mutating func lowerReferenceCast(isNullable: Bool) throws {
    let type = ReferenceType(isNullable: isNullable, heapType: try reader.readHeapType())
    let (success, failure) = (makeBlock(), makeBlock(isCold: true))
    test(stack.last!, type, success, failure)
    finishCast(success, failure, .castFailure)
  }

  private mutating func finishCast(_ success: Block, _ failure: Block, _ code: TrapCode) {
    if hasPredecessors(failure) {
      begin(failure)
      trap(code)
    }
    if hasPredecessors(success) { begin(success) }
  }

  mutating func lowerBranchOnCast(onFailure: Bool) throws {
    let cast = try reader.readCastBranch()
    let (success, failure) = (makeBlock(), makeBlock())
    test(stack.last!, cast.target, success, failure)
    finishBranch(onFailure ? failure : success, onFailure ? success : failure, Int(cast.label))
  }

  /// Branches from one block to a label, and continues in the other.
  private mutating func finishBranch(_ leaving: Block, _ staying: Block, _ depth: Int) {
    if hasPredecessors(leaving) {
      begin(leaving)
      jump(toLabel: depth)
    }
    if hasPredecessors(staying) { begin(staying) }
  }

  // MARK: Descriptors

  /// Ends the current block: branches to `success` if a reference has a descriptor, or is null and may be, else to `failure`.
  private mutating func test(
    _ reference: Value, descriptor: Value, isNullable: Bool, _ success: Block, _ failure: Block
  ) {
    trap(if: isZero(descriptor), .nullDescriptor)
    beginUnless(isZero(reference), isNullable ? success : failure)
    beginUnless(isI31(reference), failure)
    let type = typeDescriptor(loadHeader(reference))
    let offset = loadField(type, offsets.descriptor.descriptor, .constant, .i32Load, .i32, flags: .guarded)
    beginUnless(isZero(offset), failure)
    let found = loadField(reference, 0, .header, index: extended(offset), flags: .guarded)
    branch(wasm(.i64Eq, .i32, found, descriptor), success, failure)
  }

  mutating func lowerDescriptorCast(isNullable: Bool) throws {
    _ = try reader.readHeapType()
    let descriptor = stack.removeLast()
    let (success, failure) = (makeBlock(), makeBlock(isCold: true))
    test(stack.last!, descriptor: descriptor, isNullable: isNullable, success, failure)
    finishCast(success, failure, .descriptorCastFailure)
  }

  mutating func lowerBranchOnDescriptor(onFailure: Bool) throws {
    let cast = try reader.readCastBranch()
    let descriptor = stack.removeLast()
    let (success, failure) = (makeBlock(), makeBlock())
    test(stack.last!, descriptor: descriptor, isNullable: cast.target.isNullable, success, failure)
    finishBranch(onFailure ? failure : success, onFailure ? success : failure, Int(cast.label))
  }
}
