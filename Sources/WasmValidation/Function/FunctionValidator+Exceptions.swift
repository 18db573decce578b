import WebAssembly

// Exceptions. (Core specification 3.0, 3.4.2 "Control Instructions".)
extension FunctionValidator {
  mutating func validateTryTable() throws(LoadingError) {
    let (parameters, results) = try readBlockType()
    try pop(parameters)
    for _ in 0..<(try readIndex()) { try validateCatchClause() }
    try push(.tryTable, parameters, results)
  }

  /// The values of a caught exception must match the types of the clause's label. Labels are those around the `try_table`.
  private mutating func validateCatchClause() throws(LoadingError) {
    let clause = try readCatchClause()
    let parameters = try clause.tag.map { tag throws(LoadingError) in try tagParameters(tag) } ?? .empty
    let target = try frame(clause.label).labelTypes
    let count = Int(parameters.count)
    let pool = module.pool
    var isMatching = Int(target.count) == count + (clause.withReference ? 1 : 0)
    if isMatching {
      isMatching = (0..<count).allSatisfy { matches(parameters.type($0, in: pool), target.type($0, in: pool)) }
    }
    if isMatching, clause.withReference {
      isMatching = matches(.reference(nullable: false, .exception), target.type(count, in: pool))
    }
    guard isMatching else {
      let reference = clause.withReference ? [ValueType.reference(nullable: false, .exception)] : []
      throw typeMismatch(
        in: "values of the catch clause", expected: checker.describe(target.types(in: pool)),
        found: checker.describe(parameters.types(in: pool) + reference))
    }
  }

  mutating func validateThrow() throws(LoadingError) {
    try pop(try tagParameters(try readIndex()))
    becomeUnreachable()
  }

  mutating func validateThrowReference() throws(LoadingError) {
    try pop(.reference(nullable: true, .exception))
    becomeUnreachable()
  }
}

// The legacy exceptions proposal, in which the handlers are parts of a `try`.
extension FunctionValidator {
  mutating func validateLegacyCatch() throws(LoadingError) {
    let tag = try readIndex()
    let frame = try endPartOfTry()
    try push(.legacyCatch, frame.parameters, frame.results, entering: try tagParameters(tag))
  }

  mutating func validateLegacyCatchAll() throws(LoadingError) {
    let frame = try endPartOfTry()
    try push(.legacyCatchAll, frame.parameters, frame.results, entering: .empty)
  }

  private mutating func endPartOfTry() throws(LoadingError) -> ControlFrame {
    let kind = frames[frames.count - 1].kind
    guard kind == .legacyTry || kind == .legacyCatch else { throw misplaced() }
    return try popFrame()
  }

  mutating func validateRethrow() throws(LoadingError) {
    let label = try readIndex()
    let kind = try frame(label).kind
    guard kind == .legacyCatch || kind == .legacyCatchAll else {
      throw invalid("invalid rethrow label \(label)", expected: "catch or catch_all", found: kind.keyword)
    }
    becomeUnreachable()
  }

  mutating func validateDelegate() throws(LoadingError) {
    let label = try readIndex()
    guard frames[frames.count - 1].kind == .legacyTry else { throw misplaced() }
    let frame = try popFrame()
    _ = try self.frame(label)
    try push(frame.results)
  }
}
