import WebAssembly

/// Splits a text into tokens. It allocates nothing. The bytes must stay alive while it is used, and must be valid
/// UTF-8. (Core specification 3.0, 6.2 "Lexical Format".)
struct Lexer {
  let text: UnsafeBufferPointer<UInt8>
  /// The offset of the next byte.
  var position: Int
  /// The offset after the last byte to read.
  let end: Int
  let acceptsLegacyWords: Bool
  /// Whether tokens report the annotations before them.
  var reportsAnnotations = true

  private let keywords = KeywordTable.standard

  init(_ text: UnsafeBufferPointer<UInt8>, range: Range<Int>, acceptsLegacyWords: Bool = false) {
    self.text = text
    position = range.lowerBound
    end = range.upperBound
    self.acceptsLegacyWords = acceptsLegacyWords
  }

  func error(_ message: String, at offset: Int) -> ParseError { ParseError(message, at: offset, in: text) }

  /// The byte at `distance` from the position; 0, which is illegal in a text, after the end.
  @inline(__always)
  private func byte(_ distance: Int = 0) -> UInt8 {
    position + distance < end ? text[position + distance] : 0
  }

  // MARK: Tokens

  /// The next token. Skips white space, comments and annotations before it.
  mutating func next() throws(ParseError) -> Token {
    let annotation = try skipBlanks()
    var token = try lexToken()
    token.annotation = annotation
    return token
  }

  private mutating func lexToken() throws(ParseError) -> Token {
    let start = position
    guard position < end else { return Token(kind: .end, start: start, end: start) }
    switch text[position] {
    case UInt8(ascii: "("):
      position += 1
      return Token(kind: .leftParenthesis, start: start, end: position)
    case UInt8(ascii: ")"):
      position += 1
      return Token(kind: .rightParenthesis, start: start, end: position)
    case UInt8(ascii: "\""):
      try skipString()
      return finish(.string, from: start)
    case UInt8(ascii: "$"): return try lexIdentifier()
    case UInt8(ascii: "a")...UInt8(ascii: "z"): return lexKeyword()
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"):
      while Self.isIdentifierCharacter(byte()) { position += 1 }
      let digits = UnsafeBufferPointer(rebasing: text[start..<position])
      return finish(NumberLiteral.kind(of: digits), from: start)
    case let first where Self.isReservedCharacter(first): return finish(.reserved, from: start)
    default: throw error("illegal character", at: start)
    }
  }

  /// The token that ends here, or a reserved token if more characters follow directly: tokens other than parentheses
  /// must be separated.
  private mutating func finish(_ kind: Token.Kind, from start: Int) -> Token {
    let expectedEnd = position
    while position < end {
      let character = text[position]
      if character == UInt8(ascii: "\"") {
        let string = position
        guard (try? skipString()) != nil else {
          position = string
          break
        }
      } else if Self.isReservedCharacter(character), !(character == UInt8(ascii: ";") && byte(1) == character) {
        position += 1
      } else {
        break
      }
    }
    return Token(kind: position == expectedEnd ? kind : .reserved, start: start, end: position)
  }

  private mutating func lexKeyword() -> Token {
    let start = position
    var hash = KeywordTable.initialHash
    while position < end, Self.isIdentifierCharacter(text[position]) {
      hash = KeywordTable.combine(hash, text[position])
      position += 1
    }
    let word = UnsafeBufferPointer(rebasing: text[start..<position])
    var token = finish(.keyword, from: start)
    guard token.kind == .keyword else { return token }
    if let entry = keywords.lookUp(word, hash: hash) {
      token.keyword = entry.keyword
      token.opcodeValue = entry.opcodeValue
    } else if NumberLiteral.kind(of: word) == .float {
      token.kind = .float
    } else if acceptsLegacyWords, let entry = KeywordTable.legacy.lookUp(word, hash: hash) {
      token.keyword = entry.keyword
      token.opcodeValue = entry.opcodeValue
    }
    return token
  }

