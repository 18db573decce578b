import WebAssembly

// References and casts. (Core specification 3.0, 3.4.6 "Reference Instructions".)
extension FunctionValidator {
  mutating func validateRefFunc() throws(LoadingError) {
    let index = try readIndex()
    guard let entry = module.functions.entry(index) else {
      throw unknown("function", index, of: module.functions.count)
    }
    if constant != nil {
      // A function that occurs in a constant expression may be named in function bodies.
      entry.pointee.isDeclared = true
    } else if !entry.pointee.isDeclared {
      throw invalid("undeclared function reference \(index)")
    }
    push(reference(to: module.types[Int(entry.pointee.typeIndex)], exact: entry.pointee.isExact))
  }

  mutating func validateBranchOnNull() throws(LoadingError) {
    let types = try readLabel()
    let operand = try popReference()
    try retype(types)
    push(ValueType(operand.nullable(false)))
  }

  mutating func validateBranchOnNonNull() throws(LoadingError) {
    let types = try readLabel()
    let target = try lastReference(of: types)
    try pop(ValueType(target.nullable(true)))
    try retypeAllButLast(of: types)
  }

  /// The topmost operand of a branch on a reference, which is the reference itself.
  private mutating func lastReference(of types: TypeList) throws(LoadingError) -> ReferenceType {
    guard types.count > 0,
      let reference = types.type(Int(types.count) - 1, in: module.pool).referenceType
    else {
      throw typeMismatch(
        in: "label", expected: "types of which the last is a reference",
        found: checker.describe(types.types(in: module.pool)))
    }
    return reference
  }

  /// Checks the operands below the branch's reference.
  private mutating func retypeAllButLast(of types: TypeList) throws(LoadingError) {
    // A list of two types is in the pool, so a list of one type is made from its first.
    switch types.count {
    case 1: break
    case 2: try retype(TypeList(types.type(0, in: module.pool)))
    default: try retype(TypeList(word: types.word, count: types.count - 1))
    }
  }

  // MARK: Casts

  mutating func validateTest() throws(LoadingError) {
    let type = try check(try readHeapType())
    try pop(.reference(nullable: true, checker.top(of: type)))
    push(.i32)
  }

  mutating func validateCast(nullable: Bool) throws(LoadingError) {
    let type = try check(try readHeapType())
    try pop(.reference(nullable: true, checker.top(of: type)))
    push(.reference(nullable: nullable, type))
  }

  /// `any.convert_extern` and its inverse, which preserve nullability.
  mutating func validateConversion(from source: HeapType, to target: HeapType) throws(LoadingError) {
    let operand = try pop(.reference(nullable: true, source))
    push(.reference(nullable: operand.referenceType?.isNullable ?? false, target))
  }

  mutating func validateCastBranch(onFailure: Bool) throws(LoadingError) {
    let branch = try readCastBranch()
    let types = try frame(branch.label).labelTypes
    let (source, target) = (try check(branch.source), try check(branch.target))
    try checkCast(from: source, to: target)
    try pop(ValueType(source))
    try finishCastBranch(types, from: source, to: target, onFailure: onFailure)
  }

  /// Checks that a branch may cast from one type to another.
  mutating func checkCast(from source: ReferenceType, to target: ReferenceType) throws(LoadingError) {
    // Custom descriptors allow any two types of one hierarchy.
    let isAdmitted =
      module.features.contains(.customDescriptors)
      ? checker.top(of: source.heapType) == checker.top(of: target.heapType)
      : matches(ValueType(target), ValueType(source))
    guard isAdmitted else {
      throw typeMismatch(
        in: "target of the cast", expected: "a subtype of \(checker.describe(ValueType(source)))",
        found: checker.describe(ValueType(target)))
    }
  }

  /// The reference is passed to the label as one type, or stays on the stack as the other.
  mutating func finishCastBranch(
    _ types: TypeList, from source: ReferenceType, to target: ReferenceType, onFailure: Bool
  ) throws(LoadingError) {
    // If the target type is nullable, null succeeds, so the other path cannot have null.
    let rest = target.isNullable ? source.nullable(false) : source
    let (taken, left) = onFailure ? (rest, target) : (target, rest)
    let expected = try lastReference(of: types)
    guard matches(ValueType(taken), ValueType(expected)) else {
      throw typeMismatch(
        in: "reference of the branch", expected: checker.describe(ValueType(expected)),
        found: checker.describe(ValueType(taken)))
    }
    try retypeAllButLast(of: types)
    push(ValueType(left))
  }
}
