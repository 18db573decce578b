import NeedletailSystem
import Synchronization
import WasmRuntime

/// The functions of an engine's modules that wait for compilation, and the threads that compile them, the most used first.
///
/// A thread is started when there is work, and ends when there is none.
final class CompilationQueue: Sendable {
  struct Job: Sendable {
    /// The module may be gone before its turn comes.
    weak var functions: ModuleFunctions?
    var compiler: TierCompiler
    var target: TierCompiler.Target
    /// The number of times that the interpreter asked for it.
    var heat = 1
  }

  private struct State {
    var jobs: [Job] = []
    var threadCount = 0
  }

  private let state = Mutex(State())
  private let maximumThreadCount: Int

  init(threadCount: Int) { maximumThreadCount = max(threadCount, 1) }

  /// Adds a job. If no thread can be started, it waits for the next one.
  func add(_ job: Job) {
    let startsThread = state.withLock { state in
      state.jobs.append(job)
      guard state.threadCount < min(maximumThreadCount, state.jobs.count) else { return false }
      state.threadCount += 1
      return true
    }
    guard startsThread else { return }
    guard let thread = NativeThread({ self.run() }) else { return state.withLock { $0.threadCount -= 1 } }
    thread.detach()
  }

  /// Whether so many jobs wait that the next ones had better be noted again later: a module can have a million functions, and each
  /// choice of the hottest job looks at all.
  var isFull: Bool { state.withLock { $0.jobs.count >= 1000 } }

  /// Notes that a job is wanted once more. O(number of jobs).
  func warm(_ compiler: TierCompiler, _ target: TierCompiler.Target) {
    state.withLock { state in
      guard let index = state.jobs.firstIndex(where: { $0.target == target && $0.compiler === compiler }) else {
        return
      }
      state.jobs[index].heat += 1
    }
  }

  private func run() {
    while let job = next() {
      job.compiler.delay()
      if let functions = job.functions { job.compiler.compile(job.target, of: functions) }
    }
  }

  /// The hottest job, the first of several; nil if there is none, and then the thread ends.
  private func next() -> Job? {
    state.withLock { state in
      guard var best = state.jobs.indices.first else {
        state.threadCount -= 1
        return nil
      }
      for index in state.jobs.indices where state.jobs[index].heat > state.jobs[best].heat { best = index }
      return state.jobs.remove(at: best)
    }
  }
}
