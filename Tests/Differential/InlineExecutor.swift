import Synchronization

/// Runs a task on the thread that waits for it.
final class InlineExecutor: TaskExecutor {
  private let jobs = Mutex<[UnownedJob]>([])

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
  }

  /// Runs an async closure to its end.
  ///
  /// - Parameter body: waits only for what runs here too.
  static func run<R>(_ body: () async throws -> R) throws -> R {
    let executor = InlineExecutor()
    return try withoutActuallyEscaping(body) { body in
      // Nothing of it runs on another thread.
      nonisolated(unsafe) let body = body
      nonisolated(unsafe) var result: Result<R, any Error>?
      _ = Task(executorPreference: executor) {
        do { result = .success(try await body()) } catch { result = .failure(error) }
      }
      while result == nil {
        guard let job = executor.jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
          preconditionFailure("a task waits for something that does not run here")
        }
        job.runSynchronously(on: executor.asUnownedTaskExecutor())
      }
      return try result!.get()
    }
  }
}
