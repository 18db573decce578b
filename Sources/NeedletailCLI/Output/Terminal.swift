import Needletail
import Synchronization

/// Messages of Needletail: plain text, in colour on terminals.
enum Terminal {
  enum Style: String {
    case error = "1;31"
    case success = "1;32"
    case strong = "1"
    case hint = "1;36"
    case faint = "2"
  }

  /// Whether a descriptor is a terminal with colours. (no-color.org)
  static func showsColours(_ descriptor: Int32) -> Bool {
    guard isatty(descriptor) == 1 else { return false }
    if let value = getenv("NO_COLOR"), value.pointee != 0 { return false }
    return getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
  }

  static func styled(_ text: String, _ style: Style, on descriptor: Int32) -> String {
    showsColours(descriptor) ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// Writes a text to standard output. An error is kept in ``outputFailure``; then the exit status is a failure.
  static func write(_ text: String) {
    do throws(SystemError) {
      try Files.write(text, to: STDOUT_FILENO)
    } catch {
      firstFailure.withLock { $0 = $0 ?? error.code }
    }
  }

  /// The `errno` of the first text that ``write(_:)`` could not write.
  static var outputFailure: Int32? { firstFailure.withLock { $0 } }

  private static let firstFailure = Mutex<Int32?>(nil)

  /// Writes a text to standard error.
  static func writeError(_ text: String) { Files.writeMessage(text, to: STDERR_FILENO) }

  /// Shows how much of a task is done, from 0 to 1, in a line of the terminal. At 1, the line is erased.
  static func showProgress(_ task: String, _ fraction: Double) {
    let text = "\(task): \(Int(fraction * 100)) %"
    let width = task.count + 7
    writeError(fraction < 1 ? "\r\(text)" : "\r\(String(repeating: " ", count: width))\r")
  }

  /// `error: …`, and hints below it.
  static func reportError(_ message: Message, hints: [Message] = []) {
    var text = "\(styled("error:", .error, on: STDERR_FILENO)) \(message.text)\n"
    for hint in hints { text += "\(styled("hint:", .hint, on: STDERR_FILENO)) \(hint.text)\n" }
    writeError(text)
  }

  /// Says what file was written, if the user did not choose its name.
  static func noteOutput(_ path: String) { note("wrote '\(path)'") }

  /// `needletail: …` on standard error: information that is not an error.
  static func note(_ message: Message) { writeError("needletail: \(message.text)\n") }
}
