/// Messages of the program: plain text, in colour where a person looks on.
enum Terminal {
  enum Style: String {
    case error = "1;31"
    case success = "1;32"
    case strong = "1"
    case hint = "1;36"
    case faint = "2"
  }

  /// Whether a descriptor is a terminal that shows colours. (no-color.org)
  static func showsColours(_ descriptor: Int32) -> Bool {
    guard isatty(descriptor) == 1 else { return false }
    if let value = getenv("NO_COLOR"), value.pointee != 0 { return false }
    return getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
  }

  static func styled(_ text: String, _ style: Style, on descriptor: Int32) -> String {
    showsColours(descriptor) ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// Writes a text to standard output.
  static func write(_ text: String) { Files.writeMessage(text, to: STDOUT_FILENO) }

  /// Writes a text to standard error.
  static func writeError(_ text: String) { Files.writeMessage(text, to: STDERR_FILENO) }

  /// Shows how much of a task is done, from 0 to 1, in a line of a terminal that comes and goes: at 1, nothing is left of it.
  static func showProgress(_ task: String, _ fraction: Double) {
    let text = "\(task): \(Int(fraction * 100)) %"
    let width = task.count + 7
    writeError(fraction < 1 ? "\r\(text)" : "\r\(String(repeating: " ", count: width))\r")
  }

  /// `error: …`, and below it hints on what to do.
  static func reportError(_ message: String, hints: [String] = []) {
    var text = "\(styled("error:", .error, on: STDERR_FILENO)) \(harmless(message))\n"
    for hint in hints { text += "\(styled("hint:", .hint, on: STDERR_FILENO)) \(harmless(hint))\n" }
    writeError(text)
  }

  /// A message without control characters but line breaks: names in modules and files may hold any, and terminals obey them.
  static func harmless(_ message: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in message.unicodeScalars {
      let isControl = scalar.value < 0x20 && scalar != "\n" || (0x7F..<0xA0).contains(scalar.value)
      scalars.append(isControl ? "\u{FFFD}" : scalar)
    }
    return String(scalars)
  }
}
