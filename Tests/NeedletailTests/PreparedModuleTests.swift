import Needletail
import Synchronization
import Testing

/// Modules whose imports are resolved once.
@Suite struct PreparedModuleTests {
  private static let text = """
    (module
      (import "env" "add" (func $add (param i32) (result i32)))
      (memory (export "m") 2)
      (data (i32.const 0) "\(String(repeating: "0123456789abcdef", count: 4096))")
      (global $sum (mut i32) (i32.const 5))
      (table (export "t") 2 funcref) (elem (i32.const 0) func $add $twice)
      (func $twice (export "twice") (param i32) (result i32) (call $add (call $add (local.get 0))))
      (func $start (global.set $sum (call $add (i32.const 1))))
      (func (export "sum") (result i32) (global.get $sum))
      (start $start))
    """

  private final class Counter: Sendable {
    let value = Atomic<Int32>(0)
  }

  private func linker(_ engine: Engine) throws -> Linker {
    let linker = Linker(engine)
    try linker.define(
      "env", "add",
      inEachStore: { store in
        let counter = Counter()
        return try Function(store) { (_: Caller, x: Int32) -> Int32 in
          x + counter.value.add(1, ordering: .relaxed).newValue
        }
      })
    return linker
  }

  private func message(_ linker: Linker, _ fields: String) -> String {
    do {
      _ = try linker.prepare(Module(linker.engine, text: "(module \(fields))"))
      return ""
    } catch { return "\(error)" }
  }

  @Test("Each instance has host functions of its store, data and a start function", arguments: TestedEngine.all)
  func instances(tested: TestedEngine) throws {
    let engine = tested.make()
    let prepared = try linker(engine).prepare(Module(engine, text: Self.text))
    for _ in 0..<10 {
      let instance = try prepared.instantiate(in: Store(engine))
      #expect(try instance.function("sum")!.call()[0].i32 == 2)
      #expect(try instance.function("twice")!.call([.i32(10)])[0].i32 == 15)
      #expect(try instance.memory("m")!.readString(at: 65520, count: 17) == "0123456789abcdef\0")
      try instance.memory("m")!.write("x", at: 65520)
      #expect(try instance.table("t")!.get(0).anyFunction!.call([.i32(0)])[0].i32 == 4)
      // In a store that has an instance already.
      let second = try prepared.instantiate(in: instance.store)
      #expect(try second.function("sum")!.call()[0].i32 == 2)
      #expect(try instance.function("twice")!.call([.i32(10)])[0].i32 == 21)
    }
  }

