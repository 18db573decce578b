import Needletail
import Testing

// Swift Testing also declares `Tag`.
private typealias Tag = Needletail.Tag

/// Garbage-collected objects between WebAssembly and Swift.
@Suite struct ReferenceTests {
  private let engine: Engine
  private let store: Store

  init() throws {
    (engine, store) = try Self.makeStore()
  }

  private static func makeStore(
    isStressed: Bool = false, heapByteCount: UInt64 = 1 << 30
  ) throws -> (Engine, Store) {
    var configuration = Engine.Configuration()
    configuration.features = .all
    configuration.heap.collectsAtEveryAllocation = isStressed
    let engine = Engine(configuration)
    var limits = Store.Limits()
    limits.heapByteCount = heapByteCount
    return (engine, try Store(engine, limits: limits))
  }

  private static func instance(_ text: String, _ store: Store) throws -> Instance {
    try Linker(store.engine).instantiate(Module(store.engine, text: text), in: store)
  }

  private func instance(_ text: String) throws -> Instance { try Self.instance(text, store) }

  private func i32(_ value: Value?) -> Int32? {
    if case .i32(let value)? = value { value } else { nil }
  }

  private func reference(_ value: Value?) -> Reference? {
    if case .reference(let reference)? = value { reference } else { nil }
  }

  private func mutable(_ storage: StorageType) -> FieldType { FieldType(storage: storage, isMutable: true) }

  // MARK: Structures and arrays

  @Test("Swift and WebAssembly read and write the fields of each other's structures")
  func fields() throws {
    let instance = try instance(
      """
      (module
        (type $point (struct (field $x (mut f64)) (field $tag (mut i8)) (field $name externref)))
        (func (export "make") (param f64 i32 externref) (result (ref $point))
          (struct.new $point (local.get 0) (local.get 1) (local.get 2)))
        (func (export "x") (param (ref $point)) (result f64) (struct.get $point $x (local.get 0))))
      """)
    final class Name {}
    let name = Name()
    let made = try instance.function("make")!.call([.f64(1.5), .i32(-1), .external(ExternalReference(name))])
    let point = try #require(reference(made[0]))
    store.collectGarbage()
    #expect(point.fieldTypes?.count == 3)
    #expect(try "\(point.field(0))" == "1.5")
    #expect(i32(try point.field(1)) == 255)
    guard case .external(let external?) = try point.field(2) else {
      Issue.record("field 2 is no external reference")
      return
    }
    let isSame = external.object === name
    #expect(isSame)
    try point.setField(0, .f64(2.5))
    #expect(try "\(instance.function("x")!.call([.reference(point)])[0])" == "2.5")
    #expect(throws: ArgumentError.self) { try point.setField(2, .external(nil)) }
    #expect(throws: ArgumentError.self) { try point.setField(0, .i32(1)) }
    #expect(throws: ArgumentError.self) { try point.field(3) }
    #expect(throws: ArgumentError.self) { try point.element(0) }
  }

  @Test("WebAssembly accepts a structure of an equal type defined in Swift, and rejects another")
  func definedTypes() throws {
    let pair = try engine.defineStructure([mutable(.value(.i32)), mutable(.value(.i32))])
    let other = try engine.defineStructure([mutable(.value(.i32))])
    let instance = try instance(
      """
      (module
        (type $pair (struct (field (mut i32)) (field (mut i32))))
        (func (export "sum") (param (ref $pair)) (result i32)
          (i32.add (struct.get $pair 0 (local.get 0)) (struct.get $pair 1 (local.get 0))))
        (func (export "is") (param anyref) (result i32) (ref.test (ref $pair) (local.get 0))))
      """)
    #expect(instance.module.heapType(0) == pair)
    let reference = try store.makeStructure(pair, fields: [.i32(3), .i32(4)])
    let stranger = try store.makeStructure(other, fields: [.i32(3)])
    #expect(i32(try instance.function("sum")!.call([.reference(reference)])[0]) == 7)
    #expect(throws: ArgumentError.self) { try instance.function("sum")!.call([.reference(stranger)]) }
    #expect(i32(try instance.function("is")!.call([.reference(reference)])[0]) == 1)
    #expect(i32(try instance.function("is")!.call([.reference(stranger)])[0]) == 0)
    #expect(throws: ArgumentError.self) { try store.makeStructure(pair, fields: [.i32(3)]) }
    #expect(throws: ArgumentError.self) { try store.makeArray(pair, elements: []) }
    #expect(throws: ArgumentError.self) { try store.makeStructure(.any, fields: []) }
  }

