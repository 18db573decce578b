import Foundation
import Needletail
import Synchronization
import Testing

// Swift Testing also declares `Tag`.
private typealias Tag = Needletail.Tag

/// Exceptions between WebAssembly and Swift.
@Suite struct ExceptionTests {
  private let engine: Engine
  private let store: Store
  private let linker: Linker

  init() throws {
    engine = Self.makeEngine()
    store = try Store(engine)
    linker = Linker(engine)
  }

  private static func makeEngine(_ features: Features = .standard) -> Engine {
    var configuration = Engine.Configuration()
    configuration.features = features
    return Engine(configuration)
  }

  private func instance(_ text: String) throws -> Instance {
    try linker.instantiate(Module(engine, text: text), in: store)
  }

  private func integers(_ values: [Value]) -> [Int64] {
    values.map {
      switch $0 {
      case .i32(let value): Int64(value)
      case .i64(let value): value
      default: -1
      }
    }
  }

  // MARK: From WebAssembly

  @Test("A call throws an uncaught exception with tag, payload and backtrace")
  func uncaught() throws {
    let instance = try instance(
      """
      (module $thrower
        (tag $oops (export "oops") (param i32 i64 f64 v128))
        (func $inner (param i32)
          (throw $oops (local.get 0) (i64.const -2) (f64.const 0.5) (v128.const i32x4 1 2 3 4)))
        (func $outer (export "run") (param i32) (call $inner (i32.add (local.get 0) (i32.const 1)))))
      """)
    let error = try #require(throws: Exception.self) { try instance.function("run")!.call([.i32(6)]) }
    #expect(try error.tag(in: store) == instance.tag("oops"))
    let payload = try error.payload(in: store)
    #expect(payload.count == 4)
    #expect(integers(payload) == [7, -2, -1, -1])
    if case .f64(0.5) = payload[2] {} else { Issue.record("\(payload[2])") }
    if case .v128(let vector) = payload[3] { #expect(vector[12] == 4) } else { Issue.record("no vector") }
    #expect(error.backtrace.map(\.functionName) == ["inner", "outer"])
    #expect(error.backtrace.allSatisfy { $0.moduleName == "thrower" && $0.offset != nil })
    #expect(error.message.hasPrefix("uncaught exception: oops (i32 7, i64 -2, f64 0.5, i32x4 0x"))
    #expect(error.description.contains("0: thrower!inner at <text>:"))
  }

  @Test("The store remains usable after an uncaught exception")
  func reuse() throws {
    let instance = try instance(
      """
      (module (tag $t) (func (export "throw") (throw $t))
        (func (export "catch") (result i32)
          (block $caught (try_table (catch $t $caught) (throw $t)) (unreachable))
          (i32.const 1)))
      """)
    for _ in 0..<3 {
      #expect(throws: Exception.self) { try instance.function("throw")!.call() }
      #expect(integers(try instance.function("catch")!.call()) == [1])
    }
  }

  @Test("An exception in the start function ends the instantiation")
  func start() {
    #expect(throws: Exception.self) { try instance("(module (tag $t) (func $f (throw $t)) (start $f))") }
  }

  // MARK: To WebAssembly

  private static let catching = """
    (module
      (import "host" "tag" (tag $tag (param i32 i64)))
      (import "host" "fail" (func $fail (param i32)))
      (func (export "catch") (param i32) (result i32 i64)
        (block $caught (result i32 i64)
          (try_table (catch $tag $caught) (call $fail (local.get 0)))
          (i32.const 0) (i64.const 0)))
      (func (export "catch-by-tail-call") (param i32) (result i32 i64)
        (block $caught (result i32 i64)
          (try_table (catch $tag $caught) (call $tail (local.get 0)))
          (i32.const 0) (i64.const 0)))
      (func $tail (param i32) (return_call $fail (local.get 0)))
      (func (export "catch-all") (param i32) (result i32)
        (block $caught
          (try_table (catch_all $caught) (call $fail (local.get 0)))
          (return (i32.const 0)))
        (i32.const 1))
      (func (export "catch-not") (param i32) (call $fail (local.get 0))))
    """

  /// Defines a tag and a host function: for 0 it returns, for 1 it throws an exception, otherwise another error.
  private func defineHost() throws -> Tag {
    struct Other: Error {}
    let tag = try Tag(store, type: FunctionType(parameters: [.i32, .i64]))
    try linker.define("host", "tag", .tag(tag))
    try linker.define("host", "fail") { (_: Caller, code: Int32) in
      if code == 1 { throw try Exception(tag, [.i32(41), .i64(42)]) }
      if code > 1 { throw Other() }
    }
    return tag
  }

  @Test("WebAssembly catches exceptions of host functions", arguments: ["catch", "catch-by-tail-call"])
  func thrownByHost(function: String) throws {
    _ = try defineHost()
    let instance = try instance(Self.catching)
    #expect(integers(try instance.function(function)!.call([.i32(0)])) == [0, 0])
    #expect(integers(try instance.function(function)!.call([.i32(1)])) == [41, 42])
  }

  @Test("Tag and payload of an exception can be had only with its store")
  func belongsToStore() throws {
    let tag = try Tag(store, type: FunctionType(parameters: [.externref]))
    let error = try Exception(tag, [.external(ExternalReference(tag.store))])
    let other = try Store(engine)
    #expect(throws: ArgumentError.self) { try error.tag(in: other) }
    #expect(throws: ArgumentError.self) { try error.payload(in: other) }
    #expect(try error.payload(in: store).count == 1)
    #expect(error.has(tag))
    let otherTag = try Tag(store, type: FunctionType(parameters: [.externref]))
    #expect(!error.has(otherTag))
    // On any thread, even while its store is in use.
    let described = try Function(store) { (_: Caller) -> Int32 in
      let box = Mutex("")
      let isDone = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        box.withLock { $0 = "\(error)" }
        isDone.signal()
      }
      isDone.wait()
      return box.withLock { $0 } == "uncaught exception: tag (externref)" ? 1 : 0
    }
    #expect(integers(try described.call()) == [1])
  }

