import NeedletailSystem

/// A file cannot be read or written.
struct FileError: Error {
  var path: String
  /// The operation: "read", "write".
  var verb: String
  /// What the system says.
  var error: SystemError
  /// A reason to show in place of the system's text.
  var reason: Message?
  /// Hints in place of those about the path.
  var ownHints: [Message]?

  var message: Message {
    let name: Message = path == Files.standardInputName || path == Files.standardOutputName ? "\(path)" : "'\(path)'"
    let reason = reason ?? (error == .isdir ? "expected a file, found a folder" : "\(error.description)")
    return "cannot \(verb) \(name): \(reason)"
  }
  var isMissingFile: Bool { error == .noent }
}
