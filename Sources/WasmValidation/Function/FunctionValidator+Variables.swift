import WebAssembly

// Parametric and variable instructions. (Core specification 3.0, 3.4.1 "Parametric Instructions", 3.4.3 "Variable Instructions".)
extension FunctionValidator {
  // MARK: Select

  mutating func validateSelect() throws(LoadingError) {
    try pop(.i32)
    let before = top
    let second = try pop()
    let first = try pop()
    let areValues = !first.isReference && !second.isReference
    guard areValues, first == second || first == .bottom || second == .bottom else {
      top = before
      throw typeMismatch(
        in: "select without type", expected: "two numbers or vectors of the same type",
        found: checker.describe([first, second]))
    }
    push(first == .bottom ? second : first)
  }

  mutating func validateTypedSelect() throws(LoadingError) {
    let count = try readIndex()
    guard count == 1 else { throw invalid("invalid result arity", expected: "1", found: "\(count)") }
    let type = try check(try readValueType(), at: instructionOffset)
    try pop(.i32)
    try pop(type)
    try pop(type)
    push(type)
  }

  // MARK: Locals

  private mutating func readLocal() throws(LoadingError) -> (index: UInt32, type: ValueType) {
    let index = try readIndex()
    guard Int(index) < locals.count else { throw unknown("local", index, of: locals.count) }
    return (index, locals[Int(index)])
  }

  mutating func validateLocalGet() throws(LoadingError) {
    let (index, type) = try readLocal()
    if hasUninitializedLocals, !isInitialized[Int(index)] { throw invalid("uninitialized local \(index)") }
    push(type)
  }

  mutating func validateLocalSet() throws(LoadingError) {
    let (index, type) = try readLocal()
    try pop(type)
    initialize(index)
  }

  mutating func validateLocalTee() throws(LoadingError) {
    let (index, type) = try readLocal()
    try pop(type)
    initialize(index)
    push(type)
  }

  private mutating func initialize(_ index: UInt32) {
    guard hasUninitializedLocals, !isInitialized[Int(index)] else { return }
    isInitialized[Int(index)] = true
    initializedLocals.append(index)
  }

  // MARK: Globals

  private mutating func readGlobal() throws(LoadingError) -> (index: UInt32, entry: ModuleView.GlobalEntry) {
    let index = try readIndex()
    guard let entry = module.globals.entry(index) else { throw unknown("global", index, of: module.globals.count) }
    return (index, entry.pointee)
  }

  mutating func validateGlobalGet() throws(LoadingError) { push(try readGlobal().entry.type) }

  mutating func validateGlobalSet() throws(LoadingError) {
    let (index, global) = try readGlobal()
    guard global.isMutable else { throw invalid("immutable global \(index)") }
    try pop(global.type)
  }
}
