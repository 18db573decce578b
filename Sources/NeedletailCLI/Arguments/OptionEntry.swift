/// An option as it was given once.
struct OptionEntry {
  /// The option as it was typed, such as `-O` or `-W fuel`.
  var spelling: String
  /// The value in the form that our option has; empty for an option without one.
  var value = ""
  /// The value as it was typed, which may have another form: `5` for `5s`. Nil if none was typed.
  var typedValue: String?

  /// The option and its value as they were typed: `--fuel 10`, `-W fuel=10`.
  var text: String { typedValue.map { Self.text(spelling, $0) } ?? spelling }

  /// The value in messages.
  var shownValue: String { typedValue ?? value }

  /// An option with a value, as it can be typed.
  static func text(_ spelling: String, _ value: String) -> String {
    "\(spelling)\(spelling.includes(" ") ? "=" : " ")\(value)"
  }
}