  @Test("Several threads instantiate a prepared module at once")
  func threads() async throws {
    let engine = Engine()
    let prepared = try linker(engine).prepare(Module(engine, text: Self.text))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<200 {
            let instance = try prepared.instantiate(in: Store(engine))
            #expect(try instance.function("twice")!.call([.i32(10)])[0].i32 == 15)
            try #require(try instance.memory("m")!.load(UInt8.self, at: 7) == 0x37)
            try instance.memory("m")!.store(UInt64.max, at: 0)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("The linker can change later")
  func independence() throws {
    let engine = Engine()
    let linker = try linker(engine)
    let prepared = try linker.prepare(Module(engine, text: Self.text))
    linker.allowsShadowing = true
    try linker.define("env", "add", inEachStore: { try Function($0) { (_: Caller, x: Int32) -> Int32 in 0 } })
    #expect(try prepared.instantiate(in: Store(engine)).function("sum")!.call()[0].i32 == 2)
    let instance = try linker.instantiate(prepared.module, in: Store(engine))
    #expect(try instance.function("sum")!.call()[0].i32 == 0)
  }

  @Test("Shared memories are imported by each store")
  func sharedMemory() throws {
    let engine = Engine()
    let memory = try SharedMemory(type: MemoryType(limits: Limits(minimum: 1, maximum: 2), isShared: true))
    let linker = Linker(engine)
    try linker.define("env", "m", memory)
    let prepared = try linker.prepare(
      Module(
        engine,
        text: """
          (module (import "env" "m" (memory 1 2 shared)) (data (i32.const 0) "x")
            (func (export "add") (result i32) (i32.atomic.rmw.add (i32.const 8) (i32.const 1))))
          """))
    for number in 0..<3 {
      let instance = try prepared.instantiate(in: Store(engine))
      #expect(try instance.function("add")!.call()[0].i32 == Int32(number))
    }
  }

  @Test("Imports that cannot be prepared are named")
  func faults() throws {
    let engine = Engine()
    let linker = try linker(engine)
    let wanted = "(import \"env\" \"add\" (func (param i32) (result i32)))"
    #expect(message(linker, wanted) == "")
    #expect(message(linker, "(import \"env\" \"ad\" (func))").hasPrefix("unknown import: \"env\" \"ad\""))
    #expect(message(linker, "(import \"env\" \"add\" (func))").hasPrefix("incompatible import type: \"env\" \"add\""))
    #expect(
      message(linker, "(import \"env\" \"add\" (memory 1))").hasPrefix("incompatible import type: \"env\" \"add\""))
    try linker.define("env", "f") { (_: Caller) in }
    #expect(
      message(linker, wanted + "(import \"env\" \"f\" (func))")
        == "\"env\" \"f\" may belong to a thread, so the module cannot be prepared: define it in each store")
    let store = try Store(engine)
    try linker.define(
      "env", "g", .global(Global(store, type: GlobalType(value: .i32, isMutable: false), value: .i32(1))))
    #expect(
      message(linker, "(import \"env\" \"g\" (global i32))")
        == "\"env\" \"g\" belongs to a store, so the module cannot be prepared")
    let other = Engine()
    #expect(throws: LinkError("the module belongs to another engine than the linker")) {
      try linker.prepare(Module(other, text: "(module)"))
    }
    let prepared = try linker.prepare(Module(engine, text: "(module)"))
    #expect(throws: LinkError("the store belongs to another engine than the prepared module")) {
      try prepared.instantiate(in: Store(other))
    }
  }

  @Test("Functions that differ from store to store are checked")
  func changingFunctions() throws {
    let engine = Engine()
    let linker = Linker(engine)
    let count = Counter()
    let elsewhere = try Store(engine)
    let foreign = try Function(elsewhere) { (_: Caller) in }
    nonisolated(unsafe) let unsafeForeign = foreign
    try linker.define(
      "env", "f",
      inEachStore: { store in
        switch count.value.add(1, ordering: .relaxed).newValue {
        case 1, 2: try Function(store) { (_: Caller) in }
        case 3: try Function(store) { (_: Caller) -> Int32 in 1 }
        case 4: unsafeForeign
        default: throw ExitStatus(code: 3)
        }
      })
    let prepared = try linker.prepare(Module(engine, text: "(module (import \"env\" \"f\" (func)))"))
    _ = try prepared.instantiate(in: Store(engine))
    #expect(throws: LinkError("incompatible import type for \"env\" \"f\"")) {
      try prepared.instantiate(in: Store(engine))
    }
    #expect(throws: LinkError("\"env\" \"f\" belongs to another store")) { try prepared.instantiate(in: Store(engine)) }
    #expect(throws: ExitStatus(code: 3)) { try prepared.instantiate(in: Store(engine)) }
  }

  @Test("An import that is defined while the module is prepared does not count")
  func definedMeanwhile() throws {
    let engine = Engine()
    let linker = Linker(engine)
    nonisolated(unsafe) let same = linker
    try linker.define(
      "env", "f",
      inEachStore: { store in
        if !same.defines("env", "g") {
          try same.define("env", "g", inEachStore: { try Function($0) { (_: Caller) -> Int32 in 7 } })
        }
        return try Function(store) { (_: Caller) in }
      })
    let module = try Module(
      engine,
      text: """
        (module (import "env" "f" (func)) (import "env" "g" (func $g (result i32)))
          (func (export "run") (result i32) (call $g)))
        """)
    #expect(throws: LinkError.self) { try linker.prepare(module) }
    let instance = try linker.prepare(module).instantiate(in: Store(engine))
    #expect(try instance.function("run")!.call().first?.i32 == 7)
  }
}
