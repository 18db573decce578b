import WebAssembly

// Values of the component model.
extension ScriptReader {
  /// The integer types and their widths in bits.
  private static let integers: [String: UInt64] = [
    "s8.const": 8, "u8.const": 8, "s16.const": 16, "u16.const": 16, "s32.const": 32, "u32.const": 32, "s64.const": 64,
    "u64.const": 64,
  ]

  private static let words: Set<String> = [
    "bool.const", "char.const", "str.const", "list.const", "record.const", "tuple.const", "variant.const", "enum.const",
    "option.none", "option.some", "result.ok", "result.err", "flags.const",
  ]

  private static let maximumDepth = 100

  /// A value that only components have, if one is here.
  mutating func componentValue() throws(ParseError) -> ScriptComponentValue? { try componentValue(depth: 0) }

  private mutating func componentValue(depth: Int) throws(ParseError) -> ScriptComponentValue? {
    guard cursor.current.kind == .leftParenthesis, isValue(cursor.following, depth: depth) else { return nil }
    try cursor.advance()
    let value = try bareValue(depth: depth)
    try cursor.close()
    return value
  }

  /// Whether a word begins a value. Floats inside of others are component values too.
  private func isValue(_ token: Token, depth: Int) -> Bool {
    guard token.kind == .keyword else { return false }
    if let opcode = token.opcode { return depth > 0 && (opcode == .f32Const || opcode == .f64Const) }
    let word = cursor.spelling(token)
    return Self.words.contains(word) || Self.integers[word] != nil
  }

  /// A value without parentheses around it, as it is in a field of a record.
  private mutating func bareValue(depth: Int) throws(ParseError) -> ScriptComponentValue {
    guard depth < Self.maximumDepth else {
      throw cursor.error("nesting is too deep: expected at most \(Self.maximumDepth) values")
    }
    let token = cursor.current
    guard isValue(token, depth: depth) else { throw cursor.unexpected("a value") }
    try cursor.advance()
    if token.opcode == .f32Const { return .f32(try pattern32()) }
    if token.opcode == .f64Const { return .f64(try pattern64()) }
    let word = cursor.spelling(token)
    guard let bits = Self.integers[word] else { return try contents(word, depth: depth) }
    let number = try cursor.integer(bits: bits)
    let shift = 64 - bits
    let signed = UInt64(bitPattern: Int64(bitPattern: number << shift) >> Int64(shift))
    return .integer(type: String(word.prefix { $0 != "." }), word.hasPrefix("s") ? signed : number)
  }

  private mutating func contents(_ word: String, depth: Int) throws(ParseError) -> ScriptComponentValue {
    switch word {
    case "bool.const":
      let isTrue = cursor.spelling(cursor.current) == "true"
      guard isTrue || cursor.spelling(cursor.current) == "false" else { throw cursor.unexpected("true or false") }
      try cursor.advance()
      return .bool(isTrue)
    case "char.const": return .char(try text())
    case "str.const": return .string(try text())
    case "list.const": return .list(try values(depth: depth))
    case "tuple.const": return .tuple(try values(depth: depth))
    case "record.const":
      var fields: [ScriptComponentValue.Field] = []
      while try cursor.open(.field) {
        let name = try text()
        fields.append(.init(name: name, value: try bareValue(depth: depth + 1)))
        try cursor.close()
      }
      return .record(fields)
    case "variant.const": return .variant(try text(), try componentValue(depth: depth + 1))
    case "enum.const": return .variant(try text(), nil)
    case "option.none": return .option(nil)
    case "option.some": return .option(try componentValue(depth: depth + 1))
    case "result.ok": return .ok(try componentValue(depth: depth + 1))
    case "result.err": return .error(try componentValue(depth: depth + 1))
    default:
      var names: [String] = []
      while cursor.current.kind == .string { names.append(try text()) }
      return .flags(names)
    }
  }

  private mutating func text() throws(ParseError) -> String { String(decoding: try cursor.name(), as: UTF8.self) }

  private mutating func values(depth: Int) throws(ParseError) -> [ScriptComponentValue] {
    var values: [ScriptComponentValue] = []
    while let value = try componentValue(depth: depth + 1) { values.append(value) }
    return values
  }
}
