import WasmBinary
import WebAssembly

// Functions and constant expressions. (Core specification 3.0, 6.6.6 "Functions", 6.5.11 "Expressions".)
extension ModuleAssembler {
  /// Assembles the locals and instructions of a function into the code section.
  mutating func functionBody(_ index: UInt32, _ use: TypeUse) throws(ParseError) {
    code.removeAll()
    labels.reset()
    hints.removeAll()
    mark(fieldPosition)
    try bindParameters(use)
    code.writer.locals(try localTypes())
    isInFunction = true
    try instructions()
    mark(cursor.current.start)
    isInFunction = false
    code.writer.opcode(.end)
    sections.code.append(at: fieldPosition) { $0.count(code.writer.count) }
    sections.code.extend(code)
    if !hints.isEmpty { branchHints.functions[index] = hints.sorted { $0.offset < $1.offset } }
    if options.emitNames { keepNames(index) }
  }

  private mutating func bindParameters(_ use: TypeUse) throws(ParseError) {
    spaces[.local].removeAll()
    unknownParameterType = use.parameterCount == nil ? use.index : nil
    for parameter in use.parameters { try bindLocal(parameter) }
    spaces[.local].defineAnonymous((use.parameterCount ?? 0) - Int(spaces[.local].count))
  }

  /// Binds the identifier of a parameter or local, and stores its name. Also counts the ones before it that have
  /// neither.
  private mutating func bindLocal(_ named: NamedPosition) throws(ParseError) {
    spaces[.local].defineAnonymous(named.position - Int(spaces[.local].count))
    if let name = named.name { spaces[.local].annotatedNames[UInt32(named.position)] = name }
    guard let token = named.identifier else { return spaces[.local].defineAnonymous(1) }
    let identifier = number(of: token)
    guard spaces[.local].define(identifier) != nil else {
      throw error(
        "duplicate local '\(cursor.spelling(token))': another parameter or local has this name", at: token.start)
    }
  }

  private mutating func localTypes() throws(ParseError) -> [ValueType] {
    var types: [ValueType] = []
    while try cursor.open(.local) {
      if let named = try namedPosition(Int(spaces[.local].count)) {
        try bindLocal(named)
        types.append(try valueType())
      } else {
        while cursor.current.kind != .rightParenthesis {
          types.append(try valueType())
          spaces[.local].defineAnonymous(1)
        }
      }
      try cursor.close()
    }
    return types
  }

  private mutating func keepNames(_ function: UInt32) {
    let localNames = spaces[.local].names(identifiers)
    if !localNames.isEmpty { names.locals.maps[function] = localNames }
    guard !labels.identifiers.isEmpty else { return }
    names.labels.maps[function] = NameMap(
      labels.identifiers.map { NameMap.Entry(index: $0.index, name: identifiers.name($0.identifier)) })
  }

  /// Instructions up to a closing parenthesis, and the `end` after them in the binary format.
  mutating func constantExpression() throws(ParseError) -> EncodedText {
    beginConstantExpression()
    try instructions()
    return endConstantExpression()
  }

  /// A single folded instruction as an expression.
  mutating func foldedConstantExpression() throws(ParseError) -> EncodedText {
    guard cursor.current.kind == .leftParenthesis else { throw cursor.unexpected("an expression") }
    beginConstantExpression()
    try instructions(onlyOne: true)
    return endConstantExpression()
  }

  private mutating func beginConstantExpression() {
    code.removeAll()
    labels.reset()
    spaces[.local].removeAll()
    unknownParameterType = nil
  }

  private mutating func endConstantExpression() -> EncodedText {
    code.writer.opcode(.end)
    return code
  }
}
