import WebAssembly

/// How values that other programs accept are written here, for hints.
enum ValueHints {
  /// The plain form of a number such as `1,000`, `1e6` or `10k`; nil if the text has none.
  static func number(_ text: String) -> String? {
    let units: [Character: Double] = ["k": 1e3, "K": 1e3, "m": 1e6, "M": 1e6, "g": 1e9, "G": 1e9]
    var digits = text.filter { ![",", "_", "'", " "].contains($0) }
    let unit = digits.last.flatMap { units[$0] }
    if unit != nil { digits.removeLast() }
    guard digits.first?.isNumber == true, digits.allSatisfy({ $0.isASCII && ($0.isNumber || ".e+".contains($0)) }),
      let number = Double(digits), let whole = UInt64(exactly: number * (unit ?? 1)), whole < 1 << 53
    else { return nil }
    return "\(whole)" == text ? nil : "\(whole)"
  }

  /// Other names of units of time, and their lengths in milliseconds.
  private static let units: [(names: [String], unit: String?, milliseconds: Double)] = [
    (["ms", "msec", "msecs", "millisecond", "milliseconds"], "ms", 1),
    (["", "s", "sec", "secs", "second", "seconds"], "s", 1000),
    (["m", "min", "mins", "minute", "minutes"], "m", 60_000), (["h", "hr", "hrs", "hour", "hours"], "h", 3_600_000),
    (["us", "µs", "usec", "microsecond", "microseconds"], nil, 0.001), (["d", "day", "days"], nil, 86_400_000),
  ]

  /// The form here of a time such as `5sec`, `1h30m` or `100us`; nil if the text has none.
  static func time(_ text: String) -> String? {
    var rest = text.lowercased().filter { $0 != " " }[...]
    var milliseconds = 0.0
    var single: String?
    var count = 0
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
      rest = rest.dropFirst(number.count)
      let name = String(rest.prefix { $0.isLetter })
      rest = rest.dropFirst(name.count)
      guard let value = Double(number), let row = units.first(where: { $0.names.contains(name) }) else { return nil }
      milliseconds += value * row.milliseconds
      single = row.unit.map { number + $0 }
      count += 1
    }
    guard count > 0 else { return nil }
    let total =
      switch Int(exactly: milliseconds) {
      case let whole? where whole % 1000 == 0: "\(whole / 1000)s"
      case let whole?: "\(whole)ms"
      case nil: "\(milliseconds)ms"
      }
    let form = count == 1 ? single ?? total : total
    return form != text && Duration.parse(form) != nil ? form : nil
  }
}
