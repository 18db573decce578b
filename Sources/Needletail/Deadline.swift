import NeedletailSystem
import WasmRuntime

/// The time limit of a store.
struct StoreDeadline: ~Copyable {
  private(set) var instant: ContinuousClock.Instant?
  /// Interrupts the store at the deadline; created with the first one.
  private var alarm: DeadlineTimer.Alarm?

  init() {}

  deinit { alarm?.cancel() }

  mutating func set(_ instant: ContinuousClock.Instant?, _ interruption: Interruption) {
    self.instant = instant
    alarm?.cancel()
    interruption.reset(.deadline)
    guard let instant else { return }
    interruption.expect()
    let now = MonotonicClock.nanoseconds
    guard let time = instant.monotonicTime(now: now) else { return }
    let alarm = alarm ?? DeadlineTimer.Alarm { interruption.request(.deadline) }
    self.alarm = alarm
    // Without a timer, nothing may run that could need one.
    if time <= now || !alarm.set(at: time) { interruption.request(.deadline) }
  }
}

extension ContinuousClock.Instant {
  /// The time of ``MonotonicClock`` in nanoseconds; nil if it is some centuries away.
  package func monotonicTime(now: UInt64) -> UInt64? {
    let (seconds, attoseconds) = ContinuousClock.now.duration(to: self).components
    if seconds < 0 { return now }
    guard seconds < 1 << 33 else { return nil }
    return now + UInt64(seconds) * 1_000_000_000 + UInt64(max(attoseconds, 0) / 1_000_000_000)
  }
}

extension Store {
  /// The time at which code in the store is stopped; nil, the default, if it is not limited.
  ///
  /// From then on, code that runs in the store traps with `TrapCode.deadlineExceeded`: at its next loop iteration or call, within an
  /// instruction that takes long, or at once if it waits. So does code that is started later, until there is another deadline. A host
  /// function is not stopped; its caller traps soon after it returns.
  ///
  /// ```swift
  /// store.deadline = .now + .seconds(2)
  /// let instance = try linker.instantiate(module, in: store)
  /// try instance.function("run")!.call()
  /// ```
  ///
  /// One thread of the process serves all deadlines. It is created with the first one; if the system cannot create it, every deadline counts
  /// as passed. Time in which the system sleeps may not count.
  ///
  /// - Complexity: setting it is O(log number of stores with a deadline).
  public var deadline: ContinuousClock.Instant? {
    get { claimedOrEnd { timeLimit.instant } }
    set { claimedOrEnd { timeLimit.set(newValue, state.interruption) } }
  }

  /// Runs `body` with a deadline, unless the store has an earlier one. Afterwards the store has its own deadline again, if any.
  ///
  /// ```swift
  /// let results = try store.withDeadline(.now + .milliseconds(50)) { try run.call() }
  /// ```
  ///
  /// - Parameters:
  ///   - deadline: the time at which code in the store is stopped: see ``deadline``.
  ///   - body: calls functions of the store.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws: `Trap` with the code `deadlineExceeded` if it calls code that is stopped.
  public func withDeadline<R>(_ deadline: ContinuousClock.Instant, _ body: () throws -> R) rethrows -> R {
    let outer = self.deadline
    if let outer, outer <= deadline { return try body() }
    self.deadline = deadline
    defer { self.deadline = outer }
    return try body()
  }

  /// Runs `body` with a time limit: see ``withDeadline(_:_:)``.
  public func withTimeout<R>(_ timeout: Duration, _ body: () throws -> R) rethrows -> R {
    try withDeadline(.now + timeout, body)
  }
}

extension Function {
  /// Calls the function, which is stopped at a time.
  ///
  /// - Parameters:
  ///   - arguments: the arguments, of exactly the types of the parameters.
  ///   - deadline: the time at which it is stopped: see ``Store/deadline``.
  /// - Returns: the results.
  /// - Throws: as ``call(_:)``; `Trap` with the code `deadlineExceeded` if it was stopped.
  @discardableResult
  public func call(_ arguments: [Value] = [], deadline: ContinuousClock.Instant) throws -> [Value] {
    try store.claimed { try store.withDeadline(deadline) { try call(arguments) } }
  }

  /// Calls the function, which is stopped after a time.
  ///
  /// - Parameters:
  ///   - arguments: the arguments, of exactly the types of the parameters.
  ///   - timeout: the time after which it is stopped: see ``Store/deadline``.
  /// - Returns: the results.
  /// - Throws: as ``call(_:)``; `Trap` with the code `deadlineExceeded` if it was stopped.
  @discardableResult
  public func call(_ arguments: [Value] = [], timeout: Duration) throws -> [Value] {
    try call(arguments, deadline: .now + timeout)
  }
}
