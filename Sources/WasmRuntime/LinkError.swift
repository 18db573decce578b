/// A module asks for what the host does not give, or gives otherwise.
public struct LinkError: Error, Hashable, Sendable {
  /// What is missing or does not match, beginning with the words of the standard's test suite.
  public var message: String

  public init(_ message: String) { self.message = message }
}

extension LinkError: CustomStringConvertible {
  public var description: String { message }
}