  private mutating func lexIdentifier() throws(ParseError) -> Token {
    let start = position
    position += 1
    if byte() == UInt8(ascii: "\"") {
      let string = position
      guard (try? skipString()) != nil, position > string + 2 else { throw error("empty identifier", at: start) }
      guard StringLiteral.isUTF8(text[string..<position]) else { throw error("malformed UTF-8 encoding", at: start) }
      return finish(.identifier, from: start)
    }
    while Self.isIdentifierCharacter(byte()) { position += 1 }
    guard position > start + 1 else { throw error("empty identifier", at: start) }
    return finish(.identifier, from: start)
  }

  /// Skips a string literal and checks its escapes. (Core specification 3.0, 6.3.3 "Strings".)
  private mutating func skipString() throws(ParseError) {
    let start = position
    position += 1
    while position < end {
      let character = text[position]
      switch character {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"):
        guard let length = StringLiteral.escapeLength(text[position..<end]) else {
          throw error("illegal escape", at: position)
        }
        position += length
      case 0x0A: throw error("unclosed string", at: start)
      case 0..<0x20, 0x7F: throw error("illegal control character in string literal", at: position)
      default: position += 1
      }
    }
    throw error("unclosed string", at: start)
  }

  // MARK: White space, comments, annotations

  /// Skips everything between tokens. Returns the offset of the first known annotation, or -1.
  private mutating func skipBlanks() throws(ParseError) -> Int {
    var annotation = -1
    while position < end {
      switch text[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      case UInt8(ascii: ";") where byte(1) == UInt8(ascii: ";"): skipLineComment()
      case UInt8(ascii: "(") where byte(1) == UInt8(ascii: ";"): try skipBlockComment()
      case UInt8(ascii: "(") where byte(1) == UInt8(ascii: "@"):
        let start = position
        let name = try lexAnnotationName()
        if annotation < 0, reportsAnnotations, Annotation.Kind(name) != nil { annotation = start }
        try skipAnnotationBody(from: start)
      default: return annotation
      }
    }
    return annotation
  }

  /// Moves to the next annotation in a range that contains only white space, comments and annotations.
  mutating func skipToAnnotation() throws(ParseError) -> Int? {
    while position < end {
      switch text[position] {
      case UInt8(ascii: ";"): skipLineComment()
      case UInt8(ascii: "(") where byte(1) == UInt8(ascii: ";"): try skipBlockComment()
      case UInt8(ascii: "("): return position
      default: position += 1
      }
    }
    return nil
  }

  private mutating func skipLineComment() {
    while position < end, text[position] != 0x0A, text[position] != 0x0D { position += 1 }
  }

  private mutating func skipBlockComment() throws(ParseError) {
    let start = position
    var depth = 1
    position += 2
    while position < end {
      let character = text[position]
      if character == UInt8(ascii: ";"), byte(1) == UInt8(ascii: ")") {
        position += 2
        depth -= 1
        if depth == 0 { return }
      } else if character == UInt8(ascii: "("), byte(1) == UInt8(ascii: ";") {
        position += 2
        depth += 1
      } else {
        position += 1
      }
    }
    throw error("unclosed comment", at: start)
  }

  /// Skips `(@` and the name after it; returns the decoded name.
  mutating func lexAnnotationName() throws(ParseError) -> [UInt8] {
    let start = position
    position += 2
    if byte() == UInt8(ascii: "\"") {
      let string = position
      guard (try? skipString()) != nil, position > string + 2 else { throw error("empty annotation id", at: start) }
      let name = StringLiteral.decode(text[string..<position])
      guard StringLiteral.isUTF8(text[string..<position]) else { throw error("malformed UTF-8 encoding", at: start) }
      return name
    }
    while Self.isIdentifierCharacter(byte()) { position += 1 }
    guard position > start + 2 else { throw error("empty annotation id", at: start) }
    return Array(text[start + 2..<position])
  }

