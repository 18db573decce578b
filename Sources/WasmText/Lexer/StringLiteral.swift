/// The contents of string literals. (Core specification 3.0, 6.3.3 "Strings".)
enum StringLiteral {
  /// The length of the escape sequence at the beginning of `text`, which is a backslash; nil if it is malformed.
  static func escapeLength(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    let start = text.startIndex
    guard text.count >= 2 else { return nil }
    switch text[start + 1] {
    case UInt8(ascii: "t"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "\""), UInt8(ascii: "'"),
      UInt8(ascii: "\\"):
      return 2
    case UInt8(ascii: "u"): return scalarEscape(text)?.length
    default:
      guard text.count >= 3, hexDigit(text[start + 1]) != nil, hexDigit(text[start + 2]) != nil else { return nil }
      return 3
    }
  }

  /// The scalar and length of `\u{…}` at the beginning of `text`.
  private static func scalarEscape(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> (scalar: Unicode.Scalar, length: Int)?
  {
    var position = text.startIndex + 2
    guard position < text.endIndex, text[position] == UInt8(ascii: "{") else { return nil }
    position += 1
    var value: UInt32 = 0
    var isAfterDigit = false
    while position < text.endIndex {
      let character = text[position]
      position += 1
      if let digit = hexDigit(character) {
        value = value << 4 | UInt32(digit)
        guard value < 0x110000 else { return nil }
        isAfterDigit = true
      } else if character == UInt8(ascii: "_"), isAfterDigit {
        isAfterDigit = false
      } else {
        guard character == UInt8(ascii: "}"), isAfterDigit, let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, position - text.startIndex)
      }
    }
    return nil
  }

  /// Appends the bytes that a literal denotes. `literal` includes the quotes, and its escapes must have been checked.
  static func decode(_ literal: Slice<UnsafeBufferPointer<UInt8>>, into bytes: inout [UInt8]) {
    let end = literal.endIndex - 1
    var position = literal.startIndex + 1
    while position < end {
      // Bytes up to the next escape are copied unchanged.
      let plainEnd = literal[position..<end].firstIndex(of: UInt8(ascii: "\\")) ?? end
      bytes.append(contentsOf: literal[position..<plainEnd])
      position = plainEnd
      guard position < end else { break }
      position += decodeEscape(literal[position..<end], into: &bytes)
    }
  }

  static func decode(_ literal: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8] {
    var bytes: [UInt8] = []
    decode(literal, into: &bytes)
    return bytes
  }

  /// Appends the bytes of the escape at the beginning of `text`; returns its length.
  private static func decodeEscape(_ text: Slice<UnsafeBufferPointer<UInt8>>, into bytes: inout [UInt8]) -> Int {
    let start = text.startIndex
    switch text[start + 1] {
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "u"):
      guard let (scalar, length) = scalarEscape(text) else { return 2 }
      bytes.append(contentsOf: UTF8.encode(scalar)!)
      return length
    default:
      guard let high = hexDigit(text[start + 1]), text.count >= 3, let low = hexDigit(text[start + 2]) else {
        bytes.append(text[start + 1])
        return 2
      }
      bytes.append(high << 4 | low)
      return 3
    }
    return 2
  }

  /// Whether the bytes that a literal denotes are UTF-8.
  static func isUTF8(_ literal: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    // The text is UTF-8, so only escapes can make the result invalid.
    guard literal.contains(UInt8(ascii: "\\")) else { return true }
    return decode(literal).withUnsafeBufferPointer { UTF8Validation.firstError(in: $0) == nil }
  }

  static func hexDigit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
