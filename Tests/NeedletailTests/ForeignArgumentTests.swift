import Needletail
import Testing

// Swift Testing also declares `Tag`.
private typealias Tag = Needletail.Tag

/// Every public entry point that takes an object of a store or engine rejects objects of others, and those of released
/// ones.
@Suite struct ForeignArgumentTests {
  private let engine = Engine()
  private let store: Store

  init() throws { store = try Store(engine) }

  /// The owner of a foreign object.
  private enum Origin: CaseIterable, Sendable { case otherStore, otherEngine }

  private static let providerFields = """
    (type $s (struct (field (mut i32))))
    (func (export "f") (param i32) (result i32) (local.get 0))
    (func (export "make") (result anyref) (struct.new $s (i32.const 5)))
    (table (export "t") 1 funcref)
    (memory (export "m") 1)
    (global (export "g") (mut anyref) (ref.null any))
    (tag (export "e") (param i32))
    """

  private func provider(_ origin: Origin) throws -> Instance {
    try (origin == .otherStore ? engine : Engine()).instantiate(Self.providerFields)
  }

  private func reference(_ origin: Origin) throws -> Reference {
    try #require(try provider(origin).function("make")!.call()[0].anyReference)
  }

  private func function(_ origin: Origin) throws -> Function { try #require(try provider(origin).function("f")) }

  private func expectRefusal(
    _ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: ArgumentError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.message.contains("belongs to another store") == true, sourceLocation: sourceLocation)
  }

  private let keeper = """
    (global $any (mut anyref) (ref.null any))
    (global $func (mut funcref) (ref.null func))
    (func (export "keepAny") (param anyref) (global.set $any (local.get 0)))
    (func (export "keepFunction") (param funcref) (global.set $func (local.get 0)))
    (func (export "keepBoth") (param anyref funcref i32) (global.set $any (local.get 0)) (global.set $func (local.get 1)))
    (func (export "any") (result anyref) (global.get $any))
    (func (export "func") (result funcref) (global.get $func))
    """

  @Test("Arguments of typed and untyped calls", arguments: Origin.allCases)
  private func arguments(origin: Origin) throws {
    let keeper = try engine.instantiate(keeper, in: store)
    let keepAny = try keeper.function("keepAny")!.typed(Reference?.self)
    let keepFunction = try keeper.function("keepFunction")!.typed(Function?.self)
    let keepBoth = try keeper.function("keepBoth")!.typed(Reference?.self, Function?.self, Int32.self)
    let (reference, function) = (try reference(origin), try function(origin))
    expectRefusal { try keepAny(reference) }
    expectRefusal { try keepFunction(function) }
    expectRefusal { try keepBoth(reference, nil, 1) }
    expectRefusal { try keepBoth(nil, function, 1) }
    expectRefusal { try keeper.function("keepAny")!.call([.reference(reference)]) }
    expectRefusal { try keeper.function("keepFunction")!.call([.function(function)]) }
    #expect(try keeper.function("any")!.call()[0].anyReference?.isNull == true)
    #expect(try keeper.function("func")!.call()[0].anyFunction == nil)
    // The store remains usable.
    let type = try engine.defineStructure([FieldType(storage: .value(.i32), isMutable: true)])
    try keepAny(try store.makeStructure(type, fields: [.i32(3)]))
    try keepBoth(Reference(i31: 4), keeper.function("any"), 1)
    #expect(try keeper.function("any")!.call()[0].anyReference?.i31 == 4)
  }

  @Test("Arguments of a released store")
  func deadStore() throws {
    let keeper = try engine.instantiate(keeper, in: store)
    let keepAny = try keeper.function("keepAny")!.typed(Reference?.self)
    func attempt() throws {
      let reference = try reference(.otherStore)
      expectRefusal { try keepAny(reference) }
    }
    for _ in 0..<10 { try attempt() }
    store.collectGarbage()
    #expect(try keeper.function("any")!.call()[0].anyReference?.isNull == true)
  }

