/// Whether the loading of a module is to stop now.
///
/// Decoding, validation and compilation call it between pieces of work, and throw one of their errors if it returns true. Who made it knows
/// that it did, and replaces the error.
package typealias StopCheck = @Sendable () -> Bool

extension DecodingError {
  /// Thrown after a ``StopCheck``.
  package static func stopped(at offset: Int) -> DecodingError { DecodingError("stopped", offset: offset) }
}

extension LoadingError {
  /// Thrown after a ``StopCheck``.
  package static let stopped = LoadingError.malformed(.stopped(at: 0))
}
