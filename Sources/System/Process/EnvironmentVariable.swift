#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The variables of the process's environment.
package enum EnvironmentVariable {
  /// The bytes of a variable's value up to its end; nil if it has none. Valid until the variable is changed.
  package static func bytes(_ name: UnsafePointer<CChar>) -> UnsafePointer<CChar>? { UnsafePointer(getenv(name)) }

  /// Sets a variable that has no value.
  package static func setIfUnset(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>) { setenv(name, value, 0) }
}
