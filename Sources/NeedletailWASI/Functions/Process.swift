import Needletail
import NeedletailSystem

/// The signal numbers of `proc_raise`. (`signal`.)
private enum Signal {
  /// The highest number, `sys`.
  static let highest: UInt32 = 30
  /// Ignored by default; preview 1 has no handlers: `none`, `chld`, `cont`, `urg`, `winch`.
  static let ignored: Set<UInt32> = [0, 16, 17, 22, 27]
  /// Stop the process by default, and nothing could continue it: `stop`, `tstp`, `ttin`, `ttou`.
  static let stopping: Set<UInt32> = [18, 19, 20, 21]
}

extension WASI {
  func defineProcess(_ functions: HostFunctions) throws {
    try functions.defineEnding("proc_exit", results: []) { code in throw ExitStatus(code: Int32(bitPattern: code)) }
    // Takes the signal's default action. The guest ends with the status that a shell reports (128 + signal); the host
    // does not.
    try functions.defineEnding("proc_raise", results: [.i32]) { signal in
      let signal = signal & 0xFF
      guard signal <= Signal.highest else { return .inval }
      guard !Signal.stopping.contains(signal) else { return .notsup }
      guard !Signal.ignored.contains(signal) else { return .success }
      throw ExitStatus(code: 128 + Int32(signal))
    }
    try functions.define("sched_yield") { _ throws(Errno) in Processors.yield() }
  }
}
