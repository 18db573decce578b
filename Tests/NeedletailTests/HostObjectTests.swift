import Needletail
import Testing

/// Swift objects whose deinitialization runs code: it may call the guest, but never during an instruction.
@Suite struct HostObjectTests {
  /// Runs a closure when it is deinitialized.
  private final class OnEnd {
    private let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
    deinit { body() }
  }

  private final class Log {
    var lines: [String] = []
  }

  /// Definitions for the instructions under test: a host object that becomes unreachable, and functions that change the
  /// instructions' operands.
  private static let fields = """
    (type $s (struct (field (mut i64))))
    (type $refs (array (mut (ref null $s))))
    (type $bytes (array (mut i8)))
    (type $big (struct \(String(repeating: "(field i64)", count: 40))))
    (import "host" "nothing" (func $nothing))
    (tag $e (param (ref $s)))
    (memory 1)
    (table $t 10 anyref)
    (elem $elements (ref null $s) \(String(repeating: "(item (struct.new $s (i64.const 7)))", count: 100)))
    (data $data "\(String(repeating: "x", count: 100))")
    (global $x (mut externref) (ref.null extern))
    (global $keep (mut (ref null $s)) (ref.null $s))
    (func (export "setX") (param externref) (global.set $x (local.get 0)))
    (func (export "wipe") (param i64 i64 i64 i64 i64 i64 i64 i64) (local i64 i64 i64 i64 i64 i64 i64 i64))
    (func (export "change")
      (elem.drop $elements) (data.drop $data)
      (drop (memory.grow (i32.const 1))) (drop (table.grow $t (ref.null any) (i32.const 1000)))
      (global.set $keep (struct.new $s (i64.const 0x4141)))
      (drop (array.new_default $refs (i32.const 100)))
      (drop (struct.new_default $big)))
    """

  /// Instructions that allocate, with the resulting value.
  private static let allocations: [(name: String, body: String, expected: Int64)] = [
    ("struct.new", "(struct.get $s 0 (struct.new $s (i64.const 7)))", 7),
    ("struct.new_default", "(struct.get $big 39 (struct.new_default $big))", 0),
    (
      "array.new", "(struct.get $s 0 (array.get $refs (array.new $refs (local.get $v) (i32.const 50)) (i32.const 49)))",
      9
    ),
    (
      "array.new_fixed",
      "(struct.get $s 0 (array.get $refs (array.new_fixed $refs 2 (local.get $v) (local.get $v)) (i32.const 1)))", 9
    ),
    (
      "array.new_elem",
      "(struct.get $s 0 (array.get $refs (array.new_elem $refs $elements (i32.const 0) (i32.const 100)) (i32.const 50)))",
      7
    ),
    (
      "array.new_data",
      """
      (i64.extend_i32_u
        (array.get_u $bytes (array.new_data $bytes $data (i32.const 0) (i32.const 100)) (i32.const 50)))
      """, 0x78
    ),
    (
      "throw",
      """
      (struct.get $s 0 (block $caught (result (ref $s))
        (try_table (catch $e $caught) (throw $e (local.get $v))) (unreachable)))
      """, 9
    ),
  ]

  @Test(
    "The operands of an allocating instruction do not change when a released object runs code",
    arguments: allocations.indices, TestedEngine.all)
  func endDuringAllocation(index: Int, tested: TestedEngine) throws {
    let (_, body, expected) = Self.allocations[index]
    let engine = tested.make { $0.heap.collectsAtEveryAllocation = true }
    let log = Log()
    let instance = try engine.instantiate(
      """
      \(Self.fields)
      (func (export "run") (result i64) (local $v (ref null $s))
        (local.set $v (struct.new $s (i64.const 9)))
        (global.set $x (ref.null extern))
        \(body.replacing("(local.get $v)", with: "(ref.as_non_null (local.get $v))"))
        (i32.store8 (i32.const 65535) (i32.const 1))
        (call $nothing))
      """
    ) { linker, _ in try linker.define("host", "nothing") { (_: Caller) in log.lines.append("host") } }
    let change = instance.function("change")!
    func lose() throws {
      let object = OnEnd {
        log.lines.append("end")
        _ = try? change.call()
      }
      try instance.function("setX")!.call([.external(ExternalReference(object))])
    }
    try lose()
    // Ensures that no stale stack slot refers to the object.
    try instance.function("wipe")!.call(Array(repeating: .i64(0), count: 8))
    #expect(try instance.function("run")!.call()[0].i64 == expected)
    // Released no later than at the call of the host.
    #expect(log.lines == ["end", "host"])
    instance.store.collectGarbage()
  }