  @Test("Arrays are created, read and written from Swift")
  func arrays() throws {
    let bytes = try engine.defineArray(mutable(.i8))
    let array = try store.makeArray(bytes, elements: (0..<300).map { .i32($0) })
    store.collectGarbage()
    #expect(array.elementCount == 300)
    #expect(array.elementType == mutable(.i8) && array.fieldTypes == nil)
    #expect(Reference(i31: 1).elementType == nil && Reference(i31: 1).elementCount == nil)
    #expect(i32(try array.element(299)) == 43)
    try array.setElement(0, .i32(0x1FF))
    #expect(i32(try array.element(0)) == 255)
    #expect(throws: Trap.self) { try array.element(300) }
    #expect(throws: Trap.self) { try array.element(-1) }
    let vectors = try engine.defineArray(mutable(.value(.v128)))
    let filled = try store.makeArray(vectors, repeating: .v128(SIMD16(repeating: 7)), count: 3)
    guard case .v128(let vector) = try filled.element(2) else {
      Issue.record("the element is no vector")
      return
    }
    #expect(vector == SIMD16(repeating: 7))
  }

  @Test("References are cast by the object's type, not by the static type")
  func casts() throws {
    let instance = try instance(
      """
      (module
        (type $base (sub (struct (field i32))))
        (type $derived (sub $base (struct (field i32 i64))))
        (func (export "make") (result anyref) (struct.new $derived (i32.const 1) (i64.const 2)))
        (func (export "i31") (result anyref) (ref.i31 (i32.const -5))))
      """)
    func type(_ index: UInt32) -> ReferenceType {
      ReferenceType(isNullable: false, heapType: instance.module.heapType(index)!)
    }
    let object = try #require(reference(try instance.function("make")!.call()[0]))
    #expect(object.matches(type(0), in: store) && object.matches(type(1), in: store))
    #expect(try object.cast(to: type(0), in: store).isIdentical(to: object))
    #expect(!object.matches(ReferenceType(isNullable: true, heapType: .i31), in: store))
    #expect(!object.matches(ReferenceType(isNullable: true, heapType: .external), in: store))
    let small = try #require(reference(try instance.function("i31")!.call()[0]))
    #expect(small.i31 == -5)
    #expect(Reference(i31: -5).isIdentical(to: small))
    #expect(throws: Trap.self) { try small.cast(to: type(0), in: store) }
  }

  @Test("An object of another store is rejected")
  func otherStore() throws {
    let pair = try engine.defineStructure([mutable(.value(.i32))])
    let other = try Store(engine)
    let foreign = try other.makeStructure(pair, fields: [.i32(1)])
    let identity = try instance("(module (func (export \"f\") (param anyref) (result anyref) (local.get 0)))")
    #expect(throws: ArgumentError.self) { try identity.function("f")!.call([.reference(foreign)]) }
  }

  @Test("Externalized objects and internalized Swift objects are converted back unchanged")
  func conversions() throws {
    let instance = try instance(
      """
      (module
        (type $box (struct (field i32)))
        (func (export "out") (result externref) (extern.convert_any (struct.new $box (i32.const 9))))
        (func (export "in") (param externref) (result anyref) (any.convert_extern (local.get 0))))
      """)
    final class Thing {}
    let thing = Thing()
    let out = try instance.function("out")!.call()[0]
    #expect(i32(try reference(out)?.field(0)) == 9)
    let back = try instance.function("in")!.call([out])[0]
    #expect(i32(try reference(back)?.field(0)) == 9)
    let inside = try instance.function("in")!.call([.external(ExternalReference(thing))])[0]
    let isSame = reference(inside)?.externalObject === thing
    #expect(isSame)
  }

