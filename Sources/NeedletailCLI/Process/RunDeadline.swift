import Needletail
import NeedletailSystem
import Synchronization

/// The deadline of a run. The loading of modules and the program's stores have it, too; this object ends the process if the deadline passes
/// while modules are read, or if something does not stop in time. It works until the process ends, so nothing cancels it.
final class RunDeadline: Sendable {
  let instant: ContinuousClock.Instant

  private enum Phase {
    case reading, loading, running
    /// The program has ended, and messages and the cache are written.
    case ending(status: Int32)
  }

  private let phase: PhaseLock

  private final class PhaseLock: Sendable {
    let value = Mutex(Phase.reading)
  }

  /// The time after the deadline at which the process ends if the program has not.
  private static let grace = Duration.milliseconds(50)
  /// The time after the deadline at which the process ends in any case: a reader of its output may be stuck.
  private static let endingGrace = Duration.seconds(1)

  /// - Parameters:
  ///   - timeout: the time that the process has.
  ///   - start: when that began.
  ///   - hint: what the user can do.
  init(timeout: Duration, since start: ContinuousClock.Instant, hint: String) {
    instant = start + timeout
    let phase = PhaseLock()
    self.phase = phase
    let now = MonotonicClock.nanoseconds
    func set(after delay: Duration, _ action: @escaping @Sendable (Phase) -> Void) {
      // The lock is kept until the process has ended, so that another thread cannot decide otherwise.
      let alarm = DeadlineTimer.Alarm { phase.value.withLock { action($0) } }
      // Without a thread, only the stores' deadlines work, which then count as passed.
      if let time = (instant + delay).monotonicTime(now: now) { _ = alarm.set(at: time) }
    }
    set(after: .zero) { if case .reading = $0 { Self.end(Self.notLoaded, hints: ["\(hint)"]) } }
    set(after: Self.grace) {
      switch $0 {
      case .reading, .loading: Self.end(Self.notLoaded, hints: ["\(hint)"])
      case .running: Self.end("", hints: ["\(hint)"])
      case .ending: break
      }
    }
    set(after: Self.endingGrace) { if case .ending(let status) = $0 { CurrentProcess.exit(status) } }
  }

  /// Notes that modules were read: from now on their loading stops by itself.
  func beginLoading() { phase.value.withLock { $0 = .loading } }

  /// Notes that modules are loaded: from now on the stores' deadlines stop the program.
  func beginRunning() { phase.value.withLock { $0 = .running } }

  /// Notes that the program has ended. Does not return if the deadline has ended the process.
  ///
  /// - Parameter status: the exit status of the process, even if its messages cannot be written.
  func endRunning(_ status: Int32) { phase.value.withLock { $0 = .ending(status: status) } }

  /// What the message adds while modules are read and loaded, as that of ``LoadingDeadline``.
  private static let notLoaded = ": the module was not loaded yet"

  private static func end(_ remark: String, hints: [Message]) -> Never {
    // Nobody may read standard error.
    Terminal.reportErrorWithoutWaiting("trap: \(TrapCode.deadlineExceeded.message)\(remark)", hints: hints)
    CurrentProcess.exit(ExitCode.trap)
  }
}
