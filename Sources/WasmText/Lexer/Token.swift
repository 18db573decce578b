import WebAssembly

/// A token: a range of the text and what is known of it. (Core specification 3.0, 6.3.1 "Tokens".)
struct Token {
  enum Kind: UInt8 {
    case leftParenthesis, rightParenthesis
    /// Begins with a small letter; may or may not be a word of the language.
    case keyword
    /// `$name` or `$"name"`.
    case identifier
    case string
    case integer, float
    /// Characters that stand together and mean nothing.
    case reserved
    case end
  }

  var kind: Kind
  /// For a keyword what it means, if it is not an instruction.
  var keyword: Keyword = .unknown
  /// For a keyword the instruction's opcode, or ``noOpcode``.
  var opcodeValue: UInt16 = Token.noOpcode
  var start: Int
  var end: Int
  /// Where the first annotation that has a meaning begins which stands before the token and behind the one before, or -1.
  var annotation = -1

  static let noOpcode = UInt16.max

  var range: Range<Int> { start..<end }

  /// The instruction that the keyword names; the first one in the table if several have the same name.
  var opcode: Opcode? {
    // Sound: only raw values of cases are stored, and those are dense, so they are the cases' representation.
    opcodeValue == Token.noOpcode ? nil : unsafeBitCast(opcodeValue, to: Opcode.self)
  }

  /// Whether the token is a word of the language.
  var isKnownKeyword: Bool { keyword != .unknown || opcodeValue != Token.noOpcode }

  /// Whether the token means nothing anywhere.
  var isNoWord: Bool { kind == .reserved || (kind == .keyword && !isKnownKeyword) }
}