  /// Skips the content of an annotation and its closing parenthesis.
  mutating func skipAnnotationBody(from start: Int) throws(ParseError) {
    var depth = 1
    while position < end {
      switch text[position] {
      case UInt8(ascii: "(") where byte(1) == UInt8(ascii: ";"): try skipBlockComment()
      case UInt8(ascii: ";") where byte(1) == UInt8(ascii: ";"): skipLineComment()
      case UInt8(ascii: "("):
        depth += 1
        position += 1
      case UInt8(ascii: ")"):
        depth -= 1
        position += 1
        if depth == 0 { return }
      case UInt8(ascii: "\""): try skipString()
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      case let character where Self.isReservedCharacter(character): position += 1
      default: throw error("illegal character", at: position)
      }
    }
    throw error("unclosed annotation", at: start)
  }

  /// Skips the rest of the current group and its closing parenthesis. The tokens are not checked, so they must be lexed
  /// again if they matter.
  mutating func skipGroup() throws(ParseError) {
    var depth = 1
    while position < end {
      switch text[position] {
      case UInt8(ascii: "("):
        if byte(1) == UInt8(ascii: ";") {
          try skipBlockComment()
        } else {
          depth += 1
          position += 1
        }
      case UInt8(ascii: ")"):
        depth -= 1
        position += 1
        if depth == 0 { return }
      case UInt8(ascii: ";") where byte(1) == UInt8(ascii: ";"): skipLineComment()
      case UInt8(ascii: "\""): try skipString()
      default: position += 1
      }
    }
    throw unexpectedEnd(at: end)
  }

  /// The error for the end of the text inside a group. Its location is the innermost parenthesis that is not closed.
  @inline(never)
  func unexpectedEnd(at offset: Int, _ expected: String? = nil) -> ParseError {
    let message = "unexpected token end of text"
    guard let parenthesis = unclosedParenthesis() else {
      return error(
        expected.map { "unexpected token: expected \($0), found the end of the text" } ?? message, at: offset)
    }
    return error("\(message): this parenthesis is not closed", at: parenthesis)
  }

  /// The offset of the innermost parenthesis that is open at the end of the text. Functions do not nest: if one begins inside another, that
  /// is the parenthesis that is not closed.
  private func unclosedParenthesis() -> Int? {
    var lexer = self
    lexer.position = 0
    var open: [Int] = []
    var function: Int?
    while lexer.position < end {
      switch text[lexer.position] {
      case UInt8(ascii: "("):
        if lexer.byte(1) == UInt8(ascii: ";") {
          guard (try? lexer.skipBlockComment()) != nil else { return nil }
        } else {
          if lexer.isAtFunction {
            if let function { return function }
            function = lexer.position
          }
          open.append(lexer.position)
          lexer.position += 1
        }
      case UInt8(ascii: ")"):
        if let closed = open.popLast(), closed == function { function = nil }
        lexer.position += 1
      case UInt8(ascii: ";") where lexer.byte(1) == UInt8(ascii: ";"): lexer.skipLineComment()
      case UInt8(ascii: "\""): guard (try? lexer.skipString()) != nil else { return nil }
      default: lexer.position += 1
      }
    }
    return open.last
  }

  /// Whether `(func` is here.
  private var isAtFunction: Bool {
    let word = Array("(func".utf8)
    guard position + word.count < end, text[position..<position + word.count].elementsEqual(word) else { return false }
    return [UInt8(ascii: " "), 0x09, 0x0A, 0x0D, UInt8(ascii: "("), UInt8(ascii: ")")].contains(byte(word.count))
  }

  // MARK: Characters

  /// Whether a byte is allowed in identifiers, keywords and numbers.
  @inline(__always)
  static func isIdentifierCharacter(_ byte: UInt8) -> Bool {
    // One bit per character. A test compares it with the list in the standard.
    let bits: UInt64 = byte < 64 ? 0xF7FF_ECFA_0000_0000 : byte < 128 ? 0x57FF_FFFF_D7FF_FFFF : 0
    return bits >> UInt64(byte & 63) & 1 != 0
  }

  /// Whether a byte is allowed in a reserved token outside of strings.
  static func isReservedCharacter(_ byte: UInt8) -> Bool {
    if isIdentifierCharacter(byte) { return true }
    return switch byte {
    case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
      UInt8(ascii: "}"):
      true
    default: false
    }
  }
}
