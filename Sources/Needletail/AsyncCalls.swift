import NeedletailSystem
import WasmRuntime
import WebAssembly

// Calls for which the task waits, and in which async host functions suspend the guest.

extension Function {
  /// Calls the function on a stack of its own, so that async host functions can suspend it: see ``Linker/defineAsync(_:_:_:)``. While they
  /// wait, no thread is held, and only the current task can use the store.
  ///
  /// The guest runs where the caller runs: on its actor, or on a thread of the pool. If the task is cancelled, the guest is stopped.
  ///
  /// ```swift
  /// try linker.defineAsync("env", "get") { (_: Caller, key: Int32) async throws -> Int32 in
  ///   try await Task.sleep(for: .milliseconds(1))
  ///   return 2 * key
  /// }
  /// let add = try linker.instantiate(module, in: store).function("add")!
  /// try await add.callAsync([.i32(1), .i32(2)], timeout: .seconds(1))  // [3]
  /// ```
  ///
  /// - Parameters:
  ///   - arguments: the arguments, of exactly the types of the parameters.
  ///   - isolation: the actor on which the guest runs: that of the caller.
  /// - Returns: the results.
  /// - Throws: as ``call(_:)``; `CancellationError` if the task was cancelled and code was stopped by that; ``SuspensionError`` if the
  ///   system has no way to suspend calls; `LimitExceeded` if there is no memory for the stack.
  @discardableResult
  public func callAsync(
    _ arguments: [Value] = [], isolation: isolated (any Actor)? = #isolation
  ) async throws -> [Value] {
    try await store.suspendable(isolation: isolation) { try call(arguments) }
  }

  /// The same, stopped at a time. An async host function that waits then is cancelled.
  ///
  /// - Parameters:
  ///   - arguments: the arguments, of exactly the types of the parameters.
  ///   - deadline: the time at which it is stopped: see ``Store/deadline``.
  ///   - isolation: the actor on which the guest runs: that of the caller.
  /// - Returns: the results.
  /// - Throws: as ``callAsync(_:isolation:)``; `Trap` with the code `deadlineExceeded` if it was stopped.
  @discardableResult
  public func callAsync(
    _ arguments: [Value] = [], deadline: ContinuousClock.Instant, isolation: isolated (any Actor)? = #isolation
  ) async throws -> [Value] {
    try await store.suspendable(deadline: deadline, isolation: isolation) { try call(arguments) }
  }

  /// The same, stopped after a time. An async host function that waits then is cancelled.
  ///
  /// - Parameters:
  ///   - arguments: the arguments, of exactly the types of the parameters.
  ///   - timeout: the time after which it is stopped: see ``Store/deadline``.
  ///   - isolation: the actor on which the guest runs: that of the caller.
  /// - Returns: the results.
  /// - Throws: as ``callAsync(_:isolation:)``; `Trap` with the code `deadlineExceeded` if it was stopped.
  @discardableResult
  public func callAsync(
    _ arguments: [Value] = [], timeout: Duration, isolation: isolated (any Actor)? = #isolation
  ) async throws -> [Value] {
    try await callAsync(arguments, deadline: .now + timeout, isolation: isolation)
  }
}

extension TypedFunction {
  /// Calls the function on a stack of its own, so that async host functions can suspend it: see ``Function/callAsync(_:isolation:)``.
  ///
  /// - Parameters:
  ///   - arguments: the arguments.
  ///   - isolation: the actor on which the guest runs: that of the caller.
  /// - Returns: the results.
  /// - Throws: as ``callAsFunction(_:)`` and ``Function/callAsync(_:isolation:)``.
  public func callAsync(
    _ arguments: repeat each Parameter, isolation: isolated (any Actor)? = #isolation
  ) async throws -> Result {
    try await function.store.suspendable(isolation: isolation) { try body(repeat each arguments) }
  }
}

extension Linker {
  /// Creates an instance as ``instantiate(_:in:)``, but runs its start function so that async host functions can suspend it: see
  /// ``Function/callAsync(_:isolation:)``.
  ///
  /// - Parameters:
  ///   - module: the module.
  ///   - store: the store that will own the instance.
  ///   - isolation: the actor on which the start function runs: that of the caller.
  /// - Throws: as ``instantiate(_:in:)`` and ``Function/callAsync(_:isolation:)``.
  public func instantiateAsync(
    _ module: Module, in store: Store, isolation: isolated (any Actor)? = #isolation
  ) async throws -> Instance {
    try await store.suspendable(isolation: isolation) { try self.instantiate(module, in: store) }
  }
}

