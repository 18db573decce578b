import Needletail
import NeedletailSystem
import Synchronization

/// The deadline of a run. The program's stores have it, too; this object ends the process if the deadline passes while modules are loaded
/// and compiled, or if something does not stop in time.
final class RunDeadline: Sendable {
  let instant: ContinuousClock.Instant

  private enum Phase { case loading, running, ended }
  private let phase: PhaseLock
  private let alarms: [DeadlineTimer.Alarm]

  private final class PhaseLock: Sendable {
    let value = Mutex(Phase.loading)
  }

  /// The time after the deadline at which the process ends in any case.
  private static let grace = Duration.milliseconds(50)

  init(timeout: Duration) {
    instant = .now + timeout
    let phase = PhaseLock()
    self.phase = phase
    let atDeadline = DeadlineTimer.Alarm {
      Self.end(phase, if: { $0 == .loading }, hints: ["the module was not loaded yet"])
    }
    let afterGrace = DeadlineTimer.Alarm { Self.end(phase, if: { $0 != .ended }, hints: []) }
    alarms = [atDeadline, afterGrace]
    let now = MonotonicClock.nanoseconds
    for (alarm, time) in zip(alarms, [instant, instant + Self.grace]) {
      // Without a thread, only the stores' deadlines work, which then count as passed.
      if let time = time.monotonicTime(now: now) { _ = alarm.set(at: time) }
    }
  }

  deinit { for alarm in alarms { alarm.cancel() } }

  /// Notes that modules are loaded: from now on the stores' deadlines stop the program.
  func beginRunning() { phase.value.withLock { $0 = .running } }

  /// Notes that the program has ended, and how. Does not return if the deadline has ended the process.
  func endRunning() { phase.value.withLock { $0 = .ended } }

  private static func end(_ phase: PhaseLock, if mustEnd: (Phase) -> Bool, hints: [Message]) {
    // The lock is kept until the process has ended, so that the other thread says nothing.
    phase.value.withLock { phase in
      guard mustEnd(phase) else { return }
      Terminal.reportError("trap: \(TrapCode.deadlineExceeded.message)", hints: hints)
      CurrentProcess.exit(ExitCode.trap)
    }
  }
}
