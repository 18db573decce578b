/// An import of a module is missing, or has another type.
public struct LinkError: Error, Hashable, Sendable {
  /// The missing or mismatched imports, beginning with the words of the standard's test suite.
  public var message: String

  /// Creates an error with this message.
  public init(_ message: String) { self.message = message }
}

extension LinkError: CustomStringConvertible {
  /// The message.
  public var description: String { message }
}