extension PreparedModule {
  /// Creates an instance as ``instantiate(in:)``, but runs its start function so that async host functions can suspend it: see
  /// ``Function/callAsync(_:isolation:)``.
  ///
  /// - Parameters:
  ///   - store: the store that will own the instance.
  ///   - isolation: the actor on which the start function runs: that of the caller.
  /// - Throws: as ``instantiate(in:)`` and ``Function/callAsync(_:isolation:)``.
  public func instantiateAsync(
    in store: Store, isolation: isolated (any Actor)? = #isolation
  ) async throws -> Instance {
    try await store.suspendable(isolation: isolation) { try instantiate(in: store) }
  }
}

extension Store {
  /// Runs a function that calls code, on a stack of its own.
  ///
  /// - Parameters:
  ///   - deadline: the time at which code is stopped, unless the store has an earlier deadline.
  ///   - isolation: the actor on which the code runs.
  ///   - body: claims the store once, and calls code meanwhile.
  func suspendable<R>(
    deadline: ContinuousClock.Instant? = nil, isolation: isolated (any Actor)?, _ body: @escaping () throws -> R
  ) async throws -> R {
    guard let change = engine.stackSwitch else { throw SuspensionError(.unsupported) }
    let result = Box<R>()
    let call = AsyncCall(self, change, deadline, result) { result.set(body) }
    await call.run(isolation)
    return try result.value()
  }
}

/// A call that its task drives: it resumes the call, and awaits what the call waits for.
///
/// (`@unchecked Sendable`: only the task that makes it uses it, and a child for which that task waits, on the same actor.)
private final class AsyncCall: @unchecked Sendable {
  private let store: Store
  private let state: StoreState
  private let interruption: Interruption
  private let change: StackSwitch
  private let deadline: ContinuousClock.Instant?
  private let outcome: any Outcome
  private let body: () -> Void

  init(
    _ store: Store, _ change: StackSwitch, _ deadline: ContinuousClock.Instant?, _ outcome: any Outcome,
    _ body: @escaping () -> Void
  ) {
    self.store = store
    state = store.state
    interruption = state.interruption
    self.change = change
    self.deadline = deadline
    self.outcome = outcome
    self.body = body
  }

  /// Whether requests to stop are possible, and would not end a wait of the current task.
  private var needsWaker: Bool { interruption.isExpected && !interruption.hasWaker }

  func run(_ isolation: isolated (any Actor)?) async {
    // A deadline of this call's own must not cancel what surrounds the call.
    let needsChild = deadline != nil || needsWaker
    if state.isHeld(by: CurrentTask.identity) {
      guard !state.refusesTask else { return outcome.fail(StoreInUse()) }
      // The outer call hears of cancellation.
      return await interruptibly(if: needsChild, isolation) { await self.drive($0) }
    }
    // Before the handler and the waker, which are for the task that holds the store.
    do { try state.beginTask(CurrentTask.identity) } catch { return outcome.fail(error) }
    await withTaskCancellationHandler(
      operation: { await interruptibly(if: needsChild, isolation) { await self.drive($0) } },
      onCancel: { interruption.request(.cancellation) }, isolation: isolation)
    // The handler is not called any more.
    interruption.reset(.cancellation)
    state.endTask()
  }

  /// Runs the call to its end. The task holds the store.
  private func drive(_ isolation: isolated (any Actor)?) async {
    let outer = store.limitTime(deadline)
    do {
      let call = try SuspendableCall(in: state, change, claimCount: 1, body)
      while !call.resume() {
        await wait(for: call.request, isolation)
      }
      call.end()
    } catch {
      outcome.fail(error)
    }
    outcome.noteCancellation(interruption)
    if let outer { store.timeLimit.set(outer.instant, interruption) }
  }

  /// Awaits what a call waits for.
  private func wait(for request: AnyObject?, _ isolation: isolated (any Actor)?) async {
    switch request {
    case let request as SuspensionRequest:
      await interruptibly(if: needsWaker, isolation) { await request.run(on: $0) }
    case let request as Refilling:
      // The code is between two instructions.
      state.refuseTask()
      await interruptibly(if: needsWaker, isolation) { await request.run(on: $0) }
      state.admitTask()
    case let waiter as ParkingLot.Waiter:
      state.refuseTask()
      await withCheckedContinuation(isolation: isolation) { continuation in
        // Not here: a stranger's executor must not run while the lot is locked.
        waiter.whenEnded { Task.detached { continuation.resume() } }
      }
      state.admitTask()
    case is FuelYield: await Task.yield()
    default: preconditionFailure("a call waits for nothing")
    }
  }

