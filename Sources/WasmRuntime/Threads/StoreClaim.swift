import Synchronization

/// Who uses a store: no thread, or one.
///
/// The first thread that claims a store is favoured: it needs no locked instruction, which would cost half of a short call. It says that
/// it holds the store, and then looks whether it is still favoured; another thread ends the favour, makes sure by
/// ``ThreadBarrier`` that the favoured one has seen that or is seen, and then looks whether the store is held. From then on all threads claim
/// the store by compare-and-swap. (Biased locking; Dice, Huang and Yang, "Asymmetric Dekker Synchronization", 2001.)
///
/// The favour is never given to a second thread, so `isHeldByFavoured` has one writer.
struct StoreClaim: ~Copyable, Sendable {
  // How a claim was made, and so how it is given up. (Numbers, because an enumeration's raw value costs a call in other modules.)
  /// The thread had claimed the store already; the outermost claim counts.
  static let nested: UInt8 = 0
  static let favoured: UInt8 = 1
  static let exchanged: UInt8 = 2

  /// The favoured thread's ``ThreadRecord/identifier``, or one of the states below.
  private let favouredThread = Atomic<UInt64>(undecided)
  /// Whether the favoured thread holds the store. Only that thread writes it.
  private let isHeldByFavoured = Atomic<Bool>(false)
  /// The thread that holds the store, if it is not favoured; 0 if none does.
  private let holder = Atomic<UInt64>(0)
  /// Held where the favour is given or ended.
  private let lock = NativeLock()

  /// Values of `favouredThread` that are no thread: before the first claim, while a thread tries to end the favour, and after that.
  private static let undecided: UInt64 = 0
  private static let ending = UInt64.max - 1
  private static let none = UInt64.max

  /// - Parameter favours: false lets all threads claim by compare-and-swap.
  init(favours: Bool = true) {
    if !favours || !ThreadBarrier.isAvailable { favouredThread.store(Self.none, ordering: .relaxed) }
  }

  /// Claims the store for the running thread: until ``giveUp(_:)``, other threads are refused. Claims of one thread nest.
  ///
  /// - Throws: `StoreInUse` if another thread has claimed the store.
  @inline(__always)
  func take() throws(StoreInUse) -> UInt8 {
    let thread = ThreadRecord.current.pointee.identifier
    if favouredThread.load(ordering: .relaxed) == thread {
      if isHeldByFavoured.load(ordering: .relaxed) { return Self.nested }
      isHeldByFavoured.store(true, ordering: .relaxed)
      // Keeps the compiler from exchanging the store and the load; what the processor exchanges, the barrier puts right.
      atomicMemoryFence(ordering: .acquiringAndReleasing)
      if favouredThread.load(ordering: .acquiring) == thread { return Self.favoured }
      isHeldByFavoured.store(false, ordering: .releasing)
    }
    return try takeWithoutFavour(thread)
  }

  @inline(__always)
  func giveUp(_ kind: UInt8) {
    if kind == Self.favoured {
      isHeldByFavoured.store(false, ordering: .releasing)
    } else if kind == Self.exchanged {
      holder.store(0, ordering: .releasing)
    }
  }

  @inline(never)
  private func takeWithoutFavour(_ thread: UInt64) throws(StoreInUse) -> UInt8 {
    if favouredThread.load(ordering: .acquiring) != Self.none, let kind = try settleFavour(thread) { return kind }
    if holder.load(ordering: .relaxed) == thread { return Self.nested }
    guard holder.compareExchange(expected: 0, desired: thread, ordering: .acquiring).exchanged else {
      throw StoreInUse()
    }
    return Self.exchanged
  }

  /// Gives the favour to the first thread, or ends that of another one.
  ///
  /// - Returns: how this thread has claimed the store, if it is favoured; nil if no thread is.
  private func settleFavour(_ thread: UInt64) throws(StoreInUse) -> UInt8? {
    lock.lock()
    defer { lock.unlock() }
    let other = favouredThread.load(ordering: .relaxed)
    if other == Self.none { return nil }
    if other == Self.undecided || other == thread {
      // This thread may have claimed the store already: another one tried to end the favour, and was refused.
      if isHeldByFavoured.load(ordering: .relaxed) { return Self.nested }
      isHeldByFavoured.store(true, ordering: .relaxed)
      favouredThread.store(thread, ordering: .releasing)
      return Self.favoured
    }
    favouredThread.store(Self.ending, ordering: .sequentiallyConsistent)
    ThreadBarrier.passAllThreads()
    if isHeldByFavoured.load(ordering: .acquiring) {
      favouredThread.store(other, ordering: .releasing)
      throw StoreInUse()
    }
    favouredThread.store(Self.none, ordering: .releasing)
    return nil
  }
}

extension StoreState {
  /// Claims the store for the running thread: see ``StoreClaim``. All that the host does with the store, or with what is in it, holds the claim.
  ///
  /// - Returns: what ``giveUpClaim(_:)`` must get.
  /// - Throws: `StoreInUse` if another thread has claimed the store.
  @inline(never)
  package func takeClaim() throws(StoreInUse) -> UInt8 { try claim.take() }

  @inline(never)
  package func giveUpClaim(_ kind: UInt8) { claim.giveUp(kind) }

  /// Ends a call of the host's: gives up its claim. Arguments that are references have moved the top of the stack, which is put back.
  @inline(never)
  package func endCall(_ slots: UnsafeMutablePointer<Slot>, _ kind: UInt8) {
    context.pointee.stackTop = slots
    claim.giveUp(kind)
  }
}

/// A store was used while another thread uses it: a store belongs to one thread at a time, and to the thread that entered it first as
/// long as the host functions run that were called from there.
public struct StoreInUse: Error, Hashable, Sendable, CustomStringConvertible {
  public init() {}

  public var description: String { "the store is in use: a call on another thread has not returned" }
}
