import Synchronization

/// Where threads wait for an address of a shared memory to be notified. (Threads proposal, "Wait and notify operators".)
///
/// Waiters stand in queues keyed by the address on the host, which is one to one with a shared memory and an index in it,
/// since such a memory never moves. A queue's lock is held from looking at the value to standing in the queue, and by who
/// notifies: so no wake-up is lost between the two.
package enum ParkingLot {
  package enum Outcome {
    case woken, notEqual, timedOut, interrupted
  }

  private static let buckets: [Bucket] = (0..<256).map { _ in Bucket() }

  private static func bucket(_ address: UInt) -> Bucket {
    // Fibonacci hashing: the upper bits of a product with 2^64 / φ. (Knuth, The Art of Computer Programming 3, 6.4.)
    buckets[Int(((UInt64(address) >> 2) &* 0x9E37_79B9_7F4A_7C15) >> 56)]
  }

  /// Waits while the 32 bits at `place` are `expected`.
  ///
  /// - Parameters:
  ///   - timeout: in nanoseconds; for ever if negative.
  ///   - interruption: what may end the waiting.
  package static func wait(
    at place: UnsafeMutableRawPointer, for expected: UInt32, timeout: Int64, _ interruption: Interruption
  ) -> Outcome {
    wait(at: place, timeout: timeout, interruption) {
      place.assumingMemoryBound(to: Atomic<UInt32>.self).pointee.load(ordering: .sequentiallyConsistent) == expected
    }
  }

  /// Waits while the 64 bits at `place` are `expected`.
  package static func wait(
    at place: UnsafeMutableRawPointer, for expected: UInt64, timeout: Int64, _ interruption: Interruption
  ) -> Outcome {
    wait(at: place, timeout: timeout, interruption) {
      place.assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .sequentiallyConsistent) == expected
    }
  }

  private static func wait(
    at place: UnsafeMutableRawPointer, timeout: Int64, _ interruption: Interruption, while isUnchanged: () -> Bool
  ) -> Outcome {
    let deadline = timeout < 0 ? nil : MonotonicClock.nanoseconds.addingReportingOverflow(UInt64(timeout))
    let address = UInt(bitPattern: place)
    let bucket = bucket(address)
    let waiter = Waiter(address)
    interruption.park(waiter, in: bucket)
    defer { interruption.unpark() }
    bucket.lock.lock()
    defer { bucket.lock.unlock() }
    if interruption.isRequested { return .interrupted }
    guard isUnchanged() else { return .notEqual }
    bucket.append(waiter)
    while waiter.outcome == nil {
      if let deadline, !deadline.overflow {
        guard MonotonicClock.nanoseconds < deadline.partialValue else {
          bucket.remove(waiter)
          return .timedOut
        }
        waiter.condition.wait(bucket.lock, until: deadline.partialValue)
      } else {
        waiter.condition.wait(bucket.lock)
      }
    }
    return waiter.outcome!
  }

  /// Wakes up to `count` of those that wait at `place`, in the order in which they came.
  ///
  /// - Returns: how many were woken.
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

  /// A thread that waits. All but `address` and `condition` belongs to who holds the bucket's lock.
  final class Waiter: @unchecked Sendable {
    let address: UInt
    let condition = NativeCondition()
    fileprivate var outcome: Outcome?
    fileprivate var isQueued = false
    fileprivate var next: Waiter?
    fileprivate unowned(unsafe) var previous: Waiter?

    init(_ address: UInt) { self.address = address }
  }

  /// A queue of waiters at several addresses, the longest waiting first.
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
    }

    /// Ends the waiting of one that perhaps has not begun yet, or has ended.
    func interrupt(_ waiter: Waiter) {
      lock.lock()
      defer { lock.unlock() }
      if waiter.isQueued { wake(waiter, .interrupted) }
    }
  }
}
