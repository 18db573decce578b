/// The binary format is malformed.
public struct DecodingError: Error, Hashable, Sendable {
  /// What is wrong, beginning with the words of the standard's test suite.
  public var message: String
  /// Where, as an offset into the binary.
  public var offset: Int

  public init(_ message: String, offset: Int) {
    self.message = message
    self.offset = offset
  }
}

extension DecodingError: CustomStringConvertible {
  public var description: String { "\(message) (at offset 0x\(String(offset, radix: 16)))" }
}

/// The module is well-formed but breaks a rule of validation.
public struct ValidationError: Error, Hashable, Sendable {
  /// What is wrong, beginning with the words of the standard's test suite.
  public var message: String
  /// Where, as an offset into the binary.
  public var offset: Int
  /// The index of the function in whose body it is, if it is in one.
  public var function: UInt32?

  public init(_ message: String, offset: Int, function: UInt32? = nil) {
    self.message = message
    self.offset = offset
    self.function = function
  }
}

extension ValidationError: CustomStringConvertible {
  public var description: String {
    let place = "at offset 0x\(String(offset, radix: 16))"
    return function.map { "\(message) (in function \($0), \(place))" } ?? "\(message) (\(place))"
  }
}

/// A module or program asks for more than this implementation or its embedder allows.
public struct LimitExceeded: Error, Hashable, Sendable {
  /// What there would be too much of, with the limit.
  public var message: String

  public init(_ message: String) { self.message = message }
}

extension LimitExceeded: CustomStringConvertible {
  public var description: String { message }
}

/// Why a module cannot be used: what decoding and validation throw together.
public enum LoadingError: Error, Hashable, Sendable {
  case malformed(DecodingError)
  case invalid(ValidationError)
  case limitExceeded(LimitExceeded)

  /// The error itself, for those who throw the three of them as they are.
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
  public var description: String {
    switch self {
    case .malformed(let error): error.description
    case .invalid(let error): error.description
    case .limitExceeded(let error): error.description
    }
  }
}
