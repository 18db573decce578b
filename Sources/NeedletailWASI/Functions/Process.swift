import Needletail

/// The signals that `proc_raise` knows. (`signal`.)
private enum Signal {
  /// The highest number, `sys`.
  static let highest: UInt32 = 30
  /// Without effect unless handled, and preview 1 has no handlers: `none`, `chld`, `cont`, `urg`, `winch`.
  static let ignored: Set<UInt32> = [0, 16, 17, 22, 27]
  /// Would stop the process until another one lets it go on, which there is not: `stop`, `tstp`, `ttin`, `ttou`.
  static let stopping: Set<UInt32> = [18, 19, 20, 21]
}

extension WASI {
  func defineProcess(in linker: Linker, _ snapshot: Snapshot) throws {
    let module = snapshot.rawValue
    try linker.define(module, "proc_exit") { (caller: Caller, code: Int32) throws -> Void in
      throw ExitStatus(code: code)
    }
    // The signal's default action: the guest ends as a shell reports it (128 and the number), the host does not.
    try linker.define(module, "proc_raise") { [self] (caller: Caller, signal: UInt32) throws -> Int32 in
      let signal = signal & 0xFF
      let result = call { () throws(Errno) in
        guard signal <= Signal.highest else { throw .inval }
        guard !Signal.stopping.contains(signal) else { throw .notsup }
      }
      guard result == 0, !Signal.ignored.contains(signal) else { return result }
      throw ExitStatus(code: 128 + Int32(signal))
    }
    try linker.define(module, "sched_yield") { (caller: Caller) -> Int32 in
      POSIXSystem.yield()
      return 0
    }
  }
}
