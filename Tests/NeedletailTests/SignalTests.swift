#if os(Linux)
  import Foundation
  import Glibc
  import Needletail
  import Testing

  /// Faults of compiled code become traps; all others go where they went without us. Each test has a process of its own.
  @Suite("Signals")
  struct SignalTests {
    private static let text = """
      (module (memory 1)
        (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
        (func (export "unreachable") unreachable))
      """

    private static func instance() throws -> Instance {
      var configuration = Engine.Configuration()
      configuration.engine = .jit(.basic)
      let engine = Engine(configuration)
      return try Linker(engine).instantiate(Module(engine, text: text), in: Store(engine))
    }

    /// Whether all is as it should be: faults are traps, and the store goes on.
    private static func trapsWork(_ instance: Instance) -> Bool {
      guard let load = try? instance.function("load")!.typed(UInt32.self, returning: Int32.self) else { return false }
      for _ in 0..<3 {
        do {
          _ = try load(0x8000_0000)
          return false
        } catch {
          guard (error as? Trap)?.code == .outOfBoundsMemoryAccess else { return false }
        }
        guard (try? load(0)) == 0 else { return false }
        do {
          try instance.function("unreachable")!.call()
          return false
        } catch {
          guard (error as? Trap)?.code == .unreachable else { return false }
        }
      }
      return true
    }

    /// Does what a bug in the host would do.
    private static func fault() { UnsafeMutablePointer<Int>(bitPattern: 64)!.pointee = 1 }

    @Test("A handler that was there before gets faults that are not ours, and none of ours")
    func handlerBefore() async {
      await #expect(processExitsWith: .exitCode(7)) {
        var action = sigaction()
        action.__sigaction_handler.sa_sigaction = { _, information, _ in
          _exit(information != nil ? 7 : 8)
        }
        action.sa_flags = SA_SIGINFO
        sigaction(SIGSEGV, &action, nil)
        guard Self.trapsWork(try Self.instance()) else { _exit(1) }
        Self.fault()
      }
    }

    @Test("So does one without information about the signal")
    func simpleHandlerBefore() async {
      await #expect(processExitsWith: .exitCode(7)) {
        signal(SIGSEGV) { number in _exit(number == SIGSEGV ? 7 : 8) }
        guard Self.trapsWork(try Self.instance()) else { _exit(1) }
        Self.fault()
      }
    }

    @Test("Without a handler, a fault that is not ours ends the process as it always did")
    func noHandler() async {
      await #expect(processExitsWith: .signal(SIGSEGV)) {
        signal(SIGSEGV, SIG_DFL)
        guard Self.trapsWork(try Self.instance()) else { _exit(1) }
        Self.fault()
      }
      await #expect(processExitsWith: .signal(SIGSEGV)) {
        signal(SIGSEGV, SIG_DFL)
        guard Self.trapsWork(try Self.instance()) else { _exit(1) }
        kill(getpid(), SIGSEGV)
        sleep(5)
      }
    }

    @Test("An ignored signal that somebody sent is ignored")
    func ignored() async {
      await #expect(processExitsWith: .exitCode(0)) {
        signal(SIGFPE, SIG_IGN)
        let instance = try Self.instance()
        kill(getpid(), SIGFPE)
        _exit(Self.trapsWork(instance) ? 0 : 1)
      }
    }

    private nonisolated(unsafe) static var ours = sigaction()

    @Test("A handler that comes later and passes on what is not its own does not disturb")
    func handlerAfter() async {
      await #expect(processExitsWith: .exitCode(0)) {
        let instance = try Self.instance()
        var action = sigaction()
        action.__sigaction_handler.sa_sigaction = { number, information, context in
          Self.ours.__sigaction_handler.sa_sigaction(number, information, context)
        }
        action.sa_flags = SA_SIGINFO | SA_ONSTACK
        sigaction(SIGSEGV, &action, &Self.ours)
        _exit(Self.trapsWork(instance) ? 0 : 1)
      }
    }

    @Test("Threads trap at the same time, in nested activations and with their stacks used up")
    func threads() async {
      await #expect(processExitsWith: .exitCode(0)) {
        let failures = FailureCount()
        let threads = (0..<4).map { _ in
          Thread {
            for _ in 0..<50 { if !((try? Self.nestedTrapsWork()) ?? false) { failures.add() } }
            failures.finish()
          }
        }
        for thread in threads { thread.start() }
        while failures.finished < threads.count { usleep(1000) }
        _exit(failures.count == 0 ? 0 : 1)
      }
    }

    private static func nestedTrapsWork() throws -> Bool {
      var configuration = Engine.Configuration()
      configuration.engine = .jit(.basic)
      configuration.maximumStackSize = 200_000
      let engine = Engine(configuration)
      let linker = Linker(engine)
      let inner = try linker.instantiate(
        Module(
          engine,
          text: """
            (module (memory 1)
              (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
              (func $deep (export "deep") (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1))))
            """), in: Store(engine))
      let store = try Store(engine)
      let load = try inner.function("load")!.typed(UInt32.self, returning: Int32.self)
      let deep = try inner.function("deep")!.typed(Int32.self, returning: Int32.self)
      try linker.define("host", "try") { (_: Caller, address: UInt32) throws -> Int32 in
        var caught: Int32 = 0
        do { _ = try load(address) } catch { caught += 1 }
        do { _ = try deep(1) } catch { caught += 10 }
        return caught
      }
      let outer = try linker.instantiate(
        Module(
          engine,
          text: """
            (module (import "host" "try" (func $try (param i32) (result i32))) (memory 1)
              (func (export "run") (param i32) (result i32)
                (i32.add (call $try (local.get 0)) (i32.load (i32.const 65536)))))
            """), in: store)
      let run = try outer.function("run")!.typed(UInt32.self, returning: Int32.self)
      do {
        _ = try run(0xFFFF_FFFF)
        return false
      } catch let trap as Trap {
        return trap.code == .outOfBoundsMemoryAccess && trap.backtrace.count == 1
      }
    }
  }

  private final class FailureCount: @unchecked Sendable {
    private let lock = NSLock()
    private var failures = 0
    private var finishedCount = 0
    var count: Int { lock.withLock { failures } }
    var finished: Int { lock.withLock { finishedCount } }
    func add() { lock.withLock { failures += 1 } }
    func finish() { lock.withLock { finishedCount += 1 } }
  }
#endif
