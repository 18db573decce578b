import Synchronization

#if os(Linux)
  // Glibc's module leaves it out, since it is no part of POSIX.
  @_silgen_name("sched_getaffinity")
  private func sched_getaffinity(_ process: Int32, _ byteCount: Int, _ set: UnsafeMutablePointer<cpu_set_t>) -> Int32
#endif

/// Work on several threads at once.
enum Threads {
  /// The number of processors that this process may use.
  static var processorCount: Int {
    #if os(Linux)
      // A container or `taskset` may allow fewer than there are.
      var allowed = cpu_set_t()
      if sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &allowed) == 0 {
        return max(1, withUnsafeBytes(of: &allowed) { $0.reduce(0) { $0 + $1.nonzeroBitCount } })
      }
    #endif
    return max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }

  /// Calls `body` for each number below `count`, on up to `threads` threads, in any order; returns when all calls have returned.
  ///
  /// Each thread has a stack of 16 MiB, since guests may nest deeply.
  static func forEach(_ count: Int, threads: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let next = Counter()
    let work = Work {
      while case let index = next.advance(), index < count { body(index) }
    }
    guard threads > 1, count > 1 else { return work.body() }
    let started = (0..<min(threads, count)).compactMap { _ in start(work) }
    // If no thread could be created, this one does the work.
    if started.isEmpty { work.body() }
    for thread in started { pthread_join(thread, nil) }
  }

  /// Below this size of the main thread's stack (`ulimit -s`), the program runs on a thread of its own.
  private static let leastStackByteCount: rlim_t = 1 << 20

  /// Calls `body` on a thread with 16 MiB of stack if this one's stack is small; else on this one. Returns when it has returned.
  ///
  /// - Returns: false if there is no memory for the thread; then `body` was not called.
  static func withEnoughStack(_ body: @escaping @Sendable () -> Void) -> Bool {
    var limit = rlimit()
    #if canImport(Glibc)
      let code = getrlimit(__rlimit_resource_t(RLIMIT_STACK.rawValue), &limit)
    #else
      let code = getrlimit(RLIMIT_STACK, &limit)
    #endif
    guard code == 0, limit.rlim_cur < leastStackByteCount else {
      body()
      return true
    }
    guard let thread = start(Work(body)) else { return false }
    pthread_join(thread, nil)
    return true
  }

  private final class Counter: Sendable {
    private let value = Atomic(0)

    func advance() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private static func start(_ work: Work) -> pthread_t? {
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return nil }
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 16 << 20)
    let argument = Unmanaged.passRetained(work)
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let code = pthread_create(&thread, &attributes, threadMain, argument.toOpaque())
    guard code == 0 else {
      argument.release()
      return nil
    }
    return thread
  }

  #if canImport(Darwin)
    private static let threadMain: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { argument in
      Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
      return nil
    }
  #else
    private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
      Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
      return nil
    }
  #endif
}