  @Test(
    "The release of an object may allocate, and the results survive further collections", arguments: TestedEngine.all)
  func allocationAtEnd(tested: TestedEngine) throws {
    let engine = tested.make { $0.heap.collectionThreshold = 20_000 }
    let instance = try engine.instantiate(
      """
      (type $n (struct (field (mut (ref null $n))) (field (mut i64))))
      (global $list (mut (ref null $n)) (ref.null $n))
      (func (export "drop") (param externref))
      (func (export "add") (param i64) (global.set $list (struct.new $n (global.get $list) (local.get 0))))
      (func (export "churn") (param $n i32)
        (loop $l (drop (struct.new $n (ref.null $n) (i64.const -1)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "sum") (result i64) (local $i (ref null $n)) (local $s i64)
        (local.set $i (global.get $list))
        (block $end (loop $l
          (br_if $end (ref.is_null (local.get $i)))
          (local.set $s (i64.add (local.get $s) (struct.get $n 1 (local.get $i))))
          (local.set $i (struct.get $n 0 (local.get $i)))
          (br $l)))
        (local.get $s))
      """)
    let add = instance.function("add")!
    for value in 1...100 {
      try instance.function("drop")!.call([
        .external(ExternalReference(OnEnd { _ = try? add.call([.i64(Int64(value))]) }))
      ])
      try instance.function("churn")!.call([.i32(300)])
    }
    for _ in 0..<3 { try instance.function("churn")!.call([.i32(5000)]) }
    instance.store.collectGarbage()
    #expect(try instance.function("sum")!.call()[0].i64 == 5050)
  }

  @Test(
    "A long-running guest does not accumulate unreachable objects of the host", arguments: TestedEngine.all)
  func longRun(tested: TestedEngine) throws {
    final class Counter {
      var live = 0
      var most = 0
    }
    let counter = Counter()
    let engine = tested.make { $0.heap.collectionThreshold = 4096 }
    let instance = try engine.instantiate(
      """
      (import "host" "object" (func $object (result externref)))
      (func (export "run") (param $n i32)
        (loop $l (drop (call $object)) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      """
    ) { linker, _ in
      try linker.define("host", "object") { (_: Caller) -> ExternalReference? in
        counter.live += 1
        counter.most = max(counter.most, counter.live)
        return ExternalReference(OnEnd { counter.live -= 1 })
      }
    }
    try instance.function("run")!.call([.i32(20_000)])
    #expect(counter.most < 2000)
    // Operations of the host also release objects.
    let global = try Global(instance.store, type: GlobalType(value: .externref, isMutable: true), value: .external(nil))
    for _ in 0..<20_000 {
      counter.live += 1
      counter.most = max(counter.most, counter.live)
      try global.set(.external(ExternalReference(OnEnd { counter.live -= 1 })))
    }
    #expect(counter.most < 2000)
  }

