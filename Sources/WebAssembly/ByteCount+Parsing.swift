extension ByteCount {
  /// Powers of 1024 by letter.
  private static let units: [Character: UInt64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40]

  /// The units, for errors.
  package static let unitNames = "KiB, MiB, GiB or TiB"

  /// What a text is, read as a size.
  package enum Reading: Hashable, Sendable {
    case byteCount(UInt64)
    /// A size that is too large for 64 bits.
    case tooLarge
    case malformed
  }

  /// What is expected in place of a size that is too large, for errors.
  package static let bound = "a size below 16777216 TiB"

  /// Reads `65536`, `65_536`, `64K`, `64KB`, `64KiB`, `100MB`, `1.5G`; units are powers of 1024.
  package static func read(_ text: String) -> Reading {
    guard let text = WholeNumber.withoutSeparators(text) else { return .malformed }
    var rest = text.lowercased()[...]
    if rest.hasSuffix("b") { rest.removeLast() }
    if rest.hasSuffix("i") { rest.removeLast() }
    var unit: UInt64 = 1
    if let letter = rest.last, let factor = units[letter] {
      unit = factor
      rest.removeLast()
    }
    while rest.last == " " { rest.removeLast() }
    guard rest.first?.isNumber ?? false, rest.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }) else {
      return .malformed
    }
    if rest.allSatisfy(\.isNumber) {
      guard let whole = UInt64(rest) else { return .tooLarge }
      let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
      return overflow ? .tooLarge : .byteCount(product)
    }
    guard unit > 1, let fraction = Double(rest) else { return .malformed }
    let product = fraction * Double(unit)
    return product < 0x1p64 ? .byteCount(UInt64(product)) : .tooLarge
  }

  /// The size; nil if the text is none, or one that is too large.
  package static func parse(_ text: String) -> UInt64? {
    if case .byteCount(let count) = read(text) { count } else { nil }
  }
}
