import WebAssembly

// Types where functions, tags, blocks and indirect calls use them. (Core specification 3.0, 6.4.x "Type Uses".)
extension ModuleAssembler {
  /// A type use: `(type …)`, or a function type written out, or both.
  struct TypeUse {
    var index: UInt32
    /// What parameters are called.
    var parameters: [NamedPosition] = []
    /// The number of parameters; nil if the type is not known, at least not by now.
    var parameterCount: Int?
  }

  mutating func typeUse(allowsIdentifiers: Bool) throws(ParseError) -> TypeUse {
    guard let (explicit, offset) = try explicitType() else {
      let (type, parameters) = try functionType(allowsIdentifiers: allowsIdentifiers)
      return TypeUse(
        index: types.index(of: type), parameters: parameters, parameterCount: type.parameters.count)
    }
    let isWrittenOut = cursor.isOpening(.param) || cursor.isOpening(.result)
    let (type, parameters) = try functionType(allowsIdentifiers: allowsIdentifiers)
    if cursor.isOpening(.param) || cursor.isOpening(.type) { throw cursor.unexpected() }
    if isWrittenOut { try check(type, against: explicit, at: offset) }
    return TypeUse(
      index: explicit, parameters: parameters,
      parameterCount: types[explicit]?.composite.function?.parameters.count)
  }

  /// `(type …)`, if it stands here, and where.
  mutating func explicitType() throws(ParseError) -> (index: UInt32, offset: Int)? {
    let offset = cursor.current.start
    guard try cursor.open(.type) else { return nil }
    let index = try typeIndex()
    try cursor.close()
    return (index, offset)
  }

  /// Checks that a function type that is written out is the one that an index names.
  private func check(_ type: FunctionType, against index: UInt32, at offset: Int) throws(ParseError) {
    // A type without parameters and results says nothing, and the index may name one that is added later.
    if type.parameters.isEmpty, type.results.isEmpty { return }
    guard let defined = types[index] else { throw error("unknown type \(index)", at: offset) }
    guard defined.composite.function == type else {
      throw error("inline function type is not that of type \(index)", at: offset)
    }
  }

  /// The type of a block. What the short forms can say is said in them.
  mutating func blockType() throws(ParseError) -> BlockType {
    guard cursor.current.kind == .leftParenthesis else { return .empty }
    if cursor.isOpening(.type) { return .type(try typeUse(allowsIdentifiers: false).index) }
    guard cursor.isOpening(.param) || cursor.isOpening(.result) else { return .empty }
    let (type, _) = try functionType(allowsIdentifiers: false)
    if type.parameters.isEmpty, type.results.isEmpty { return .empty }
    if type.parameters.isEmpty, type.results.count == 1 { return .result(type.results[0]) }
    return .type(types.index(of: type))
  }
}
