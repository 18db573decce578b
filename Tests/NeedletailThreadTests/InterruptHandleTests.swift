import Needletail
import Testing

/// The handle with which other threads stop a store.
@Suite struct InterruptHandleTests {
  /// Calls a function on one thread. It must end when another thread interrupts it.
  private static func expectInterruption(of function: Transfer<Function>, by handle: InterruptHandle) throws {
    try parallel(2) { index in
      if index == 0 { return handle.interrupt() }
      do {
        try function.value.call()
        throw TestFailure(message: "it returned")
      } catch let trap as Trap {
        if trap.code != .interrupted { throw TestFailure(message: trap.message) }
      }
    }
  }

  @Test("A wait is interrupted at once, in any engine")
  func waiting() throws {
    let shared = try SharedModule(
      "(func (export \"wait\") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))")
    let instance = try shared.instantiate()
    let handle = instance.store.interruptHandle
    let function = Transfer(instance.function("wait")!)
    try Self.expectInterruption(of: function, by: handle)
  }

  static let endless: [(name: String, text: String)] = [
    ("loop", "(func (export \"run\") (loop $l (br $l)))"),
    (
      "loop that counts",
      "(func (export \"run\") (local i32) (loop $l (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if $l (i32.ne (local.get 0) (i32.const -1))) (br $l)))"
    ),
    ("tail call", "(func $f (export \"run\") (return_call $f))"),
    (
      "calls",
      "(func $f (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1)))))) (func (export \"run\") (call $f (i32.const 1000)))"
    ),
  ]

  @Test("A computation is interrupted, and later calls work", arguments: endless)
  func computing(name: String, text: String) throws {
    let engine = Engine()
    let store = try Store(engine)
    let instance = try Linker(engine).instantiate(
      Module(engine, text: "(module \(text) (func (export \"answer\") (result i32) (i32.const 42)))"), in: store)
    let handle = store.interruptHandle
    let function = Transfer(instance.function("run")!)
    try Self.expectInterruption(of: function, by: handle)
    #expect(handle.isInterrupted)
    #expect(throws: Trap.self) { try instance.call("answer") }
    handle.reset()
    #expect(try instance.call("answer") == 42)
  }

  @Test("A handle is shared by all of a store, and outlives it")
  func lifetime() throws {
    let handle: InterruptHandle
    do {
      let store = try Store(Engine())
      handle = store.interruptHandle
      handle.interrupt()
      #expect(store.interruptHandle.isInterrupted)
    }
    #expect(handle.isInterrupted)
    handle.reset()
    #expect(!handle.isInterrupted)
  }
}
