import Needletail
import NeedletailSystem

/// A guest with threads as in the wasi-threads proposal, such as a C program built with `-pthread`. Each thread has its
/// own store and instance; all of them share the memory and one ``WASI``.
///
/// ```swift
/// let engine = Engine()
/// let program = try ThreadedProgram(Module(engine, bytes: bytes), wasi: WASI())
/// let status = try program.start()
/// ```
///
/// The module's other imports are defined by a closure, once for each thread. What the closure and its host functions share between threads
/// has to be `Sendable`, because they run on several threads at once:
///
/// ```swift
/// let count = Atomic(0)
/// let program = try ThreadedProgram(module, wasi: WASI()) { linker in
///   try linker.define("host", "count") { (caller: Caller) in _ = count.add(1, ordering: .relaxed) }
/// }
/// ```
///
/// The program ends when its first thread returns from `_start`, or when any thread calls `proc_exit` or traps. The
/// other threads are then stopped. (wasi-threads, "Design choice: process exit and traps".)
public final class ThreadedProgram: @unchecked Sendable {
  /// How the program ended: with an exit status, or with the error of the thread that ended it.
  public typealias Outcome = Result<Int32, any Error>

  /// Limits on the program's threads and their stores.
  public struct Limits: Sendable {
    /// Threads that run at once, not counting the first. Beyond that, `thread-spawn` fails with `EAGAIN`.
    public var threads = 256
    /// Limits on the whole program: its shared memories and the stores of all its threads together.
    public var store = Store.Limits()
    /// Decides in code what the threads' stores may have. It is asked on all threads at once.
    public var limiter: (any ResourceLimiter & Sendable)?
    /// The time at which the program is stopped; nil if it is not limited. See `Store.deadline`.
    public var deadline: ContinuousClock.Instant?

    /// The default limits.
    public init() {}
  }

  private let module: Module
  private let wasi: WASI
  /// What every thread can import. Not changed while the program runs, so that all threads can read it.
  private let common: Linker
  /// Defines what else a thread can import.
  private let link: (@Sendable (Linker) throws -> Void)?
  private let limits: Limits
  private let sharedLimits: SharedLimits
  private let onEnd: (@Sendable (Outcome) -> Void)?

  // The properties below are protected by `lock`, which is why the class is Sendable.
  private let lock = NativeLock()
  private var outcome: Outcome?
  /// The interrupt handles of the running threads, by thread number. The first thread is 0.
  private var running: [UInt32: InterruptHandle] = [:]
  private var threads: [UInt32: NativeThread] = [:]
  /// The numbers of threads that have finished but are not joined yet.
  private var finished: [UInt32] = []
  private var lastNumber: UInt32 = 0

  /// The name from the wasi-threads proposal.
  private static let entryName = "wasi_thread_start"
  /// Thread numbers are less than this. (wasi-threads, "thread-spawn".)
  private static let numberLimit: UInt32 = 0x2000_0000

  /// Whether a module needs a host with threads: it imports `thread-spawn` or a shared memory.
  ///
  /// - Parameters:
  ///   - module: the module to examine.
  ///   - provided: names of modules that are provided from elsewhere; imports from them do not count.
  public static func isThreaded(_ module: Module, besides provided: [String] = []) -> Bool {
    module.lazyImports.contains { !provided.contains($0.module) && (isSpawn($0) || isSharedMemory($0.type)) }
  }

  private static func isSpawn(_ wanted: ImportDescription) -> Bool {
    wanted.module == ThreadSpawn.module && wanted.name == ThreadSpawn.name
  }

  private static func isSharedMemory(_ type: ExternType) -> Bool {
    if case .memory(let type) = type { type.isShared } else { false }
  }

