#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A condition that a thread waits for while it holds a lock.
package final class NativeCondition: @unchecked Sendable {
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  package init() {
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    #if canImport(Darwin)
      pthread_cond_init(condition, nil)
    #else
      // Deadlines are times of the monotonic clock, which is never set.
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      pthread_cond_init(condition, &attributes)
      pthread_condattr_destroy(&attributes)
    #endif
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
  }

  /// Wakes all waiting threads.
  package func broadcast() { pthread_cond_broadcast(condition) }

  package func signal() { pthread_cond_signal(condition) }

  /// Waits for a signal; may return without one. The lock is held before and after.
  package func wait(_ lock: NativeLock) { pthread_cond_wait(condition, lock.mutex) }

  /// The same, but at most until a time of ``MonotonicClock``.
  package func wait(_ lock: NativeLock, until deadline: UInt64) {
    #if canImport(Darwin)
      let now = MonotonicClock.nanoseconds
      var delay = Self.time(deadline > now ? deadline - now : 0)
      pthread_cond_timedwait_relative_np(condition, lock.mutex, &delay)
    #else
      var time = Self.time(deadline)
      pthread_cond_timedwait(condition, lock.mutex, &time)
    #endif
  }

  private static func time(_ nanoseconds: UInt64) -> timespec {
    timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  }
}
