/// Numbers in options and policies.
package enum WholeNumber {
  /// Reads a decimal number with or without underscores between digits: `1000`, `1_000`.
  package static func parse<Number: FixedWidthInteger>(_ text: String, as _: Number.Type = Number.self) -> Number? {
    guard let digits = withoutSeparators(text), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return Number(digits)
  }

  /// A text without the underscores between its digits; nil if one is elsewhere.
  package static func withoutSeparators(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    func isDigit(_ index: Int) -> Bool { bytes.indices.contains(index) && (0x30...0x39).contains(bytes[index]) }
    for index in bytes.indices where bytes[index] == UInt8(ascii: "_") {
      guard isDigit(index - 1), isDigit(index + 1) else { return nil }
    }
    return String(decoding: bytes.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
  }
}
