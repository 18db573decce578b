import Needletail
import Testing

/// The limits of stores, engines and the process: each refuses with `LimitExceeded`, which says what, whose and how much.
@Suite struct LimitTests {
  private static let array =
    "(type $a (array (mut i8))) (func (export \"f\") (drop (array.new_default $a (i32.const 2000000))))"

  /// A module, the limit that it exceeds, and the error's parts.
  private struct Case: Sendable {
    var fields: String
    var limits: Store.Limits
    var resource: LimitExceeded.Resource
    var requested: UInt64
    var used: UInt64
    var limit: UInt64
    var setting: String
  }

  private static let cases = [
    Case(
      fields: "(memory 1) (memory 2)", limits: Store.Limits(memoryByteCount: 1 << 17), resource: .memoryBytes,
      requested: 1 << 17, used: 1 << 16, limit: 1 << 17, setting: "memoryByteCount"),
    Case(
      fields: "(table 4 funcref) (table 5 funcref)", limits: Store.Limits(tableElementCount: 8),
      resource: .tableElements, requested: 5, used: 4, limit: 8, setting: "tableElementCount"),
    Case(
      fields: "(memory 1) (table 9 funcref)", limits: Store.Limits(totalByteCount: 1 << 16), resource: .totalBytes,
      requested: 72, used: 1 << 16, limit: 1 << 16, setting: "totalByteCount"),
    Case(
      fields: "(memory 0) (memory 0) (memory 0)", limits: Store.Limits(memoryCount: 2), resource: .memories,
      requested: 1, used: 2, limit: 2, setting: "memoryCount"),
    Case(
      fields: "(table 0 funcref)", limits: Store.Limits(tableCount: 0), resource: .tables, requested: 1, used: 0,
      limit: 0, setting: "tableCount"),
    Case(
      fields: "", limits: Store.Limits(instanceCount: 0), resource: .instances, requested: 1, used: 0, limit: 0,
      setting: "instanceCount"),
    Case(
      fields: array, limits: Store.Limits(heapByteCount: 1 << 20), resource: .heapBytes, requested: 2_000_008, used: 0,
      limit: 1 << 20, setting: "heapByteCount"),
    Case(
      fields: array, limits: Store.Limits(totalByteCount: 1 << 20), resource: .totalBytes, requested: 62 << 15,
      used: 0, limit: 1 << 20, setting: "totalByteCount"),
  ]

  /// What instantiation, and a call of `f`, throw; the limit of a trap in place of the trap.
  private func limit(_ fields: String, _ engine: Engine, _ limits: Store.Limits = .init()) throws -> LimitExceeded? {
    do {
      let store = try Store(engine, limits: limits)
      _ = try engine.instantiate(fields, in: store).function("f")?.call()
      return nil
    } catch let error as LimitExceeded {
      return error
    } catch let trap as Trap {
      #expect(trap.code == .allocationFailure)
      return trap.limit
    }
  }

  @Test("The limits of a store", arguments: TestedEngine.all)
  func store(tested: TestedEngine) throws {
    let engine = tested.make()
    for entry in Self.cases {
      let error = try #require(try limit(entry.fields, engine, entry.limits), "\(entry.setting)")
      #expect(error.scope == .store && error.resource == entry.resource)
      #expect(error.requested == entry.requested && error.used == entry.used && error.limit == entry.limit, "\(error)")
      #expect(error.setting == "Store.Limits.\(entry.setting)" && "\(error)".hasSuffix("(\(error.setting!))"))
      #expect(engine.usage == ResourceUsage(codeByteCount: engine.usage.codeByteCount), "\(entry.setting)")
    }
  }

  /// The same limits, of an engine.
  private func engineLimits(_ limits: Store.Limits) -> Engine.Limits {
    let standard = Store.Limits()
    var result = Engine.Limits()
    if limits.memoryByteCount != standard.memoryByteCount { result.memoryByteCount = limits.memoryByteCount }
    if limits.tableElementCount != standard.tableElementCount { result.tableElementCount = limits.tableElementCount }
    if limits.totalByteCount != standard.totalByteCount { result.totalByteCount = limits.totalByteCount }
    if limits.memoryCount != standard.memoryCount { result.memoryCount = limits.memoryCount }
    if limits.tableCount != standard.tableCount { result.tableCount = limits.tableCount }
    if limits.instanceCount != standard.instanceCount { result.instanceCount = limits.instanceCount }
    if limits.heapByteCount != standard.heapByteCount { result.heapByteCount = limits.heapByteCount }
    return result
  }

