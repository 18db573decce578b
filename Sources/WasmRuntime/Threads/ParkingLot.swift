import NeedletailSystem
import Synchronization

/// Threads and suspended calls that wait for a notification at an address of a shared memory. (Threads proposal, "Wait and notify
/// operators".)
///
/// Waiters are queued by host address. Host addresses are one-to-one with a shared memory and an index in it, since such a memory never
/// moves. A waiter holds its queue's lock from checking the value until it is queued, and notifiers hold it too, so no wake-up is lost.
package enum ParkingLot {
  package enum Outcome {
    case woken, notEqual, timedOut, interrupted
  }

  private static let buckets: [Bucket] = (0..<256).map { _ in Bucket() }

  private static func bucket(_ address: UInt) -> Bucket {
    // Fibonacci hashing: the upper bits of a product with 2⁶⁴ / φ. (Knuth, The Art of Computer Programming 3, 6.4.)
    buckets[Int(((UInt64(address) >> 2) &* 0x9E37_79B9_7F4A_7C15) >> 56)]
  }

  /// Waits while the 32 bits at `place` are `expected`.
  ///
  /// - Parameters:
  ///   - timeout: in nanoseconds; none if negative.
  ///   - interruption: can end the wait.
  ///   - call: suspended in place of the thread; nil if the thread waits.
  package static func wait(
    at place: UnsafeMutableRawPointer, for expected: UInt32, timeout: Int64, _ interruption: Interruption,
    suspending call: SuspendableCall? = nil
  ) -> Outcome {
    wait(at: place, timeout: timeout, interruption, call) {
      place.assumingMemoryBound(to: Atomic<UInt32>.self).pointee.load(ordering: .sequentiallyConsistent) == expected
    }
  }

  /// Waits while the 64 bits at `place` are `expected`.
  package static func wait(
    at place: UnsafeMutableRawPointer, for expected: UInt64, timeout: Int64, _ interruption: Interruption,
    suspending call: SuspendableCall? = nil
  ) -> Outcome {
    wait(at: place, timeout: timeout, interruption, call) {
      place.assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .sequentiallyConsistent) == expected
    }
  }

  private static func wait(
    at place: UnsafeMutableRawPointer, timeout: Int64, _ interruption: Interruption, _ call: SuspendableCall?,
    while isUnchanged: () -> Bool
  ) -> Outcome {
    let (sum, overflow) = MonotonicClock.nanoseconds.addingReportingOverflow(UInt64(max(timeout, 0)))
    let deadline = timeout < 0 || overflow ? nil : sum
    let address = UInt(bitPattern: place)
    let bucket = bucket(address)
    let waiter = Waiter(address, bucket)
    interruption.park(waiter, in: bucket)
    defer { interruption.unpark() }
    bucket.lock.lock()
    defer { bucket.lock.unlock() }
    if interruption.isRequested { return .interrupted }
    guard isUnchanged() else { return .notEqual }
    bucket.append(waiter)
    if let call, timeout != 0 {
      bucket.lock.unlock()
      suspend(call, waiter, until: deadline)
      bucket.lock.lock()
    }
    while waiter.outcome == nil {
      if let deadline {
        guard MonotonicClock.nanoseconds < deadline else {
          bucket.remove(waiter)
          return .timedOut
        }
        waiter.condition.wait(bucket.lock, until: deadline)
      } else {
        waiter.condition.wait(bucket.lock)
      }
    }
    return waiter.outcome!
  }

  /// Suspends a call until its wait has ended; returns at once if the system has no thread for its deadline.
  private static func suspend(_ call: SuspendableCall, _ waiter: Waiter, until deadline: UInt64?) {
    guard let deadline else { return call.suspend(for: waiter) }
    let alarm = DeadlineTimer.Alarm { waiter.bucket.end(waiter, .timedOut) }
    guard alarm.set(at: deadline) else { return }
    call.suspend(for: waiter)
    alarm.cancel()
  }

  /// Wakes up to `count` threads that wait at `place`, in the order of their arrival.
  ///
  /// - Returns: the number of threads woken.
  package static func notify(at place: UnsafeRawPointer, count: UInt32) -> UInt32 {
    let address = UInt(bitPattern: place)
    let bucket = bucket(address)
    bucket.lock.lock()
    defer { bucket.lock.unlock() }
    var woken: UInt32 = 0
    var next = bucket.first
    while woken < count, let waiter = next {
      next = waiter.next
      guard waiter.address == address else { continue }
      bucket.wake(waiter, .woken)
      woken += 1
    }
    return woken
  }

  /// A thread that waits, or what a suspended call waits for. Everything that changes is protected by the bucket's lock.
  package final class Waiter: @unchecked Sendable {
    let address: UInt
    fileprivate let bucket: Bucket
    let condition = NativeCondition()
    fileprivate var outcome: Outcome?
    /// Resumes the suspended call.
    fileprivate var resume: (@Sendable () -> Void)?
    fileprivate var isQueued = false
    fileprivate var next: Waiter?
    fileprivate unowned(unsafe) var previous: Waiter?

    fileprivate init(_ address: UInt, _ bucket: Bucket) {
      self.address = address
      self.bucket = bucket
    }

    /// Calls a closure when the wait has ended, on any thread, or now if it has. The closure must be short.
    package func whenEnded(_ resume: @escaping @Sendable () -> Void) {
      let hasEnded = bucket.lock.withLock {
        if outcome == nil { self.resume = resume }
        return outcome != nil
      }
      if hasEnded { resume() }
    }
  }

  /// A queue of waiters at several addresses, in the order of their arrival.
  final class Bucket: @unchecked Sendable {
    fileprivate let lock = NativeLock()
    fileprivate var first: Waiter?
    private unowned(unsafe) var last: Waiter?

    fileprivate func append(_ waiter: Waiter) {
      waiter.isQueued = true
      waiter.previous = last
      if let last { last.next = waiter } else { first = waiter }
      last = waiter
    }

    fileprivate func remove(_ waiter: Waiter) {
      let next = waiter.next
      if let next { next.previous = waiter.previous } else { last = waiter.previous }
      if let previous = waiter.previous { previous.next = next } else { first = next }
      waiter.next = nil
      waiter.previous = nil
      waiter.isQueued = false
    }

    fileprivate func wake(_ waiter: Waiter, _ outcome: Outcome) {
      remove(waiter)
      waiter.outcome = outcome
      waiter.condition.signal()
      waiter.resume?()
      waiter.resume = nil
    }

    /// Ends a wait that may not have begun yet, or may have ended.
    func interrupt(_ waiter: Waiter) { end(waiter, .interrupted) }

    fileprivate func end(_ waiter: Waiter, _ outcome: Outcome) {
      lock.lock()
      defer { lock.unlock() }
      if waiter.isQueued { wake(waiter, outcome) }
    }
  }
}
