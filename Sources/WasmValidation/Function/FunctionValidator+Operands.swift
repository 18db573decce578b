import WebAssembly

// The operand stack. (Core specification 3.0, appendix "Validation Algorithm".)
extension FunctionValidator {
  @inline(__always)
  mutating func matches(_ type: ValueType, _ other: ValueType) -> Bool {
    // Fast path: the types are equal, or differ only in nullability.
    type == other || ReferenceType(bits: type.bits).nullable(true).bits == other.bits || matchesOther(type, other)
  }

  @inline(never)
  private mutating func matchesOther(_ type: ValueType, _ other: ValueType) -> Bool {
    checker.matches(type, other)
  }

  var isUnreachable: Bool { frames[frames.count - 1].isUnreachable }

  // MARK: Pop

  /// Pops an operand of any type.
  mutating func pop() throws(LoadingError) -> ValueType {
    if top > frameBase {
      top -= 1
      return top.pointee
    }
    guard isUnreachable else {
      throw typeMismatch("expected a value, found nothing")
    }
    return .bottom
  }

  /// Pops an operand that matches the given type, and returns its actual type.
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

  /// Pops a reference of any type; in unreachable code the result may be `(ref bot)`.
  mutating func popReference() throws(LoadingError) -> ReferenceType {
    let before = top
    let type = try pop()
    if type == .bottom { return ReferenceType(isNullable: false, heapType: .bottom) }
    guard let reference = type.referenceType else {
      top = before
      throw typeMismatch("expected a reference, found \(checker.describe(type))")
    }
    return reference
  }

  /// Pops operands of the given types, the last from the top.
  @inline(__always)
  mutating func pop(_ types: TypeList) throws(LoadingError) {
    switch types.count {
    case 0: return
    case 1: try pop(ValueType(bits: types.word))
    default: top -= try matchingOperands(types)
    }
  }

  /// Checks operands of the given types without popping them. Returns how many of them are actually on the stack; unreachable code may
  /// have fewer.
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

  /// Whether the operands on top of the stack have exactly these types. That is nearly always so, and takes little time for a thousand
  /// operands. Requires at least as many operands.
  private func isExactly(_ types: TypeList) -> Bool {
    let count = Int(types.count)
    // A list of one type is not in the pool: its word is not a position.
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

  /// Requires room, which is reserved for one operand per byte of code.
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

  /// Pops operands and pushes them with the expected types, as a conditional branch does when it falls through.
  mutating func retype(_ types: TypeList) throws(LoadingError) {
    if types.count > 1, top - frameBase >= Int(types.count), isExactly(types) { return }
    try pop(types)
    try push(types)
  }

  // MARK: Fixed signatures

  /// Pops the operands and pushes the results of a signature.
  ///
  /// - Parameter address: the address type of the memory that the instruction accesses.
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
