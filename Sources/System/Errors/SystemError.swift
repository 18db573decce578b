#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An error of a system call: its `errno`.
@frozen @usableFromInline
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The `errno`.
  @usableFromInline package let code: Int32

  @inlinable
  package init(code: Int32) { self.code = code }

  /// The system's sentence for the code.
  @usableFromInline package var description: String { String(cString: strerror(code)) }

  /// The error of the call that has just failed. It must be read before any other call.
  @inlinable
  static var last: SystemError { SystemError(code: errno) }
}

/// Repeats a system call while signals interrupt it.
@inlinable @inline(__always)
func retrying<T: SignedInteger>(_ call: () -> T) throws(SystemError) -> T {
  while true {
    let result = call()
    if result >= 0 { return result }
    guard errno == EINTR else { throw .last }
  }
}