  // MARK: Roots

  @Test("Every reference to an object keeps it alive, with a collection at every allocation")
  func roots() throws {
    let (_, store) = try Self.makeStore(isStressed: true)
    let instance = try Self.instance(
      """
      (module
        (type $box (struct (field i32)))
        (type $list (struct (field i32) (field (ref null $list))))
        (type $lists (array (mut (ref null $list))))
        (global $global (mut (ref null $box)) (struct.new $box (i32.const 1)))
        (global $nested (ref $list)
          (struct.new $list (i32.const 10) (struct.new $list (i32.const 11) (ref.null $list))))
        (table $table 3 (ref null $box))
        (elem $segment (ref null $box) (struct.new $box (i32.const 20)) (struct.new $box (i32.const 21)))
        (func $churn (param i32) (loop (drop (struct.new $box (local.get 0)))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (func $build (param $n i32) (result (ref null $list))
          (if (result (ref null $list)) (i32.eqz (local.get $n)) (then (ref.null $list))
            (else (struct.new $list (local.get $n) (call $build (i32.sub (local.get $n) (i32.const 1)))))))
        (func $sum (param $list (ref null $list)) (result i32) (local $sum i32)
          (block $end (loop $again
            (local.set $sum (i32.add (local.get $sum)
              (struct.get $list 0 (br_on_null $end (local.get $list)) )))
            (local.set $list (struct.get $list 1 (local.get $list))) (br $again)))
          (local.get $sum))
        (func (export "run") (result i32) (local $local (ref null $list))
          (local.set $local (call $build (i32.const 50)))
          (table.set $table (i32.const 1) (struct.new $box (i32.const 2)))
          (call $churn (i32.const 100))
          (table.init $table $segment (i32.const 0) (i32.const 1) (i32.const 1))
          (call $churn (i32.const 100))
          (i32.add (call $sum (local.get $local))
            (i32.add (call $sum (global.get $nested))
              (i32.add (struct.get $box 0 (global.get $global))
                (i32.add (struct.get $box 0 (table.get $table (i32.const 0)))
                  (struct.get $box 0 (table.get $table (i32.const 1)))))))))
      """, store)
    #expect(i32(try instance.function("run")!.call()[0]) == 1275 + 21 + 1 + 21 + 2)
    #expect(store.heapStatistics.collectionCount > 250)
  }

  @Test("Values in transit between Swift and WebAssembly are kept alive, with a collection at every allocation")
  func valuesUnderWay() throws {
    final class Number {
      let value: Int32
      init(_ value: Int32) { self.value = value }
    }
    func external(_ value: Int32) -> ExternalReference { ExternalReference(Number(value)) }
    func value(_ reference: ExternalReference?) -> Int32 { (reference?.object as? Number)?.value ?? -1 }

    let (engine, store) = try Self.makeStore(isStressed: true)
    let linker = Linker(engine)
    try linker.define("host", "split") {
      (_: Caller, a: ExternalReference?, b: ExternalReference?) -> (ExternalReference?, ExternalReference?) in
      (external(value(a) + value(b)), external(value(a) - value(b)))
    }
    let tag = try Tag(store, type: FunctionType(parameters: [.externref, .externref]))
    try linker.define("host", "tag", .tag(tag))
    try linker.define("host", "throw") { (_: Caller) in
      throw try Exception(tag, [.external(external(30)), .external(external(4))])
    }
    let module = try Module(
      engine,
      text: """
        (module
          (import "host" "split" (func $split (param externref externref) (result externref externref)))
          (import "host" "throw" (func $throw))
          (import "host" "tag" (tag $tag (param externref externref)))
          (func (export "twice") (param externref externref) (result externref externref)
            (call $split (call $split (local.get 0) (local.get 1))))
          (func (export "catch") (result externref externref)
            (block $caught (result externref externref)
              (try_table (catch $tag $caught) (call $throw)) (unreachable))))
        """)
    let instance = try linker.instantiate(module, in: store)
    let results = try instance.function("twice")!.call([.external(external(5)), .external(external(3))])
    let typed = try instance.function("twice")!.typed(
      ExternalReference?.self, ExternalReference?.self,
      returning: ExternalReference?.self, ExternalReference?.self)
    let (first, second) = try typed(external(5), external(3))
    #expect(value(first) == 10 && value(second) == 6)
    let caught = try instance.function("catch")!.call()
    for (results, expected) in [(results, [10, 6]), (caught, [30, 4])] {
      let values = results.map { result -> Int32 in
        if case .external(let reference) = result { value(reference) } else { -2 }
      }
      #expect(values == expected.map { Int32($0) })
    }
  }

