/// The binary format is malformed.
public struct DecodingError: Error, Hashable, Sendable {
  /// What is wrong, beginning with the words of the standard's test suite.
  public var message: String
  /// The offset of the fault in the binary, in bytes.
  public var offset: Int
  /// The proposals with which it is well-formed; nil if there are none.
  package var missingFeature: MissingFeature?
  /// The limit that the module exceeds; nil if it is malformed.
  package var limit: LimitExceeded?

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - message: what is wrong.
  ///   - offset: the offset of the fault in the binary, in bytes.
  public init(_ message: String, offset: Int) {
    self.message = message
    self.offset = offset
  }

  /// Creates the error for a module that exceeds a limit.
  package init(_ limit: LimitExceeded, offset: Int) {
    self.init(limit.message, offset: offset)
    self.limit = limit
  }

  /// The error as embedders see it: `LimitExceeded` if a limit is exceeded.
  package var reported: any Error { limit ?? self }

  /// Creates the error for a binary form that belongs to proposals that are off.
  ///
  /// - Parameter message: what is wrong without them.
  package init(_ message: String, _ missing: MissingFeature, offset: Int) {
    self.init("\(message): \(missing)", offset: offset)
    missingFeature = missing
  }
}

extension DecodingError: CustomStringConvertible {
  /// The message with the offset in hexadecimal.
  public var description: String { limit.map { "\($0)" } ?? "\(message) (at offset 0x\(String(offset, radix: 16)))" }
}

/// The module is well-formed but breaks a rule of validation.
public struct ValidationError: Error, Hashable, Sendable {
  /// What is wrong. It begins with the words of the standard's test suite, except that operands of wrong types are described better.
  public var message: String
  /// The offset of the fault in the binary, in bytes.
  public var offset: Int
  /// The index of the function whose body is invalid; nil if the fault is outside function bodies.
  public var function: UInt32?
  /// The name of this function; nil if the module has no name for it.
  public var functionName: String?
  /// The instruction or field of the module's text that is at fault; nil if the module is binary.
  public var location: TextLocation?
  /// The proposals with which it is valid; nil if there are none.
  package var missingFeature: MissingFeature?
  /// The message of the suite, for errors that have a better one.
  package var suiteMessage: String?

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - message: what is wrong.
  ///   - offset: the offset of the fault in the binary, in bytes.
  ///   - function: the index of the function whose body is invalid.
  ///   - location: the fault in the module's text.
  public init(_ message: String, offset: Int, function: UInt32? = nil, location: TextLocation? = nil) {
    self.message = message
    self.offset = offset
    self.function = function
    self.location = location
  }

  /// Creates the error for a part of a module that belongs to proposals that are off.
  package init(_ missing: MissingFeature, offset: Int) {
    self.init("\(missing)", offset: offset)
    missingFeature = missing
  }
}

extension ValidationError: CustomStringConvertible {
  /// The message after `line:column:` in a text; otherwise with the function's index and name, if there is one, and the offset in hexadecimal.
  public var description: String {
    if let location { return "\(location.line):\(location.column): \(message)" }
    let place = "at offset 0x\(String(offset, radix: 16))"
    let name = functionName.map { " '\($0.printable)'" } ?? ""
    return function.map { "\(message) (in function \($0)\(name), \(place))" } ?? "\(message) (\(place))"
  }
}

/// Why a module cannot be loaded: the errors of decoding and validation.
public enum LoadingError: Error, Hashable, Sendable {
  /// The binary format is malformed.
  case malformed(DecodingError)
  /// A rule of validation is broken.
  case invalid(ValidationError)
  /// A limit is exceeded.
  case limitExceeded(LimitExceeded)

  /// The error itself, for callers that throw the three types directly.
  public var underlying: any Error {
    switch self {
    case .malformed(let error): error
    case .invalid(let error): error
    case .limitExceeded(let error): error
    }
  }

  /// What is wrong, beginning with the words of the standard's test suite.
  public var message: String {
    switch self {
    case .malformed(let error): error.message
    case .invalid(let error): error.message
    case .limitExceeded(let error): error.message
    }
  }
}

extension LoadingError: CustomStringConvertible {
  /// The description of the underlying error.
  public var description: String {
    switch self {
    case .malformed(let error): error.description
    case .invalid(let error): error.description
    case .limitExceeded(let error): error.description
    }
  }
}
