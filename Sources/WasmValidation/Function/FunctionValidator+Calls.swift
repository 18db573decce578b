import WebAssembly

// Calls. (Core specification 3.0, 3.4.2 "Control Instructions".)
extension FunctionValidator {
  mutating func validateCall() throws(LoadingError) {
    let type = try readCallee()
    try pop(type.parameters)
    try push(type.results)
  }

  private mutating func readCallee() throws(LoadingError) -> TypeEntry {
    let index = try readIndex()
    guard let entry = module.functions.entry(index) else {
      throw unknown("function", index, of: module.functions.count)
    }
    return module.types[Int(entry.pointee.typeIndex)]
  }

  mutating func validateCallIndirect() throws(LoadingError) {
    let type = try readIndirectCallee()
    try pop(type.parameters)
    try push(type.results)
  }

  /// Reads the function type that an indirect call names, and pops its last operand, the index into the table.
  private mutating func readIndirectCallee() throws(LoadingError) -> TypeEntry {
    let typeIndex = try readIndex()
    let table = try table(try readTableIndex())
    let type = try functionType(typeIndex)
    guard matches(table.element, .funcref) else {
      throw typeMismatch(in: "table", expected: "elements of type funcref", found: checker.describe(table.element))
    }
    try pop(table.address)
    return type
  }

  mutating func validateCallReference() throws(LoadingError) {
    let type = try readReferencedCallee()
    try pop(type.parameters)
    try push(type.results)
  }

  private mutating func readReferencedCallee() throws(LoadingError) -> TypeEntry {
    let type = try functionType(try readIndex())
    try pop(reference(to: type, nullable: true))
    return type
  }

  // MARK: Tail calls

  mutating func validateReturnCall() throws(LoadingError) { try finishTailCall(try readCallee()) }

  mutating func validateReturnCallIndirect() throws(LoadingError) { try finishTailCall(try readIndirectCallee()) }

  mutating func validateReturnCallReference() throws(LoadingError) { try finishTailCall(try readReferencedCallee()) }

  /// A tail call returns the callee's results from the function.
  private mutating func finishTailCall(_ type: TypeEntry) throws(LoadingError) {
    try pop(type.parameters)
    guard matches(type.results, results) else {
      throw typeMismatch(
        in: "results of the callee", expected: checker.describe(results.types(in: module.pool)),
        found: checker.describe(type.results.types(in: module.pool)))
    }
    becomeUnreachable()
  }

  mutating func matches(_ types: TypeList, _ others: TypeList) -> Bool {
    guard types != others else { return true }
    return types.count == others.count
      && (0..<Int(types.count)).allSatisfy {
        matches(types.type($0, in: module.pool), others.type($0, in: module.pool))
      }
  }
}
