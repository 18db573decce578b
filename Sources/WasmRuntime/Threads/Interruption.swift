import Synchronization

/// The request that what runs in a store should stop, from any thread. One per store.
///
/// A thread that waits in the parking lot wakes up at once. Code that runs looks at ``word`` where the engine was asked to
/// have it look.
package final class Interruption: @unchecked Sendable {
  /// 0, or 1 to stop. Running code reads it; at an address of its own so that this costs one load.
  package let word: UnsafeMutablePointer<Atomic<UInt32>>
  /// Where the store's thread waits.
  private let parked = Mutex<(waiter: ParkingLot.Waiter, bucket: ParkingLot.Bucket)?>(nil)

  init() {
    word = .allocate(capacity: 1)
    word.initialize(to: Atomic(0))
  }

  deinit {
    word.deinitialize(count: 1)
    word.deallocate()
  }

  package var isRequested: Bool { word.pointee.load(ordering: .sequentiallyConsistent) != 0 }

  /// Asks what runs in the store to stop, now and until ``reset()``.
  package func request() {
    word.pointee.store(1, ordering: .sequentiallyConsistent)
    // Who is not parked yet looks at the word before it waits.
    if let parked = parked.withLock({ $0 }) { parked.bucket.interrupt(parked.waiter) }
  }

  /// Lets the store run again.
  package func reset() { word.pointee.store(0, ordering: .sequentiallyConsistent) }

  func park(_ waiter: ParkingLot.Waiter, in bucket: ParkingLot.Bucket) {
    parked.withLock { $0 = (waiter, bucket) }
  }

  func unpark() { parked.withLock { $0 = nil } }
}
