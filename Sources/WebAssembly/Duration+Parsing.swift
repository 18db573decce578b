extension Duration {
  /// The units of a time, and their lengths in milliseconds.
  private static let units: [(name: String, milliseconds: Double)] = [
    ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
  ]
  /// Some thirty years, so that no sum overflows.
  private static let largestMilliseconds = 1e12

  /// What a text is, read as a time.
  package enum Reading: Hashable, Sendable {
    case duration(Duration)
    /// A time below a nanosecond, or above the largest one.
    case outOfRange
    case malformed
  }

  /// What is expected in place of a time that is out of range, for errors.
  package static let bounds = "a time from 0.000001ms to 277777h"

  /// Reads a time: a decimal number and a unit.
  package static func read(_ text: String) -> Reading {
    guard let text = WholeNumber.withoutSeparators(text) else { return .malformed }
    let number = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    guard let unit = units.first(where: { $0.name == text.dropFirst(number.count) }), let value = Double(number) else {
      return .malformed
    }
    let milliseconds = value * unit.milliseconds
    let nanoseconds = (milliseconds * 1e6).rounded()
    guard nanoseconds >= 1, milliseconds <= largestMilliseconds else { return .outOfRange }
    return .duration(.nanoseconds(Int64(nanoseconds)))
  }

  /// The time; nil if the text is none, or one out of range.
  package static func parse(_ text: String) -> Duration? {
    if case .duration(let duration) = read(text) { duration } else { nil }
  }
}
