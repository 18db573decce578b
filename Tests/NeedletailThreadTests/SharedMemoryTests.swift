import Needletail
import Testing
import WasmRuntime

@Suite struct SharedMemoryTests {
  static let functions = """
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "size") (result i32) (memory.size))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    """

  @Test("A store sees the writes of another, and its growth, even if its own size is stale")
  func growth() throws {
    let shared = try SharedModule(Self.functions, pages: 1, maximum: 4)
    let (a, b) = (try shared.instantiate(), try shared.instantiate())
    #expect(throws: Trap.self) { try b.call("load", [65_536]) }
    #expect(try a.call("grow", [2]) == 1)
    shared.memory.withUnsafeMutableBytes { $0.storeBytes(of: 42, toByteOffset: 65_536, as: Int32.self) }
    #expect(try b.call("load", [65_536]) == 42)
    #expect(try b.call("size") == 3)
    #expect(try b.call("grow", [2]) == -1)
    #expect(try b.call("grow", [1]) == 3)
    #expect(shared.memory.pageCount == 4 && shared.memory.grow(by: 1) == nil)
    #expect(throws: Trap.self) { try b.call("load", [4 * 65_536]) }
  }

  static let bulkInstructions = [
    "(memory.fill (i32.atomic.load (i32.const 8)) (i32.const 0) (i32.const 8))",
    "(memory.copy (i32.atomic.load (i32.const 8)) (i32.const 64) (i32.const 8))",
    "(memory.copy (i32.const 64) (i32.atomic.load (i32.const 8)) (i32.const 8))",
    "(memory.init $d (i32.atomic.load (i32.const 8)) (i32.const 0) (i32.const 2))",
    "(drop (memory.atomic.wait32 (i32.atomic.load (i32.const 8)) (i32.const 1) (i64.const 0)))",
    "(drop (memory.atomic.notify (i32.atomic.load (i32.const 8)) (i32.const 1)))",
    "(drop (memory.size))", "(drop (memory.grow (i32.const 0)))",
    "(drop (i32.load (i32.atomic.load (i32.const 8))))",
    "(drop (i32.atomic.rmw.add (i32.atomic.load (i32.const 8)) (i32.const 0)))",
  ]

  @Test(
    "All kinds of accesses observe that another thread has grown the memory", arguments: bulkInstructions,
    SharedCode.engines)
  func growthFoundByOthers(instruction: String, engine: SharedCode) throws {
    // 0: request counter, 4: reply counter, 8: address of the new page, whose last word is the request.
    let shared = try SharedModule(
      """
      (data $d "ab")
      (func (export "serve") (local $n i32) (local $a i32)
        (loop $serve
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (loop $wait (br_if $wait (i32.lt_u (i32.atomic.load (i32.const 0)) (local.get $n))))
          (local.set $a (i32.shl (memory.grow (i32.const 1)) (i32.const 16)))
          (i32.store offset=65532 (local.get $a) (local.get $n))
          (i32.atomic.store (i32.const 8) (local.get $a))
          (i32.atomic.store (i32.const 4) (local.get $n))
          (br_if $serve (i32.lt_u (local.get $n) (i32.const 100)))))
      (func (export "ask") (local $n i32)
        (loop $ask
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (i32.atomic.store (i32.const 0) (local.get $n))
          (loop $wait (br_if $wait (i32.lt_u (i32.atomic.load (i32.const 4)) (local.get $n))))
          \(instruction)
          (if (i32.ne (i32.load offset=65532 (i32.atomic.load (i32.const 8))) (local.get $n)) (then (unreachable)))
          (br_if $ask (i32.lt_u (local.get $n) (i32.const 100)))))
      """, pages: 1, maximum: 200, engine.configuration)
    try parallel(2) { try shared.call($0 == 0 ? "serve" : "ask") }
  }

