#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A lock that threads can wait on together with a ``NativeCondition``.
package final class NativeLock: @unchecked Sendable {
  fileprivate let mutex: UnsafeMutablePointer<pthread_mutex_t>

  package init() {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func lock() { pthread_mutex_lock(mutex) }
  package func unlock() { pthread_mutex_unlock(mutex) }

  package func withLock<R>(_ body: () throws -> R) rethrows -> R {
    lock()
    defer { unlock() }
    return try body()
  }
}

/// Something that a thread waits for while it holds a lock.
package final class NativeCondition: @unchecked Sendable {
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  package init() {
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    #if canImport(Darwin)
      pthread_cond_init(condition, nil)
    #else
      // Deadlines are times of the monotonic clock, which nobody sets.
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

  /// Wakes all threads that wait.
  package func broadcast() { pthread_cond_broadcast(condition) }

  func signal() { pthread_cond_signal(condition) }

  /// Waits for a signal; may return without one. The lock is held before and after.
  package func wait(_ lock: NativeLock) { pthread_cond_wait(condition, lock.mutex) }

  /// The same, until a time of ``MonotonicClock`` at the latest.
  func wait(_ lock: NativeLock, until deadline: UInt64) {
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

/// A clock that never goes back.
package enum MonotonicClock {
  package static var nanoseconds: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
