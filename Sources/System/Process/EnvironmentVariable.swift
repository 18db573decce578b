#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The variables of the process's environment.
package enum EnvironmentVariable {
  /// The zero-terminated bytes of a variable's value; nil if it is unset. Valid until the variable is changed.
  package static func bytes(_ name: UnsafePointer<CChar>) -> UnsafePointer<CChar>? { UnsafePointer(getenv(name)) }

  /// Sets a variable if it is unset.
  package static func setIfUnset(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>) { setenv(name, value, 0) }
}
