import Needletail
import NeedletailWASI
import Synchronization
import Testing
import WasmRuntime

/// Programs with threads, as in wasi-threads.
@Suite(.serialized) struct ThreadedProgramTests {
  /// The common part of the programs below. Word 0 counts finished threads, word 4 is a counter.
  static let prelude = """
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "env" "memory" (memory 1 16 shared))
    (export "memory" (memory 0))
    (func $done
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (drop (memory.atomic.notify (i32.const 0) (i32.const -1))))
    (func $await (param $count i32) (local $seen i32)
      (loop $again
        (local.set $seen (i32.atomic.load (i32.const 0)))
        (if (i32.lt_u (local.get $seen) (local.get $count))
          (then (drop (memory.atomic.wait32 (i32.const 0) (local.get $seen) (i64.const -1))) (br $again)))))
    (func $sleep (param $milliseconds i64) (param $scratch i32)
      ;; A subscription to the monotonic clock.
      (i32.store offset=16 (local.get $scratch) (i32.const 1))
      (i64.store offset=24 (local.get $scratch) (i64.mul (local.get $milliseconds) (i64.const 1000000)))
      (drop (call $poll (local.get $scratch) (i32.add (local.get $scratch) (i32.const 64)) (i32.const 1)
        (i32.add (local.get $scratch) (i32.const 128)))))
    """

