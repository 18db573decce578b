import NeedletailSystem

/// A file cannot be read or written.
struct FileError: Error {
  var path: String
  /// The operation: "read", "write".
  var verb: String
  /// The option that named the file, as it was typed; nil if it was an operand, or no option.
  var option: String?
  /// What the system says.
  var error: SystemError
  /// A reason to show in place of the system's text.
  var reason: Message?
  /// Hints in place of those about the path.
  var ownHints: [Message]?

  var message: Message {
    let name: Message = path == Files.standardInputName || path == Files.standardOutputName ? "\(path)" : "'\(path)'"
    let reason = reason ?? (error == .isdir ? "expected a file, found a directory" : "\(error.description)")
    let option: Message = option.map { "\($0): " } ?? ""
    return "\(option)cannot \(verb) \(name): \(reason)"
  }
  var isMissingFile: Bool { error == .noent }

  /// Calls `body`; an error that it throws names an option.
  static func naming<Result>(_ option: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch var error as FileError {
      error.option = option
      throw error
    }
  }
}
