/// The values of float literals, rounded to nearest, ties to even. (Core specification 3.0, 6.3.2 "Floating-Point".)
enum FloatLiteral {
  /// The parameters of a binary floating-point format.
  struct Format: Sendable {
    let exponentBits: Int
    /// The number of significand bits that are stored.
    let significandBits: Int

    static let f32 = Format(exponentBits: 8, significandBits: 23)
    static let f64 = Format(exponentBits: 11, significandBits: 52)

    var bias: Int { (1 << (exponentBits - 1)) - 1 }
    var infinity: UInt64 { ((1 << UInt64(exponentBits)) - 1) << UInt64(significandBits) }
    var signBit: UInt64 { 1 << UInt64(exponentBits + significandBits) }
  }

  /// The bit pattern of a float or integer literal whose grammar was checked; nil if the value is out of range.
  static func bits(_ literal: UnsafeBufferPointer<UInt8>, _ format: Format) -> UInt64? {
    var scanner = NumberLiteral.Scanner(literal)
    let sign = scanner.skipSign() == UInt8(ascii: "-") ? format.signBit : 0
    if scanner.skip("inf") { return sign | format.infinity }
    if scanner.skip("nan:0x") {
      guard let payload = NumberLiteral.magnitude(scanner.rest, radix: 16), payload != 0,
        payload < 1 << UInt64(format.significandBits)
      else { return nil }
      return sign | format.infinity | payload
    }
    if scanner.skip("nan") { return sign | format.infinity | 1 << UInt64(format.significandBits - 1) }
    let magnitude = scanner.skip("0x") ? hexadecimal(scanner.rest, format) : decimal(scanner.rest, format)
    return magnitude.map { sign | $0 }
  }

  /// Uses the standard library, which rounds correctly.
  private static func decimal(_ digits: Slice<UnsafeBufferPointer<UInt8>>, _ format: Format) -> UInt64? {
    let text = String(decoding: digits.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
    if format.significandBits == Format.f32.significandBits {
      guard let value = Float(text), value.isFinite else { return nil }
      return UInt64(value.bitPattern)
    }
    guard let value = Double(text), value.isFinite else { return nil }
    return value.bitPattern
  }

  private static func hexadecimal(_ digits: Slice<UnsafeBufferPointer<UInt8>>, _ format: Format) -> UInt64? {
    // The value is `significand * 2^exponent`, plus less than one unit of the last place if `isInexact`.
    var significand: UInt64 = 0
    var exponent = 0
    var isInexact = false
    var isFraction = false
    var position = digits.startIndex
    while position < digits.endIndex, digits[position] | 0x20 != UInt8(ascii: "p") {
      if let digit = StringLiteral.hexDigit(digits[position]) {
        if significand >> 60 == 0 {
          significand = significand << 4 | UInt64(digit)
          if isFraction { exponent -= 4 }
        } else {
          isInexact = isInexact || digit != 0
          if !isFraction { exponent += 4 }
        }
      } else if digits[position] == UInt8(ascii: ".") {
        isFraction = true
      }
      position += 1
    }
    if significand == 0 { return 0 }
    if position < digits.endIndex { exponent += decimalExponent(digits[(position + 1)...]) }
    return round(significand, exponent, isInexact, format)
  }

  /// A signed decimal exponent, clamped to a range so large that the digits of no text can compensate for it.
  private static func decimalExponent(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    let limit = 1 << 48
    var value = 0
    for character in digits {
      guard let digit = StringLiteral.hexDigit(character) else { continue }
      value = min(limit, value * 10 + Int(digit))
    }
    return digits.first == UInt8(ascii: "-") ? -value : value
  }

  /// The bits of `significand * 2^exponent`, plus a little if `isInexact`; nil if the value rounds to infinity.
  /// `significand` must not be 0.
  private static func round(_ significand: UInt64, _ exponent: Int, _ isInexact: Bool, _ format: Format) -> UInt64? {
    // After normalization the highest bit has the weight `2^topExponent`.
    let shift = significand.leadingZeroBitCount
    let normalized = significand << UInt64(shift)
    let topExponent = exponent - shift + 63
    if topExponent > format.bias { return nil }
    // Subnormal numbers keep fewer bits. Numbers below half of the smallest subnormal keep none.
    let deficit = max(0, 1 - format.bias - topExponent)
    let dropped = 63 - format.significandBits + deficit
    if dropped > 64 { return 0 }
    var kept = dropped == 64 ? 0 : normalized >> UInt64(dropped)
    let half: UInt64 = 1 << UInt64(dropped - 1)
    let rest = dropped == 64 ? normalized : normalized & (half << 1 &- 1)
    if rest > half || (rest == half && (isInexact || kept & 1 != 0)) { kept += 1 }
    // The implicit leading bit of a normal number adds one to the exponent field, as does a carry out of rounding.
    let field = deficit > 0 ? 0 : UInt64(topExponent + format.bias - 1)
    let bits = field << UInt64(format.significandBits) + kept
    return bits < format.infinity ? bits : nil
  }
}
