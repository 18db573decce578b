extension ByteCount {
  /// Powers of 1024 by letter.
  private static let units: [Character: UInt64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40]

  /// The units, for errors.
  package static let unitNames = "KiB, MiB, GiB or TiB"

  /// Reads `65536`, `65_536`, `64K`, `64KB`, `64KiB`, `100MB`, `1.5G`; units are powers of 1024.
  package static func parse(_ text: String) -> UInt64? {
    guard let text = WholeNumber.withoutSeparators(text) else { return nil }
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
      return nil
    }
    if let whole = UInt64(rest) {
      let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
      return overflow ? nil : product
    }
    guard unit > 1, let fraction = Double(rest), fraction * Double(unit) < 0x1p63 else { return nil }
    return UInt64(fraction * Double(unit))
  }
}