  /// The lines of a log.
  final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func append(_ line: String) { lines.withLock { $0.append(line) } }
  }

  static func program(
    _ fields: String, engine: Engine? = nil, interruptible: Bool = true, limits: ThreadedProgram.Limits = .init(),
    output: OutputBuffer? = nil, log: Lines? = nil, onEnd: (@Sendable (ThreadedProgram.Outcome) -> Void)? = nil
  ) throws -> ThreadedProgram {
    var configuration = Engine.Configuration()
    configuration.isInterruptible = interruptible
    let module = try Module(engine ?? Engine(configuration), text: "(module \(prelude) \(fields))")
    var environment = WASI.Configuration()
    if let log { environment.log = log.append }
    if let output { environment.standardOutput = .buffer(output) }
    return try ThreadedProgram(module, wasi: WASI(environment), limits: limits, onEnd: onEnd)
  }

  static let programs: [(name: String, fields: String, status: Int32)] = [
    (
      "eight threads count together",
      """
      (func (export "wasi_thread_start") (param $thread i32) (param $rounds i32)
        (loop $next
          (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (call $done))
      (func (export "_start") (local $i i32)
        (loop $next
          (if (i32.le_s (call $spawn (i32.const 1000)) (i32.const 0)) (then (unreachable)))
          (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
        (call $await (i32.const 8))
        (call $exit (i32.atomic.load (i32.const 4))))
      """, 8000
    ),
    (
      "a thread gets the number that its maker got, and its argument",
      """
      (func (export "wasi_thread_start") (param $thread i32) (param $argument i32)
        (i32.atomic.store (i32.const 4) (local.get $thread))
        (i32.atomic.store (i32.const 8) (local.get $argument))
        (call $done))
      (func (export "_start") (local $thread i32)
        (local.set $thread (call $spawn (i32.const 77)))
        (call $await (i32.const 1))
        (if (i32.ne (local.get $thread) (i32.atomic.load (i32.const 4))) (then (unreachable)))
        (call $exit (i32.atomic.load (i32.const 8))))
      """, 77
    ),
    (
      "proc_exit in a thread ends one that waits",
      """
      (func (export "wasi_thread_start") (param i32 i32) (call $exit (i32.const 7)))
      (func (export "_start") (drop (call $spawn (i32.const 0))) (call $await (i32.const 1)))
      """, 7
    ),
    (
      "proc_exit in a thread ends one that computes",
      """
      (func (export "wasi_thread_start") (param i32 i32) (call $exit (i32.const 8)))
      (func (export "_start") (drop (call $spawn (i32.const 0))) (loop $ever (br $ever)))
      """, 8
    ),
    (
      "proc_exit in a thread ends one that sleeps",
      """
      (func (export "wasi_thread_start") (param i32 i32) (call $exit (i32.const 9)))
      (func (export "_start")
        (drop (call $spawn (i32.const 0))) (call $sleep (i64.const 1000000) (i32.const 1024)) (loop $ever (br $ever)))
      """, 9
    ),
    (
      "the first thread's return ends the others",
      """
      (func (export "wasi_thread_start") (param i32 i32)
        (call $done) (if (local.get 1) (then (call $await (i32.const 99)))) (loop $ever (br $ever)))
      (func (export "_start")
        (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 1))) (call $await (i32.const 2)))
      """, 0
    ),
    (
      "threads start threads",
      """
      (func (export "wasi_thread_start") (param $thread i32) (param $depth i32)
        (if (local.get $depth)
          (then (if (i32.le_s (call $spawn (i32.sub (local.get $depth) (i32.const 1))) (i32.const 0))
            (then (unreachable)))))
        (call $done))
      (func (export "_start")
        (drop (call $spawn (i32.const 20))) (call $await (i32.const 21)) (call $exit (i32.atomic.load (i32.const 0))))
      """, 21
    ),
    (
      "a thread that sleeps does not keep others from writing",
      """
      (func (export "wasi_thread_start") (param i32 i32) (call $sleep (i64.const 1000000) (i32.const 2048)))
      (func (export "_start") (local $i i32)
        (drop (call $spawn (i32.const 0)))
        (call $sleep (i64.const 50) (i32.const 1024))
        (i32.store (i32.const 512) (i32.const 0))
        (call $exit (call $write (i32.const 1) (i32.const 512) (i32.const 1) (i32.const 520))))
      """, 0
    ),
    (
      "memory that a thread grows is there for the others",
      """
      (func (export "wasi_thread_start") (param i32 i32)
        (drop (memory.grow (i32.const 2))) (i32.store (i32.const 131072) (i32.const 55)) (call $done))
      (func (export "_start")
        (drop (call $spawn (i32.const 0))) (call $await (i32.const 1)) (call $exit (i32.load (i32.const 131072))))
      """, 55
    ),
  ]

  @Test("Programs end with their status", arguments: programs)
  func status(name: String, fields: String, status: Int32) throws {
    for _ in 0..<5 { #expect(try Self.program(fields).start() == status, "\(name)") }
  }

  static let traps: [(name: String, fields: String)] = [
    ("while the first waits", "(drop (call $spawn (i32.const 0))) (call $await (i32.const 1))"),
    ("while the first computes", "(drop (call $spawn (i32.const 0))) (loop $ever (br $ever))"),
    (
      "while the first sleeps",
      "(drop (call $spawn (i32.const 0))) (call $sleep (i64.const 1000000) (i32.const 1024)) (loop $ever (br $ever))"
    ),
  ]

  @Test("A trap in a thread ends the program with that trap", arguments: traps)
  func trap(name: String, fields: String) throws {
    let program = try Self.program(
      "(func (export \"wasi_thread_start\") (param i32 i32) (unreachable)) (func (export \"_start\") \(fields))")
    let trap = try #require(throws: Trap.self) { try program.start() }
    #expect(trap.code == .unreachable)
    #expect(trap.backtrace.first?.functionName == "wasi_thread_start")
  }

  @Test("Threads beyond the limit are refused, and numbers of ended threads are reused")
  func limit() throws {
    var limits = ThreadedProgram.Limits()
    limits.threads = 3
    let log = Lines()
    let fields = """
      (func (export "wasi_thread_start") (param i32 i32) (call $await (i32.const 1)))
      (func (export "_start") (local $i i32) (local $started i32)
        (loop $next
          (local.set $started (i32.add (local.get $started) (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0))))
          (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
        (call $exit (local.get $started)))
      """
    let waiting = try Self.program(fields, limits: limits, log: log)
    #expect(try waiting.start() == 3)
    #expect(log.all.count == 7)
    #expect(
      log.all.first
        == "denied: thread-spawn: too many threads: expected at most 3, found 4 (ThreadedProgram.Limits.threads)")
    var configuration = Engine.Configuration()
    configuration.limits.threadCount = 2
    let engine = Engine(configuration)
    let fewer = Lines()
    #expect(try Self.program(fields, engine: engine, limits: limits, log: fewer).start() == 2)
    #expect(
      fewer.all.first
        == "denied: thread-spawn: too many threads of the engine: expected at most 2, found 3 (Engine.Configuration.limits.threadCount)"
    )
    #expect(engine.usage.threadCount == 0)
    let sequential = try Self.program(
      """
      (func (export "wasi_thread_start") (param i32 i32) (call $done))
      (func (export "_start") (local $i i32)
        (loop $next
          (br_if $next (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)))
          (call $await (local.tee $i (i32.add (local.get $i) (i32.const 1))))
          (br_if $next (i32.lt_u (local.get $i) (i32.const 200)))))
      """, limits: limits)
    #expect(try sequential.start() == 0)
  }

  @Test("A shared memory grows within the limits per memory and in total")
  func memoryLimits() throws {
    let fields = """
      (func (export "wasi_thread_start") (param i32 i32))
      (func (export "_start") (call $exit (i32.add (i32.const 1) (memory.grow (i32.const 1)))))
      """
    func status(_ change: (inout Store.Limits) -> Void) throws -> Int32 {
      var limits = ThreadedProgram.Limits()
      change(&limits.store)
      return try Self.program(fields, limits: limits).start()
    }
    #expect(try status { _ in } > 0)
    #expect(try status { $0.memoryByteCount = 1 << 16 } == 0)
    #expect(try status { $0.totalByteCount = 1 << 16 } == 0)
  }

  /// A program whose threads take something and keep it, until they cannot. Ends with how many threads could be started.
  private static func hoarding(_ fields: String, _ take: String, threads: Int32) -> String {
    """
    \(fields)
    (func (export "wasi_thread_start") (param i32 i32)
      \(take)
      (call $done)
      (drop (memory.atomic.wait32 (i32.const 12) (i32.const 0) (i64.const -1))))
    (func (export "_start") (local $started i32)
      (loop $next
        (if (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0))
          (then
            (local.set $started (i32.add (local.get $started) (i32.const 1)))
            (call $await (local.get $started))
            (br_if $next (i32.lt_u (local.get $started) (i32.const \(threads)))))))
      (call $exit (local.get $started)))
    """
  }

  @Test("All threads of a program together hold what its limits admit")
  func sharedLimits() throws {
    var limits = ThreadedProgram.Limits()
    limits.store.totalByteCount = 10 << 20
    // The memory has 64 KiB, each table 1 MB: nine fit, one of them the first thread's.
    let tables = Self.hoarding("(table $t 131072 funcref)", "", threads: 50)
    #expect(try Self.program(tables, limits: limits).start() == 8)
    // A thread that ends releases its resources.
    let sequential = """
      (table $t 131072 funcref)
      (func (export "wasi_thread_start") (param i32 i32) (call $done))
      (func (export "_start") (local $i i32)
        (loop $next
          (if (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0))
            (then (call $await (local.tee $i (i32.add (local.get $i) (i32.const 1)))))
            (else (call $sleep (i64.const 1) (i32.const 1024))))
          (br_if $next (i32.lt_u (local.get $i) (i32.const 30)))))
      """
    #expect(try Self.program(sequential, limits: limits).start() == 0)
    // Arrays of 1 MB in blocks of 32 KiB: the one that does not fit traps, and ends the program.
    let objects = Self.hoarding(
      "(type $a (array (mut i8))) (global $g (mut (ref null $a)) (ref.null $a))",
      "(global.set $g (array.new_default $a (i32.const 1000000)))", threads: 50)
    let trap = try #require(throws: Trap.self) { try Self.program(objects, limits: limits).start() }
    #expect(trap.code == .allocationFailure)
    limits.store = Store.Limits(heapByteCount: 5 << 20)
    #expect(throws: Trap.self) { try Self.program(objects, limits: limits).start() }
    limits.store = Store.Limits(heapByteCount: 60 << 20)
    #expect(try Self.program(objects, limits: limits).start() == 50)
    limits.store = Store.Limits(instanceCount: 5)
    #expect(try Self.program(Self.hoarding("", "", threads: 50), limits: limits).start() == 4)
    limits.store = Store.Limits(memoryCount: 5)
    #expect(try Self.program(Self.hoarding("", "", threads: 50), limits: limits).start() == 4)
  }

  @Test("What a thread added to a shared memory counts after its end")
  func growthOutlivesThreads() throws {
    var limits = ThreadedProgram.Limits()
    limits.store.memoryByteCount = 4 << 16
    let program = try Self.program(
      """
      (global $grown (mut i32) (i32.const 0))
      (func (export "wasi_thread_start") (param i32 i32)
        (drop (i32.atomic.rmw.add (i32.const 8) (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0))))
        (call $done))
      (func (export "_start") (local $i i32)
        (loop $next
          (if (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0))
            (then (call $await (local.tee $i (i32.add (local.get $i) (i32.const 1)))))
            (else (unreachable)))
          (br_if $next (i32.lt_u (local.get $i) (i32.const 10))))
        (call $exit (i32.atomic.load (i32.const 8))))
      """, limits: limits)
    #expect(try program.start() == 3)
  }

  @Test("What else the module imports is defined for each thread, and shares what is Sendable")
  func hostFunctions() throws {
    var configuration = Engine.Configuration()
    configuration.isInterruptible = true
    let module = try Module(
      Engine(configuration),
      text: """
        (module
          (import "host" "add" (func $add (param i32))) (import "host" "own" (func $own (result i32)))
          \(Self.prelude)
          (func $work (param $n i32)
            (loop $next
              (call $add (i32.const 1))
              (if (i32.ne (call $own) (i32.sub (i32.const 1001) (local.get $n))) (then (unreachable)))
              (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
          (func (export "wasi_thread_start") (param i32 i32) (call $work (i32.const 1000)) (call $done))
          (func (export "_start")
            (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0)))
            (call $work (i32.const 1000)) (call $await (i32.const 3))))
        """)
    let sum = Atomic(0)
    let program = try ThreadedProgram(module, wasi: WASI()) { linker in
      // A thread's own, which no other uses.
      var count: Int32 = 0
      try linker.define("host", "add") { (_: Caller, x: Int32) in
        _ = sum.add(Int(x), ordering: .relaxed)
        count += 1
      }
      try linker.define("host", "own") { (_: Caller) -> Int32 in count }
    }
    #expect(try program.start() == 0)
    #expect(sum.load(ordering: .relaxed) == 4000)
    #expect(throws: LinkError.self) {
      _ = try ThreadedProgram(module, wasi: WASI()) { try $0.define("wasi", "thread-spawn") { (_: Caller) in } }
    }
  }

  @Test("An instance that outlives its program starts no threads")
  func instanceOutlivesProgram() throws {
    var kept: Instance?
    do {
      let program = try Self.program(
        """
        (func (export "wasi_thread_start") (param i32 i32))
        (func (export "f") (result i32) (call $spawn (i32.const 0)))
        """, interruptible: false, onEnd: { _ in })
      #expect(
        try program.run {
          kept = $0
          return 0
        } == 0)
      #expect(try #require(kept?.function("f")).call()[0].asInt32 == -6)
    }
    #expect(try #require(kept?.function("f")).call()[0].asInt32 == -6)
  }

  @Test("Writes of threads to one stream do not interleave")
  func output() throws {
    let output = OutputBuffer()
    let program = try Self.program(
      """
      (data (i32.const 256) "abcdefghijklmnopqrstuvwxyz\\n")
      (func (export "wasi_thread_start") (param $thread i32) (param $index i32) (local $i i32) (local $place i32)
        (local.set $place (i32.add (i32.const 1024) (i32.shl (local.get $index) (i32.const 5))))
        (i32.store (local.get $place) (i32.const 256))
        (i32.store offset=4 (local.get $place) (i32.const 27))
        (loop $next
          (drop (call $write (i32.const 1) (local.get $place) (i32.const 1) (i32.add (local.get $place) (i32.const 8))))
          (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500))))
        (call $done))
      (func (export "_start") (local $i i32)
        (loop $next
          (drop (call $spawn (local.get $i)))
          (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
        (call $await (i32.const 4)))
      """, output: output)
    #expect(try program.start() == 0)
    #expect(output.text == String(repeating: "abcdefghijklmnopqrstuvwxyz\n", count: 2000))
  }

  @Test("A program is refused if its threads cannot be stopped or have no entry point")
  func refused() {
    let entry = "(func (export \"wasi_thread_start\") (param i32 i32))"
    #expect(throws: WASI.ConfigurationError.self) { try Self.program(entry, interruptible: false) }
    #expect(throws: WASI.ConfigurationError.self) { try Self.program("") }
    #expect(throws: Never.self) { try Self.program(entry, interruptible: false, onEnd: { _ in }) }
  }

  @Test("A program with a shared memory and no threads needs no entry point for threads")
  func sharedMemoryAlone() throws {
    let module = try Module(
      Engine(),
      text: """
        (module (import "foo" "bar" (memory 1 1 shared)) (export "memory" (memory 0))
          (func (export "_start") (i32.store (i32.const 0) (i32.const 1))))
        """)
    #expect(ThreadedProgram.isThreaded(module))
    #expect(!ThreadedProgram.isThreaded(module, besides: ["foo"]))
    #expect(try ThreadedProgram(module, wasi: WASI(), onEnd: { _ in }).start() == 0)
  }
}

extension Value {
  fileprivate var asInt32: Int32? { if case .i32(let value) = self { value } else { nil } }
}
