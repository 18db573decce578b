import Needletail

/// On the way from a module's source to its results, the step at which an error came. An assertion holds only if the error is of
/// the very step that it names.
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

  /// The error's kind in words.
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

/// Errors as the reports of scripts show them.
enum ErrorDescription {
  /// The bare message, without place.
  static func message(of error: any Error) -> String {
    switch error {
    case let error as ParseError: error.message
    case let error as DecodingError: error.message
    case let error as ValidationError: error.message
    case let error as LimitExceeded: error.message
    case let error as LinkError: error.message
    case let error as Trap: error.message
    case let error as Exception: error.message
    default: "\(error)"
    }
  }

  /// Kind and message, with its place but without backtrace.
  static func of(_ error: any Error) -> String {
    let text = error is Trap || error is Exception ? message(of: error) : "\(error)"
    // A report has one line for each failure.
    let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
    return "\(ErrorPhase(error).name): \(lines.joined(separator: "; "))"
  }
}
