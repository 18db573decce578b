/// A command cannot do what it was asked to. Leads to exit status 1.
struct CommandError: Error {
  var message: Message
  /// What the user can do about it.
  var hints: [Message]

  init(_ message: Message, hints: [Message] = []) {
    self.message = message
    self.hints = hints
  }
}

/// The statuses with which the program ends, besides those of guests.
enum ExitCode {
  static let success: Int32 = 0
  static let failure: Int32 = 1
  static let usage: Int32 = 2
  /// What a shell shows for a process that ended by SIGABRT.
  static let trap: Int32 = 134
}
