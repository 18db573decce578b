import WebAssembly

// The first pass: finds all definitions and binds their identifiers.
extension ModuleAssembler {
  /// The result of the first pass.
  struct Fields {
    /// The offset of the first field.
    var start: Int
    /// The offset of each `(type …)` and `(rec …)`.
    var typeDefinitions: [Int] = []
  }

  /// The definitions that can also be imported.
  private static let spaces: [(keyword: Keyword, space: Space)] = [
    (.func, .function), (.table, .table), (.memory, .memory), (.global, .global), (.tag, .tag),
  ]

  private func space(_ keyword: Keyword) -> Space? {
    Self.spaces.first { $0.keyword == keyword }?.space
  }

  /// Visits all fields and binds identifiers. Annotations are left to the second pass.
  mutating func scan(isGroup: Bool) throws(ParseError) -> Fields {
    var fields = Fields(start: cursor.previousEnd)
    cursor.reportsAnnotations = false
    try cursor.move(to: fields.start)
    // The first definition that is not an import. No import may follow it.
    var defined: Keyword?
    while cursor.current.kind == .leftParenthesis {
      try checkStop()
      let keyword = cursor.following.keyword
      switch keyword {
      case .type:
        fields.typeDefinitions.append(cursor.current.start)
        try scanType()
      case .rec:
        fields.typeDefinitions.append(cursor.current.start)
        try scanRecursionGroup()
      case .import: try scanImport(after: defined)
      case .func, .table, .memory, .global, .tag:
        if try !scanDefinition(keyword, after: defined) { defined = defined ?? keyword }
      case .elem: try scanSegment(.element)
      case .data: try scanSegment(.data)
      case .export, .start: try cursor.skipGroup()
      default: throw cursor.unexpected("a field of a module")
      }
    }
    guard isGroup ? cursor.current.kind == .rightParenthesis : cursor.isAtEnd else {
      throw cursor.unexpected("a field of a module")
    }
    return fields
  }

  private mutating func define(_ space: Space) throws(ParseError) {
    let token = cursor.current
    let identifier = try optionalIdentifier()
    guard spaces[space].define(identifier) != nil else {
      throw error(
        "duplicate \(space.duplicateNoun) '\(cursor.spelling(token))': another \(space.noun) has this name",
        at: token.start)
    }
  }

  private mutating func scanType() throws(ParseError) {
    _ = try cursor.open(.type)
    try define(.type)
    try cursor.skipRestOfGroup()
  }

  private mutating func scanRecursionGroup() throws(ParseError) {
    _ = try cursor.open(.rec)
    while cursor.isOpening(.type) { try scanType() }
    try cursor.close()
  }

  private mutating func scanImport(after defined: Keyword?) throws(ParseError) {
    let start = cursor.current.start
    _ = try cursor.open(.import)
    try checkImportOrder(after: defined, at: start)
    _ = try cursor.expect(.string, "a name")
    if cursor.current.kind == .string {
      try cursor.advance()
      try scanImportType()
    } else {
      try scanImportItems()
    }
    try cursor.close()
  }

  /// The type of an import, with its identifier.
  private mutating func scanImportType() throws(ParseError) {
    guard cursor.current.kind == .leftParenthesis, let space = space(cursor.following.keyword) else {
      throw cursor.unexpected("the type of an import")
    }
    try cursor.advance()
    try cursor.advance()
    try define(space)
    try cursor.skipRestOfGroup()
  }

  /// `(item "name" type)*`, or `(item "name")*` and a type for all. (Compact import section proposal, "Text format".)
  private mutating func scanImportItems() throws(ParseError) {
    var untypedCount = 0
    var hasTypes = false
    while try cursor.open(.item) {
      _ = try cursor.expect(.string, "a name")
      if cursor.current.kind == .leftParenthesis, untypedCount == 0 {
        hasTypes = true
        try scanImportType()
      } else {
        guard !hasTypes else { throw cursor.unexpected("the type of an import") }
        untypedCount += 1
      }
      try cursor.close()
    }
    guard untypedCount > 0 || !hasTypes && cursor.current.kind == .leftParenthesis else { return }
    guard cursor.current.kind == .leftParenthesis, let space = space(cursor.following.keyword) else {
      throw cursor.unexpected("the type of imports")
    }
    try cursor.advance()
    try cursor.advance()
    guard cursor.current.kind != .identifier else { throw cursor.error("identifier not allowed") }
    for _ in 0..<untypedCount { _ = spaces[space].define(nil) }
    try cursor.skipRestOfGroup()
  }

  private func checkImportOrder(after defined: Keyword?, at offset: Int) throws(ParseError) {
    guard let defined else { return }
    let spelling = Keyword.spellings.first { $0.keyword == defined }?.spelling.description ?? ""
    throw error("import after \(defined == .func ? "function" : spelling)", at: offset)
  }

  /// A function, table, memory, global or tag. Returns whether it is an import.
  private mutating func scanDefinition(_ keyword: Keyword, after defined: Keyword?) throws(ParseError) -> Bool {
    let start = cursor.current.start
    try cursor.advance()
    try cursor.advance()
    if let space = space(keyword) { try define(space) }
    while cursor.isOpening(.export) { try cursor.skipGroup() }
    let isImport = cursor.isOpening(.import)
    if isImport {
      try checkImportOrder(after: defined, at: start)
    } else if keyword == .table || keyword == .memory, isInlineSegment() {
      _ = keyword == .table ? spaces[.element].define(nil) : spaces[.data].define(nil)
    }
    try cursor.skipRestOfGroup()
    return isImport
  }

  /// Whether a table or memory is defined by its contents instead of by limits.
  private func isInlineSegment() -> Bool {
    let isAddressType = cursor.current.keyword == .i32 || cursor.current.keyword == .i64
    return (isAddressType ? cursor.following : cursor.current).kind != .integer
  }

  private mutating func scanSegment(_ space: Space) throws(ParseError) {
    try cursor.advance()
    try cursor.advance()
    try define(space)
    try cursor.skipRestOfGroup()
  }
}