  @Test("Typed, multiple and untyped results of host functions", arguments: Origin.allCases)
  private func hostResults(origin: Origin) throws {
    let (reference, function) = (try reference(origin), try function(origin))
    let functions = [
      try Function(store) { (_: Caller) -> Reference? in reference },
      try Function(store) { (_: Caller) -> Function? in function },
      try Function(store) { (_: Caller, _: Int32) -> Reference? in reference },
      try Function(store) { (_: Caller, _: Int32) -> (Int32, Reference?) in (1, reference) },
      try Function(store, type: FunctionType(results: [.funcref])) { _, _ in [.function(function)] },
      try Function(store, type: FunctionType(results: [.reference(nullable: true, .any)])) { _, _ in
        [.reference(reference)]
      },
    ]
    for host in functions {
      expectRefusal { try host.call(host.type.parameters.map { _ in .i32(0) }) }
      // The same function called by a guest.
      let type = "\(host.type)".dropFirst(5).dropLast()
      let caller = try engine.instantiate(
        """
        (import "host" "f" (func $f \(type)))
        (func (export "run") \(type) \(host.type.parameters.isEmpty ? "" : "(i32.const 0)") (call $f))
        """, in: store
      ) { linker, _ in try linker.define("host", "f", .function(host)) }
      expectRefusal { try caller.function("run")!.call(host.type.parameters.map { _ in .i32(0) }) }
    }
  }

  @Test("Globals, tables, fields, elements and payloads", arguments: Origin.allCases)
  private func places(origin: Origin) throws {
    let (reference, function) = (try reference(origin), try function(origin))
    let anyref = ValueType.reference(nullable: true, .any)
    let global = try Global(store, type: GlobalType(value: anyref, isMutable: true), value: .null(.any))
    expectRefusal { try global.set(.reference(reference)) }
    expectRefusal {
      _ = try Global(store, type: GlobalType(value: .funcref, isMutable: true), value: .function(function))
    }
    let tableType = TableType(element: .init(isNullable: true, heapType: .function), limits: Limits(minimum: 1))
    let table = try Table(store, type: tableType, initial: .function(nil))
    expectRefusal { try table.set(0, .function(function)) }
    expectRefusal { _ = try table.grow(by: 1, filling: .function(function)) }
    expectRefusal { _ = try Table(store, type: tableType, initial: .function(function)) }
    let box = try engine.defineStructure([FieldType(storage: .value(anyref), isMutable: true)])
    let list = try engine.defineArray(FieldType(storage: .value(anyref), isMutable: true))
    let structure = try store.makeStructure(box, fields: [.null(.any)])
    let array = try store.makeArray(list, elements: [.null(.any)])
    expectRefusal { try structure.setField(0, .reference(reference)) }
    expectRefusal { try array.setElement(0, .reference(reference)) }
    expectRefusal { _ = try store.makeStructure(box, fields: [.reference(reference)]) }
    expectRefusal { _ = try store.makeArray(list, elements: [.reference(reference)]) }
    expectRefusal { _ = try store.makeArray(list, repeating: .reference(reference), count: 3) }
    let tag = try Tag(store, type: FunctionType(parameters: [anyref]))
    expectRefusal { _ = try Exception(tag, [.reference(reference)]) }
    #expect(!reference.matches(ReferenceType(isNullable: true, heapType: .any), in: store))
    #expect(throws: Trap.self) { try reference.cast(to: ReferenceType(isNullable: true, heapType: .any), in: store) }
  }

  @Test("Imports of another store or engine are link errors", arguments: Origin.allCases)
  private func imports(origin: Origin) throws {
    let provider = try provider(origin)
    let imports = [
      "f": "(func (param i32) (result i32))", "t": "(table 1 funcref)", "m": "(memory 1)", "g": "(global (mut anyref))",
      "e": "(tag (param i32))",
    ]
    for (name, text) in imports {
      let linker = Linker(engine)
      try linker.define("p", name, provider.export(name)!)
      let module = try Module(engine, text: "(module (import \"p\" \"\(name)\" \(text)))")
      #expect(throws: LinkError.self) { try linker.instantiate(module, in: store) }
    }
  }

