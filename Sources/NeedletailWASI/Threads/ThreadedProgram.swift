import Needletail
import WasmRuntime

/// A guest with threads (wasi-threads: a program in C built with `-pthread`, for example). Each of its threads has a store and an
/// instance of its own over the same shared memory; all of them use one ``WASI``.
///
/// ```swift
/// var configuration = Engine.Configuration()
/// configuration.isInterruptible = true
/// let engine = Engine(configuration)
/// let program = try ThreadedProgram(Module(engine, bytes: bytes), wasi: WASI())
/// let status = try program.start()
/// ```
///
/// The program ends when its first thread returns from `_start`, when any thread calls `proc_exit`, or when any traps; the
/// other threads are stopped then. (wasi-threads, "Design choice: process exit and traps".)
public final class ThreadedProgram: @unchecked Sendable {
  /// How the program ended: with an exit status, or what the thread that ended it threw.
  public typealias Outcome = Result<Int32, any Error>

  public struct Limits: Sendable {
    /// Threads that run at once, the first one not counted. The guest is told `EAGAIN` when it wants one more.
    public var threads = 256
    /// What the store of each thread may hold; each shared memory is limited by its `memoryByteCount` and
    /// `totalByteCount`.
    public var store = Store.Limits()

    public init() {}
  }

  private let module: Module
  private let wasi: WASI
  /// Not written to any more once the program runs, and so readable from all threads.
  private let linker: Linker
  private let limits: Limits
  private let onEnd: (@Sendable (Outcome) -> Void)?

  // Who holds the lock may use what stands below. (That is why the class is Sendable.)
  private let lock = NativeLock()
  private var outcome: Outcome?
  /// How to stop each thread that runs, by its number; the first thread is 0.
  private var running: [UInt32: InterruptHandle] = [:]
  private var threads: [UInt32: NativeThread] = [:]
  /// The numbers of threads whose work is done, to be joined.
  private var finished: [UInt32] = []
  private var lastNumber: UInt32 = 0

  /// The names of wasi-threads.
  private static let importModule = "wasi"
  private static let importName = "thread-spawn"
  private static let entryName = "wasi_thread_start"
  /// Thread numbers are less than this. (wasi-threads, "thread-spawn".)
  private static let numberLimit: UInt32 = 0x2000_0000

  /// Whether a module asks for what only a host with threads has: `thread-spawn`, or a shared memory.
  ///
  /// - Parameter provided: names of modules that it gets from elsewhere.
  public static func isThreaded(_ module: Module, besides provided: [String] = []) -> Bool {
    module.imports.contains { !provided.contains($0.module) && (isSpawn($0) || isSharedMemory($0.type)) }
  }

  private static func isSpawn(_ wanted: ImportDescription) -> Bool {
    wanted.module == importModule && wanted.name == importName
  }

  private static func isSharedMemory(_ type: ExternType) -> Bool {
    if case .memory(let type) = type { type.isShared } else { false }
  }

  /// Links WASI, `thread-spawn` and the shared memories that the module imports.
  ///
  /// - Parameters:
  ///   - module: a module that imports its memory.
  ///   - wasi: used by all threads from now on, and by nobody else; not linked yet.
  ///   - linker: what else the module can import. Nothing may be defined in it later, and nothing in it may belong to a store.
  ///   - limits: on threads and their stores.
  ///   - onEnd: called on the thread that ends the program, before the others are stopped; it may end the process. Without it the
  ///     engine must be interruptible, for threads that compute cannot be stopped otherwise.
  /// - Throws: ``WASI/ConfigurationError`` if threads cannot be had this way; `LinkError` if a name is taken; `LimitExceeded` if
  ///   the system refuses a memory.
  public init(
    _ module: Module, wasi: WASI, linker: Linker? = nil, limits: Limits = Limits(),
    onEnd: (@Sendable (Outcome) -> Void)? = nil
  ) throws {
    self.module = module
    self.wasi = wasi
    self.linker = linker ?? Linker(module.engine)
    self.limits = limits
    self.onEnd = onEnd
    guard onEnd != nil || module.engine.configuration.isInterruptible else {
      throw WASI.ConfigurationError(message: "a guest's threads can be stopped in an interruptible engine only")
    }
    guard !module.imports.contains(where: Self.isSpawn) || module.exports.contains(where: { $0.name == Self.entryName })
    else {
      throw WASI.ConfigurationError(message: "the module exports no function `\(Self.entryName)`")
    }
    wasi.shareBetweenThreads()
    try wasi.link(into: self.linker)
    try defineSpawn()
    try defineMemories()
  }

