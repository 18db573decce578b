import NeedletailSystem
import Synchronization
import WasmRuntime
import WebAssembly

/// The time at which the loading of a module is stopped.
///
/// Assembling, decoding, validation and compilation look at the clock between pieces of work.
package struct LoadingDeadline: Sendable {
  /// Nil if the time is not limited.
  package let stops: StopCheck?
  private let state: State?

  private final class State: Sendable {
    let hasStopped = Atomic(false)
  }

  package init(_ deadline: ContinuousClock.Instant?) {
    guard let time = deadline?.monotonicTime(now: MonotonicClock.nanoseconds) else {
      (stops, state) = (nil, nil)
      return
    }
    let state = State()
    self.state = state
    stops = {
      guard MonotonicClock.nanoseconds >= time else { return false }
      state.hasStopped.store(true, ordering: .relaxed)
      return true
    }
  }

  /// - Throws: `Trap` if the time has passed.
  package func check() throws {
    if let stops, stops() { throw Self.trap }
  }

  private static var trap: Trap {
    Trap(.deadlineExceeded, message: "\(TrapCode.deadlineExceeded.message): the module was not loaded yet")
  }

  /// The error to throw in place of one of loading: that of the deadline, if loading was stopped.
  package func error(for error: any Error) -> any Error {
    guard let state, state.hasStopped.load(ordering: .relaxed) else { return error }
    return Self.trap
  }
}