  @Test("A module, store and linker of different engines are a link error")
  func engines() throws {
    let other = Engine()
    let module = try Module(engine, text: "(module)")
    #expect(throws: LinkError("the module belongs to another engine than the linker")) {
      try Linker(other).instantiate(module, in: store)
    }
    #expect(throws: LinkError("the store belongs to another engine than the linker")) {
      try Linker(engine).instantiate(module, in: Store(other))
    }
    #expect(throws: LinkError.self) { try Linker(other).instantiate(module, in: Store(other)) }
  }

  @Test("For a guest, an exception of another store is an error of the host, which no clause catches")
  func exceptions() throws {
    let foreign = try Tag(Store(engine), type: FunctionType())
    let exception = try Exception(foreign)
    for tested in TestedEngine.all {
      let engine = tested.make()
      let instance = try engine.instantiate(
        """
        (import "host" "throw" (func $throw))
        (func (export "run") (block $caught (try_table (catch_all $caught) (call $throw))))
        """
      ) { linker, _ in try linker.define("host", "throw") { (_: Caller) in throw exception } }
      #expect(throws: Exception.self) { try instance.function("run")!.call() }
    }
  }

  // MARK: Unknown types

  @Test("Types unknown to the engine are rejected")
  func unknownTypes() throws {
    let unknown = ValueType.reference(nullable: true, .concrete(400_000))
    let type = FunctionType(parameters: [unknown])
    #expect(throws: ArgumentError.self) { try Function(store, type: type) { _, _ in [] } }
    #expect(throws: ArgumentError.self) { try Function(store, type: FunctionType(results: [unknown])) { _, _ in [] } }
    #expect(throws: ArgumentError.self) {
      try Global(store, type: GlobalType(value: unknown, isMutable: true), value: .null(.concrete(400_000)))
    }
    let element = ReferenceType(isNullable: true, heapType: .concrete(400_000))
    #expect(throws: ArgumentError.self) {
      try Table(store, type: TableType(element: element, limits: Limits(minimum: 1)), initial: .null(.any))
    }
    #expect(throws: ArgumentError.self) { try Tag(store, type: type) }
    #expect(throws: ArgumentError.self) {
      try engine.defineStructure([FieldType(storage: .value(unknown), isMutable: true)])
    }
    #expect(throws: ArgumentError.self) { try store.makeStructure(.concrete(400_000), fields: []) }
    #expect(!Reference(i31: 1).matches(element, in: store))
    #expect(throws: Trap.self) { try Reference(i31: 1).cast(to: element, in: store) }
    let linker = Linker(engine)
    try linker.define("host", "f", type: type) { _, _ in [] }
    let module = try Module(engine, text: "(module (import \"host\" \"f\" (func (param i32))))")
    #expect(throws: ArgumentError.self) { try linker.instantiate(module, in: store) }
  }

  @Test("A null of a type unknown to the engine has no other type")
  func unknownNull() throws {
    let null = Value.null(.concrete(400_000))
    let keeper = try engine.instantiate(keeper, in: store)
    #expect(throws: ArgumentError.self) { try keeper.function("keepAny")!.call([null]) }
    #expect(throws: ArgumentError.self) {
      try keeper.function("keepAny")!.typed(Reference?.self)(Reference(null: .concrete(400_000)))
    }
  }

  // MARK: Types that are too large

  @Test("Types with more parameters, results or fields than a module may have are rejected")
  func largeTypes() throws {
    let most = Array(repeating: ValueType.v128, count: 1000)
    let more = most + [.i32]
    for type in [FunctionType(parameters: more), FunctionType(results: more)] {
      #expect(throws: LimitExceeded.self) { try Function(store, type: type) { _, values in values } }
      #expect(throws: LimitExceeded.self) { try Tag(store, type: type) }
      #expect(throws: LimitExceeded.self) { try Linker(engine).define("", "f", type: type) { _, values in values } }
    }
    let fields = Array(repeating: FieldType(storage: .value(.i64), isMutable: true), count: 10_001)
    #expect(throws: LimitExceeded.self) { try engine.defineStructure(fields) }
    _ = try engine.defineStructure(Array(fields.dropFirst()))
    _ = try Tag(store, type: FunctionType(parameters: most))
  }

  @Test(
    "The host and guests call a host function with the maximum number of parameters and results",
    arguments: TestedEngine.all)
  func largestType(tested: TestedEngine) throws {
    let type = FunctionType(
      parameters: Array(repeating: .v128, count: 1000), results: Array(repeating: .v128, count: 1000))
    let vectors = Array(repeating: " v128", count: 1000).joined()
    let instance = try tested.make().instantiate(
      """
      (type $t (func (param\(vectors)) (result\(vectors))))
      (import "host" "f" (func $f (type $t)))
      (func (export "run") (type $t) \((0..<1000).map { "(local.get \($0))" }.joined()) (call $f))
      """
    ) { linker, _ in try linker.define("host", "f", type: type) { _, values in values.reversed() } }
    let arguments = (0..<1000).map { Value.v128(SIMD16(repeating: UInt8(truncatingIfNeeded: $0))) }
    let host = try Function(instance.store, type: type) { _, values in values.reversed() }
    for function in [host, try #require(instance.function("run"))] {
      let results = try function.call(arguments)
      #expect(results.count == 1000 && results[0].description == arguments[999].description)
      #expect(results[999].description == arguments[0].description)
    }
  }
}
