import NeedletailSystem
import Synchronization

/// Requests to stop the code that runs in a store, from any thread. One per store.
///
/// A thread that waits in the parking lot wakes up at once. For running code, a request changes fields of the contexts that it tests in
/// any case: limits of stacks, which entries of functions compare, and ``InstanceContext/interruption``, which loops do. So code that is
/// not interrupted pays for no test but that of its loops. Everything that works in pieces tests ``InstanceContext/interruption``.
///
/// (`@unchecked Sendable`: the lock protects the contexts' addresses and everything that is written through them; running code reads
/// single words.)
package final class Interruption: @unchecked Sendable {
  /// Why code is to stop.
  package struct Reasons: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The embedder asked for it.
    package static let request = Reasons(rawValue: 1)
    /// The store's deadline has passed.
    package static let deadline = Reasons(rawValue: 2)
    /// The task that the code runs for was cancelled.
    package static let cancellation = Reasons(rawValue: 4)
  }

  private let current = Atomic<UInt32>(0)
  private let lock = NativeLock()
  private var store: UnsafeMutablePointer<StoreContext>?
  private var instances: [UnsafeMutablePointer<InstanceContext>] = []
  /// The values of the limits while there is no request.
  private var stackLimit: UnsafeMutablePointer<Slot>?
  private var nativeStackLimit: UInt = 0
  /// Where the store's thread waits, if it does.
  private var parked: (waiter: ParkingLot.Waiter, bucket: ParkingLot.Bucket)?
  /// Ends the wait of a suspended call.
  private var waker: (@Sendable () -> Void)?
  private let isExpectedFlag = Atomic<Bool>(false)

  init() {}

  package var reasons: Reasons { Reasons(rawValue: current.load(ordering: .sequentiallyConsistent)) }
  package var isRequested: Bool { current.load(ordering: .sequentiallyConsistent) != 0 }

  /// Whether there may be a request: somebody has a handle, or there was a deadline. Waits that could not be ended otherwise are then
  /// divided into short ones.
  package var isExpected: Bool { isExpectedFlag.load(ordering: .relaxed) }

  /// Notes that there may be a request. On the store's thread.
  package func expect() { isExpectedFlag.store(true, ordering: .relaxed) }

  // MARK: Requests

  /// Asks the code that runs in the store to stop, until ``reset(_:)``.
  package func request(_ reason: Reasons = .request) {
    let (parked, waker) = lock.withLock {
      // Code that sees a changed field also sees the reason.
      current.bitwiseOr(reason.rawValue, ordering: .sequentiallyConsistent)
      writeLimits(isInterrupted: true)
      return (self.parked, self.waker)
    }
    // A thread that is not parked yet looks for requests before it waits.
    if let parked { parked.bucket.interrupt(parked.waiter) }
    waker?()
  }

  /// Withdraws a request; code may run in the store again if there is no other.
  package func reset(_ reason: Reasons = .request) {
    lock.withLock {
      if reasons.subtracting(reason).isEmpty { writeLimits(isInterrupted: false) }
      current.bitwiseAnd(~reason.rawValue, ordering: .sequentiallyConsistent)
    }
  }

  // MARK: Contexts

  /// Makes a store's context receive requests. Before any other.
  func watch(_ context: UnsafeMutablePointer<StoreContext>) {
    lock.withLock {
      store = context
      stackLimit = context.pointee.stackLimit
      nativeStackLimit = context.pointee.nativeStackLimit
    }
  }

  /// Makes the context of an instance receive requests, and initializes its limits.
  func watch(_ context: UnsafeMutablePointer<InstanceContext>) {
    lock.withLock {
      instances.append(context)
      write(to: context, isInterrupted: isRequested)
    }
  }

  /// Called before the contexts are freed. Handles outlive them.
  func forgetContexts() {
    lock.withLock {
      store = nil
      instances = []
    }
  }

  /// Sets the limit on native stacks in all contexts.
  func setNativeStackLimit(_ limit: UInt) {
    lock.withLock {
      nativeStackLimit = limit
      writeLimits(isInterrupted: isRequested)
    }
  }

  // MARK: Waiting

  func park(_ waiter: ParkingLot.Waiter, in bucket: ParkingLot.Bucket) {
    lock.withLock { parked = (waiter, bucket) }
  }

  func unpark() { lock.withLock { parked = nil } }

  /// Whether requests end waits of suspended calls.
  package var hasWaker: Bool { lock.withLock { waker != nil } }

  /// Sets what each request does, at once if there is one already, or removes it.
  ///
  /// - Parameter waker: called on any thread, perhaps more than once and after it was removed. Must be short.
  /// - Returns: the one before.
  @discardableResult
  package func setWaker(_ waker: (@Sendable () -> Void)?) -> (@Sendable () -> Void)? {
    let (isLate, before) = lock.withLock {
      let before = self.waker
      self.waker = waker
      return (isRequested, before)
    }
    if isLate { waker?() }
    return before
  }
}

extension Interruption {
  /// A limit that no frame of the interpreter satisfies.
  private static let noStack = UInt(MemoryLayout<Slot>.stride)

  fileprivate func writeLimits(isInterrupted: Bool) {
    guard let store else { return }
    Self.write(isInterrupted ? .max : nativeStackLimit, to: store.pointer(to: \.nativeStackLimit))
    for instance in instances { write(to: instance, isInterrupted: isInterrupted) }
  }

  fileprivate func write(to instance: UnsafeMutablePointer<InstanceContext>, isInterrupted: Bool) {
    Self.write(isInterrupted ? .max : nativeStackLimit, to: instance.pointer(to: \.nativeStackLimit))
    Self.write(isInterrupted ? .max : 0, to: instance.pointer(to: \.interruption))
    Self.write(isInterrupted ? Self.noStack : UInt(bitPattern: stackLimit), to: instance.pointer(to: \.stackLimit))
  }

  /// Writes a word that another thread may read at the same time.
  private static func write<Field>(_ value: UInt, to field: UnsafeMutablePointer<Field>?) {
    guard let field else { return }
    UnsafeMutableRawPointer(field).assumingMemoryBound(to: Atomic<UInt>.self).pointee.store(value, ordering: .releasing)
  }
}

extension TrapCode {
  /// The code for an interruption, if this one may be its consequence: a request makes entries find no stack, and allocations fail.
  func reason(interruptedBy interruption: Interruption) -> TrapCode? {
    guard self == .interrupted || self == .callStackExhausted || self == .allocationFailure else { return nil }
    let reasons = interruption.reasons
    if !reasons.isDisjoint(with: [.request, .cancellation]) { return .interrupted }
    return reasons.contains(.deadline) ? .deadlineExceeded : nil
  }
}

extension UnsafeMutablePointer<InstanceContext> {
  /// Whether the store is interrupted. One load.
  @inline(__always)
  package var isInterrupted: Bool { pointee.interruption != 0 }
}
