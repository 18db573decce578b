#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A thread of the operating system.
package struct NativeThread: @unchecked Sendable {
  private let thread: pthread_t

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Lets the calling thread wait; shorter if a signal interrupts it.
  package static func sleep(for duration: Duration) {
    let (seconds, attoseconds) = duration.components
    var time = timespec(tv_sec: Int(clamping: seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    nanosleep(&time, nil)
  }

  /// Starts a thread; ``join()`` or ``detach()`` must be called once.
  ///
  /// - Parameters:
  ///   - stackByteCount: the size of its native stack, a multiple of the page size; nil for the system's usual size.
  ///   - body: runs on the thread.
  /// - Returns: nil if the system cannot create a thread.
  package init?(stackByteCount: Int? = 16 << 20, _ body: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return nil }
    defer { pthread_attr_destroy(&attributes) }
    if let stackByteCount {
      guard pthread_attr_setstacksize(&attributes, stackByteCount) == 0 else { return nil }
    }
    let work = Unmanaged.passRetained(Work(body))
    #if canImport(Darwin)
      var thread: pthread_t?
      let code = pthread_create(&thread, &attributes, Self.main, work.toOpaque())
    #else
      var thread = pthread_t()
      let code = pthread_create(&thread, &attributes, Self.main, work.toOpaque())
    #endif
    guard code == 0 else {
      work.release()
      return nil
    }
    #if canImport(Darwin)
      self.thread = thread!
    #else
      self.thread = thread
    #endif
  }

  /// Waits until the thread ends.
  package func join() { pthread_join(thread, nil) }

  /// Lets the thread end by itself.
  package func detach() { pthread_detach(thread) }

  /// Lets other threads run. Async-signal-safe.
  package static func yield() { sched_yield() }

  /// Runs `work` on the calling thread and on additional threads, and returns when all have finished.
  ///
  /// If a thread cannot be created, there are fewer; one call of `work` must be able to do everything.
  package static func runConcurrently(threadCount: Int, _ work: @escaping @Sendable () -> Void) {
    var threads: [NativeThread] = []
    for _ in 1..<max(threadCount, 1) {
      guard let thread = NativeThread(stackByteCount: nil, work) else { break }
      threads.append(thread)
    }
    work()
    for thread in threads { thread.join() }
  }

  #if canImport(Darwin)
    private static let main: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { argument in
      Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
      return nil
    }
  #else
    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
      Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
      return nil
    }
  #endif
}
