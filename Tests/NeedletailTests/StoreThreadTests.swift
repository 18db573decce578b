import Dispatch
import Foundation
import Needletail
import Testing

/// A store that a second thread uses while the first one waits in a host function.
@Suite struct StoreThreadTests {
  private static let fields = """
    (type $s (struct (field (mut i64))))
    (import "host" "wait" (func $wait))
    (global $keep (mut (ref null $s)) (ref.null $s))
    (func (export "churn") (param $n i32)
      (loop $l
        (global.set $keep (struct.new $s (i64.const 0x4141414141)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "go") (result i64) (local $a (ref $s)) (local $b (ref $s))
      (local.set $a (struct.new $s (i64.const 7)))
      (local.set $b (struct.new $s (i64.const 70)))
      (call $wait)
      (i64.add (struct.get $s 0 (local.get $a)) (struct.get $s 0 (local.get $b))))
    """

  /// Runs a closure on another thread and waits for it.
  private static func onOtherThread(_ body: @escaping () throws -> Void) -> (any Error)? {
    nonisolated(unsafe) let body = body
    nonisolated(unsafe) var failure: (any Error)?
    let isDone = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      do { try body() } catch { failure = error }
      isDone.signal()
    }
    isDone.wait()
    return failure
  }

  private final class Outcome {
    var error: (any Error)?
  }

  @Test("A call is refused, and the store remains usable", arguments: TestedEngine.all)
  func call(tested: TestedEngine) throws {
    let engine = tested.make { $0.heap.collectionThreshold = 10_000 }
    let outcome = Outcome()
    var churn: Function?
    let instance = try engine.instantiate(Self.fields) { linker, _ in
      try linker.define("host", "wait") { (_: Caller) in
        outcome.error = Self.onOtherThread { try churn!.call([.i32(100_000)]) }
        try churn!.call([.i32(5000)])
      }
    }
    churn = instance.function("churn")
    #expect(try instance.function("go")!.call()[0].i64 == 77)
    #expect(outcome.error is StoreInUse)
    // Between calls, another thread may use the store.
    var results: [Value] = []
    #expect(Self.onOtherThread { results = try instance.function("go")!.call() } == nil)
    #expect(results.first?.i64 == 77)
    #expect(try instance.function("go")!.call()[0].i64 == 77)
  }

  @Test("A refused call leaves the frames of the running one unchanged", arguments: TestedEngine.all)
  func refusedArguments(tested: TestedEngine) throws {
    let engine = tested.make()
    let shared = try SharedMemory(type: MemoryType(limits: Limits(minimum: 1, maximum: 1), isShared: true))
    var hostCallCount = 0
    let instance = try engine.instantiate(
      """
      (import "host" "memory" (memory 1 1 shared))
      (type $s (struct (field i32)))
      (func (export "take") (param i64 i64 i64 i64))
      (func (export "run") (param $a i64) (param $r (ref null $s)) (param $b i64) (result i64)
        (i32.atomic.store (i32.const 0) (i32.const 1))
        (loop $l (br_if $l (i32.eqz (i32.atomic.load (i32.const 4)))))
        (i64.add (i64.add (local.get $a) (local.get $b)) (i64.extend_i32_u (struct.get $s 0 (local.get $r)))))
      (func (export "go") (result i64)
        (call 1 (i64.const 1000) (struct.new $s (i32.const 100)) (i64.const 10)))
      """
    ) { linker, _ in try linker.define("host", "memory", shared) }
    let store = instance.store
    let host = try Function(store) { (_: Caller, _: Int64, _: Int64, _: Int64, _: Int64) in hostCallCount += 1 }
    let value: Int64 = 0x4141_4141
    let many = try Function(store) { (_: Caller, _: Int64, _: Int64, _: Int64, _: Int64, _: Int64) in
      hostCallCount += 1
    }
    let take = try #require(instance.function("take"))
    let typedTake = try take.typed(Int64.self, Int64.self, Int64.self, Int64.self)
    let typedHost = try host.typed(Int64.self, Int64.self, Int64.self, Int64.self)
    let typedMany = try many.typed(Int64.self, Int64.self, Int64.self, Int64.self, Int64.self)
    let empty = try Module(engine, text: "(module)")
    var attempts: [() throws -> Void] = []
    attempts.append { try take.call(Array(repeating: .i64(value), count: 4)) }
    attempts.append { try host.call(Array(repeating: .i64(value), count: 4)) }
    attempts.append { try typedTake(value, value, value, value) }
    attempts.append { try typedHost(value, value, value, value) }
    attempts.append { try typedMany(value, value, value, value, value) }
    attempts.append { _ = try Linker(engine).instantiate(empty, in: store) }
    let all = attempts
    nonisolated(unsafe) let unsafeAttempts = all
    nonisolated(unsafe) var errors: [(any Error)?] = []
    let isDone = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      shared.waitForWord(at: 0)
      for attempt in unsafeAttempts {
        do {
          try attempt()
          errors.append(nil)
        } catch {
          errors.append(error)
        }
      }
      shared.setWord(at: 4)
      isDone.signal()
    }
    #expect(try instance.function("go")!.call()[0].i64 == 1110)
    isDone.wait()
    #expect(errors.count == 6 && errors.allSatisfy { $0 is StoreInUse })
    #expect(hostCallCount == 0)
    for attempt in all { try attempt() }
    #expect(hostCallCount == 3)
  }

  @Test("A store is refused while the host looks into one of its memories")
  func views() throws {
    let store = try Store(Engine())
    let memory = try Memory(store, type: MemoryType(limits: Limits(minimum: 1, maximum: 2)))
    let function = try Function(store) { (_: Caller) in }
    memory.withBytes { _ in
      #expect(Self.onOtherThread { try function.call() } is StoreInUse)
      #expect(throws: Never.self) { try function.call() }
    }
    #expect(Self.onOtherThread { try function.call() } == nil)
  }

  @Test("Threads that call at the same instant get a store one at a time", arguments: TestedEngine.all)
  func sameInstant(tested: TestedEngine) throws {
    let engine = tested.make()
    for round in 0..<200 {
      let store = try Store(engine)
      var inside = 0
      var overlaps = 0
      let linker = Linker(engine)
      try linker.define("host", "enter") { (_: Caller) in
        inside += 1
        if inside != 1 { overlaps += 1 }
        for _ in 0..<50 { sched_yield() }
        inside -= 1
      }
      nonisolated(unsafe) let run = try #require(
        linker.instantiate(
          Module(
            engine, text: "(module (import \"host\" \"enter\" (func $enter)) (func (export \"run\") (call $enter)))"),
          in: store
        ).function("run"))
      let typed = try run.typed()
      nonisolated(unsafe) let call: () throws -> Void = round % 2 == 0 ? { try typed() } : { try run.call() }
      nonisolated(unsafe) var results: [(any Error)?] = [nil, nil]
      let group = DispatchGroup()
      for number in 0..<2 {
        group.enter()
        Thread.detachNewThread {
          for _ in 0..<10 {
            do { try call() } catch { results[number] = error }
          }
          group.leave()
        }
      }
      group.wait()
      #expect(overlaps == 0 && inside == 0)
      #expect(results.allSatisfy { $0 == nil || $0 is StoreInUse })
    }
  }

  @Test("A call is refused while a host function called by the host runs")
  func hostOnly() throws {
    let store = try Store(Engine())
    let outcome = Outcome()
    let inner = try Function(store) { (_: Caller, x: Int64) -> Int64 in x }
    let outer = try Function(store) { (_: Caller, x: Int64) -> Int64 in
      outcome.error = Self.onOtherThread { try inner.call([.i64(1)]) }
      return try inner.call([.i64(x)])[0].i64!
    }
    #expect(try outer.call([.i64(7)])[0].i64 == 7)
    #expect(outcome.error is StoreInUse)
    // An error also ends the use of the store.
    let failing = try Function(store) { (_: Caller) in throw CancellationError() }
    #expect(throws: CancellationError.self) { try failing.call() }
    #expect(Self.onOtherThread { try inner.call([.i64(1)]) } == nil)
  }

  @Test("Other threads are refused access to the store's contents meanwhile", arguments: TestedEngine.all)
  func operations(tested: TestedEngine) throws {
    let engine = tested.make { $0.heap.collectionThreshold = 10_000 }
    var errors: [(any Error)?] = []
    let instance = try engine.instantiate(Self.fields) { linker, store in
      let type = try engine.defineStructure([FieldType(storage: .value(.i64), isMutable: true)])
      let arrayType = try engine.defineArray(FieldType(storage: .value(.i64), isMutable: true))
      let structure = try store.makeStructure(type, fields: [.i64(1)])
      let array = try store.makeArray(arrayType, elements: [.i64(2)])
      let global = try Global(store, type: GlobalType(value: .i64, isMutable: true), value: .i64(3))
      let tableType = TableType(element: .externref, limits: Limits(minimum: 1))
      let table = try Table(store, type: tableType, initial: .external(nil))
      let memoryType = MemoryType(limits: Limits(minimum: 1, maximum: 1))
      let sharedMemory = try SharedMemory(type: MemoryType(limits: memoryType.limits, isShared: true))
      var operations: [() throws -> Void] = []
      operations.append { _ = try store.makeStructure(type, fields: [.i64(1)]) }
      operations.append { _ = try store.makeArray(arrayType, elements: [.i64(1)]) }
      operations.append { _ = try store.makeArray(arrayType, repeating: .i64(1), count: 2) }
      operations.append { _ = try structure.field(0) }
      operations.append { try structure.setField(0, .i64(1)) }
      operations.append { _ = try array.element(0) }
      operations.append { try array.setElement(0, .i64(1)) }
      operations.append { _ = try Global(store, type: global.type, value: .i64(3)) }
      operations.append { try global.set(.i64(3)) }
      operations.append { _ = try Table(store, type: tableType, initial: .external(nil)) }
      operations.append { _ = try table.get(0) }
      operations.append { try table.set(0, .external(nil)) }
      operations.append { _ = try table.grow(by: 1, filling: .external(nil)) }
      operations.append { _ = try Memory(store, type: memoryType) }
      operations.append { _ = try Memory(store, shared: sharedMemory) }
      operations.append { _ = try Needletail.Tag(store, type: FunctionType(parameters: [.i32])) }
      operations.append { _ = try Function(store) { (_: Caller) in } }
      let memory = try Memory(store, type: memoryType)
      operations.append { _ = try memory.load(Int32.self, at: 0) }
      operations.append { try memory.store(Int32(0), at: 0) }
      operations.append { _ = try memory.readBytes(at: 0, count: 1) }
      operations.append { try memory.write([0], at: 0) }
      operations.append { _ = try memory.readString(at: 0, count: 1) }
      operations.append { _ = try memory.readCString(at: 0) }
      operations.append { try memory.write("", at: 0) }
      operations.append { try memory.withUnsafeMutableBytes(at: 0, count: 1) { _ in } }
      let all = operations
      try linker.define("host", "wait") { (caller: Caller) in
        errors = all.map { operation in Self.onOtherThread(operation) }
        for operation in all { try operation() }
        for value in 0..<10_000 { _ = try caller.store.makeStructure(type, fields: [.i64(Int64(value))]) }
        caller.store.collectGarbage()
      }
    }
    #expect(try instance.function("go")!.call()[0].i64 == 77)
    #expect(errors.count == 25 && errors.allSatisfy { $0 is StoreInUse })
    #expect(instance.store.heapStatistics.collectionCount > 2)
  }

  #if os(Linux) || os(macOS)
    @Test("Operations that cannot throw end the process on other threads meanwhile")
    func operationsWithoutErrors() async {
      await #expect(processExitsWith: .failure) {
        let store = try Store(Engine())
        try Function(store) { (caller: Caller) in
          _ = StoreThreadTests.onOtherThread { store.collectGarbage() }
        }.call()
      }
      await #expect(processExitsWith: .failure) {
        let store = try Store(Engine())
        let global = try Global(store, type: GlobalType(value: .i64, isMutable: true), value: .i64(3))
        try Function(store) { (caller: Caller) in
          _ = StoreThreadTests.onOtherThread { print(global.value) }
        }.call()
      }
      await #expect(processExitsWith: .failure) {
        let store = try Store(Engine())
        let memory = try Memory(store, type: MemoryType(limits: Limits(minimum: 1, maximum: 2)))
        try Function(store) { (caller: Caller) in
          _ = StoreThreadTests.onOtherThread { memory.grow(by: 1) }
        }.call()
      }
      await #expect(processExitsWith: .failure) {
        let store = try Store(Engine())
        let memory = try Memory(store, type: MemoryType(limits: Limits(minimum: 1, maximum: 2)))
        try Function(store) { (caller: Caller) in
          _ = StoreThreadTests.onOtherThread { memory.withBytes { _ in } }
        }.call()
      }
      await #expect(processExitsWith: .failure) {
        let store = try Store(Engine())
        let tag = try Needletail.Tag(store, type: FunctionType())
        try Function(store) { (caller: Caller) in
          _ = StoreThreadTests.onOtherThread { print(tag.name ?? "") }
        }.call()
      }
    }
  #endif

  @Test(
    "Objects in all frames of nested calls are found, on each engine and across engines", arguments: TestedEngine.all)
  func nestedCalls(tested: TestedEngine) throws {
    let engine = tested.make { $0.heap.collectsAtEveryAllocation = true }
    let pad = String(repeating: "(nop)", count: 100)
    var descend: Function?
    let instance = try engine.instantiate(
      """
      (type $s (struct (field (mut i64))))
      (import "host" "call" (func $host (param i32) (result i64)))
      (func $small (export "down") (param $n i32) (result i64) (local $a (ref null $s))
        (local.set $a (struct.new $s (i64.extend_i32_u (local.get $n))))
        (if (i32.eqz (local.get $n)) (then (return (i64.const 0))))
        (i64.add (call $large (i32.sub (local.get $n) (i32.const 1))) (struct.get $s 0 (local.get $a))))
      (func $large (param $n i32) (result i64) (local $a (ref null $s)) \(pad)
        (local.set $a (struct.new $s (i64.extend_i32_u (local.get $n))))
        (if (i32.eqz (local.get $n)) (then (return (i64.const 0))))
        (i64.add (call $host (i32.sub (local.get $n) (i32.const 1))) (struct.get $s 0 (local.get $a))))
      """
    ) { linker, _ in
      try linker.define("host", "call") { (_: Caller, n: Int32) -> Int64 in
        try descend!.call([.i32(n)])[0].i64!
      }
    }
    descend = instance.function("down")
    #expect(try descend!.call([.i32(40)])[0].i64 == 820)
  }
}

extension SharedMemory {
  fileprivate func waitForWord(at offset: Int) {
    withUnsafeMutableBytes { bytes in
      while bytes.load(fromByteOffset: offset, as: UInt32.self) == 0 { usleep(1000) }
    }
  }

  fileprivate func setWord(at offset: Int) {
    withUnsafeMutableBytes { $0.storeBytes(of: 1, toByteOffset: offset, as: UInt32.self) }
  }
}
