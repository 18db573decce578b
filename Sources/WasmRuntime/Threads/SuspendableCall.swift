import NeedletailSystem
import WebAssembly

/// A call of a function in a store that runs on a stack of its own, so that it can be suspended in a host function: meanwhile the thread
/// does other things, and any thread can resume it.
///
/// One thread at a time uses it. A store has several only if they nest: a host function for which one is suspended begins the next. They
/// share the interpreter's stack, so the innermost one ends first.
///
/// A frame on the stack may resume on another thread. So frames between ``resume()`` and ``suspend(for:)`` keep nothing that belongs to a
/// thread, such as a claim: claims that begin in the call end when it may not be suspended any more (see ``canSuspend``). No access that
/// Swift tracks may be under way when stacks are changed, since it tracks them for each thread: the fields that are in use then are in raw
/// memory.
package final class SuspendableCall {
  private enum State: UInt8 { case new, running, suspended, ended }

  private unowned(unsafe) let store: StoreState
  private let body: () -> Void
  private let stack: GuestStack
  private let change: StackSwitch
  /// The saved stack pointers: of the thread while the call runs, and of the call while it is suspended.
  private let pointers: UnsafeMutablePointer<UInt>
  private var state = State.new
  /// The call that is suspended in a host function that made this one, and the part of the stack that applied before.
  private let outer: SuspendableCall?
  private let outerSegment: StackSegment
  /// The number of calls that nest, this one included.
  private let depth: Int
  /// The largest number of calls that nest. Each has a stack of its own, so recursion through the host is limited here.
  private static let maximumDepth = 32
  /// The claims on the store that `body` begins before it runs code.
  private let claimCount: Int
  /// What the call waits for while it is suspended.
  package private(set) var request: AnyObject?

  /// Prepares a call. The caller holds the store for its task: see ``StoreState/beginTask(_:)``.
  ///
  /// - Parameters:
  ///   - store: the store, which lives longer.
  ///   - change: changes stacks.
  ///   - claimCount: the number of claims on the store that `body` begins before it runs code, and ends afterwards.
  ///   - body: calls a function of the store.
  /// - Throws: `LimitExceeded` if there is no memory for the stack, if too many calls nest, or if the engine or the process may not have
  ///   another call.
  package init(
    in store: StoreState, _ change: StackSwitch, claimCount: Int, _ body: @escaping () -> Void
  ) throws(LimitExceeded) {
    self.store = store
    self.change = change
    self.claimCount = claimCount
    self.body = body
    depth = (store.suspendableCall?.depth ?? 0) + 1
    guard depth <= Self.maximumDepth else {
      throw LimitExceeded(
        fixed: .stackBytes, requested: depth, limit: Self.maximumDepth,
        "too many asynchronous calls in each other: expected at most \(Self.maximumDepth)")
    }
    try store.ledger.addAsyncCall()
    do {
      stack = try store.makeGuestStack()
    } catch {
      store.ledger.removeAsyncCall()
      throw error
    }
    pointers = .allocate(capacity: 2)
    outer = store.suspendableCall
    outerSegment = store.stackSegment
    store.suspendableCall = self
    store.moveStackLimit(
      to: store.segment(from: stack.top, byteCount: .max, end: stack.end), 0)
  }

  deinit { pointers.deallocate() }

  /// Ends the preparation: the store is as before. Only after ``resume()`` has returned true, or was not called.
  package func end() {
    precondition(state == .new || state == .ended, "a call that is suspended must be resumed until it ends")
    precondition(store.suspendableCall === self, "calls that are suspended in a store must nest")
    store.ledger.removeAsyncCall()
    store.suspendableCall = outer
    store.moveStackLimit(to: outerSegment, 0)
  }

  /// Runs the call on the current thread until it is suspended or ends.
  ///
  /// - Returns: whether it has ended.
  @inline(never)
  package func resume() -> Bool {
    precondition(store.suspendableCall === self, "calls that are suspended in a store must nest")
    let thread = ThreadRecord.current
    // Compiled code traps by signals. Without a stack for them they are handled on the call's stack, which has room for that.
    if store.nativeEngine != nil { thread.pointee.ensureSignalStack() }
    let isNew = state == .new
    store.claim.resume(nestedCount: isNew ? 0 : claimCount)
    state = .running
    let stackEnd = thread.pointee.stackEnd
    thread.pointee.stackEnd = stack.end
    store.context.pointee.threadIdentifier = thread.pointee.identifier
    if isNew {
      change.start(Self.main, Unmanaged.passUnretained(self).toOpaque(), stack.top, pointers)
    } else {
      change.change(pointers, pointers[1])
    }
    thread.pointee.stackEnd = stackEnd
    store.context.pointee.threadIdentifier = 0
    store.claim.suspend()
    return state == .ended
  }

  /// Whether the running code may be suspended: it was called by this call's function, with nothing of the host between them that holds
  /// the store.
  package var canSuspend: Bool { state == .running && store.claim.nestedCount == claimCount }

  /// Suspends the call until it is resumed. Called on its stack, if ``canSuspend``.
  ///
  /// - Parameter request: what it waits for.
  @inline(never)
  package func suspend(for request: AnyObject) {
    self.request = request
    state = .suspended
    change.change(pointers + 1, pointers[0])
    self.request = nil
  }

  /// Runs on the call's stack. Never returns; everything that it retains is released before it leaves the stack.
  private static let main: StackSwitch.Body = { call in
    let way = runToEnd(call)
    way.change(way.pointers + 1, way.pointers[0])
  }

  private struct WayBack {
    let change: StackSwitch.Change
    let pointers: UnsafeMutablePointer<UInt>
  }

  @inline(never)
  private static func runToEnd(_ call: UnsafeMutableRawPointer) -> WayBack {
    let call = Unmanaged<SuspendableCall>.fromOpaque(call).takeUnretainedValue()
    call.body()
    call.state = .ended
    return WayBack(change: call.change.change, pointers: call.pointers)
  }
}

extension StoreState {
  /// Holds the store for a task, on whose threads ``SuspendableCall``s are resumed. Between them only this task can use the store.
  ///
  /// - Parameter task: the task: see ``CurrentTask``.
  /// - Throws: `StoreInUse` if a thread uses the store, or a task holds it.
  package func beginTask(_ task: UInt) throws(StoreInUse) { try claim.beginTask(task) }

  /// Ends ``beginTask(_:)``.
  package func endTask() { claim.endTask() }

  /// Lets not even the task that holds the store use it, until ``admitTask()``.
  package func refuseTask() { claim.refuseTask() }

  /// Ends ``refuseTask()``.
  package func admitTask() { claim.admitTask() }

  /// Whether not even the task that holds the store can use it.
  package var refusesTask: Bool { claim.refusesAll }

  /// Lets a task, for which the one that holds the store waits, use the store in its place.
  package func handOver(to task: UInt) { claim.handOver(to: task) }

  /// Whether a task holds the store.
  package func isHeld(by task: UInt) -> Bool { claim.isHeld(by: task) }
}

/// The Swift task that the current thread executes.
package enum CurrentTask {
  /// Its identity, which is unique among tasks that exist at a time; 0 if there is none.
  package static var identity: UInt {
    withUnsafeCurrentTask { task in task.map { unsafeBitCast($0, to: UInt.self) } ?? 0 }
  }
}
