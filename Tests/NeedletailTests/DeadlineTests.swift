import Needletail
import NeedletailSystem
import Testing

/// Deadlines of stores.
@Suite(.serialized) struct DeadlineTests {
  private static func expectDeadline(sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) {
    let trap = #expect(throws: Trap.self, sourceLocation: sourceLocation) { try body() }
    #expect(trap?.code == .deadlineExceeded && trap?.message == "deadline exceeded", sourceLocation: sourceLocation)
  }

  @Test("Every program ends at its deadline, and its store can be used again", arguments: HostileProgram.all)
  func hostile(program: HostileProgram) throws {
    for tested in TestedEngine.all {
      let engine = tested.make { $0.isInterruptible = true }
      let instance = try engine.instantiate(
        "\(program.fields) (func (export \"answer\") (result i32) (i32.const 42))", HostileProgram.link)
      let run = try #require(instance.function("run"))
      Self.expectDeadline { try run.call(timeout: .milliseconds(15)) }
      #expect(try instance.call("answer") == 42, "\(tested)")
    }
  }

  @Test("Start functions and initializers end at the deadline", arguments: TestedEngine.all)
  func start(tested: TestedEngine) throws {
    for fields in [
      "(func $run (loop $l (br $l))) (start $run)",
      """
      (type $a (array i64))
      (func $run (loop $l (br $l))) (start $run)
      \(String(repeating: "(global (ref $a) (array.new $a (i64.const 1) (i32.const 1000000)))", count: 10))
      """,
    ] {
      let store = try Store(tested.make { $0.isInterruptible = true })
      store.deadline = .now + .milliseconds(15)
      Self.expectDeadline { _ = try store.engine.instantiate(fields, in: store) }
    }
  }

