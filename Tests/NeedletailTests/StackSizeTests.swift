import Testing

import struct NeedletailSystem.NativeThread

@testable import Needletail

/// Stacks have the configured size, independent of the thread's own stack.
@Suite("Stack sizes")
struct StackSizeTests {
  static let executions: [Engine.Configuration.Execution] = [
    .interpreter, .jit(.none), .jit(.basic), .jit(.aggressive),
  ]

  private static func store(
    _ execution: Engine.Configuration.Execution, _ stackSize: Int, isStressed: Bool = false,
    maximumFunctionSize: Int = .max
  ) throws -> Store {
    var configuration = Engine.Configuration()
    configuration.execution = execution
    configuration.features = .all
    configuration.maximumStackSize = stackSize
    configuration.maximumCompiledFunctionSize = maximumFunctionSize
    configuration.heap.collectsAtEveryAllocation = isStressed
    return try Store(Engine(configuration))
  }

  private static func instance(_ text: String, _ store: Store, _ imports: [(String, Function)] = []) throws -> Instance
  {
    let linker = Linker(store.engine)
    for (name, function) in imports { try linker.define("host", name, .function(function)) }
    return try linker.instantiate(Module(store.engine, text: text), in: store)
  }

  private static func call(_ instance: Instance, _ name: String, _ argument: Int32) throws -> String {
    let results = try #require(instance.function(name)).call([.i32(argument)])
    return results.map(\.description).joined(separator: " ")
  }

  static let recursion = """
    (module
      (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
          (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))))))
    """

