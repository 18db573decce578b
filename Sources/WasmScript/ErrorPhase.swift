import Needletail

/// The phase in which an error occurred, from a module's source to its results. An assertion holds only for errors of
/// the phase that it names.
enum ErrorPhase {
  case parsing, decoding, validation, limits, linking, trap, exhaustion, exception, other

  init(_ error: any Error) {
    switch error {
    case is ParseError: self = .parsing
    case is DecodingError: self = .decoding
    case is ValidationError: self = .validation
    case is LimitExceeded: self = .limits
    case is LinkError: self = .linking
    case is Exception: self = .exception
    case let trap as Trap:
      switch trap.code {
      case .callStackExhausted: self = .exhaustion
      default: self = .trap
      }
    default: self = .other
    }
  }

  /// The name of the phase in reports.
  var name: String {
    switch self {
    case .parsing: "parse error"
    case .decoding: "decoding error"
    case .validation: "validation error"
    case .limits: "limit"
    case .linking: "link error"
    case .trap: "trap"
    case .exhaustion: "exhaustion"
    case .exception: "exception"
    case .other: "error"
    }
  }
}

/// Error messages for script reports.
enum ErrorDescription {
  /// The message without its location, in the words of the suite.
  static func message(of error: any Error) -> String {
    switch error {
    case let error as ParseError: error.unquotedMessage
    case let error as DecodingError: error.message
    case let error as ValidationError: error.suiteMessage ?? error.message
    case let error as LimitExceeded: error.message
    case let error as LinkError: error.message
    case let error as Trap: error.message
    case let error as Exception: error.message
    default: "\(error)"
    }
  }

  /// The lines of a message with semicolons between them: a report has one line per failure. A title has a colon already.
  static func onOneLine(_ text: String) -> String {
    text.split(separator: "\n").reduce(into: "") { line, next in
      if !line.isEmpty { line += line.hasSuffix(":") ? " " : "; " }
      line += next.drop { $0 == " " }
    }
  }

  /// The phase and the message with its location, without a backtrace.
  static func of(_ error: any Error) -> String {
    let text = error is Trap || error is Exception ? message(of: error) : "\(error)"
    return "\(ErrorPhase(error).name): \(onOneLine(text))"
  }
}