  @Test("A Swift object is released when it becomes unreachable in WebAssembly")
  func release() throws {
    final class Thing {}
    let instance = try instance(
      """
      (module (global $g (mut externref) (ref.null extern))
        (func (export "set") (param externref) (global.set $g (local.get 0))))
      """)
    weak var thing: Thing?
    do {
      let new = Thing()
      thing = new
      _ = try instance.function("set")!.call([.external(ExternalReference(new))])
    }
    store.collectGarbage()
    let isKept = thing != nil
    #expect(isKept)
    _ = try instance.function("set")!.call([.external(nil)])
    store.collectGarbage()
    let isReleased = thing == nil
    #expect(isReleased)
  }

  // MARK: Exhaustion

  /// Fills the heap with a list, makes garbage, and drops the list.
  private static let listProgram = """
    (module
      (type $node (struct (field (ref null $node)) (field i64)))
      (global $list (mut (ref null $node)) (ref.null $node))
      (func (export "fill") (param i32)
        (loop $l
          (global.set $list (struct.new $node (global.get $list) (i64.const 1)))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "churn") (param i32)
        (loop $l
          (drop (struct.new $node (ref.null $node) (i64.const 1)))
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "clear") (global.set $list (ref.null $node))))
    """

  @Test(
    "A program whose objects nearly fill the limit is out of memory, and does not only collect",
    arguments: TestedEngine.all)
  func nearlyFull(tested: TestedEngine) throws {
    let engine = tested.make()
    let module = try Module(
      engine,
      text: Self.listProgram)
    // Each object takes 24 bytes.
    let store = try Store(engine, limits: Store.Limits(heapByteCount: 2 << 20))
    let instance = try Linker(engine).instantiate(module, in: store)
    let count = Int32((2 << 20) / 24)
    let (fill, churn) = (try #require(instance.function("fill")), try #require(instance.function("churn")))
    // A tenth is free.
    _ = try fill.call([.i32(count * 9 / 10)])
    _ = try churn.call([.i32(100_000)])
    // Some hundred objects are free.
    _ = try fill.call([.i32(count / 10 - 200)])
    let collections = store.heapStatistics.collectionCount
    let error = #expect(throws: Trap.self) { try churn.call([.i32(100_000)]) }
    #expect(error?.code == .allocationFailure && error?.message.contains("heapByteCount") == true, "\(error!)")
    let limit = try #require(error?.limit)
    #expect(limit.requested == 24 && limit.scope == .store && limit.resource == .heapBytes)
    #expect(limit.message.hasPrefix("the last collections found little, with 2 MiB of objects in use"), "\(limit)")
    #expect(store.heapStatistics.collectionCount - collections < 20)
    // With room, the program goes on.
    _ = try instance.function("clear")!.call([])
    _ = try churn.call([.i32(200_000)])
  }

  @Test("A small heap that only collects is out of memory too", arguments: TestedEngine.all)
  func nearlyFullAndSmall(tested: TestedEngine) throws {
    let engine = tested.make()
    let module = try Module(
      engine,
      text: Self.listProgram)
    let store = try Store(engine, limits: Store.Limits(heapByteCount: 256 << 10))
    let instance = try Linker(engine).instantiate(module, in: store)
    let (fill, churn) = (try #require(instance.function("fill")), try #require(instance.function("churn")))
    _ = try fill.call([.i32((256 << 10) / 24 - 40)])
    let error = #expect(throws: Trap.self) { try churn.call([.i32(100_000)]) }
    #expect(error?.code == .allocationFailure && error?.message.contains("heapByteCount") == true, "\(error!)")
    #expect(store.heapStatistics.collectionCount < 20)
  }

  private static let expensivePrograms: [(fields: String, body: String, limit: UInt64)] =
    [
      // One array fills the heap, so that there is nothing to mark, but many blocks.
      (
        "(global (ref $v) (array.new_default $v (i32.const 2097100)))",
        "(drop (struct.new_default $s))", UInt64(32 << 20)
      ),
      // Every eighth collection finds a 64th.
      (
        """
        (global $keep (mut (ref null $s)) (ref.null $s)) (global $rounds (mut i32) (i32.const 0))
        (global $array (mut (ref null $v)) (ref.null $v))
        (func $fill (local i32) (loop $l
          (global.set $keep (struct.new $s (global.get $keep)))
          (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 250000)))))
        (start $fill)
        """,
        """
        (drop (struct.new_default $s))
        (global.set $rounds (i32.add (global.get $rounds) (i32.const 1)))
        (if (i32.eqz (i32.rem_u (global.get $rounds) (i32.const 12000)))
          (then (global.set $array (ref.null $v)) (global.set $array (array.new_default $v (i32.const 4096)))))
        """, 250_000 * 16 + 85_000
      ),
    ]

  @Test(
    "Programs that make collections expensive are out of memory soon", arguments: TestedEngine.all,
    0..<Self.expensivePrograms.count)
  func expensiveCollections(tested: TestedEngine, number: Int) throws {
    let program = Self.expensivePrograms[number]
    let engine = tested.make()
    let module = try Module(
      engine,
      text: """
        (module (type $v (array (mut v128))) (type $s (struct (field (mut (ref null $s)))))
          \(program.fields)
          (func (export "go") (param i32)
            (loop $l \(program.body) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
        """)
    let store = try Store(engine, limits: Store.Limits(heapByteCount: program.limit))
    let instance = try Linker(engine).instantiate(module, in: store)
    let error = #expect(throws: Trap.self) { try instance.function("go")!.call([.i32(200_000)]) }
    #expect(error?.code == .allocationFailure)
    #expect(store.heapStatistics.collectionCount < 60, "\(store.heapStatistics.collectionCount)")
  }

  @Test("Large tables and deep stacks do not make collections frequent", arguments: TestedEngine.all)
  func largeRoots(tested: TestedEngine) throws {
    let engine = tested.make { $0.heap.collectionThreshold = 1 << 16 }
    let module = try Module(
      engine,
      text: """
        (module
          (type $node (struct (field (ref null $node)) (field i64)))
          (table 1000000 eqref)
          (global $kept (mut (ref null $node)) (ref.null $node))
          (func (export "churn") (param i32)
            (loop $l
              (global.set $kept (struct.new $node (ref.null $node) (i64.const 1)))
              (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
        """)
    let store = try Store(engine)
    let instance = try Linker(engine).instantiate(module, in: store)
    let churn = try #require(instance.function("churn"))
    _ = try churn.call([.i32(200_000)])
    // 4.8 MB of objects. The table of 8 MB counts as 2 MB.
    #expect((1...5).contains(store.heapStatistics.collectionCount), "\(store.heapStatistics.collectionCount)")
    // At the limit each collection looks at the table for 64 KiB of objects, which is enough.
    let small = try Store(engine, limits: Store.Limits(heapByteCount: 1 << 16))
    _ = try Linker(engine).instantiate(module, in: small).function("churn")!.call([.i32(20_000)])
    #expect((5...20).contains(small.heapStatistics.collectionCount), "\(small.heapStatistics.collectionCount)")
  }

  @Test(
    "Exceeding the limit is a trap, and the store remains usable",
    arguments: [
      "(array.new_default $bytes (i32.const 0x80000000))", "(array.new_default $words (i32.const -1))",
      "(array.new $words (i64.const 1) (i32.const 0x7fffffff))",
      "(array.new_default $bytes (i32.const 2000000))",
    ])
  func exhaustion(expression: String) throws {
    let (_, store) = try Self.makeStore(heapByteCount: 1 << 20)
    let text = """
      (module (type $bytes (array i8)) (type $words (array (mut i64)))
        (func (export "run") (drop \(expression)))
        (func (export "small") (result i32)
          (array.len (array.new_default $bytes (i32.const 1000)))))
      """
    let instance = try Self.instance(text, store)
    for _ in 0..<3 {
      let error = #expect(throws: Trap.self) { try instance.function("run")!.call() }
      #expect(error?.code == .allocationFailure)
      #expect(i32(try instance.function("small")!.call()[0]) == 1000)
    }
  }

  @Test("A list that outgrows the heap traps; afterwards its memory is reused")
  func endlessList() throws {
    let (_, store) = try Self.makeStore(heapByteCount: 1 << 20)
    let instance = try Self.instance(
      """
      (module (type $list (struct (field (ref null $list))))
        (func (export "run") (param $n i32) (result i32) (local $list (ref null $list)) (local $i i32)
          (loop (local.set $list (struct.new $list (local.get $list)))
            (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
          (local.get $i)))
      """, store)
    let run = instance.function("run")!
    for _ in 0..<3 {
      #expect(throws: Trap.self) { try run.call([.i32(-1)]) }
      #expect(i32(try run.call([.i32(60_000)])[0]) == 60_000)
    }
  }

  @Test("Exhaustion during instantiation is an error, and the store remains usable")
  func exhaustedInstantiation() throws {
    let (engine, store) = try Self.makeStore(heapByteCount: 1 << 16)
    for part in [
      "(global (ref $a) (array.new_default $a (i32.const 100000)))",
      "(table 1 (ref null $a) (array.new_default $a (i32.const 100000)))",
      "(elem (ref null $a) (array.new_default $a (i32.const 10)) (array.new_default $a (i32.const 100000)))",
    ] {
      let module = try Module(engine, text: "(module (type $a (array (mut i64))) \(part))")
      #expect(throws: Trap.self) { try Linker(engine).instantiate(module, in: store) }
    }
    let instance = try Self.instance(
      """
      (module (type $a (array (mut i64))) (global $g (ref $a) (array.new_default $a (i32.const 1000)))
        (func (export "f") (result i32) (array.len (global.get $g))))
      """, store)
    #expect(i32(try instance.function("f")!.call()[0]) == 1000)
  }

  @Test("The collector handles deep and cyclic objects")
  func deepObjects() throws {
    let instance = try instance(
      """
      (module (type $list (struct (field (mut (ref null $list)))))
        (global $g (mut (ref null $list)) (ref.null $list))
        (func (export "build") (param $n i32) (local $first (ref null $list))
          (local.set $first (struct.new $list (ref.null $list)))
          (global.set $g (local.get $first))
          (loop (global.set $g (struct.new $list (global.get $g)))
            (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (struct.set $list 0 (local.get $first) (global.get $g)))
        (func (export "drop") (global.set $g (ref.null $list))))
      """)
    _ = try instance.function("build")!.call([.i32(300_000)])
    store.collectGarbage()
    #expect(store.heapStatistics.liveByteCount == 16 * 300_001)
    _ = try instance.function("drop")!.call()
    store.collectGarbage()
    #expect(store.heapStatistics.liveByteCount == 0)
  }
}