  static let accesses: [(name: String, text: String)] = [
    ("load", "(i32.load (local.get $a))"),
    ("load of a sum", "(i32.load (i32.add (local.get $a) (local.get $zero)))"),
    ("load far", "(i32.load 1 (local.get $a))"),
    ("load of 8 bytes", "(i32.wrap_i64 (i64.load (local.get $a)))"),
    ("atomic load", "(i32.atomic.load (local.get $a))"),
    ("store", "(i32.store (local.get $a) (i32.const 7)) (i32.const 7)"),
    ("store of the last result", "(i32.store (local.get $a) (i32.add (local.get $zero) (i32.const 7))) (i32.const 7)"),
    ("float store", "(f64.store (local.get $a) (f64.add (f64.const 0) (f64.const 0x1.2345p9))) (i32.const 7)"),
    ("vector load", "(i32x4.extract_lane 0 (v128.load (local.get $a)))"),
    ("vector load far", "(i32x4.extract_lane 0 (v128.load 1 (local.get $a)))"),
    ("fill", "(memory.fill (local.get $a) (i32.const 7) (i32.const 16)) (i32.const 7)"),
    ("copy", "(memory.copy (local.get $a) (local.get $zero) (i32.const 16)) (i32.const 7)"),
    (
      "load after fill",
      "(memory.fill (local.get $a) (i32.const 7) (i32.const 16)) (i32.and (i32.load (local.get $a)) (i32.const 7))"
    ),
    (
      "load after copy",
      "(memory.copy (local.get $a) (local.get $zero) (i32.const 16)) (drop (i32.load (local.get $a))) (i32.const 7)"
    ),
    ("exchange", "(i32.atomic.rmw.xchg (local.get $a) (i32.const 9))"),
    ("notify", "(drop (memory.atomic.notify (local.get $a) (i32.const 9))) (i32.const 7)"),
    ("wait", "(drop (memory.atomic.wait32 (local.get $a) (i32.const 9) (i64.const 0))) (i32.const 7)"),
  ]

  @Test("An access beyond a stale size is repeated within a function", arguments: accesses)
  func staleSize(name: String, text: String) throws {
    // Reports that it runs, and spins until the other thread has grown the memory and written 7 to the new page.
    let shared = try SharedModule(
      """
      (import "env" "memory" (memory 1 4 shared))
      (func (export "run") (param $a i32) (result i32) (local $zero i32)
        (i32.atomic.store (i32.const 0) (i32.const 1))
        (loop $wait (br_if $wait (i32.ne (i32.atomic.load (i32.const 0)) (i32.const 2))))
        (call $access (local.get $a)))
      (func $access (param $a i32) (result i32) (local $zero i32) \(text))
      (func (export "grow")
        (loop $wait (br_if $wait (i32.ne (i32.atomic.load (i32.const 0)) (i32.const 1))))
        (drop (memory.grow (i32.const 1)))
        (i32.store (i32.const 65536) (i32.const 7))
        (i32.atomic.store (i32.const 0) (i32.const 2)))
      """, pages: 1, maximum: 4)
    try parallel(2) { index in
      if index == 0 {
        try shared.call("grow")
      } else if try shared.call("run", 65_536) != 7 {
        throw TestFailure(message: "\(name) gave another value")
      }
    }
  }

  @Test("Concurrent growth adds each page once")
  func concurrentGrowth() throws {
    let shared = try SharedModule(
      """
      (func (export "run") (param $times i32) (result i32) (local $last i32) (local $old i32)
        (local.set $last (i32.const -1))
        (loop $next
          (local.set $old (memory.grow (i32.const 1)))
          (if (i32.le_s (local.get $old) (local.get $last)) (then (unreachable)))
          (local.set $last (local.get $old))
          (i32.store (i32.shl (local.get $old) (i32.const 16)) (i32.const 1))
          (br_if $next (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
        (i32.const 0))
      """, pages: 0, maximum: 4096)
    try parallel(4) { _ in try shared.call("run", 250) }
    #expect(shared.memory.pageCount == 1000)
    shared.memory.withUnsafeMutableBytes { bytes in
      for page in 0..<1000 where bytes.load(fromByteOffset: page << 16, as: Int32.self) != 1 {
        Issue.record("page \(page) was given out twice, or not at all")
      }
    }
  }

