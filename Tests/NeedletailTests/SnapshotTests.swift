import Testing

@testable import Needletail

/// Instances written as modules that begin in their state.
@Suite struct SnapshotTests {
  private static let text = """
    (module
      (type $f (func (result i32)))
      (import "env" "host" (func $host (result i32)))
      (memory $m (export "memory") 1 8)
      (memory $wide i64 1)
      (table $t (export "table") 3 10 funcref)
      (table $full 2 (ref $f) (ref.func $two))
      (table $numbers 1 4 i31ref)
      (global $i32 (mut i32) (i32.const 1))
      (global $i64 (mut i64) (i64.const 2))
      (global $f32 (mut f32) (f32.const 3))
      (global $f64 (mut f64) (f64.const 4))
      (global $v128 (mut v128) (v128.const i64x2 5 6))
      (global $function (mut funcref) (ref.null func))
      (global $number (mut i31ref) (ref.null i31))
      (global $fixed i32 (i32.const 77))
      (data (i32.const 10) "hello")
      (data $kept "kept")
      (data $dropped "dropped")
      (elem (table $t) (i32.const 0) func $one $two)
      (elem $keptFunctions func $two $one)
      (elem $droppedFunctions func $one)
      (elem declare func $host)
      (func $one (type $f) (i32.const 1))
      (func $two (type $f) (i32.const 2))
      (func $start (global.set $i32 (i32.add (global.get $i32) (i32.const 10))))
      (start $start)
      (func (export "prepare")
        (drop (memory.grow $m (i32.const 2)))
        (i32.store (i32.const 150000) (i32.const -2))
        (i32.store8 (i32.const 11) (i32.const 0))
        (drop (memory.grow $wide (i64.const 1)))
        (i64.store $wide (i64.const 131064) (i64.const -3))
        (data.drop $dropped)
        (elem.drop $droppedFunctions)
        (drop (table.grow $t (ref.func $two) (i32.const 2)))
        (table.set $t (i32.const 0) (ref.func $host))
        (table.set $t (i32.const 1) (ref.null func))
        (table.set $full (i32.const 1) (ref.func $one))
        (table.set $numbers (i32.const 0) (ref.i31 (i32.const -5)))
        (global.set $i64 (i64.const -20))
        (global.set $f32 (f32.const nan:0x200001))
        (global.set $f64 (f64.const -0.0))
        (global.set $v128 (v128.const i64x2 -1 0x123456789abcdef))
        (global.set $function (ref.func $one))
        (global.set $number (ref.i31 (i32.const 7))))
      (func (export "globals") (result i32 i64 i32 i64 i64 i64 i32)
        (global.get $i32) (global.get $i64)
        (i32.reinterpret_f32 (global.get $f32)) (i64.reinterpret_f64 (global.get $f64))
        (i64x2.extract_lane 0 (global.get $v128)) (i64x2.extract_lane 1 (global.get $v128))
        (i32.add (global.get $fixed) (i31.get_s (ref.as_non_null (global.get $number)))))
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "sizes") (result i32 i64 i32 i32 i32)
        (memory.size $m) (memory.size $wide) (table.size $t) (table.size $full) (table.size $numbers))
      (func (export "wide") (result i64) (i64.load $wide (i64.const 131064)))
      (func (export "call") (param i32) (result i32) (call_indirect $t (type $f) (local.get 0)))
      (func (export "call_full") (param i32) (result i32) (call_indirect $full (type $f) (local.get 0)))
      (func (export "held") (result i32 i32)
        (i31.get_s (table.get $numbers (i32.const 0)))
        (call_ref $f (ref.cast (ref $f) (global.get $function))))
      (func (export "init_kept") (memory.init $kept (i32.const 0) (i32.const 0) (i32.const 4)))
      (func (export "init_dropped") (memory.init $dropped (i32.const 0) (i32.const 0) (i32.const 1)))
      (func (export "init_functions") (table.init $t $keptFunctions (i32.const 1) (i32.const 0) (i32.const 2)))
      (func (export "init_dropped_functions")
        (table.init $t $droppedFunctions (i32.const 1) (i32.const 0) (i32.const 1))))
    """

