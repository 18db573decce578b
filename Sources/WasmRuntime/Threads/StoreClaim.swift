import NeedletailSystem
import Synchronization

/// The thread that uses a store, if any.
///
/// The first thread that claims a store is favoured: its claims need no locked instruction, which would cost half of a short call. It
/// marks the store as held and then checks that it is still favoured. Another thread ends the favour, uses ``ThreadBarrier`` to make sure
/// that either the favoured thread sees this or its mark is visible, and then checks whether the store is held. From then on all threads
/// claim the store by compare-and-swap. (Biased locking; Dice, Huang and Yang, "Asymmetric Dekker Synchronization", 2001.)
///
/// The favour is never given to a second thread, so `isHeldByFavoured` has one writer.
struct StoreClaim: ~Copyable, Sendable {
  // The kind of a claim, which determines how it is given up. (Integers, because an enumeration's raw value costs a call in other modules.)
  /// The thread already holds the store; the outermost claim counts.
  static let nested: UInt8 = 0
  static let favoured: UInt8 = 1
  static let exchanged: UInt8 = 2
  /// As `nested`, and counted: in stores without a favoured thread.
  static let countedNested: UInt8 = 3
  /// A task holds the store, and the thread executes it.
  static let borrowed: UInt8 = 4

  /// The favoured thread's ``ThreadRecord/identifier``, or one of the states below.
  private let favouredThread = Atomic<UInt64>(undecided)
  /// Whether the favoured thread holds the store. Only that thread writes it.
  private let isHeldByFavoured = Atomic<Bool>(false)
  /// The thread that holds the store without being favoured; 0 if there is none; `taskHolds` if only a task does.
  private let holder = Atomic<UInt64>(0)
  /// The task that holds the store, between the calls of its that run.
  private let task = Atomic<UInt>(0)
  /// The number of nested claims of the thread in `holder`. Only that thread writes it.
  private let nested = Atomic<Int>(0)
  /// Held while the favour is given or ended.
  private let lock = NativeLock()

  /// Values of `favouredThread` that are not threads: before the first claim, while a thread tries to end the favour, and afterwards.
  private static let undecided: UInt64 = 0
  private static let ending = UInt64.max - 1
  private static let none = UInt64.max
  /// Values of `holder` that are not threads: all claims fail, and a task holds the store while no thread executes it.
  private static let nobody = UInt64.max - 1
  private static let taskHolds = UInt64.max

  /// - Parameter favours: false lets all threads claim by compare-and-swap.
  init(favours: Bool = true) {
    if !favours || !ThreadBarrier.isAvailable { favouredThread.store(Self.none, ordering: .relaxed) }
  }

  /// Claims the store for the current thread: until ``giveUp(_:)``, claims of other threads fail. Claims of one thread nest.
  ///
  /// - Throws: `StoreInUse` if another thread has claimed the store.
  @inline(__always)
  func take() throws(StoreInUse) -> UInt8 {
    let thread = ThreadRecord.current.pointee.identifier
    if favouredThread.load(ordering: .relaxed) == thread {
      if isHeldByFavoured.load(ordering: .relaxed) { return Self.nested }
      isHeldByFavoured.store(true, ordering: .relaxed)
      // Keeps the compiler from reordering the store and the load; reordering by the processor is handled by the barrier.
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
    } else if kind == Self.countedNested {
      nested.store(nested.load(ordering: .relaxed) - 1, ordering: .relaxed)
    } else if kind == Self.borrowed {
      holder.store(Self.taskHolds, ordering: .releasing)
    }
  }

  /// Calls a closure while all claims fail, those of the thread that holds the store too.
  func whileRefusing<R>(_ body: () throws -> R) rethrows -> R {
    // Under the lock, so that no thread is about to change the favour.
    let (thread, held) = lock.withLock {
      let state = (favouredThread.load(ordering: .relaxed), holder.load(ordering: .relaxed))
      holder.store(Self.nobody, ordering: .relaxed)
      favouredThread.store(Self.none, ordering: .releasing)
      return state
    }
    defer {
      lock.withLock {
        favouredThread.store(thread, ordering: .releasing)
        holder.store(held, ordering: .releasing)
      }
    }
    return try body()
  }

  @inline(never)
  private func takeWithoutFavour(_ thread: UInt64) throws(StoreInUse) -> UInt8 {
    if favouredThread.load(ordering: .acquiring) != Self.none, let kind = try settleFavour(thread) { return kind }
    if holder.load(ordering: .relaxed) == thread {
      nested.store(nested.load(ordering: .relaxed) + 1, ordering: .relaxed)
      return Self.countedNested
    }
    let (exchanged, original) = holder.compareExchange(expected: 0, desired: thread, ordering: .acquiring)
    if exchanged { return Self.exchanged }
    guard original == Self.taskHolds, isHeld(by: CurrentTask.identity),
      holder.compareExchange(expected: Self.taskHolds, desired: thread, ordering: .acquiring).exchanged
    else { throw StoreInUse() }
    return Self.borrowed
  }

  // MARK: Tasks

