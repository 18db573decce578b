import WebAssembly

/// A cursor over the tokens of a text, with one token of lookahead, and the basic productions of the grammar.
package struct TokenCursor {
  private var lexer: Lexer
  /// The current token.
  package private(set) var current: Token
  /// The token after it.
  package private(set) var following: Token
  /// The offset at which the token before the current one ended.
  package private(set) var previousEnd: Int

  /// Starts at the first token of a range of a text.
  package init(
    _ text: UnsafeBufferPointer<UInt8>, range: Range<Int>, acceptsLegacyWords: Bool = false
  ) throws(ParseError) {
    lexer = Lexer(text, range: range, acceptsLegacyWords: acceptsLegacyWords)
    previousEnd = range.lowerBound
    current = try lexer.next()
    following = current.kind == .end ? current : try lexer.next()
  }

  package var text: UnsafeBufferPointer<UInt8> { lexer.text }

  /// Whether keywords of the legacy dialect are accepted.
  var acceptsLegacyWords: Bool { lexer.acceptsLegacyWords }

  package var isAtEnd: Bool { current.kind == .end }

  // MARK: Moving

  /// Moves to the next token. An annotation before the current token that was not taken is an error.
  package mutating func advance() throws(ParseError) {
    if current.annotation >= 0 { throw misplacedAnnotation() }
    try moveOn()
  }

  private mutating func moveOn() throws(ParseError) {
    previousEnd = current.end
    current = following
    if current.kind != .end { following = try lexer.next() }
  }

  /// Moves to an offset, from which the next tokens are read.
  package mutating func move(to offset: Int) throws(ParseError) {
    lexer.position = offset
    previousEnd = offset
    current = try lexer.next()
    following = current.kind == .end ? current : try lexer.next()
  }

  /// Whether annotations must be taken; if not, they are skipped like comments.
  package var reportsAnnotations: Bool {
    get { lexer.reportsAnnotations }
    set { lexer.reportsAnnotations = newValue }
  }

  /// Skips the rest of the group that contains the current token, including the closing parenthesis. The tokens are not
  /// checked.
  package mutating func skipRestOfGroup() throws(ParseError) {
    lexer.position = current.start
    try lexer.skipGroup()
    try move(to: lexer.position)
  }

  /// Skips the group that begins at the current opening parenthesis. The tokens are not checked.
  package mutating func skipGroup() throws(ParseError) {
    lexer.position = current.end
    try lexer.skipGroup()
    try move(to: lexer.position)
  }

  // MARK: Annotations

  /// Takes the annotations before the current token.
  package mutating func takeAnnotations() throws(ParseError) -> [Annotation.Place] {
    guard current.annotation >= 0 else { return [] }
    let range = current.annotation..<current.start
    current.annotation = -1
    return try Lexer.annotations(in: text, range: range)
  }

  /// Takes the leading annotations of one kind before the current token. The others remain.
  mutating func takeAnnotations(_ kind: Annotation.Kind) throws(ParseError) -> [Annotation.Place] {
    let places = try takeAnnotations()
    guard let other = places.firstIndex(where: { $0.kind != kind }) else { return places }
    current.annotation = places[other].start
    return Array(places[..<other])
  }

  private func misplacedAnnotation() -> ParseError {
    let places = (try? Lexer.annotations(in: text, range: current.annotation..<current.start)) ?? []
    switch places.first?.kind {
    case .branchHint: return error("@metadata.code.branch_hint annotation: not in a function", at: current.annotation)
    case let kind: return error("misplaced @\(kind?.name ?? "") annotation", at: current.annotation)
    }
  }

  // MARK: Errors

  package func error(_ message: String, at offset: Int) -> ParseError { lexer.error(message, at: offset) }

  /// An error at the current token.
  package func error(_ message: String) -> ParseError { error(message, at: current.start) }

  /// The error for a current token that is not allowed here, or not known at all.
  func unexpected(_ expected: String? = nil) -> ParseError {
    if current.kind == .leftParenthesis, following.isNoWord { return unknownOperator(following, expected) }
    return unexpected(expected, at: current)
  }

  func unexpected(_ expected: String?, at token: Token) -> ParseError {
    if token.isNoWord { return unknownOperator(token, expected) }
    if token.kind == .end { return lexer.unexpectedEnd(at: token.start, expected) }
    let found = "'\(spelling(token))'"
    return error(
      "unexpected token" + (expected.map { ": expected \($0), found \(found)" } ?? " \(found)"), at: token.start)
  }

  /// The error for an unknown word. If it belongs to the legacy dialect, the message names its replacement.
  ///
  /// - Parameter expected: what is expected in its place, for a word that is similar to none.
  func unknownOperator(_ token: Token, _ expected: String? = nil) -> ParseError {
    let word = UnsafeBufferPointer(rebasing: text[token.range])
    let message = "unknown operator '\(spelling(token))'"
    guard let entry = KeywordTable.legacy.lookUp(word, hash: KeywordTable.hash(word)) else {
      let question = Suggestion.question(for: spelling(token), among: Keyword.words)
      let remark = question.isEmpty ? expected.map { ": expected \($0)" } ?? "" : question
      return error(message + remark, at: token.start)
    }
    let modern =
      entry.opcodeValue == Token.noOpcode
      ? Keyword.legacySpellings.first { $0.keyword == entry.keyword }?.modern ?? ""
      : Token(kind: .keyword, opcodeValue: entry.opcodeValue, start: 0, end: 0).opcode?.mnemonic ?? ""
    return error("\(message): it is now written '\(modern)' (--legacy-text accepts the old word)", at: token.start)
  }

  /// The characters of a token, shortened if there are more than 64 bytes.
  package func spelling(_ token: Token) -> String {
    let limit = 64
    let shown = String(decoding: text[token.start..<min(token.end, token.start + limit)], as: UTF8.self)
    return token.range.count > limit ? shown + "…" : shown
  }

  // MARK: Productions

  /// Whether a group starts here whose first word is `keyword`.
  @inline(__always)
  package func isOpening(_ keyword: Keyword) -> Bool {
    current.kind == .leftParenthesis && following.keyword == keyword
  }

  /// Enters a group whose first word is `keyword`, if one starts here: moves to the token after that word.
  package mutating func open(_ keyword: Keyword) throws(ParseError) -> Bool {
    guard isOpening(keyword) else { return false }
    try advance()
    try advance()
    return true
  }

  mutating func expectOpen(_ keyword: Keyword, _ expected: String? = nil) throws(ParseError) {
    guard try open(keyword) else { throw unexpected(expected) }
  }

  /// Skips a closing parenthesis, which must be here.
  package mutating func close() throws(ParseError) {
    guard current.kind == .rightParenthesis else { throw unexpected("')'") }
    try advance()
  }

  /// Skips a keyword, if it is here.
  package mutating func accept(_ keyword: Keyword) throws(ParseError) -> Bool {
    guard current.keyword == keyword else { return false }
    try advance()
    return true
  }

  package mutating func expect(_ kind: Token.Kind, _ expected: String) throws(ParseError) -> Token {
    guard current.kind == kind else { throw unexpected(expected) }
    let token = current
    try advance()
    return token
  }

  /// A string literal; returns its bytes.
  package mutating func string() throws(ParseError) -> [UInt8] {
    let token = try expect(.string, "a string")
    return StringLiteral.decode(text[token.range])
  }

  /// Appends the bytes of all string literals that follow.
  package mutating func strings(into bytes: inout [UInt8]) throws(ParseError) {
    while current.kind == .string {
      StringLiteral.decode(text[current.range], into: &bytes)
      try advance()
    }
  }

  /// A string literal that is a name; returns its bytes, which are UTF-8.
  package mutating func name() throws(ParseError) -> [UInt8] {
    let token = try expect(.string, "a name")
    guard StringLiteral.isUTF8(text[token.range]) else {
      throw error("malformed UTF-8 encoding", at: token.start)
    }
    return StringLiteral.decode(text[token.range])
  }

  /// An identifier without its `$`, if there is one.
  package mutating func optionalIdentifier() throws(ParseError) -> String? {
    guard current.kind == .identifier else { return nil }
    let token = current
    try advance()
    return String(decoding: identifierBytes(token), as: UTF8.self)
  }

  /// The bytes that an identifier denotes, without the `$`.
  func identifierBytes(_ token: Token) -> [UInt8] {
    let start = token.start + 1
    if text[start] == UInt8(ascii: "\"") { return StringLiteral.decode(text[start..<token.end]) }
    return Array(text[start..<token.end])
  }

  // MARK: Numbers

  func literal(_ token: Token) -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: text[token.range]) }

  /// Whether the current token is an unsigned integer.
  package var isNatural: Bool { current.kind == .integer && StringLiteral.hexDigit(text[current.start]) != nil }

  /// An unsigned integer of at most `bits` bits.
  mutating func natural(bits: UInt64, _ expected: String) throws(ParseError) -> UInt64 {
    guard isNatural else { throw unexpected(expected) }
    guard let value = Self.natural(literal(current), bits: bits) else {
      throw naturalOutOfRange(current, bits: bits)
    }
    try advance()
    return value
  }

  /// The error for an unsigned integer that does not have at most `bits` bits.
  @inline(never)
  func naturalOutOfRange(_ token: Token, bits: UInt64) -> ParseError {
    error(
      "i\(bits) constant out of range: expected 0 to \(UInt64.max >> (64 - bits)), found '\(spelling(token))'",
      at: token.start)
  }

  package mutating func natural32(_ expected: String) throws(ParseError) -> UInt32 {
    UInt32(truncatingIfNeeded: try natural(bits: 32, expected))
  }

  static func natural(_ literal: UnsafeBufferPointer<UInt8>, bits: UInt64) -> UInt64? {
    guard let magnitude = NumberLiteral.integer(literal).magnitude, bits == 64 || magnitude >> bits == 0 else {
      return nil
    }
    return magnitude
  }

  /// An integer literal, signed or unsigned, as a bit pattern of `bits` bits.
  mutating func integer(bits: UInt64) throws(ParseError) -> UInt64 {
    let value = try integer(current, bits: bits)
    try advance()
    return value
  }

  func integer(_ token: Token, bits: UInt64) throws(ParseError) -> UInt64 {
    guard token.kind == .integer else { throw unexpected("an integer", at: token) }
    let (_, isNegative, magnitude) = NumberLiteral.integer(literal(token))
    let largest: UInt64 = isNegative ? 1 << (bits - 1) : ~0 >> (64 - bits)
    guard let magnitude, magnitude <= largest else {
      throw outOfRange(token, "an integer from -\(UInt64(1) << (bits - 1)) to \(UInt64.max >> (64 - bits))")
    }
    return (isNegative ? 0 &- magnitude : magnitude) & ~0 >> (64 - bits)
  }

  @inline(never)
  private func outOfRange(_ token: Token, _ expected: String) -> ParseError {
    error("constant out of range: expected \(expected), found '\(spelling(token))'", at: token.start)
  }

  /// A float literal as a bit pattern.
  mutating func float(_ format: FloatLiteral.Format) throws(ParseError) -> UInt64 {
    let bits = try float(current, format)
    try advance()
    return bits
  }

  func float(_ token: Token, _ format: FloatLiteral.Format) throws(ParseError) -> UInt64 {
    guard token.kind == .float || token.kind == .integer else { throw unexpected("a number", at: token) }
    guard let bits = FloatLiteral.bits(literal(token), format) else {
      throw outOfRange(token, "a float of \(1 + format.exponentBits + format.significandBits) bits")
    }
    return bits
  }
}