  private static func instantiate(_ module: Module) throws -> Instance {
    let linker = Linker(module.engine)
    try linker.define("env", "host") { (_: Caller) -> Int32 in 42 }
    return try linker.instantiate(module, in: Store(module.engine))
  }

  private static func outcomes(_ instance: Instance) throws -> [String] {
    let calls: [(String, [Value])] = [
      ("globals", []), ("sizes", []), ("wide", []), ("held", []),
      ("load", [.i32(8)]), ("load", [.i32(12)]), ("load", [.i32(150_000)]), ("load", [.i32(196_605)]),
      ("call", [.i32(0)]), ("call", [.i32(1)]), ("call", [.i32(2)]), ("call", [.i32(3)]), ("call", [.i32(4)]),
      ("call_full", [.i32(0)]), ("call_full", [.i32(1)]), ("init_dropped", []), ("init_dropped_functions", []),
      ("init_kept", []), ("load", [.i32(0)]), ("init_functions", []), ("call", [.i32(1)]), ("call", [.i32(2)]),
    ]
    return try calls.map { name, arguments in
      do { return "\(try instance.function(name)!.call(arguments))" } catch let trap as Trap { return "\(trap.code)" }
    }
  }

  @Test("All state is kept, on every engine", arguments: TestedEngine.all)
  func state(tested: TestedEngine) throws {
    let engine = tested.make()
    let instance = try Self.instantiate(Module(engine, text: Self.text))
    _ = try instance.function("prepare")!.call([])
    let first = try Module(engine, bytes: instance.snapshot())
    let again = try Self.instantiate(first)
    let ofCopy = try Self.instantiate(Module(engine, bytes: again.snapshot()))
    let expected = try Self.outcomes(instance)
    #expect(try Self.outcomes(again) == expected)
    #expect(try Self.outcomes(ofCopy) == expected)
    #expect(expected[0].contains("11") && expected[15].contains("outOfBounds"), "\(expected)")
  }

  @Test("Exports are left out and renamed, and the start function is left out")
  func exports() throws {
    let engine = Engine()
    let instance = try engine.instantiate(
      """
      (global $count (mut i32) (i32.const 0))
      (func $start (global.set $count (i32.add (global.get $count) (i32.const 1))))
      (start $start)
      (func (export "prepare") (export "other") (call $start))
      (func (export "resume") (result i32) (global.get $count))
      (func (export "_start") unreachable)
      """)
    _ = try instance.function("prepare")!.call([])
    var options = Instance.SnapshotOptions()
    options.removedExports = ["prepare", "nothing"]
    options.renamedExports = ["_start": "resume"]
    let module = try Module(engine, bytes: instance.snapshot(options))
    #expect(module.structure.startFunction == nil)
    #expect(module.structure.exports.map(\.name) == ["other", "_start"])
    let results = try Linker(engine).instantiate(module, in: Store(engine)).function("_start")!.call([])
    #expect("\(results)" == "[2]")
    options.renamedExports = ["a": "missing"]
    #expect(throws: SnapshotError.unknownExport("missing")) { try instance.snapshot(options) }
  }

  @Test("Segments that made unchanged tables are kept, so that older tools read the module")
  func unchangedTables() throws {
    let engine = Engine()
    let instance = try engine.instantiate(
      """
      (table 4 funcref) (elem (i32.const 1) $f $f) (func $f)
      (memory 1) (data (i32.const 3) "abc") (data (i32.const 70) "d")
      """)
    let structure = try Module(engine, bytes: instance.snapshot()).structure
    #expect(structure.elementSegments.count == 1 && structure.dataCount == nil)
    guard case .active = structure.elementSegments[0].mode else {
      Issue.record("the segment is not active")
      return
    }
    #expect(structure.dataSegments.map(\.data.count) == [3, 1])
  }