  @Test("catch_all catches exceptions, but no other Swift errors")
  func otherErrors() throws {
    _ = try defineHost()
    let function = try #require(try instance(Self.catching).function("catch-all"))
    #expect(integers(try function.call([.i32(0)])) == [0])
    #expect(integers(try function.call([.i32(1)])) == [1])
    let error = try #require(throws: (any Error).self) { try function.call([.i32(2)]) }
    #expect("\(error)".contains("Other"))
  }

  @Test("An uncaught exception of the host is rethrown with the frames that it passed")
  func throughWasm() throws {
    let tag = try defineHost()
    let function = try #require(try instance(Self.catching).function("catch-not"))
    let error = try #require(throws: Exception.self) { try function.call([.i32(1)]) }
    #expect(error.has(tag))
    #expect(try integers(error.payload(in: store)) == [41, 42])
    #expect(error.backtrace.map(\.functionName) == ["catch-not"])
  }

  @Test("A host function can pass on an exception, catch it, or throw another one")
  func throughHost() throws {
    let first = try instance(
      """
      (module $first (tag (export "tag") (param i32))
        (func $thrower (export "throw") (param i32) (throw 0 (local.get 0))))
      """)
    let throwing = try #require(first.function("throw"))
    let tag = try #require(first.tag("tag"))
    try linker.define("first", "tag", .tag(tag))
    try linker.define("host", "call") { (_: Caller, mode: Int32) -> Int32 in
      do {
        try throwing.call([.i32(mode)])
      } catch let exception as Exception where mode == 1 && exception.has(tag) {
        return -1
      } catch let exception as Exception where mode == 2 && exception.has(tag) {
        throw try Exception(tag, [.i32(20)])
      }
      return -2
    }
    let second = try instance(
      """
      (module $second
        (import "first" "tag" (tag $tag (param i32)))
        (import "host" "call" (func $call (param i32) (result i32)))
        (func (export "run") (param i32) (result i32)
          (block $caught (result i32) (try_table (result i32) (catch $tag $caught) (call $call (local.get 0)))))
        (func $passer (export "pass") (param i32) (result i32) (call $call (local.get 0))))
      """)
    let run = try #require(second.function("run"))
    #expect(integers(try run.call([.i32(1)])) == [-1])
    #expect(integers(try run.call([.i32(2)])) == [20])
    #expect(integers(try run.call([.i32(3)])) == [3])
    let error = try #require(throws: Exception.self) { try second.function("pass")!.call([.i32(3)]) }
    #expect(error.backtrace.map(\.functionName) == ["thrower", "passer"])
  }

  @Test("The payload of an exception must match the tag's types")
  func payloadTypes() throws {
    let tag = try Tag(store, type: FunctionType(parameters: [.i32]))
    #expect(throws: ArgumentError.self) { try Exception(tag) }
    #expect(throws: ArgumentError.self) { try Exception(tag, [.i64(1)]) }
    #expect(throws: ArgumentError.self) { try Exception(tag, [.i32(1), .i32(2)]) }
    #expect(throws: Never.self) { try Exception(tag, [.i32(1)]) }
  }

