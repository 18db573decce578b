import NeedletailSystem
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
  static func showsColours(_ descriptor: FileDescriptor) -> Bool {
    guard descriptor.isTerminal else { return false }
    if let value = EnvironmentVariable.bytes("NO_COLOR"), value.pointee != 0 { return false }
    return EnvironmentVariable.bytes("TERM").map { String(cString: $0) != "dumb" } ?? false
  }

  static func styled(_ text: String, _ style: Style, on descriptor: FileDescriptor) -> String {
    showsColours(descriptor) ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// Writes a text to standard output. An error is kept in ``outputFailure``; then the exit status is a failure.
  static func write(_ text: String) {
    do throws(SystemError) {
      try Files.write(text, to: .standardOutput)
    } catch {
      firstFailure.withLock { $0 = $0 ?? error }
    }
  }

  /// Why the first text could not be written that ``write(_:)`` could not write.
  static var outputFailure: SystemError? { firstFailure.withLock { $0 } }

  private static let firstFailure = Mutex<SystemError?>(nil)

  /// Writes a text to standard error.
  static func writeError(_ text: String) { Files.writeMessage(text, to: .standardError) }

  /// Shows how much of a task is done, from 0 to 1, in a line of the terminal. At 1, the line is erased.
  static func showProgress(_ task: String, _ fraction: Double) {
    let text = "\(task): \(Int(fraction * 100)) %"
    let width = task.count + 7
    writeError(fraction < 1 ? "\r\(text)" : "\r\(String(repeating: " ", count: width))\r")
  }

  /// `error: …`, and hints below it.
  static func reportError(_ message: Message, hints: [Message] = []) { writeError(errorText(message, hints)) }

  /// The same, as far as standard error takes it at once.
  static func reportErrorWithoutWaiting(_ message: Message, hints: [Message]) {
    var text = errorText(message, hints)
    text.withUTF8 { FileDescriptor.standardError.writeWithoutWaiting(UnsafeRawBufferPointer($0)) }
  }

  private static func errorText(_ message: Message, _ hints: [Message]) -> String {
    var text = "\(styled("error:", .error, on: .standardError)) \(message.text)\n"
    for hint in hints { text += "\(styled("hint:", .hint, on: .standardError)) \(hint.text)\n" }
    return text
  }

  /// Says what file was written, if the user did not choose its name.
  static func noteOutput(_ path: String) { note("wrote '\(path)'") }

  /// `needletail: …` on standard error: information that is not an error.
  static func note(_ message: Message) { writeError("needletail: \(message.text)\n") }
}