  /// Claims the store for a task. From now on no thread is favoured.
  ///
  /// - Throws: `StoreInUse` if a thread or a task has claimed it.
  func beginTask(_ task: UInt) throws(StoreInUse) {
    try endFavour()
    guard holder.compareExchange(expected: 0, desired: Self.taskHolds, ordering: .acquiring).exchanged else {
      throw StoreInUse()
    }
    self.task.store(task, ordering: .releasing)
  }

  /// Gives up the task's claim.
  func endTask() {
    task.store(0, ordering: .relaxed)
    holder.store(0, ordering: .releasing)
  }

  /// Gives the claim to another task.
  func handOver(to task: UInt) { self.task.store(task, ordering: .releasing) }

  /// Makes all claims fail, those of the task that holds the store too.
  func refuseTask() {
    let isFree = holder.compareExchange(expected: Self.taskHolds, desired: Self.nobody, ordering: .acquiring).exchanged
    precondition(isFree, "a task that holds a store is executed by one thread")
  }

  /// Ends ``refuseTask()``.
  func admitTask() { holder.store(Self.taskHolds, ordering: .releasing) }

  var refusesAll: Bool { holder.load(ordering: .relaxed) == Self.nobody }

  func isHeld(by task: UInt) -> Bool { task != 0 && self.task.load(ordering: .acquiring) == task }

  /// Lets the current thread, which executes the task that holds the store, run code in it.
  ///
  /// - Parameter nestedCount: the number of nested claims in frames that continue to run.
  func resume(nestedCount: Int) {
    let thread = ThreadRecord.current.pointee.identifier
    let isFree = holder.compareExchange(expected: Self.taskHolds, desired: thread, ordering: .acquiring).exchanged
    precondition(isFree, "a task that holds a store is executed by one thread")
    nested.store(nestedCount, ordering: .relaxed)
  }

  /// Ends ``resume(nestedCount:)``.
  func suspend() {
    nested.store(0, ordering: .relaxed)
    holder.store(Self.taskHolds, ordering: .releasing)
  }

  /// The number of nested claims of the current thread, which holds the store.
  var nestedCount: Int { nested.load(ordering: .relaxed) }

  /// Makes all threads claim the store by compare-and-swap.
  ///
  /// - Throws: `StoreInUse` if the favoured thread holds it.
  private func endFavour() throws(StoreInUse) {
    guard favouredThread.load(ordering: .acquiring) != Self.none else { return }
    lock.lock()
    defer { lock.unlock() }
    let other = favouredThread.load(ordering: .relaxed)
    if other == Self.none { return }
    if other == ThreadRecord.current.pointee.identifier {
      if isHeldByFavoured.load(ordering: .relaxed) { throw StoreInUse() }
      favouredThread.store(Self.none, ordering: .releasing)
    } else if other == Self.undecided {
      favouredThread.store(Self.none, ordering: .releasing)
    } else {
      try takeFavour(from: other)
    }
  }

  /// Gives the favour to the first thread, or ends that of another thread.
  ///
  /// - Returns: the kind of this thread's claim, if it is favoured; nil if no thread is favoured.
  private func settleFavour(_ thread: UInt64) throws(StoreInUse) -> UInt8? {
    lock.lock()
    defer { lock.unlock() }
    let other = favouredThread.load(ordering: .relaxed)
    if other == Self.none { return nil }
    if other == Self.undecided || other == thread {
      // This thread may already hold the store: another thread tried to end the favour, and was refused.
      if isHeldByFavoured.load(ordering: .relaxed) { return Self.nested }
      isHeldByFavoured.store(true, ordering: .relaxed)
      favouredThread.store(thread, ordering: .releasing)
      return Self.favoured
    }
    try takeFavour(from: other)
    return nil
  }

  /// Ends the favour of another thread. The caller holds the lock.
  ///
  /// - Throws: `StoreInUse` if that thread holds the store.
  private func takeFavour(from other: UInt64) throws(StoreInUse) {
    favouredThread.store(Self.ending, ordering: .sequentiallyConsistent)
    ThreadBarrier.passAllThreads()
    if isHeldByFavoured.load(ordering: .acquiring) {
      favouredThread.store(other, ordering: .releasing)
      throw StoreInUse()
    }
    favouredThread.store(Self.none, ordering: .releasing)
  }
}

extension StoreState {
  /// Claims the store for the current thread: see ``StoreClaim``. Every operation of the host on the store or its contents holds a claim.
  ///
  /// - Returns: the argument for ``giveUpClaim(_:)``.
  /// - Throws: `StoreInUse` if another thread has claimed the store.
  @inline(never)
  package func takeClaim() throws(StoreInUse) -> UInt8 { try claim.take() }

  @inline(never)
  package func giveUpClaim(_ kind: UInt8) { claim.giveUp(kind) }

  /// Ends a call from the host: gives up its claim, and restores the top of the stack, which reference arguments moved.
  @inline(never)
  package func endCall(_ slots: UnsafeMutablePointer<Slot>, _ kind: UInt8) {
    context.pointee.stackTop = slots
    claim.giveUp(kind)
  }
}

/// A store was used while another thread uses it. A store belongs to one thread at a time, and to the thread that entered it first while
/// host functions called from there run.
public struct StoreInUse: Error, Hashable, Sendable, CustomStringConvertible {
  /// Creates the error.
  public init() {}

  /// The error as a sentence.
  public var description: String { "the store is in use: a call on another thread has not returned" }
}