  /// Runs `body` in a child task that interruptions cancel, so that they end its waits.
  ///
  /// - Parameter needsChild: otherwise `body` just runs.
  private func interruptibly(
    if needsChild: Bool, _ isolation: isolated (any Actor)?,
    _ body: @escaping @Sendable (isolated (any Actor)?) async -> Void
  ) async {
    guard needsChild else { return await body(isolation) }
    let current = CurrentTask.identity
    let holdsStore = state.isHeld(by: current)
    let child = ChildTask()
    // Before the child runs, which looks for it. Cancelling calls handlers of strangers, which must not run on the thread of all deadlines.
    let outer = interruption.setWaker { Task.detached { child.cancel() } }
    // A child of the current task, so it has its priority, values and preferred executor, and is cancelled with it.
    await withTaskGroup(of: Void.self, isolation: isolation) { group in
      group.addTask {
        child.begin()
        if holdsStore { self.state.handOver(to: CurrentTask.identity) }
        await body(isolation)
        child.end()
      }
      await group.waitForAll(isolation: isolation)
    }
    // Before the waker goes, which may be the last reference to the child.
    if holdsStore { state.handOver(to: current) }
    interruption.setWaker(outer)
  }
}

/// A task of a group that others can cancel, before it begins and until it ends.
///
/// (`@unchecked Sendable`: the lock protects the task, which exists until ``end()`` returns. Cancelling it is safe on any thread.)
private final class ChildTask: @unchecked Sendable {
  private let lock = NativeLock()
  private var task: UnsafeCurrentTask?
  private var isCancelled = false

  /// Called by the task when it begins.
  func begin() {
    withUnsafeCurrentTask { current in
      lock.withLock {
        task = current
        if isCancelled { current?.cancel() }
      }
    }
  }

  /// Called by the task before it ends.
  func end() { lock.withLock { task = nil } }

  func cancel() {
    lock.withLock {
      isCancelled = true
      task?.cancel()
    }
  }
}

extension Store {
  /// Sets an earlier deadline.
  ///
  /// - Returns: the deadline before; nil if that is earlier, and counts.
  fileprivate func limitTime(_ deadline: ContinuousClock.Instant?) -> OuterDeadline? {
    guard let deadline else { return nil }
    let outer = timeLimit.instant
    if let outer, outer <= deadline { return nil }
    timeLimit.set(deadline, state.interruption)
    return OuterDeadline(instant: outer)
  }

  fileprivate struct OuterDeadline { var instant: ContinuousClock.Instant? }
}

/// Where a call's result or error is left.
private protocol Outcome: AnyObject {
  func fail(_ error: any Error)
  /// Replaces the trap by which a cancelled task's code was stopped.
  func noteCancellation(_ interruption: Interruption)
}

/// The outcome of a call. A class, since the call writes it on another stack.
private final class Box<R>: Outcome {
  private var result: Result<R, any Error>?

  func set(_ body: () throws -> R) {
    let outcome = Result { try body() }
    result = outcome
  }

  func fail(_ error: any Error) { result = .failure(error) }

  func value() throws -> R {
    guard let result else { preconditionFailure("a call that ended has an outcome") }
    return try result.get()
  }

  func noteCancellation(_ interruption: Interruption) {
    let reasons = interruption.reasons
    guard case .failure(let error)? = result, let trap = error as? Trap, trap.code == .interrupted,
      reasons.contains(.cancellation), !reasons.contains(.request)
    else { return }
    result = .failure(CancellationError())
  }
}

/// What a suspended call waits for: the rest of an async host function.
///
/// (`@unchecked Sendable`: used by the call's task, or by a child for which that waits.)
final class SuspensionRequest: @unchecked Sendable {
  /// Writes results to slots, on the call's stack.
  typealias Finish = (UnsafeMutablePointer<UInt64>) throws -> Void
  typealias Operation = nonisolated(nonsending) () async throws -> Finish

  private let operation: Operation
  private var outcome: Result<Finish, any Error>?

  init(_ operation: @escaping Operation) { self.operation = operation }

  func run(on isolation: isolated (any Actor)?) async {
    do {
      let finish = try await operation()
      outcome = .success(finish)
    } catch {
      outcome = .failure(error)
    }
  }

  func finish(_ slots: UnsafeMutablePointer<UInt64>) throws {
    guard let outcome else { preconditionFailure("a call is resumed when its host function has ended") }
    try outcome.get()(slots)
  }
}

/// An async host function was called where the guest cannot be suspended.
public struct SuspensionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Why it cannot be suspended.
  public enum Reason: Hashable, Sendable {
    /// A synchronous call is under way: of the guest, or of a guest's function by a host function.
    case synchronousCall
    /// The machine or the system has no way to suspend calls.
    case unsupported
  }

  /// Why the guest cannot be suspended.
  public let reason: Reason

  init(_ reason: Reason) { self.reason = reason }

  /// What to do, as a sentence.
  public var description: String {
    switch reason {
    case .synchronousCall: "an async host function was called by a synchronous call: use callAsync"
    case .unsupported: "calls cannot be suspended on this machine, or executable memory is forbidden"
    }
  }
}