  @Test("An exception of another store is not caught")
  func otherStore() throws {
    let other = try Tag(try Store(engine), type: FunctionType())
    try linker.define("host", "fail") { (_: Caller) in throw try Exception(other) }
    let instance = try instance(
      """
      (module (import "host" "fail" (func $fail))
        (func (export "run") (block $caught (try_table (catch_all $caught) (call $fail)))))
      """)
    let error = try #require(throws: Exception.self) { try instance.function("run")!.call() }
    #expect(error.has(other))
  }

  @Test("Objects in a payload keep their identity")
  func objects() throws {
    final class Box {}
    let box = Box()
    let tag = try Tag(store, type: FunctionType(parameters: [.externref, .funcref]))
    try linker.define("host", "tag", .tag(tag))
    try linker.define("host", "fail") { (_: Caller) in
      throw try Exception(tag, [.external(ExternalReference(box)), .function(nil)])
    }
    let instance = try instance(
      """
      (module (import "host" "tag" (tag $tag (param externref funcref))) (import "host" "fail" (func $fail))
        (func (export "run") (result externref funcref)
          (block $caught (result externref funcref)
            (try_table (catch $tag $caught) (call $fail)) (unreachable))))
      """)
    let results = try instance.function("run")!.call()
    guard case .external(let reference?) = results[0] else { throw NoObject() }
    let isSame = reference.object === box
    #expect(isSame)
  }

  private struct NoObject: Error {}

  // MARK: Within WebAssembly

  @Test("Each activation of a recursive function finds its own handlers")
  func recursion() throws {
    let instance = try instance(
      """
      (module (tag $t (param i32))
        ;; Each frame adds 1 to what the one inside threw, up to the depth given.
        (func $f (export "run") (param $n i32) (result i32) (local $mine i32)
          (local.set $mine (local.get $n))
          (if (i32.eqz (local.get $n)) (then (throw $t (i32.const 0))))
          (block $caught (result i32)
            (try_table (catch $t $caught) (drop (call $f (i32.sub (local.get $n) (i32.const 1)))))
            (unreachable))
          (if (param i32) (i32.ne (local.get $mine) (local.get $n)) (then (unreachable)) (else (drop)))
          (throw $t (i32.add (local.get $mine) (i32.const 1)))))
      """)
    let error = try #require(throws: Exception.self) { try instance.function("run")!.call([.i32(1000)]) }
    #expect(try integers(error.payload(in: store)) == [1001])
    #expect(error.backtrace.count == 1)
  }

  @Test("Operands below a try_table are unchanged, even if its body sets locals")
  func operandsBelow() throws {
    let instance = try instance(
      """
      (module (tag $t (param i32))
        (func $throw (param i32) (throw $t (local.get 0)))
        (func (export "run") (param i32) (result i32)
          (i32.const 1000)
          (local.get 0)
          (i32.add (local.get 0) (i32.const 100))
          (block $caught (result i32)
            (try_table (catch $t $caught)
              (local.set 0 (i32.const 7))
              (call $throw (i32.const 10000))
              (local.set 0 (i32.const 8)))
            (i32.const 0))
          (i32.add) (i32.add) (i32.add) (local.get 0) (i32.mul)))
      """)
    #expect(integers(try instance.function("run")!.call([.i32(3)])) == [7 * (10000 + 103 + 3 + 1000)])
  }

  @Test("A catch clause can branch to a loop or out of the function")
  func labels() throws {
    let instance = try instance(
      """
      (module (tag $t (param i32 i32))
        (func (export "loop") (result i32)
          (i32.const 1) (i32.const 2)
          (loop $again (param i32 i32) (result i32)
            (if (param i32) (result i32) (i32.gt_s (i32.const 100))
              (then) (else (drop) (try_table (catch $t $again) (throw $t (i32.const 30) (i32.const 200))) (unreachable)))))
        (func (export "function") (result i32 i32) (local i64)
          (try_table (catch $t 0) (throw $t (i32.const 5) (i32.const 6))) (unreachable)))
      """)
    #expect(integers(try instance.function("loop")!.call()) == [30])
    #expect(integers(try instance.function("function")!.call()) == [5, 6])
  }