  @Test(
    "State that no module can have is refused",
    arguments: [
      (
        #"(import "env" "m" (memory 1))"#, SnapshotError.importedState(.memory, module: "env", name: "m")
      ),
      (#"(import "env" "g" (global i32))"#, .importedState(.global, module: "env", name: "g")),
      (#"(import "env" "t" (table 1 funcref))"#, .importedState(.table, module: "env", name: "t")),
      ("(memory 1) (memory 1 1 shared)", .sharedMemory(index: 1)),
      (
        "(type $s (struct)) (global i32 (i32.const 0)) (global (ref null $s) (struct.new $s))",
        .object(in: .global(1))
      ),
      (
        "(type $s (struct)) (table 3 (ref null $s)) (elem (i32.const 2) (ref $s) (struct.new $s))",
        .object(in: .table(0, element: 2))
      ),
      ("(type $s (struct)) (elem (ref $s) (struct.new $s))", .object(in: .elementSegment(0))),
      ("(table (export \"t\") 2 externref)", .object(in: .table(0, element: 1))),
      ("(table (export \"t\") 2 funcref)", .foreignFunction(in: .table(0, element: 1))),
    ])
  func refusals(fields: String, expected: SnapshotError) throws {
    var configuration = Engine.Configuration()
    configuration.features = .all
    let engine = Engine(configuration)
    let store = try Store(engine)
    let instance = try engine.instantiate(fields, in: store) { linker, store in
      try linker.define("env", "m", .memory(Memory(store, type: MemoryType(limits: Limits(minimum: 1)))))
      try linker.define(
        "env", "g", .global(Global(store, type: GlobalType(value: .i32, isMutable: false), value: .i32(1))))
      try linker.define(
        "env", "t",
        .table(Table(store, type: TableType(element: .funcref, limits: Limits(minimum: 1)), initial: .function(nil))))
    }
    if let table = instance.table("t") {
      if table.type.element == ReferenceType.externref {
        try table.set(1, .external(ExternalReference(store)))
      } else {
        try table.set(1, .function(Function(store) { (_: Caller) -> Int32 in 1 }))
      }
    }
    #expect(throws: expected) { try instance.snapshot() }
    #expect("\(expected)".hasPrefix("cannot write a snapshot: "), "\(expected)")
  }

  @Test("A snapshot is refused while a function runs, and if it is larger than a module may be")
  func running() throws {
    var configuration = Engine.Configuration()
    configuration.moduleLimits.moduleSize = 1 << 16
    let engine = Engine(configuration)
    var errors: [SnapshotError?] = []
    let store = try Store(engine)
    var instance: Instance?
    instance = try engine.instantiate(
      """
      (import "env" "host" (func $host))
      (memory 2)
      (func (export "f") (call $host))
      (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const 70000)))
      """, in: store
    ) { linker, _ in
      try linker.define("env", "host") { (_: Caller) in
        do { _ = try instance!.snapshot() } catch { errors.append(error as? SnapshotError) }
      }
    }
    _ = try instance!.function("f")!.call([])
    #expect(errors == [.running])
    _ = try instance!.snapshot()
    _ = try instance!.function("fill")!.call([])
    #expect(throws: SnapshotError.tooLarge(limit: 1 << 16)) { try instance!.snapshot() }
    #expect("\(SnapshotError.tooLarge(limit: 1 << 16))".contains("64 KiB"))
  }

  @Test(
    "Functions that code refers to stay declared",
    arguments: [
      #"(func $f (export "gone"))"#, "(func $f) (global $g (mut funcref) (ref.func $f))",
      "(type $s (struct (field funcref))) (func $f) (global $g (mut (ref null $s)) (struct.new $s (ref.func $f)))",
    ])
  func declarations(fields: String) throws {
    let engine = Engine()
    let clear =
      fields.contains("global")
      ? "(func (export \"clear\") (global.set $g (ref.null \(fields.contains("$s") ? "$s" : "func"))))" : ""
    let instance = try engine.instantiate(fields + clear + #"(func (export "get") (result funcref) (ref.func $f))"#)
    _ = try instance.function("clear")?.call([])
    var options = Instance.SnapshotOptions()
    options.removedExports = ["gone", "clear"]
    let copy = try Linker(engine).instantiate(Module(engine, bytes: instance.snapshot(options)), in: Store(engine))
    guard case .function(_?) = try copy.function("get")!.call([])[0] else {
      Issue.record("null")
      return
    }
  }

  @Test("Tables with many gaps, and objects that were replaced")
  func tables() throws {
    let engine = Engine()
    let gaps = try engine.instantiate(
      """
      (table $t (export "t") 250000 funcref) (elem declare func $f)
      (func $f)
      (func (export "prepare") (local i32)
        (loop $l
          (table.set $t (local.get 0) (ref.func $f))
          (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 5))) (i32.const 250000)))))
      """)
    _ = try gaps.function("prepare")!.call([])
    let module = try Module(engine, bytes: gaps.snapshot())
    #expect(module.structure.elementSegments.count < 50_002)
    let table = try Linker(engine).instantiate(module, in: Store(engine)).table("t")!
    for index in [UInt64(0), 1, 4, 5, 249_995, 249_999] {
      guard case .function(let function) = try table.get(index) else { continue }
      #expect((function != nil) == (index % 5 == 0), "\(index)")
    }
    let replaced = try engine.instantiate(
      """
      (type $s (struct)) (table $t 2 anyref) (elem (table $t) (i32.const 0) (ref $s) (struct.new $s))
      (table $empty 0 0 (ref $s) (struct.new $s))
      (func (export "prepare") (table.set $t (i32.const 0) (ref.i31 (i32.const 3))))
      (func (export "get") (result i32) (i31.get_s (ref.cast (ref i31) (table.get $t (i32.const 0)))))
      """)
    _ = try replaced.function("prepare")!.call([])
    let copy = try Linker(engine).instantiate(Module(engine, bytes: replaced.snapshot()), in: Store(engine))
    #expect("\(try copy.function("get")!.call([]))" == "[3]")
  }

  @Test("Writing stops if the store is interrupted")
  func interruption() throws {
    let engine = Engine()
    let instance = try engine.instantiate("(memory 1) (data (i32.const 0) \"a\")")
    instance.store.deadline = .now
    #expect(throws: Trap.self) { try instance.snapshot() }
  }

  @Test("A program goes on in a snapshot of itself as if there had been none")
  func randomPrograms() throws {
    let engine = Engine()
    for seed in 0..<UInt64(60) {
      let program = RandomProgram(seed: seed)
      let module = try Module(engine, text: program.text)
      let instance = try Linker(engine).instantiate(module, in: Store(engine))
      try instance.memory("memory")!.write((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 37) }, at: 0)
      var arguments = [Value.i32(7), .i32(-16), .i32(100), .i32(.min)]
      arguments = try instance.function("run")!.call(arguments)
      let copy = try Linker(engine).instantiate(Module(engine, bytes: instance.snapshot()), in: Store(engine))
      let results = try [instance, copy].map { instance in
        let results = try instance.function("run")!.call(arguments)
        return ("\(results)", try instance.memory("memory")!.readBytes(at: 0, count: 4096))
      }
      #expect(results[0] == results[1], "seed \(seed)")
    }
  }

  @Test("Runs cover all bytes that are not zero, and are as few as asked for")
  func runs() {
    var state: UInt64 = 5
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    for _ in 0..<300 {
      let count = Int(next() % 3000)
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 8)
      defer { buffer.deallocate() }
      buffer.initializeMemory(as: UInt8.self, repeating: 0)
      let density = 1 + next() % 60
      for index in 0..<count where next() % density == 0 { buffer[index] = UInt8(truncatingIfNeeded: next()) }
      let limit = 1 + Int(next() % 20)
      let runs = NonzeroRuns.find(in: UnsafeRawBufferPointer(buffer), atMost: limit) {}
      #expect(runs.count <= limit)
      var rest = Array(buffer)
      var end = 0
      for run in runs {
        #expect(run.lowerBound >= end && !run.isEmpty && run.upperBound <= count)
        #expect(buffer[run.lowerBound] != 0 && buffer[run.upperBound - 1] != 0)
        for index in run { rest[index] = 0 }
        end = run.upperBound
      }
      #expect(rest.allSatisfy { $0 == 0 })
    }
  }
}