  @Test("Results of a call stay valid while unreachable objects are released after it", arguments: TestedEngine.all)
  func resultsDuringRelease(tested: TestedEngine) throws {
    let engine = tested.make { $0.heap.collectsAtEveryAllocation = true }
    let instance = try engine.instantiate(
      """
      (type $s (struct (field (mut i64))))
      (global $x (mut externref) (ref.null extern))
      (global $keep (mut anyref) (ref.null any))
      (func (export "setX") (param externref) (global.set $x (local.get 0)))
      (func (export "wipe") (param i64 i64 i64 i64 i64 i64 i64 i64) (local i64 i64 i64 i64 i64 i64 i64 i64))
      (func (export "make") (result anyref i32 anyref)
        (global.set $x (ref.null extern))
        (struct.new $s (i64.const 1)) (i32.const 2) (struct.new $s (i64.const 3)))
      (func (export "other") (param i64 i64 i64 i64) (result anyref)
        (global.set $keep (struct.new $s (i64.const 77)))
        (global.get $keep))
      """)
    let other = instance.function("other")!
    let isEnded = Log()
    func lose() throws {
      let object = OnEnd {
        isEnded.lines.append("end")
        _ = try? other.call([.i64(5), .i64(5), .i64(5), .i64(5)])
      }
      try instance.function("setX")!.call([.external(ExternalReference(object))])
    }
    // Several objects, because a stale word on the machine stack may keep one alive.
    for _ in 0..<10 { try lose() }
    // Ensures that no stale stack slot refers to the object.
    try instance.function("wipe")!.call(Array(repeating: .i64(0), count: 8))
    let isEndedBefore = isEnded.lines.count
    let results = try instance.function("make")!.call()
    #expect(isEnded.lines.count > isEndedBefore)
    #expect(try results[0].anyReference?.field(0).i64 == 1)
    #expect(results[1].i32 == 2)
    #expect(try results[2].anyReference?.field(0).i64 == 3)
  }

  /// Places where the host hands an object to a guest.
  private static let entrances: [(name: String, pass: @Sendable (Instance, ExternalReference) throws -> Void)] = [
    ("argument", { try $0.function("take")!.call([.external($1)]) }),
    ("typed argument", { try $0.function("take")!.typed(ExternalReference?.self)($1) }),
    ("result", { instance, _ in try instance.function("get")!.call() }),
    ("result of many types", { instance, _ in try instance.function("getValues")!.call() }),
    ("payload", { instance, _ in try instance.function("catch")!.call() }),
    ("global", { try $0.global("g")!.set(.external($1)) }),
    (
      "new global",
      { _ = try Global($0.store, type: GlobalType(value: .externref, isMutable: true), value: .external($1)) }
    ),
    ("table", { try $0.table("t")!.set(0, .external($1)) }),
    ("growth", { _ = try $0.table("t")!.grow(by: 1, filling: .external($1)) }),
    (
      "new table",
      {
        let type = TableType(element: .externref, limits: Limits(minimum: 1))
        _ = try Table($0.store, type: type, initial: .external($1))
      }
    ),
  ]

