import Needletail
import Synchronization
import NeedletailSystem
import WasmText

/// A thread of a script: it runs commands concurrently, with its own store. (Threads proposal, "Scripts".)
final class ScriptThread: Sendable {
  /// The exports of a parent's instance that a thread can use: its shared memories.
  typealias SharedExports = [(name: String, memory: SharedMemory)]

  private let report: Mutex<ScriptReport>
  private let commands: [ScriptCommand]
  private let instances: [(name: String, exports: SharedExports)]
  private let thread: Mutex<NativeThread?>

  /// - Parameters:
  ///   - commands: the commands of the thread.
  ///   - instances: the exports of the parent's instances, by their names in the script.
  init(_ commands: [ScriptCommand], sharing instances: [(name: String, exports: SharedExports)]) {
    self.commands = commands
    self.instances = instances
    report = Mutex(ScriptReport())
    thread = Mutex(nil)
  }

  /// - Throws: `ScriptFailure` if the system cannot create a thread.
  func start(_ engine: Engine) throws {
    let started = NativeThread {
      let report = self.run(engine)
      self.report.withLock { $0 = report }
    }
    guard let started else { throw ScriptFailure(message: "the system has no thread to give") }
    thread.withLock { $0 = started }
  }

  private func run(_ engine: Engine) -> ScriptReport {
    do {
      var session = try ScriptSession(engine, limits: Store.Limits())
      for (name, exports) in instances { session.share(exports, as: name) }
      session.run(commands)
      return session.finish()
    } catch {
      var report = ScriptReport()
      report.fail(
        commands.first?.location ?? TextLocation(line: 1, column: 1),
        "no store could be made for the thread: \(error)")
      return report
    }
  }

  /// Waits until all commands have run; returns their report.
  func finish() -> ScriptReport {
    let started = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    started?.join()
    return report.withLock { $0 }
  }
}
