import WebAssembly

/// A token: a range of the text and its classification. (Core specification 3.0, 6.2.2 "Tokens".)
package struct Token {
  package enum Kind: UInt8 {
    case leftParenthesis, rightParenthesis
    /// Begins with a small letter. It may be an unknown word.
    case keyword
    /// `$name` or `$"name"`.
    case identifier
    case string
    case integer, float
    /// A reserved token: adjacent characters that form no other token.
    case reserved
    case end
  }

  package var kind: Kind
  /// The keyword, unless it is an instruction.
  package var keyword: Keyword = .unknown
  /// The opcode if the keyword is an instruction; else ``noOpcode``.
  var opcodeValue: UInt16 = Token.noOpcode
  package var start: Int
  package var end: Int
  /// The offset of the first known annotation between the previous token and this one, or -1.
  package var annotation = -1

  static let noOpcode = UInt16.max

  package var range: Range<Int> { start..<end }

  /// The instruction with this mnemonic; the first one in the table if several share it.
  var opcode: Opcode? {
    // Sound: only raw values of cases are stored. They are dense, so that they equal the cases' representation.
    opcodeValue == Token.noOpcode ? nil : unsafeBitCast(opcodeValue, to: Opcode.self)
  }

  /// Whether the token is a known keyword.
  var isKnownKeyword: Bool { keyword != .unknown || opcodeValue != Token.noOpcode }

  /// Whether no grammar rule accepts the token.
  var isNoWord: Bool { kind == .reserved || (kind == .keyword && !isKnownKeyword) }
}
