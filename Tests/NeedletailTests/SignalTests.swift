#if os(Linux)
  import Foundation
  import Glibc
  import Testing
  import WasmRuntime

  @testable import Needletail

  /// Faults in compiled code become traps; all others have their previous effect. Each test runs in its own process.
  @Suite("Signals")
  struct SignalTests {
    private static let text = """
      (module (memory 1)
        (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
        (func (export "unreachable") unreachable))
      """

    private static func instance() throws -> Instance {
      var configuration = Engine.Configuration()
      configuration.execution = .jit(.basic)
      let engine = Engine(configuration)
      return try Linker(engine).instantiate(Module(engine, text: text), in: Store(engine))
    }

    /// Whether faults become traps and the store remains usable.
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

    /// A fault as from a bug in the host.
    private static func fault() { UnsafeMutablePointer<Int>(bitPattern: 64)!.pointee = 1 }

    @Test("An earlier handler receives foreign faults and none of ours")
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

    @Test("An earlier handler without signal information also receives them")
    func simpleHandlerBefore() async {
      await #expect(processExitsWith: .exitCode(7)) {
        signal(SIGSEGV) { number in _exit(number == SIGSEGV ? 7 : 8) }
        guard Self.trapsWork(try Self.instance()) else { _exit(1) }
        Self.fault()
      }
    }

    @Test("Without a handler, a foreign fault ends the process as usual")
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

    @Test("A thread that blocks the signals receives them")
    func blocked() async {
      await #expect(processExitsWith: .exitCode(7)) {
        var set = sigset_t()
        sigfillset(&set)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        guard Self.trapsWork(try Self.instance()) else { _exit(1) }
        _exit(7)
      }
    }

    @Test("An ignored signal that was sent is ignored")
    func ignored() async {
      await #expect(processExitsWith: .exitCode(0)) {
        signal(SIGFPE, SIG_IGN)
        let instance = try Self.instance()
        kill(getpid(), SIGFPE)
        _exit(Self.trapsWork(instance) ? 0 : 1)
      }
    }

    /// Accesses memory and an object at addresses that no guest can produce. Returns true if the calls end at all.
    private static func wildAccess(_ name: String, address: UInt) throws -> Bool {
      var configuration = Engine.Configuration()
      configuration.execution = .jit(.basic)
      let engine = Engine(configuration)
      let instance = try Linker(engine).instantiate(
        Module(
          engine,
          text: """
            (module (memory 1) (type $s (struct (field (mut i64)))) (global $g (mut (ref null $s)) (ref.null $s))
              (func (export "make") (global.set $g (struct.new $s (i64.const 5))))
              (func (export "memory") (result i64) (i64.load (i32.const 0)))
              (func (export "object") (result i64) (struct.get $s 0 (global.get $g))))
            """), in: Store(engine))
      let context = instance.instance.context
      try instance.function("make")!.call()
      if name == "memory" { context.pointee.memoryBase = UnsafeMutableRawPointer(bitPattern: address)! }
      if name == "object" {
        (UnsafeMutableRawPointer(context) + InstanceContext.globalsOffset).storeBytes(of: address, as: UInt.self)
      }
      _ = try? instance.function(name)!.call([])
      return true
    }

    @Test("A wild access in compiled code ends the process and is not a trap")
    func wildAccess() async {
      // Not mapped, or not canonical.
      await #expect(processExitsWith: .signal(SIGSEGV)) {
        signal(SIGSEGV, SIG_DFL)
        _exit(try Self.wildAccess("memory", address: 0x5000_0000_0000) ? 0 : 1)
      }
      await #expect(processExitsWith: .signal(SIGSEGV)) {
        signal(SIGSEGV, SIG_DFL)
        _exit(try Self.wildAccess("memory", address: 0x4141_4141_4141_4141) ? 0 : 1)
      }
      await #expect(processExitsWith: .signal(SIGSEGV)) {
        signal(SIGSEGV, SIG_DFL)
        _exit(try Self.wildAccess("object", address: 0x5000_0000_0000) ? 0 : 1)
      }
      await #expect(processExitsWith: .signal(SIGSEGV)) {
        signal(SIGSEGV, SIG_DFL)
        _exit(try Self.wildAccess("object", address: 0x4141_4141_4141_4140) ? 0 : 1)
      }
      await #expect(processExitsWith: .exitCode(0)) { _exit(try Self.wildAccess("object", address: 0) ? 0 : 1) }
    }

    @Test("Every kind of trap works with all kinds of memories and objects")
    func allTraps() async {
      await #expect(processExitsWith: .exitCode(0)) {
        _exit(try Self.allTrapsWork() ? 0 : 1)
      }
    }

    private static func allTrapsWork() throws -> Bool {
      var configuration = Engine.Configuration()
      configuration.features = .all
      configuration.execution = .jit(.basic)
      let engine = Engine(configuration)
      let instance = try Linker(engine).instantiate(
        Module(
          engine,
          text: """
            (module (memory 1) (memory $m 2) (memory $s 1 3 shared) (memory $w i64 1)
              (type $p (struct (field (mut i64)) (field (mut v128)))) (type $a (array (mut i8))) (type $f (func))
              (func (export "first") (param i32) (drop (i32.load offset=2147483000 (local.get 0))))
              (func (export "second") (param i32) (i64.store $m offset=7 (local.get 0) (i64.const 1)))
              (func (export "shared") (param i32) (v128.store $s (local.get 0) (v128.const i64x2 0 0)))
              (func (export "atomic") (param i32) (drop (i32.atomic.rmw.add $s (local.get 0) (i32.const 1))))
              (func (export "wide") (param i32) (drop (i32.load $w (i64.extend_i32_u (local.get 0)))))
              (func (export "structure") (param i32)
                (drop (struct.get $p 1 (ref.null $p))))
              (func (export "array") (param i32) (array.set $a (ref.null $a) (local.get 0) (i32.const 1)))
              (func (export "length") (param i32) (drop (array.len (ref.null array))))
              (func (export "division") (param i32) (drop (i32.div_s (local.get 0) (i32.and (local.get 0) (i32.const 0)))))
              (func (export "least") (param i32)
                (drop (i32.rem_u (i32.const 7) (i32.xor (local.get 0) (local.get 0)))))
              (func (export "function") (param i32) (call_ref $f (ref.null $f))))
            """), in: Store(engine))
      let codes: [(String, TrapCode)] = [
        ("first", .outOfBoundsMemoryAccess), ("second", .outOfBoundsMemoryAccess), ("shared", .outOfBoundsMemoryAccess),
        ("atomic", .outOfBoundsMemoryAccess), ("wide", .outOfBoundsMemoryAccess),
        ("structure", .nullStructureReference),
        ("array", .nullArrayReference), ("length", .nullArrayReference), ("division", .integerDivideByZero),
        ("least", .integerDivideByZero), ("function", .nullFunctionReference),
      ]
      for (name, code) in codes {
        do {
          _ = try instance.function(name)!.call([.i32(-16)])
          return false
        } catch let trap as Trap {
          guard trap.code == code else { return false }
        }
      }
      return true
    }

    private nonisolated(unsafe) static var ours = sigaction()

    @Test("A later handler that forwards foreign signals does not interfere")
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

    @Test("Threads trap concurrently, in nested activations and with exhausted stacks")
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
      configuration.execution = .jit(.basic)
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