  @Test("A memory that a module defines as shared can be passed to another store")
  func shareExported() throws {
    let engine = Engine()
    let module = try Module(
      engine, text: "(module (memory (export \"m\") 1 2 shared) \(Self.functions))")
    let instance = try Linker(engine).instantiate(module, in: Store(engine))
    let shared = try #require(instance.memory("m")?.shared)
    let linker = Linker(engine)
    try linker.define("env", "m", shared)
    let user = try Module(
      engine,
      text: "(module (import \"env\" \"m\" (memory 1 2 shared)) (data (i32.const 8) \"\\2a\") \(Self.functions))")
    _ = try linker.instantiate(user, in: Store(engine))
    #expect(try instance.call("load", [8]) == 42)
  }

  @Test("Imports of shared memories match by limits and by being shared")
  func imports() throws {
    let engine = Engine()
    let linker = Linker(engine)
    try linker.define(
      "env", "m", SharedMemory(type: MemoryType(limits: Limits(minimum: 1, maximum: 2), isShared: true)))
    for (type, fits) in [
      ("1 2 shared", true), ("0 3 shared", true), ("1 1 shared", false), ("2 2 shared", false), ("1 2", false),
    ] {
      let module = try Module(engine, text: "(module (import \"env\" \"m\" (memory \(type))))")
      if fits {
        #expect(throws: Never.self) { try linker.instantiate(module, in: Store(engine)) }
      } else {
        #expect(throws: LinkError.self, "\(type)") { try linker.instantiate(module, in: Store(engine)) }
      }
    }
  }

  @Test("The limits of store and memory apply, and a type must be shared and have a maximum")
  func limits() throws {
    let type = MemoryType(limits: Limits(minimum: 1, maximum: 1000), isShared: true)
    #expect(throws: LimitExceeded.self) { try SharedMemory(type: type, maximumByteCount: 65_535) }
    let memory = try SharedMemory(type: type, maximumByteCount: 3 << 16)
    #expect(memory.grow(by: 2) == 1 && memory.grow(by: 1) == nil && memory.byteCount == 3 << 16)
    #expect(memory.grow(by: .max) == nil)
    #expect(throws: ArgumentError.self) { try SharedMemory(type: MemoryType(limits: Limits(minimum: 1, maximum: 2))) }
    #expect(throws: ArgumentError.self) {
      try SharedMemory(type: MemoryType(limits: Limits(minimum: 1), isShared: true))
    }
    let engine = Engine()
    let store = try Store(engine, limits: Store.Limits(memoryByteCount: 2 << 16))
    let own = try Memory(store, type: type)
    #expect(own.grow(by: 1) == 1 && own.grow(by: 1) == nil)
    #expect(throws: LimitExceeded.self) { try Memory(store, type: type) }
  }

  @Test("The host wakes waiters; a wait without a wake-up times out")
  func hostNotifies() throws {
    let shared = try SharedModule(
      """
      (func (export "wait") (param $nanoseconds i32) (result i32)
        (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
        (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.extend_i32_s (local.get $nanoseconds))))
      """)
    #expect(try shared.call("wait", 1000) == 2)
    #expect(try shared.memory.notify(at: 0) == 0)
    #expect(throws: Trap.self) { try shared.memory.notify(at: 2) }
    #expect(throws: Trap.self) { try shared.memory.notify(at: .max) }
    try parallel(3) { index in
      if index < 2 {
        if try shared.call("wait", -1) != 0 { throw TestFailure(message: "not woken") }
        return
      }
      var woken: UInt32 = 0
      while woken < 2 { woken += try shared.memory.notify(at: 0, count: 1) }
    }
  }
}

/// Transfers a value to another thread. (Unchecked: the sender does not use it meanwhile.)
struct Transfer<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

/// An engine configuration for tests of accesses to shared memories.
struct SharedCode: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var configuration: Engine.Configuration

  static let engines: [SharedCode] = [
    SharedCode(testDescription: "interpreter", configuration: .init()), compiled(.none), compiled(.aggressive),
  ]

  private static func compiled(_ level: OptimizationLevel) -> SharedCode {
    var configuration = Engine.Configuration()
    configuration.execution = .jit(level)
    return SharedCode(testDescription: "\(level)", configuration: configuration)
  }
}
