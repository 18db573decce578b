import Synchronization

/// A request to stop the code that runs in a store, from any thread. One per store.
///
/// A thread that waits in the parking lot wakes up at once. Running code checks ``word`` if the engine was configured to.
package final class Interruption: @unchecked Sendable {
  /// 1 to stop, else 0. Running code reads it; it has a fixed address so that this costs one load.
  package let word: UnsafeMutablePointer<Atomic<UInt32>>
  /// Where the store's thread waits, if it does.
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

  /// Asks the code that runs in the store to stop, until ``reset()``.
  package func request() {
    word.pointee.store(1, ordering: .sequentiallyConsistent)
    // A thread that is not parked yet checks the word before it waits.
    if let parked = parked.withLock({ $0 }) { parked.bucket.interrupt(parked.waiter) }
  }

  /// Allows code to run in the store again.
  package func reset() { word.pointee.store(0, ordering: .sequentiallyConsistent) }

  func park(_ waiter: ParkingLot.Waiter, in bucket: ParkingLot.Bucket) {
    parked.withLock { $0 = (waiter, bucket) }
  }

  func unpark() { parked.withLock { $0 = nil } }
}