  @Test("After a deadline has passed, nothing runs until there is another", arguments: TestedEngine.all)
  func passed(tested: TestedEngine) throws {
    let engine = tested.make { $0.isInterruptible = true }
    let instance = try engine.instantiate(
      "(func (export \"leaf\") (result i32) (i32.const 1)) (func (export \"run\") (result i32) (call 0))")
    let store = instance.store
    #expect(store.deadline == nil)
    store.deadline = .now - .seconds(1)
    for name in ["leaf", "run"] { Self.expectDeadline { try instance.call(name) } }
    Self.expectDeadline { _ = try engine.instantiate("(func) (start 0)", in: store) }
    store.deadline = .now + .seconds(3600)
    for name in ["leaf", "run"] { #expect(try instance.call(name) == 1) }
    // The end of time is no problem.
    store.deadline = .now + .seconds(Int64.max / 4)
    #expect(try instance.call("run") == 1)
    store.deadline = nil
    #expect(try instance.call("run") == 1)
  }

  @Test("The earlier of two deadlines counts, and the outer one comes back")
  func nesting() throws {
    let instance = try Engine().instantiate(
      "(func (export \"run\") (loop $l (br $l))) (func (export \"leaf\") (result i32) (i32.const 1))")
    let store = instance.store
    let run = instance.function("run")!
    let outer = ContinuousClock.now + .seconds(3600)
    store.deadline = outer
    store.withDeadline(outer + .seconds(1)) { #expect(store.deadline == outer) }
    Self.expectDeadline { try run.call(timeout: .milliseconds(5)) }
    #expect(store.deadline == outer)
    #expect(try instance.call("leaf") == 1)
    let typed = try run.typed()
    Self.expectDeadline { try store.withTimeout(.milliseconds(5)) { try typed() } }
    store.deadline = .now + .milliseconds(5)
    Self.expectDeadline { try run.call(timeout: .seconds(3600)) }
    Self.expectDeadline { try instance.call("leaf") }
  }

  @Test("An interruption, a deadline and an exhausted stack are told apart", arguments: TestedEngine.all)
  func kinds(tested: TestedEngine) throws {
    let instance = try tested.make { $0.isInterruptible = true }.instantiate(
      "(func (export \"run\") (loop $l (br $l))) (func $deep (export \"deep\") (call $deep) (call $deep))")
    let store = instance.store
    func code(_ name: String) -> TrapCode? {
      do { try instance.function(name)!.call() } catch { return (error as? Trap)?.code }
      return nil
    }
    store.deadline = .now + .seconds(3600)
    #expect(code("deep") == .callStackExhausted)
    store.interruptHandle.interrupt()
    #expect(code("run") == .interrupted && code("deep") == .interrupted)
    store.deadline = .now
    #expect(code("run") == .interrupted)
    store.interruptHandle.reset()
    #expect(code("run") == .deadlineExceeded && code("deep") == .deadlineExceeded)
    store.deadline = nil
    #expect(code("deep") == .callStackExhausted)
  }

  @Test("An engine without checks in loops stops at calls")
  func calls() throws {
    var configuration = Engine.Configuration()
    configuration.isInterruptible = false
    for execution in [Engine.Configuration.Execution.interpreter, .jit(.basic)] {
      configuration.execution = execution
      let instance = try Engine(configuration).instantiate(HostileProgram.treeOfCalls.fields)
      Self.expectDeadline { try instance.function("run")!.call(timeout: .milliseconds(5)) }
    }
  }

  @Test("Copies and fills that are made in pieces are right", arguments: TestedEngine.all)
  func pieces(tested: TestedEngine) throws {
    let instance = try tested.make { $0.isInterruptible = true }.instantiate(
      """
      (memory (export "memory") 150)
      (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
      (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
      """)
    let memory = try #require(instance.memory("memory"))
    let copy = try instance.function("copy")!.typed(UInt32.self, UInt32.self, UInt32.self)
    let fill = try instance.function("fill")!.typed(UInt32.self, UInt32.self, UInt32.self)
    let count = Self.pattern.count
    func expect(_ expected: [UInt8], at offset: Int) {
      memory.withUnsafeMutableBytes { bytes in
        expected.withUnsafeBytes { #expect(memoryIsEqual(bytes.baseAddress! + offset, $0.baseAddress!, $0.count)) }
      }
    }
    for (source, target) in [(0, 77), (77, 0), (0, 0)] {
      memory.withUnsafeMutableBytes { bytes in
        Self.pattern.withUnsafeBytes { memoryCopy(bytes.baseAddress! + source, $0.baseAddress!, count) }
      }
      try copy(UInt32(target), UInt32(source), UInt32(count))
      expect(Self.pattern, at: target)
    }
    let neighbours = memory.withUnsafeMutableBytes { ($0[4], $0[5 + count]) }
    try fill(5, 9, UInt32(count))
    expect([neighbours.0] + Array(repeating: 9, count: count) + [neighbours.1], at: 4)
  }

  /// Two pieces and a rest.
  private static let pattern: [UInt8] = {
    var random = SystemRandomNumberGenerator()
    return [UInt8](unsafeUninitializedCapacity: 9 << 20) { bytes, count in
      let words = UnsafeMutableRawBufferPointer(bytes).bindMemory(to: UInt64.self)
      for index in 0..<words.count { words[index] = random.next() }
      count = 9 << 20
    }
  }()

  @Test("What is interrupted leaves nothing half made", arguments: TestedEngine.all)
  func consistency(tested: TestedEngine) throws {
    // One instruction takes longer than the time allowed; afterwards the collector and the table find what they need.
    let instance = try tested.make { $0.isInterruptible = true }.instantiate(
      """
      (type $refs (array (mut (ref null $refs))))
      (table $t (export "t") 1 funcref)
      (elem declare func $f)
      (func $f)
      (func (export "arrays") (local (ref null $refs))
        (local.set 0 (array.new_default $refs (i32.const 1)))
        (drop (array.new $refs (local.get 0) (i32.const 10000000))))
      (func (export "grow") (drop (table.grow $t (ref.func $f) (i32.const 19000000))))
      (func (export "collect") (local i32)
        (loop $l
          (drop (array.new_default $refs (i32.const 100000)))
          (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100)))))
      """)
    let table = try #require(instance.table("t"))
    for microseconds in [100, 1000, 5000] {
      _ = try? instance.function("arrays")!.call(timeout: .microseconds(microseconds))
      try instance.function("collect")!.call()
      let before = table.count
      do {
        try instance.function("grow")!.call(timeout: .microseconds(microseconds))
      } catch let trap as Trap {
        #expect(trap.code == .deadlineExceeded)
      }
      #expect(table.count == before || table.count == before + 19_000_000)
    }
    let last = table.count
    #expect(try table.grow(by: 3, filling: .function(nil)) == last)
    #expect(try table.get(last).anyFunction == nil)
  }

  @Test("A store that runs in a task is stopped when the task is cancelled")
  func cancellation() async throws {
    let engine = Engine()
    let module = try Module(
      engine,
      text: "(module (func (export \"run\") (loop $l (br $l))) (func (export \"leaf\") (result i32) (i32.const 1)))")
    let task = Task {
      try await engine.withStore { store in
        _ = try Linker(engine).instantiate(module, in: store).function("run")!.call()
      }
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    let answer = try await engine.withStore { store in
      try Linker(engine).instantiate(module, in: store).function("leaf")!.call()[0].i32
    }
    #expect(answer == 1)
    await #expect(throws: Trap.self) {
      try await engine.withStore { store in
        store.deadline = .now + .milliseconds(5)
        _ = try Linker(engine).instantiate(module, in: store).function("run")!.call()
      }
    }
  }

  @Test("Many tasks that compute do not hold up their deadlines")
  func pool() async throws {
    let engine = Engine()
    let module = try Module(engine, text: "(module (func (export \"run\") (loop $l (br $l))))")
    let codes = try await withThrowingTaskGroup(of: TrapCode?.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let store = try Store(engine)
          let run = try Linker(engine).instantiate(module, in: store).function("run")!
          do { try run.call(timeout: .milliseconds(10)) } catch { return (error as? Trap)?.code }
          return nil
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(codes == Array(repeating: .deadlineExceeded, count: 8))
  }
}

extension Instance {
  /// Calls a function without parameters; returns its i32 result, if any.
  @discardableResult
  fileprivate func call(_ name: String) throws -> Int32? { try function(name)!.call().first?.i32 }
}
