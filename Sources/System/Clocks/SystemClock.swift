#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The system's clocks.
@frozen @usableFromInline
package enum SystemClock: Sendable {
  /// Time since 1970.
  case realtime
  /// A clock that never runs backwards; see ``MonotonicClock``.
  case monotonic
  /// Processor time of the process.
  case processTime
  /// Processor time of the running thread.
  case threadTime

  @inlinable
  var host: clockid_t {
    switch self {
    case .realtime: CLOCK_REALTIME
    case .monotonic: CLOCK_MONOTONIC
    case .processTime: CLOCK_PROCESS_CPUTIME_ID
    case .threadTime: CLOCK_THREAD_CPUTIME_ID
    }
  }

  /// Nanoseconds since the clock's origin.
  @inlinable @inline(__always)
  package func time() throws(SystemError) -> UInt64 {
    var time = timespec()
    guard clock_gettime(host, &time) == 0 else { throw .last }
    guard time.tv_sec >= 0 else { return 0 }
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec)
  }

  /// The clock's step in nanoseconds.
  package func resolution() throws(SystemError) -> UInt64 {
    var time = timespec()
    guard clock_getres(host, &time) == 0 else { throw .last }
    return time.nanoseconds
  }
}
