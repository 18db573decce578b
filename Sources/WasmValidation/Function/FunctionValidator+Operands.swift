import WebAssembly

// The operand stack. (Core specification 3.0, appendix "Validation Algorithm".)
extension FunctionValidator {
  @inline(__always)
  mutating func matches(_ type: ValueType, _ other: ValueType) -> Bool {
    // Types that are the same, or but for null, take the short way.
    type == other || ReferenceType(bits: type.bits).nullable(true).bits == other.bits || matchesOther(type, other)
  }

  @inline(never)
  private mutating func matchesOther(_ type: ValueType, _ other: ValueType) -> Bool {
    checker.matches(type, other)
  }

  var isUnreachable: Bool { frames[frames.count - 1].isUnreachable }

  // MARK: Pop

  /// Takes an operand of whatever type.
  mutating func pop() throws(LoadingError) -> ValueType {
    if top > frameBase {
      top -= 1
      return top.pointee
    }
    guard isUnreachable else {
      throw typeMismatch("instruction requires [any] but stack has []")
    }
    return .bottom
  }

  /// Takes an operand of the given type, and returns the type that it really has.
  @inline(__always) @discardableResult
  mutating func pop(_ type: ValueType) throws(LoadingError) -> ValueType {
    if top > frameBase, top[-1] == type {
      top -= 1
      return type
    }
    return try popOther(type)
  }

  @inline(never)
  private mutating func popOther(_ type: ValueType) throws(LoadingError) -> ValueType {
    if top == frameBase {
      guard isUnreachable else { throw typeMismatch(requires: [type]) }
      return .bottom
    }
    guard matches(top[-1], type) else { throw typeMismatch(requires: [type]) }
    top -= 1
    return top.pointee
  }

  /// Takes a reference of whatever type; in unreachable code that may be `(ref bot)`.
  mutating func popReference() throws(LoadingError) -> ReferenceType {
    let before = top
    let type = try pop()
    if type == .bottom { return ReferenceType(isNullable: false, heapType: .bottom) }
    guard let reference = type.referenceType else {
      top = before
      throw typeMismatch("instruction requires a reference but stack has [\(checker.describe(type))]")
    }
    return reference
  }

  /// Takes operands of the given types, the last from the top.
  @inline(__always)
  mutating func pop(_ types: TypeList) throws(LoadingError) {
    switch types.count {
    case 0: return
    case 1: try pop(ValueType(bits: types.word))
    default: top -= try matchingOperands(types)
    }
  }

  /// Checks that operands of the given types are there, and leaves them. Returns how many of them are really on the stack,
  /// which in unreachable code may be fewer.
  mutating func matchingOperands(_ types: TypeList) throws(LoadingError) -> Int {
    let count = Int(types.count)
    let available = min(top - frameBase, count)
    guard available == count || isUnreachable else { throw typeMismatch(requires: types.types(in: module.pool)) }
    if available == count, isExactly(types) { return count }
    var index = 1
    while index <= available {
      guard matches(top[-index], types.type(count - index, in: module.pool)) else {
        throw typeMismatch(requires: types.types(in: module.pool))
      }
      index += 1
    }
    return available
  }

  /// Whether the operands on top of the stack, at least as many, are of exactly these types, which is nearly always so, and soon found out
  /// for a thousand of them.
  private func isExactly(_ types: TypeList) -> Bool {
    let count = Int(types.count)
    // A single type is not in the pool: its bits are no position there.
    guard count > 1 else { return count == 0 || top[-1] == ValueType(bits: types.word) }
    let operands = UnsafeRawPointer(top - count)
    let wanted = UnsafeRawPointer(module.pool + Int(types.word))
    let stride = MemoryLayout<SIMD16<UInt32>>.size
    var offset = 0
    while offset + stride <= 4 * count {
      let difference =
        operands.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt32>.self)
        ^ wanted.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt32>.self)
      guard difference == .zero else { return false }
      offset += stride
    }
    while offset < 4 * count {
      guard
        operands.load(fromByteOffset: offset, as: UInt32.self) == wanted.load(fromByteOffset: offset, as: UInt32.self)
      else { return false }
      offset += 4
    }
    return true
  }

  // MARK: Push

  /// Requires room, which there is for one operand per byte of code.
  @inline(__always)
  mutating func push(_ type: ValueType) {
    top.pointee = type
    top += 1
  }

  @inline(__always)
  mutating func push(_ types: TypeList) throws(LoadingError) {
    switch types.count {
    case 0: return
    case 1: push(ValueType(bits: types.word))
    default: try pushSeveral(types)
    }
  }

  private mutating func pushSeveral(_ types: TypeList) throws(LoadingError) {
    try reserve(Int(types.count))
    top.update(from: module.pool + Int(types.word), count: Int(types.count))
    top += Int(types.count)
  }

  /// Takes operands and puts them back with the types that are asked for, as a branch does that may not be taken.
  mutating func retype(_ types: TypeList) throws(LoadingError) {
    if types.count > 1, top - frameBase >= Int(types.count), isExactly(types) { return }
    try pop(types)
    try push(types)
  }

  // MARK: Fixed signatures

  /// Takes and returns what the table says.
  ///
  /// - Parameter address: the address type of the memory at hand.
  mutating func apply(_ signature: Signature, address: ValueType) throws(LoadingError) {
    let count = Int(signature.operandCount)
    let available = min(top - frameBase, count)
    var isMatching = available == count || isUnreachable
    var index = 1
    while isMatching, index <= available {
      isMatching = matches(top[-index], type(signature.operand(count - index), address))
      index += 1
    }
    guard isMatching else {
      throw typeMismatch(requires: (0..<count).map { type(signature.operand($0), address) })
    }
    top -= available
    for index in 0..<Int(signature.resultCount) { push(type(signature.result(index), address)) }
  }

  private mutating func type(_ code: Signature.Code, _ address: ValueType) -> ValueType {
    code == Signature.addressCode ? address : ValueType(bits: UInt32(code))
  }
}
