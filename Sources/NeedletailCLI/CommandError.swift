/// A command failed. Leads to exit status 1.
struct CommandError: Error {
  var message: Message
  /// What the user can do about it.
  var hints: [Message]

  init(_ message: Message, hints: [Message] = []) {
    self.message = message
    self.hints = hints
  }

  /// Calls `body`; an error about a file or its contents names the option that named the file.
  static func naming<Result>(_ option: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try FileError.naming(option, body)
    } catch var error as CommandError {
      error.message = "\(option): \(error.message)"
      throw error
    }
  }
}

/// The exit statuses of Needletail itself. Programs have their own.
enum ExitCode {
  static let success: Int32 = 0
  static let failure: Int32 = 1
  static let usage: Int32 = 2
  /// What a shell shows for a process that ended by SIGABRT.
  static let trap: Int32 = 134

  /// The table in the help.
  static let meanings: [(status: String, meaning: String)] = [
    (
      "0…255",
      "The program's own: 0 if it returns, else the argument of proc_exit (its low 8 bits, or 1 if only these are 0)"
    ),
    (
      "\(failure)",
      "A file, a module, an import, a function or its arguments are wrong; a module needs more than a limit to begin; output is lost; an assertion failed"
    ),
    (
      "\(usage)",
      "The command line is wrong: an unknown option, a wrong value, options that contradict each other or have no effect"
    ),
    ("130", "Ctrl-C ended the run (SIGINT, as shells show it)"),
    (
      "\(trap)",
      "The program trapped, also at a limit on time, fuel, nested calls or objects, or did not catch an exception"
    ),
    ("141", "The reader of the output is gone (SIGPIPE, as shells show it)"),
  ]
}
