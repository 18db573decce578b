import Needletail
import Synchronization
import WasmRuntime
import WasmText

/// A thread of a script: commands that run beside the others, with a store of their own. (Threads proposal, "Scripts".)
final class ScriptThread: Sendable {
  /// What a thread sees of an instance of its parent: the memories that it exports and that are shared.
  typealias SharedExports = [(name: String, memory: SharedMemory)]

  private let report: Mutex<ScriptReport>
  private let commands: [ScriptCommand]
  private let instances: [(name: String, exports: SharedExports)]
  private let thread: Mutex<NativeThread?>

  /// - Parameter instances: what it sees of its parent's instances, by their names in the script.
  init(_ commands: [ScriptCommand], sharing instances: [(name: String, exports: SharedExports)]) {
    self.commands = commands
    self.instances = instances
    report = Mutex(ScriptReport())
    thread = Mutex(nil)
  }

  /// - Throws: `ScriptFailure` if the system has no thread to give.
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
      report.fail(commands.first?.line ?? 1, "no store could be made for the thread: \(error)")
      return report
    }
  }

  /// Waits until all its commands have run; returns what came out of them.
  func finish() -> ScriptReport {
    let started = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    started?.join()
    return report.withLock { $0 }
  }
}