  @Test("Where the heap is full, an object is not handed over", arguments: TestedEngine.all)
  func fullHeap(tested: TestedEngine) throws {
    var limits = Store.Limits()
    limits.heapByteCount = 1 << 16
    let engine = tested.make()
    let store = try Store(engine, limits: limits)
    let tag = try Needletail.Tag(store, type: FunctionType(parameters: [.externref]))
    let instance = try engine.instantiate(
      """
      (import "host" "get" (func $get (result externref)))
      (import "host" "getValues" (func $getValues (result i32 externref)))
      (import "host" "throw" (func $throw))
      (import "host" "tag" (tag $e (param externref)))
      (export "get" (func $get))
      (export "getValues" (func $getValues))
      (type $node (struct (field (ref null $node))))
      (global $list (mut (ref null $node)) (ref.null $node))
      (global (export "g") (mut externref) (ref.null extern))
      (table (export "t") 1 externref)
      (func (export "take") (param externref))
      (func (export "catch") (result externref)
        (block $caught (result externref) (try_table (catch $e $caught) (call $throw)) (ref.null extern)))
      (func (export "fill") (loop $l (global.set $list (struct.new $node (global.get $list))) (br $l)))
      (func (export "empty") (global.set $list (ref.null $node)))
      """, in: store
    ) { linker, _ in
      try linker.define("host", "tag", .tag(tag))
      try linker.define("host", "get") { (_: Caller) -> ExternalReference? in ExternalReference(Log()) }
      try linker.define("host", "getValues", type: FunctionType(results: [.i32, .externref])) { _, _ in
        [.i32(1), .external(ExternalReference(Log()))]
      }
      try linker.define("host", "throw") { (_: Caller) in
        throw try Exception(tag, [.external(ExternalReference(Log()))])
      }
    }
    let kept = try Table(
      store, type: TableType(element: .externref, limits: Limits(minimum: 5000)), initial: .external(nil))
    for (name, pass) in Self.entrances {
      #expect(throws: Never.self, "\(name)") { try pass(instance, ExternalReference(Log())) }
      let full = try #require(throws: Trap.self) { try instance.function("fill")!.call() }
      #expect(full.code == .allocationFailure)
      weak var lost: Log?
      do {
        let object = Log()
        lost = object
        // What is free yet, or becomes free again, is taken by objects that are kept.
        var refused: Trap?
        for index in 1..<5000 where refused == nil {
          do { try pass(instance, ExternalReference(object)) } catch { refused = error as? Trap }
          try? kept.set(UInt64(index), .external(ExternalReference(Log())))
        }
        #expect(refused?.code == .allocationFailure, "\(name)")
      }
      try instance.function("empty")!.call()
      for index in 1..<5000 { try kept.set(UInt64(index), .external(nil)) }
      store.collectGarbage()
      try instance.table("t")!.set(0, .external(nil))
      try instance.global("g")!.set(.external(nil))
      store.collectGarbage()
      #expect(lost == nil, "\(name)")
      #expect(throws: Never.self, "\(name)") { try pass(instance, ExternalReference(Log())) }
      store.collectGarbage()
    }
  }

  @Test(
    "A host function called in tail position has its arguments when a released object runs code",
    arguments: TestedEngine.all)
  func endDuringTailCall(tested: TestedEngine) throws {
    let engine = tested.make { $0.heap.collectsAtEveryAllocation = true }
    var seen: [Int64] = []
    let instance = try engine.instantiate(
      """
      (import "host" "take" (func $take (param i64 externref i64) (result i64)))
      (type $s (struct (field i64)))
      (global $x (mut externref) (ref.null extern))
      (func (export "set") (param externref) (global.set $x (local.get 0)))
      (func (export "change") (param i64 i64 i64 i64) (result i64)
        (drop (struct.new $s (i64.const 5)))
        (i64.add (i64.add (local.get 0) (local.get 1)) (i64.add (local.get 2) (local.get 3))))
      (func (export "run") (param externref) (result i64)
        (global.set $x (ref.null extern))
        (drop (struct.new $s (i64.const 1)))
        (return_call $take (i64.const 11) (local.get 0) (i64.const 22)))
      """
    ) { linker, _ in
      try linker.define("host", "take") { (caller: Caller, a: Int64, object: ExternalReference?, b: Int64) -> Int64 in
        seen += [a, (object?.object as? Marker)?.number ?? -1, b]
        return a + b
      }
    }
    let change = instance.function("change")!
    for _ in 0..<20 {
      try instance.function("set")!.call([
        .external(ExternalReference(OnEnd { _ = try? change.call([.i64(-1), .i64(-2), .i64(-3), .i64(-4)]) }))
      ])
      seen = []
      let results = try instance.function("run")!.call([.external(ExternalReference(Marker(number: 33)))])
      #expect(results[0].i64 == 33)
      #expect(seen == [11, 33, 22])
    }
  }

  private final class Marker {
    let number: Int64
    init(number: Int64) { self.number = number }
  }
}
