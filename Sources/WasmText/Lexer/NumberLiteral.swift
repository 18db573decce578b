/// The grammar and values of integer literals, and the grammar of float literals.
/// (Core specification 3.0, 6.3.1 "Integers" and 6.3.2 "Floating-Point".)
enum NumberLiteral {
  /// Returns `.integer`, `.float` or, if the characters are not a number, `.reserved`.
  static func kind(of literal: UnsafeBufferPointer<UInt8>) -> Token.Kind {
    var scanner = Scanner(literal)
    _ = scanner.skipSign()
    if scanner.skip("inf") || scanner.skip("nan:0x") && scanner.skipDigits(isHex: true) || scanner.skip("nan") {
      return scanner.isAtEnd ? .float : .reserved
    }
    let isHex = scanner.skip("0x")
    guard scanner.skipDigits(isHex: isHex) else { return .reserved }
    if scanner.isAtEnd { return .integer }
    if scanner.skip("."), let next = scanner.rest.first, StringLiteral.hexDigit(next) != nil,
      isHex || isDecimalDigit(next)
    {
      guard scanner.skipDigits(isHex: isHex) else { return .reserved }
    }
    if scanner.isAtEnd { return .float }
    let marker = scanner.next().map { $0 | 0x20 }
    guard marker == (isHex ? UInt8(ascii: "p") : UInt8(ascii: "e")) else { return .reserved }
    _ = scanner.skipSign()
    return scanner.skipDigits(isHex: false) && scanner.isAtEnd ? .float : .reserved
  }

  private static func isDecimalDigit(_ character: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= character
  }

  /// The sign and magnitude of an integer literal. The magnitude is nil if it does not fit in 64 bits.
  static func integer(
    _ literal: UnsafeBufferPointer<UInt8>
  ) -> (hasSign: Bool, isNegative: Bool, magnitude: UInt64?) {
    var scanner = Scanner(literal)
    let sign = scanner.skipSign()
    let radix: UInt64 = scanner.skip("0x") ? 16 : 10
    return (sign != nil, sign == UInt8(ascii: "-"), magnitude(scanner.rest, radix: radix))
  }

  /// The value of digits, ignoring underscores; nil if it does not fit in 64 bits.
  static func magnitude(_ digits: Slice<UnsafeBufferPointer<UInt8>>, radix: UInt64) -> UInt64? {
    var value: UInt64 = 0
    for character in digits {
      guard let digit = StringLiteral.hexDigit(character) else { continue }
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  /// Scans the characters of a literal.
  struct Scanner {
    private let literal: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ literal: UnsafeBufferPointer<UInt8>) { self.literal = literal }

    var isAtEnd: Bool { position == literal.count }

    var rest: Slice<UnsafeBufferPointer<UInt8>> { literal[position...] }

    mutating func next() -> UInt8? {
      guard !isAtEnd else { return nil }
      defer { position += 1 }
      return literal[position]
    }

    /// Skips a sign, if there is one, and returns it.
    mutating func skipSign() -> UInt8? {
      guard let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
      position += 1
      return sign
    }

    mutating func skip(_ word: StaticString) -> Bool {
      let count = word.utf8CodeUnitCount
      guard rest.count >= count else { return false }
      for offset in 0..<count where literal[position + offset] != word.utf8Start[offset] { return false }
      position += count
      return true
    }

    /// Skips digits with single underscores between them. Returns whether there is at least one digit and every
    /// underscore is between two digits.
    mutating func skipDigits(isHex: Bool) -> Bool {
      var isAfterDigit = false
      while let character = rest.first {
        if isHex ? StringLiteral.hexDigit(character) != nil : isDecimalDigit(character) {
          isAfterDigit = true
        } else if character == UInt8(ascii: "_"), isAfterDigit {
          isAfterDigit = false
        } else {
          break
        }
        position += 1
      }
      return isAfterDigit
    }
  }
}