  /// Links WASI, `thread-spawn` and the shared memories that the module imports.
  ///
  /// - Parameters:
  ///   - module: a module that imports its memory.
  ///   - wasi: not linked yet; from now on it must be used only by this program's threads.
  ///   - limits: limits on threads and on what they hold together.
  ///   - link: defines the module's other imports. Called once by this initializer, and again for each thread's instance
  ///     on the thread that creates it, each time with a new linker that has the functions of WASI.
  ///   - onEnd: called on the thread that ends the program, before the others are stopped; it may end the process.
  ///     Without it the engine must be interruptible, because running threads cannot be stopped otherwise.
  /// - Throws: ``WASI/ConfigurationError`` if the module or the engine does not support threads; `LinkError` if a name
  ///   is taken; `LimitExceeded` if the limits or the system refuse a memory; what `link` throws.
  public init(
    _ module: Module, wasi: WASI, limits: Limits = Limits(),
    link: (@Sendable (Linker) throws -> Void)? = nil, onEnd: (@Sendable (Outcome) -> Void)? = nil
  ) throws {
    self.module = module
    self.wasi = wasi
    common = Linker(module.engine)
    self.link = link
    self.limits = limits
    sharedLimits = SharedLimits(limits.store, for: module.engine)
    self.onEnd = onEnd
    guard onEnd != nil || module.engine.isInterruptible else {
      throw WASI.ConfigurationError(message: "a guest's threads can be stopped in an interruptible engine only")
    }
    guard
      !module.lazyImports.contains(where: Self.isSpawn) || module.exports.contains(where: { $0.name == Self.entryName })
    else {
      throw WASI.ConfigurationError(message: "the module exports no function '\(Self.entryName)'")
    }
    wasi.shareBetweenThreads()
    try wasi.link(into: common)
    try defineSpawn()
    try defineMemories()
  }

  private func defineSpawn() throws {
    // An instance may outlive the program, and then starts no threads.
    try common.define(ThreadSpawn.module, ThreadSpawn.name) { [weak self] (caller: Caller, argument: Int32) -> Int32 in
      self?.spawn(argument) ?? Self.spawnFailure
    }
  }

  private func defineMemories() throws {
    let linker = try makeLinker()
    for wanted in module.lazyImports {
      guard case .memory(let type) = wanted.type, type.isShared, !linker.defines(wanted.module, wanted.name),
        !common.defines(wanted.module, wanted.name)
      else { continue }
      try common.define(wanted.module, wanted.name, try SharedMemory(type: type, sharing: sharedLimits))
    }
  }

  /// What the instance of one thread can import.
  private func makeLinker() throws -> Linker {
    let linker = Linker(copying: common)
    try link?(linker)
    return linker
  }

  private func makeStore() throws -> Store {
    let store = try Store(module.engine, sharing: sharedLimits)
    if let deadline = limits.deadline { store.deadline = deadline }
    store.limiter = limits.limiter
    return store
  }

  // MARK: Running

  /// Runs the program's `_start` on the calling thread, until the program ends.
  ///
  /// - Returns: the exit status.
  /// - Throws: the error of the thread that ended the program, such as a `Trap`; `LimitExceeded` if no store can be
  ///   created.
  public func start() throws -> Int32 { try run { [wasi] instance in try wasi.start(instance) } }

  /// Runs the program with `first` in place of `_start`, until the program ends.
  ///
  /// - Parameter first: called on the calling thread with the first instance; returns the exit status.
  /// - Returns: the exit status.
  /// - Throws: as ``start()``.
  public func run(_ first: (Instance) throws -> Int32) throws -> Int32 {
    // The first instance may outlive the program, and then runs again.
    defer { lock.withLock { running[0] }?.reset() }
    do {
      let store = try makeStore()
      lock.withLock { running[0] = store.interruptHandle }
      end(.success(try first(try makeLinker().instantiate(module, in: store))))
    } catch {
      end(Self.outcome(of: error))
    }
    joinAll()
    return try lock.withLock { outcome! }.get()
  }

  private static func outcome(of error: any Error) -> Outcome {
    if let status = error as? ExitStatus { .success(status.code) } else { .failure(error) }
  }