  @Test("Unreachable exceptions are freed; the others count towards the heap's limit")
  func limit() throws {
    let text = """
      (module (tag $t (param i64))
        (func (export "plain") (param i32)
          (loop $again
            (block $caught (result i64)
              (try_table (catch $t $caught) (throw $t (i64.const 1))) (unreachable))
            (drop)
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "referenced") (param i32) (local $last exnref)
          (loop $again
            (block $caught (result exnref)
              (try_table (catch_all_ref $caught) (throw $t (i64.const 1))) (unreachable))
            (local.set $last)
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (table $kept 100000 exnref)
        (func (export "kept") (param i32) (local $last exnref)
          (loop $again
            (block $caught (result exnref)
              (try_table (catch_all_ref $caught) (throw $t (i64.const 1))) (unreachable))
            (local.set $last)
            (table.set $kept (i32.sub (local.get 0) (i32.const 1)) (local.get $last))
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
      """
    let store = try Store(engine, limits: Store.Limits(heapByteCount: 200_000))
    let instance = try linker.instantiate(Module(engine, text: text), in: store)
    try instance.function("plain")!.call([.i32(50_000)])
    try instance.function("referenced")!.call([.i32(50_000)])
    try instance.function("kept")!.call([.i32(100)])
    let trap = try #require(throws: Trap.self) { try instance.function("kept")!.call([.i32(100_000)]) }
    #expect(trap.code == .allocationFailure)
  }

  @Test("References in payloads live as long as the exception")
  func collection() throws {
    final class Box {}
    var configuration = Engine.Configuration()
    configuration.heap.collectsAtEveryAllocation = true
    let engine = Engine(configuration)
    let store = try Store(engine)
    let linker = Linker(engine)
    let tag = try Tag(store, type: FunctionType(parameters: [.externref, .externref, .i32]))
    try linker.define("host", "tag", .tag(tag))
    try linker.define("host", "fail") { (_: Caller) in
      throw try Exception(tag, [.external(ExternalReference(Box())), .external(ExternalReference(Box())), .i32(5)])
    }
    let module = try Module(
      engine,
      text: """
        (module
          (import "host" "tag" (tag $tag (param externref externref i32)))
          (import "host" "fail" (func $fail))
          (type $cell (struct (field i32)))
          (tag $own (param (ref $cell) exnref))
          (global $kept (mut exnref) (ref.null exn))
          (func $allocate (drop (struct.new $cell (i32.const -1))))
          ;; Catches the host's exception and throws it again in the payload of another.
          (func $wrap (param $number i32) (local $inner exnref)
            (block $caught (result externref externref i32 exnref)
              (try_table (catch_ref $tag $caught) (call $fail)) (unreachable))
            (local.set $inner) (drop) (drop) (drop)
            (call $allocate)
            (throw $own (struct.new $cell (local.get $number)) (local.get $inner)))
          (func (export "run") (param $number i32) (result externref externref i32)
            (block $caught (result exnref)
              (try_table (catch_all_ref $caught) (call $wrap (local.get $number))) (unreachable))
            (global.set $kept)
            (call $allocate)
            (block $unwrapped (result (ref $cell) exnref)
              (try_table (catch $own $unwrapped) (throw_ref (global.get $kept))) (unreachable))
            (global.set $kept)
            (call $allocate)
            (if (i32.ne (struct.get $cell 0) (local.get $number)) (then (unreachable)))
            (block $inner (result externref externref i32)
              (try_table (catch $tag $inner) (throw_ref (global.get $kept))) (unreachable))))
        """)
    let results = try linker.instantiate(module, in: store).function("run")!.call([.i32(77)])
    for value in results.prefix(2) {
      guard case .external(let reference?) = value else { throw NoObject() }
      let isBox = reference.object is Box
      #expect(isBox)
    }
    #expect(integers(results).last == 5)
  }

  // MARK: Legacy instructions

  @Test("The legacy instructions are disabled by default")
  func legacyIsOff() {
    #expect(throws: ValidationError.self) { try instance("(module (func (try (do) (catch_all))))") }
  }

  @Test("Legacy and standard instructions work together, in both directions")
  func legacy() throws {
    let engine = Self.makeEngine(.standard.union(.legacyExceptions))
    let module = try Module(
      engine,
      text: """
        (module (tag $t (param i32)) (tag $u)
          (func $throw (param i32) (throw $t (local.get 0)))
          (func $rethrow (param i32) (local i64)
            (try (do (call $throw (local.get 0))) (catch $u (unreachable))
              (catch $t (drop) (try (do (throw $u)) (catch_all)) (rethrow 0))))
          (func (export "run") (param i32) (result i32)
            (block $caught (result i32)
              (try_table (catch $t $caught) (call $rethrow (local.get 0))) (unreachable)))
          (func (export "results") (result i32 i64)
            (i32.const 1) (i64.const 10)
            (try (param i32 i64) (result i32 i64)
              (do (drop) (throw $t))
              (catch $t (i64.const 2))
              (catch_all (i32.const 3) (i64.const 4)))))
        """)
    let instance = try Linker(engine).instantiate(module, in: try Store(engine))
    #expect(integers(try instance.function("run")!.call([.i32(77)])) == [77])
    #expect(integers(try instance.function("results")!.call()) == [1, 2])
  }
}