  /// Runs `body` on a thread with a small stack.
  private func onSmallStack(_ body: @escaping @Sendable () throws -> Void) throws {
    final class Box: @unchecked Sendable { var error: (any Error)? }
    let box = Box()
    let thread = try #require(
      NativeThread(stackByteCount: 1 << 20) {
        do { try body() } catch { box.error = error }
      })
    thread.join()
    if let error = box.error { throw error }
  }

  @Test("Calls nest as deeply as the configured stack permits", arguments: executions)
  func deep(_ execution: Engine.Configuration.Execution) throws {
    try onSmallStack {
      let instance = try Self.instance(Self.recursion, try Self.store(execution, 256 << 20))
      #expect(try Self.call(instance, "deep", 1_000_000) == "1000000")
      // The stack is reused, and exceeding it is a trap.
      #expect(throws: Trap.self) { try Self.call(instance, "deep", 100_000_000) }
      #expect(try Self.call(instance, "deep", 1_000_000) == "1000000")
    }
  }

  @Test("An interpreted function calls compiled ones to the same depth")
  func mixed() throws {
    try onSmallStack {
      let store = try Self.store(.jit(.basic), 256 << 20, maximumFunctionSize: 40)
      let padding = String(repeating: "(nop)", count: 60)
      let text =
        Self.recursion.dropLast(1)
        + "(func (export \"large\") (param i32) (result i32) \(padding) (call $deep (local.get 0))))"
      #expect(try Self.call(try Self.instance(String(text), store), "large", 1_000_000) == "1000000")
    }
  }

  @Test("A smaller stack ends earlier", arguments: executions)
  func shallow(_ execution: Engine.Configuration.Execution) throws {
    let instance = try Self.instance(Self.recursion, try Self.store(execution, 128 << 10))
    #expect(try Self.call(instance, "deep", 500) == "500")
    #expect(throws: Trap.self) { try Self.call(instance, "deep", 100_000) }
  }

  /// Stores whose functions call each other through the host.
  @Test("Stores that call each other have separate stacks and return to them", arguments: executions)
  func stores(_ execution: Engine.Configuration.Execution) throws {
    try onSmallStack {
      let (first, second) = (try Self.store(execution, 64 << 20), try Self.store(execution, 128 << 20))
      final class Other: @unchecked Sendable { var function: Function? }
      let (toFirst, toSecond) = (Other(), Other())
      func host(_ store: Store, _ other: Other) throws -> Function {
        try Function(store, type: FunctionType(parameters: [.i32], results: [.i32])) { _, arguments in
          try other.function!.call(arguments)
        }
      }
      let text = """
        (module
          (import "host" "other" (func $other (param i32) (result i32)))
          (func $down (export "down") (param $left i32) (result i32) (local $depth i32)
            (if (result i32) (i32.eqz (local.get $left)) (then (i32.const 0))
              (else
                (i32.add (call $fill (i32.const 20000))
                  (i32.add (i32.const 1) (call $other (i32.sub (local.get $left) (i32.const 1))))))))
          (func $fill (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
              (else (i32.mul (i32.const 1) (call $fill (i32.sub (local.get 0) (i32.const 1))))))))
        """
      let a = try Self.instance(text, first, [("other", try host(first, toSecond))])
      let b = try Self.instance(text, second, [("other", try host(second, toFirst))])
      toFirst.function = a.function("down")
      toSecond.function = b.function("down")
      for _ in 0..<3 {
        #expect(try Self.call(a, "down", 30) == "30")
        #expect(try Self.call(b, "down", 30) == "30")
      }
      // Each activation also uses the host's stack, which is exhausted in the end.
      #expect(throws: (any Error).self) { try Self.call(a, "down", 10_000_000) }
      #expect(try Self.call(a, "down", 30) == "30")
    }
  }

  @Test("Objects referenced only by frames on a store's own stack stay alive", arguments: executions, [false, true])
  func collector(_ execution: Engine.Configuration.Execution, _ throughHost: Bool) throws {
    try onSmallStack {
      let store = try Self.store(execution, 64 << 20, isStressed: true)
      let host = try Function(store, type: FunctionType(parameters: [.i32], results: [.i32])) { caller, arguments in
        store.collectGarbage()
        return arguments
      }
      let text = """
        (module
          (type $box (struct (field i32)))
          (import "host" "collect" (func $collect (param i32) (result i32)))
          (func $sum (export "sum") (param $left i32) (result i32) (local $box (ref null $box))
            (if (i32.eqz (local.get $left)) (then (return (\(throughHost ? "call $collect (i32.const 0)" : "i32.const 0")))))
            (local.set $box (struct.new $box (local.get $left)))
            (i32.add (call $sum (i32.sub (local.get $left) (i32.const 1))) (struct.get $box 0 (local.get $box)))))
        """
      #expect(try Self.call(try Self.instance(text, store, [("collect", host)]), "sum", 300) == "45150")
    }
  }

  @Test("Errors of host functions and exceptions propagate from a store's own stack", arguments: executions)
  func errors(_ execution: Engine.Configuration.Execution) throws {
    struct Failure: Error {}
    try onSmallStack {
      let store = try Self.store(execution, 64 << 20)
      let host = try Function(store, type: FunctionType(parameters: [.i32], results: [.i32])) { _, arguments in
        if case .i32(1) = arguments[0] { throw Failure() }
        return arguments
      }
      let instance = try Self.instance(
        """
        (module
          (import "host" "f" (func $f (param i32) (result i32)))
          (tag $e (param i32))
          (func (export "f") (param i32) (result i32) (call $f (local.get 0)))
          (func $throw (param i32) (throw $e (local.get 0)))
          (func (export "caught") (param i32) (result i32)
            (block (result i32) (try_table (result i32) (catch $e 0) (call $throw (local.get 0)) (i32.const -1))))
          (func (export "uncaught") (param i32) (result i32) (call $throw (local.get 0)) (i32.const 1)))
        """,
        store, [("f", host)])
      for _ in 0..<3 {
        #expect(throws: Failure.self) { try Self.call(instance, "f", 1) }
        #expect(try Self.call(instance, "f", 2) == "2")
        #expect(try Self.call(instance, "caught", 7) == "7")
        #expect(throws: (any Error).self) { try Self.call(instance, "uncaught", 7) }
      }
    }
  }
}