  /// Ends the program, unless another thread has already ended it.
  private func end(_ new: Outcome) {
    let others: [InterruptHandle]? = lock.withLock {
      guard outcome == nil else { return nil }
      outcome = new
      return Array(running.values)
    }
    guard let others else { return }
    onEnd?(new)
    wasi.endThreads()
    for handle in others { handle.interrupt() }
  }

  // MARK: Threads

  /// The arguments of a new thread. (Unchecked: the spawning thread does not use them afterwards.)
  private struct Start: @unchecked Sendable {
    let number: UInt32
    let argument: Int32
    let store: Store
    let entry: Function
  }

  /// Starts a thread of the guest. (wasi-threads, "thread-spawn".)
  ///
  /// - Returns: its number; negative if it cannot be started.
  private func spawn(_ argument: Int32) -> Int32 {
    reap()
    let store: Store
    let number: UInt32
    do {
      store = try makeStore()
      number = try begin(store)
    } catch {
      reportRefusal(error)
      return Self.spawnFailure
    }
    do {
      let instance = try makeLinker().instantiate(module, in: store)
      guard let entry = instance.function(Self.entryName) else { throw WASI.NoEntryPoint() }
      let start = Start(number: number, argument: argument, store: store, entry: entry)
      // Under the lock, so that the thread cannot finish before it is stored.
      return try lock.withLock {
        guard let thread = NativeThread({ [self] in run(start) }) else { throw NoThread() }
        threads[number] = thread
        return Int32(number)
      }
    } catch let error as Trap {
      // The module's start function trapped, for example because the program has ended.
      finish(number)
      end(.failure(error))
      return Self.spawnFailure
    } catch {
      finish(number)
      reportRefusal(error)
      return Self.spawnFailure
    }
  }

  /// Tells the log that a limit does not allow a thread; the guest is only told that it cannot be started.
  private func reportRefusal(_ error: any Error) {
    guard error is LimitExceeded else { return }
    wasi.report("denied: thread-spawn: \(error)")
  }

  private struct NoThread: Error {}

  /// What the guest is told if a thread cannot be started.
  private static let spawnFailure = -Int32(Errno.again.rawValue)

  private func run(_ start: Start) {
    do {
      _ = try start.entry.call([.i32(Int32(bitPattern: start.number)), .i32(start.argument)])
    } catch {
      end(Self.outcome(of: error))
    }
    finish(start.number)
  }

  /// Registers a thread as running.
  ///
  /// - Returns: an unused number.
  /// - Throws: `LimitExceeded` if there are too many threads; `NoThread` if the program has ended.
  private func begin(_ store: Store) throws -> UInt32 {
    try lock.withLock {
      guard outcome == nil else { throw NoThread() }
      let limit = min(limits.threads, Int(Self.numberLimit) / 2)
      // The first thread does not count.
      guard running.count <= limit else {
        throw LimitExceeded(
          .threads, of: .program, requested: 1, used: UInt64(running.count - 1), limit: UInt64(max(limit, 0)),
          setting: "ThreadedProgram.Limits.threads")
      }
      try module.engine.addThread()
      repeat {
        lastNumber = lastNumber + 1 == Self.numberLimit ? 1 : lastNumber + 1
      } while running[lastNumber] != nil || threads[lastNumber] != nil
      running[lastNumber] = store.interruptHandle
      return lastNumber
    }
  }

  private func finish(_ number: UInt32) {
    module.engine.removeThread()
    lock.withLock {
      running[number] = nil
      finished.append(number)
    }
  }

  /// Joins the threads that have finished.
  private func reap() {
    let done: [NativeThread] = lock.withLock {
      defer { finished = [] }
      return finished.compactMap { threads.removeValue(forKey: $0) }
    }
    for thread in done { thread.join() }
  }

  /// Joins all threads. The program has ended, so that no more are started.
  private func joinAll() {
    while case let rest = lock.withLock({ threads.values.map { $0 } }), !rest.isEmpty {
      lock.withLock { threads = [:] }
      for thread in rest { thread.join() }
    }
  }
}
