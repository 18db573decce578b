extension Duration {
  /// The units of a time, and their lengths in milliseconds.
  private static let units: [(name: String, milliseconds: Double)] = [
    ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
  ]
  /// Some thirty years, so that no sum overflows.
  private static let largestMilliseconds = 1e12

  /// Reads a time above zero: a decimal number and a unit.
  package static func parse(_ text: String) -> Duration? {
    guard let text = WholeNumber.withoutSeparators(text) else { return nil }
    let number = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    guard let unit = units.first(where: { $0.name == text.dropFirst(number.count) }), let value = Double(number) else {
      return nil
    }
    let milliseconds = value * unit.milliseconds
    let nanoseconds = (milliseconds * 1e6).rounded()
    guard nanoseconds >= 1, milliseconds <= largestMilliseconds else { return nil }
    return .nanoseconds(Int64(nanoseconds))
  }
}