  private func defineSpawn() throws {
    try linker.define(Self.importModule, Self.importName) { [unowned self] (caller: Caller, argument: Int32) -> Int32 in
      spawn(argument)
    }
  }

  private func defineMemories() throws {
    for wanted in module.imports {
      guard case .memory(let type) = wanted.type, type.isShared, !linker.defines(wanted.module, wanted.name) else {
        continue
      }
      let memory = try SharedMemory(
        type: type, maximumByteCount: min(limits.store.memoryByteCount, limits.store.totalByteCount))
      try linker.define(wanted.module, wanted.name, memory)
    }
  }

  // MARK: Running

  /// Runs the program from `_start` to its end, on the calling thread as its first.
  ///
  /// - Returns: the exit status.
  /// - Throws: what a thread threw that ended the program, a `Trap` for example; `LimitExceeded` if there is no store to be had.
  public func start() throws -> Int32 { try run { [wasi] instance in try wasi.start(instance) } }

  /// Runs the program with something else than `_start` as its first thread.
  public func run(_ first: (Instance) throws -> Int32) throws -> Int32 {
    do {
      let store = try Store(module.engine, limits: limits.store)
      lock.withLock { running[0] = store.interruptHandle }
      end(.success(try first(try linker.instantiate(module, in: store))))
    } catch {
      end(Self.outcome(of: error))
    }
    joinAll()
    return try lock.withLock { outcome! }.get()
  }

  private static func outcome(of error: any Error) -> Outcome {
    if let status = error as? ExitStatus { .success(status.code) } else { .failure(error) }
  }

  /// Ends the program, if no other thread has.
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

  /// What a thread takes along when it starts. (Unchecked: the thread that made it gives it away.)
  private struct Start: @unchecked Sendable {
    let number: UInt32
    let argument: Int32
    let store: Store
    let entry: Function
  }

  /// Starts a thread of the guest's.
  ///
  /// - Returns: its number, or less than 0 if it cannot be.
  private func spawn(_ argument: Int32) -> Int32 {
    let failure = -Int32(Errno.again.rawValue)
    reap()
    guard let store = try? Store(module.engine, limits: limits.store), let number = begin(store) else { return failure }
    do {
      let instance = try linker.instantiate(module, in: store)
      guard let entry = instance.function(Self.entryName) else { throw WASI.NoEntryPoint() }
      let start = Start(number: number, argument: argument, store: store, entry: entry)
      // The thread looks for its handle only after this.
      return try lock.withLock {
        guard let thread = NativeThread({ [self] in run(start) }) else { throw NoThread() }
        threads[number] = thread
        return Int32(number)
      }
    } catch let error as Trap {
      // The module's start function trapped, as it does if the program has ended meanwhile.
      finish(number)
      end(.failure(error))
      return failure
    } catch {
      finish(number)
      return failure
    }
  }

  private struct NoThread: Error {}

  private func run(_ start: Start) {
    do {
      _ = try start.entry.call([.i32(Int32(bitPattern: start.number)), .i32(start.argument)])
    } catch {
      end(Self.outcome(of: error))
    }
    finish(start.number)
  }

  /// Notes that a thread runs.
  ///
  /// - Returns: a number that no other thread has; nil if there are too many threads, or the program has ended.
  private func begin(_ store: Store) -> UInt32? {
    lock.withLock {
      guard outcome == nil, running.count <= min(limits.threads, Int(Self.numberLimit) / 2) else { return nil }
      repeat {
        lastNumber = lastNumber + 1 == Self.numberLimit ? 1 : lastNumber + 1
      } while running[lastNumber] != nil || threads[lastNumber] != nil
      running[lastNumber] = store.interruptHandle
      return lastNumber
    }
  }

  private func finish(_ number: UInt32) {
    lock.withLock {
      running[number] = nil
      finished.append(number)
    }
  }

  /// Gives back what the system keeps of threads whose work is done.
  private func reap() {
    let done: [NativeThread] = lock.withLock {
      defer { finished = [] }
      return finished.compactMap { threads.removeValue(forKey: $0) }
    }
    for thread in done { thread.join() }
  }

  /// Waits for all threads; the program has ended, so no more are started.
  private func joinAll() {
    while case let rest = lock.withLock({ threads.values.map { $0 } }), !rest.isEmpty {
      lock.withLock { threads = [:] }
      for thread in rest { thread.join() }
    }
  }
}
