#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Processors and threads, which differ between operating systems.
enum Platform {
  /// The number of available processors.
  static let processorCount = max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1)

  /// Runs `work` on the calling thread and on additional threads, and returns when all have finished.
  ///
  /// If a thread cannot be created, there are fewer; one call of `work` must be able to do everything.
  static func runConcurrently(threadCount: Int, _ work: @escaping @Sendable () -> Void) {
    var threads: [pthread_t] = []
    for _ in 1..<max(threadCount, 1) {
      let context = Unmanaged.passRetained(Work(work))
      guard let thread = startThread(context.toOpaque()) else {
        context.release()
        break
      }
      threads.append(thread)
    }
    work()
    for thread in threads { pthread_join(thread, nil) }
  }

  /// A closure in a box, so that a pointer to it can be passed through the system.
  private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private static func startThread(_ context: UnsafeMutableRawPointer) -> pthread_t? {
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread: pthread_t = 0
    #endif
    return pthread_create(&thread, nil, runWork, context) == 0 ? thread : nil
  }

  fileprivate static func run(_ context: UnsafeMutableRawPointer) {
    Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
  }
}

// The entry point of a new thread.
#if canImport(Darwin)
  private func runWork(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Platform.run(context)
    return nil
  }
#else
  private func runWork(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Platform.run(context) }
    return nil
  }
#endif
