import WebAssembly

// Arrays. (Core specification 3.0, 3.4.7 "Aggregate Reference Instructions".)
extension FunctionValidator {
  // MARK: New arrays

  mutating func validateArrayNew() throws(LoadingError) {
    let (type, element) = try arrayType(try readIndex())
    try pop(.i32)
    try pop(element.type)
    push(reference(to: type, exact: true))
  }

  mutating func validateArrayNewDefault() throws(LoadingError) {
    let (type, element) = try arrayType(try readIndex())
    guard element.type.isDefaultable else {
      throw typeMismatch(
        in: "elements", expected: "a type with a default value", found: checker.describe(element.type))
    }
    try pop(.i32)
    push(reference(to: type, exact: true))
  }

  mutating func validateArrayNewFixed() throws(LoadingError) {
    let (type, element) = try arrayType(try readIndex())
    let count = Int(try readIndex())
    // Unreachable code may have far fewer operands.
    for _ in 0..<min(count, (top - frameBase) + 1) { try pop(element.type) }
    push(reference(to: type, exact: true))
  }

  mutating func validateArrayNewData() throws(LoadingError) {
    let (type, element) = try arrayType(try readIndex())
    try checkData(try readIndex(), fits: element)
    try pop(.i32)
    try pop(.i32)
    push(reference(to: type, exact: true))
  }

  mutating func validateArrayNewElement() throws(LoadingError) {
    let (type, element) = try arrayType(try readIndex())
    try checkElements(try readIndex(), fit: element)
    try pop(.i32)
    try pop(.i32)
    push(reference(to: type, exact: true))
  }

  private mutating func checkData(_ index: UInt32, fits element: FieldEntry) throws(LoadingError) {
    guard !element.type.isReference else {
      throw invalid("array type is not numeric or vector: found \(describe(element))")
    }
    try checkData(index)
  }

  private mutating func checkElements(_ index: UInt32, fit element: FieldEntry) throws(LoadingError) {
    let type = try self.element(index)
    guard !element.isPacked, matches(type, element.type) else {
      throw typeMismatch(in: "elements", expected: describe(element), found: checker.describe(type))
    }
  }

  // MARK: Access

  mutating func validateArrayGet(isPacked: Bool) throws(LoadingError) {
    let (type, element) = try arrayType(try readIndex())
    try check(element, isPacked: isPacked, in: "elements")
    try pop(.i32)
    try pop(reference(to: type, nullable: true))
    push(element.type)
  }

  private mutating func readMutableArrayType() throws(LoadingError) -> (entry: TypeEntry, element: FieldEntry) {
    let index = try readIndex()
    let type = try arrayType(index)
    guard type.element.isMutable else { throw invalid("immutable array: type \(index)") }
    return type
  }

  mutating func validateArraySet() throws(LoadingError) {
    let (type, element) = try readMutableArrayType()
    try pop(element.type)
    try pop(.i32)
    try pop(reference(to: type, nullable: true))
  }

  mutating func validateArrayFill() throws(LoadingError) {
    let (type, element) = try readMutableArrayType()
    try pop(.i32)
    try pop(element.type)
    try pop(.i32)
    try pop(reference(to: type, nullable: true))
  }

  mutating func validateArrayCopy() throws(LoadingError) {
    let (destination, target) = try readMutableArrayType()
    let (source, element) = try arrayType(try readIndex())
    guard element.packing == target.packing, matches(element.type, target.type) else {
      throw invalid("array types do not match", expected: describe(target), found: describe(element))
    }
    try pop(.i32)
    try pop(.i32)
    try pop(reference(to: source, nullable: true))
    try pop(.i32)
    try pop(reference(to: destination, nullable: true))
  }

  mutating func validateArrayInitData() throws(LoadingError) {
    let (type, element) = try readMutableArrayType()
    try checkData(try readIndex(), fits: element)
    try popInitOperands(type)
  }

  mutating func validateArrayInitElement() throws(LoadingError) {
    let (type, element) = try readMutableArrayType()
    try checkElements(try readIndex(), fit: element)
    try popInitOperands(type)
  }

  private mutating func popInitOperands(_ type: TypeEntry) throws(LoadingError) {
    try pop(.i32)
    try pop(.i32)
    try pop(.i32)
    try pop(reference(to: type, nullable: true))
  }
}