  @Test("The limits of an engine hold for all of its stores together, and what ends is given back")
  func engine() throws {
    for entry in Self.cases {
      var configuration = Engine.Configuration()
      configuration.limits = engineLimits(entry.limits)
      let engine = Engine(configuration)
      let error = try #require(try limit(entry.fields, engine), "\(entry.setting)")
      #expect(error.scope == .engine && error.resource == entry.resource && error.limit == entry.limit)
      #expect(error.setting == "Engine.Configuration.limits.\(entry.setting)", "\(error)")
      #expect("\(error)".contains("of the engine"))
      #expect(engine.usage == ResourceUsage(codeByteCount: engine.usage.codeByteCount), "\(entry.setting)")
    }
    var configuration = Engine.Configuration()
    configuration.limits.memoryByteCount = 3 << 16
    configuration.limits.storeCount = 2
    let engine = Engine(configuration)
    let first = try engine.instantiate("(memory (export \"m\") 1)", in: Store(engine))
    let second = try engine.instantiate("(memory (export \"m\") 1)", in: Store(engine))
    let error = #expect(throws: LimitExceeded.self) { try Store(engine) }
    #expect(
      error.map { "\($0)" }
        == "too many stores of the engine: expected at most 2, found 3 (Engine.Configuration.limits.storeCount)")
    #expect(first.memory("m")!.grow(by: 1) == 1)
    #expect(second.memory("m")!.grow(by: 1) == nil)
    #expect(engine.usage.memoryByteCount == 3 << 16 && engine.usage.storeCount == 2 && engine.usage.instanceCount == 2)
    #expect(first.store.usage.memoryByteCount == 2 << 16 && first.store.usage.memoryCount == 1)
  }

  @Test("Objects of several stores share the limit of their engine", arguments: TestedEngine.all)
  func heaps(tested: TestedEngine) throws {
    let engine = tested.make { $0.limits.heapByteCount = 4 << 20 }
    let text = """
      (type $a (array (mut i8)))
      (global $keep (mut (ref null $a)) (ref.null $a))
      (func (export "f") (param i32) (global.set $keep (array.new_default $a (local.get 0))))
      (func (export "lose") (global.set $keep (ref.null $a)))
      """
    let first = try engine.instantiate(text, in: Store(engine))
    let second = try engine.instantiate(text, in: Store(engine))
    try first.function("f")!.call([.i32(2_500_000)])
    let trap = #expect(throws: Trap.self) { try second.function("f")!.call([.i32(2_500_000)]) }
    #expect(trap?.limit?.scope == .engine && trap?.limit?.resource == .heapBytes)
    #expect(
      trap?.message.contains("the limit of the engine on objects is 4 MiB, with ") == true, "\(trap?.message ?? "")")
    try first.function("lose")!.call()
    first.store.collectGarbage()
    try second.function("f")!.call([.i32(2_500_000)])
  }

  @Test("Machine code counts towards the limit of the engine")
  func code() throws {
    var configuration = Engine.Configuration()
    configuration.execution = .jit(.basic)
    configuration.limits.codeByteCount = 8 << 10
    let engine = Engine(configuration)
    let body = String(repeating: "(local.set 0 (i64.mul (local.get 0) (local.get 1)))", count: 4000)
    let error = #expect(throws: LimitExceeded.self) {
      try Module(engine, text: "(module (func (param i64 i64) (result i64) \(body) (local.get 0)))")
    }
    #expect(error?.resource == .codeBytes && error?.scope == .engine && error?.limit == 8 << 10)
    #expect(error?.setting == "Engine.Configuration.limits.codeByteCount")
    #expect(engine.usage.codeByteCount == 0)
    let module = try Module(engine, text: "(module (func))")
    #expect(engine.usage.codeByteCount > 0)
    withExtendedLifetime(module) {}
  }

  @Test("The time of compiling a module has a limit: it is refused, or the rest of it is interpreted")
  func compilationTime() throws {
    let body = String(
      repeating: "(local.set 0 (i32.mul (i32.add (local.get 0) (i32.const 3)) (local.get 0)))", count: 300)
    let functions = (0..<200).map { "(func (export \"f\($0)\") (param i32) (result i32) \(body) (local.get 0))" }
    let text = "(module \(functions.joined()))"
    var configuration = Engine.Configuration()
    configuration.maximumCompilationTime = .milliseconds(1)
    configuration.execution = .jit(.aggressive)
    let engine = Engine(configuration)
    let error = #expect(throws: LimitExceeded.self) { try Module(engine, text: text) }
    #expect(error?.resource == .compilationNanoseconds && error?.scope == .module && error?.limit == 1_000_000)
    #expect(error?.setting == "Engine.Configuration.maximumCompilationTime" && error?.requested ?? 0 > 1_000_000)
    #expect(engine.usage.codeByteCount == 0)
    let expected = try Module(Engine(), text: text)
    func results(_ module: Module) throws -> [Int32] {
      let instance = try Linker(module.engine).instantiate(module, in: Store(module.engine))
      return try (0..<200).map { try instance.function("f\($0)")!.call([.i32(Int32($0))])[0].i32! }
    }
    for change: (inout Engine.Configuration) -> Void in [
      { $0.compilation = .lazy }, { $0.execution = .auto },
    ] {
      change(&configuration)
      #expect(try results(Module(Engine(configuration), text: text)) == results(expected))
    }
    configuration.execution = .jit(.none)
    configuration.compilation = .eager
    configuration.maximumCompilationTime = .seconds(1000)
    _ = try Module(Engine(configuration), text: "(module (func))")
  }

  @Test("A store can have its own size of the stack", arguments: TestedEngine.all)
  func stack(tested: TestedEngine) throws {
    let engine = tested.make()
    let text = """
      (global $depth (export "depth") (mut i32) (i32.const 0))
      (func $f (export "f") (global.set $depth (i32.add (global.get $depth) (i32.const 1))) (call $f))
      """
    func depth(_ byteCount: Int?) throws -> Int32 {
      let store = try Store(engine, limits: Store.Limits(stackByteCount: byteCount))
      let instance = try engine.instantiate(text, in: store)
      let trap = #expect(throws: Trap.self) { try instance.function("f")!.call() }
      #expect(trap?.code == .callStackExhausted)
      return instance.global("depth")!.value.i32!
    }
    let (small, large) = (try depth(64 << 10), try depth(512 << 10))
    #expect(large > 4 * small && small > 100, "\(small) \(large)")
    #expect(try depth(nil) > small)
    #expect(throws: LimitExceeded.self) { try Store(engine, limits: Store.Limits(stackByteCount: .max)) }
    #expect(engine.usage.storeCount == 0)
  }

  @Test("Memories, tables and instances of failed instantiations are given back")
  func failures() throws {
    let engine = Engine()
    let store = try Store(engine)
    for fields in [
      "(memory 1) (table 5 funcref) (memory 70000)", "(memory 1) (data (i32.const 65536) \"x\")",
      "(memory 1) (table 30000000 funcref)", "(memory 1) (func $s (unreachable)) (start $s)",
    ] {
      #expect(throws: (any Error).self) { try engine.instantiate(fields, in: store) }
    }
    #expect(engine.usage.memoryByteCount == store.usage.memoryByteCount)
  }

  #if os(Linux)
    @Test("The limits of the process hold for all engines together, and can be changed")
    func process() async {
      await #expect(processExitsWith: .success) {
        let engines = [Engine(), Engine()]
        Engine.processLimits.memoryByteCount = 3 << 16
        Engine.processLimits.storeCount = 2
        let instances = try engines.map { try $0.instantiate("(memory (export \"m\") 1)", in: Store($0)) }
        #expect(instances[0].memory("m")!.grow(by: 1) == 1)
        #expect(instances[1].memory("m")!.grow(by: 1) == nil)
        #expect(Engine.processUsage.memoryByteCount == 3 << 16 && Engine.processUsage.storeCount == 2)
        do {
          _ = try Store(engines[0])
          Issue.record("there was room")
        } catch let error as LimitExceeded {
          #expect(error.scope == .process && error.setting == "Engine.processLimits.storeCount", "\(error)")
          #expect(
            "\(error)"
              == "too many stores of the process: expected at most 2, found 3 (Engine.processLimits.storeCount)")
        }
        Engine.processLimits.memoryByteCount = 1
        #expect(instances[1].memory("m")!.grow(by: 0) == 1)
        #expect(instances[1].memory("m")!.grow(by: 1) == nil)
        Engine.processLimits = Engine.Limits()
        #expect(instances[1].memory("m")!.grow(by: 1) == 1)
        let shared = try SharedMemory(type: MemoryType(limits: Limits(minimum: 1, maximum: 2), isShared: true))
        #expect(Engine.processUsage.memoryByteCount == 5 << 16 && shared.grow(by: 1) == 1)
        #expect(Engine.processUsage.memoryByteCount == 6 << 16)
        // What their stores hold counts until here.
        withExtendedLifetime(instances) {}
      }
    }
  #endif
}
