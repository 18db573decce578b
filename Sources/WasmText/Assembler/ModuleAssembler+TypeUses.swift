import WebAssembly

// Types as used by functions, tags, blocks and indirect calls. (Core specification 3.0, 6.4.15 "Type Uses".)
extension ModuleAssembler {
  /// A type use: `(type …)`, an inline function type, or both.
  struct TypeUse {
    var index: UInt32
    /// The identifiers and names of parameters.
    var parameters: [NamedPosition] = []
    /// The number of parameters; nil if the type is not known, at least not yet.
    var parameterCount: Int?
  }

  mutating func typeUse(allowsIdentifiers: Bool) throws(ParseError) -> TypeUse {
    let position = keywordPosition
    guard let (explicit, offset) = try explicitType() else {
      let (type, parameters) = try functionType(allowsIdentifiers: allowsIdentifiers)
      return TypeUse(
        index: types.index(of: type, at: position), parameters: parameters, parameterCount: type.parameters.count)
    }
    let isWrittenOut = cursor.isOpening(.param) || cursor.isOpening(.result)
    let (type, parameters) = try functionType(allowsIdentifiers: allowsIdentifiers)
    if cursor.isOpening(.param) || cursor.isOpening(.type) { throw cursor.unexpected() }
    if isWrittenOut { try check(type, against: explicit, at: offset) }
    return TypeUse(
      index: explicit, parameters: parameters,
      parameterCount: types[explicit]?.composite.function?.parameters.count)
  }

  /// `(type …)` and its offset in the text, if it is here.
  mutating func explicitType() throws(ParseError) -> (index: UInt32, offset: Int)? {
    let offset = cursor.current.start
    guard try cursor.open(.type) else { return nil }
    let index = try typeIndex()
    try cursor.close()
    return (index, offset)
  }

  /// Checks that an inline function type equals the type with the given index.
  private func check(_ type: FunctionType, against index: UInt32, at offset: Int) throws(ParseError) {
    // An empty type is not checked, because the index may refer to a type that is added later.
    if type.parameters.isEmpty, type.results.isEmpty { return }
    guard let defined = types[index] else { throw error("unknown type \(index)", at: offset) }
    guard defined.composite.function == type else {
      let expected = defined.composite.function.map { "\($0)" } ?? "no function type"
      throw error(
        "inline function type is not that of type \(index): expected \(expected), found \(type)", at: offset)
    }
  }

  /// The type of a block, in the shortest form.
  mutating func blockType() throws(ParseError) -> BlockType {
    guard cursor.current.kind == .leftParenthesis else { return .empty }
    if cursor.isOpening(.type) { return .type(try typeUse(allowsIdentifiers: false).index) }
    guard cursor.isOpening(.param) || cursor.isOpening(.result) else { return .empty }
    let position = keywordPosition
    let (type, _) = try functionType(allowsIdentifiers: false)
    if type.parameters.isEmpty, type.results.isEmpty { return .empty }
    if type.parameters.isEmpty, type.results.count == 1 { return .result(type.results[0]) }
    return .type(types.index(of: type, at: position))
  }
}
