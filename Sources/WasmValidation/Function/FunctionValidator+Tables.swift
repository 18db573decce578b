import WebAssembly

// Table instructions, and copies between memories. (Core specification 3.0, 3.4.4 "Table Instructions", 3.4.5 "Memory Instructions".)
extension FunctionValidator {
  mutating func validateTableGet() throws(LoadingError) {
    let table = try table(try readTableIndex())
    try pop(table.address)
    push(table.element)
  }

  mutating func validateTableSet() throws(LoadingError) {
    let table = try table(try readTableIndex())
    try pop(table.element)
    try pop(table.address)
  }

  mutating func validateTableInit() throws(LoadingError) {
    let segment = try readIndex()
    let table = try table(try readTableIndex())
    try check(try element(segment), fits: table.element)
    try pop(.i32)
    try pop(.i32)
    try pop(table.address)
  }

  /// Checks that elements of one type can be stored in a table of another.
  private mutating func check(_ type: ValueType, fits other: ValueType) throws(LoadingError) {
    guard matches(type, other) else {
      throw typeMismatch(in: "elements", expected: checker.describe(other), found: checker.describe(type))
    }
  }

  mutating func validateTableCopy() throws(LoadingError) {
    let destination = try table(try readTableIndex())
    let source = try table(try readTableIndex())
    try check(source.element, fits: destination.element)
    try popCopyOperands(destination.address, source.address)
  }

  mutating func validateTableGrow() throws(LoadingError) {
    let table = try table(try readTableIndex())
    try pop(table.address)
    try pop(table.element)
    push(table.address)
  }

  mutating func validateTableFill() throws(LoadingError) {
    let table = try table(try readTableIndex())
    try pop(table.address)
    try pop(table.element)
    try pop(table.address)
  }

  mutating func validateMemoryCopy() throws(LoadingError) {
    let destination = try memory(try readMemoryIndex())
    let source = try memory(try readMemoryIndex())
    try popCopyOperands(destination, source)
  }

  /// The count has the narrower of the two address types.
  private mutating func popCopyOperands(_ destination: ValueType, _ source: ValueType) throws(LoadingError) {
    try pop(destination == .i64 && source == .i64 ? .i64 : .i32)
    try pop(source)
    try pop(destination)
  }
}
