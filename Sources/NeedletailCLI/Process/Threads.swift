import NeedletailSystem
import Synchronization

/// Work on several threads at once.
enum Threads {
  /// Calls `body` for each number below `count`, on up to `threads` threads, in any order; returns when all calls have returned.
  ///
  /// Each thread has a stack of 16 MiB, since guests may nest deeply.
  static func forEach(_ count: Int, threads: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let next = Counter()
    let work: @Sendable () -> Void = {
      while case let index = next.advance(), index < count { body(index) }
    }
    guard threads > 1, count > 1 else { return work() }
    let started = (0..<min(threads, count)).compactMap { _ in NativeThread(work) }
    // If no thread could be created, this one does the work.
    if started.isEmpty { work() }
    for thread in started { thread.join() }
  }

  /// Below this size of the main thread's stack (`ulimit -s`), the program runs on a thread of its own.
  private static let leastStackByteCount: UInt64 = 1 << 20

  /// Calls `body` on a thread with 16 MiB of stack if this one's stack is small; else on this one. Returns when it has returned.
  ///
  /// - Returns: false if there is no memory for the thread; then `body` was not called.
  static func withEnoughStack(_ body: @escaping @Sendable () -> Void) -> Bool {
    guard let limit = CurrentProcess.stackLimit, limit < leastStackByteCount else {
      body()
      return true
    }
    guard let thread = NativeThread(body) else { return false }
    thread.join()
    return true
  }

  private final class Counter: Sendable {
    private let value = Atomic(0)

    func advance() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
  }
}
