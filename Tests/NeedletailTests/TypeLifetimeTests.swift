import Testing

@testable import Needletail

// Swift Testing also declares `Tag`.
private typealias Tag = Needletail.Tag

/// Modules, stores and objects that are created and released in any order. Canonical type indices are reused, and no
/// live object may be confused with one of a new type.
@Suite("Lifetimes of types")
struct TypeLifetimeTests {
  static let executions: [Engine.Configuration.Execution] = [
    .interpreter, .jit(.none), .jit(.basic), .jit(.aggressive),
  ]

  private func engine(_ execution: Engine.Configuration.Execution) -> Engine {
    var configuration = Engine.Configuration()
    configuration.execution = execution
    configuration.features = .all
    return Engine(configuration)
  }

  private struct Missing: Error {}

  /// A module with many different types, numbered from `first`.
  private func filler(_ first: Int, _ count: Int) -> String {
    let kinds = ["i32", "i64", "f32", "f64", "v128", "anyref", "funcref", "externref"]
    let types = (first..<first + count).map { number in
      let fields = (0..<6).map { kinds[number >> (3 * $0) & 7] }
      return "(type (struct (field \(fields.joined(separator: " ")))))"
    }
    return "(module \(types.joined()))"
  }

  @Test("The types of a module are released with it", arguments: executions)
  func manyModules(_ execution: Engine.Configuration.Execution) throws {
    let engine = engine(execution)
    for round in 0..<6 {
      _ = try Module(engine, text: filler(1000 * round, 1000))
      #expect(engine.types.count == 0)
    }
  }

  @Test("An object outlives its module and keeps its type", arguments: executions)
  func objectOutlivesModule(_ execution: Engine.Configuration.Execution) throws {
    let engine = engine(execution)
    let store = try Store(engine)
    let reference = try makeObject(engine, store)
    for round in 0..<5 { _ = try Module(engine, text: filler(1000 * round, 1000)) }
    #expect(try reference.field(0).description == Value.i64(41).description)
    #expect(reference.fieldTypes?.count == 2)
    // A later module accepts the object for the equal type and for no other.
    let later = try Module(
      engine,
      text: """
        (module
          (type $other (struct (field (mut i64) (mut f64))))
          (type $point (struct (field (mut i64) (mut anyref))))
          (func (export "is point") (param anyref) (result i32) (ref.test (ref $point) (local.get 0)))
          (func (export "is other") (param anyref) (result i32) (ref.test (ref $other) (local.get 0)))
          (func (export "first") (param anyref) (result i64)
            (struct.get $point 0 (ref.cast (ref $point) (local.get 0)))))
        """)
    let instance = try Linker(engine).instantiate(later, in: store)
    #expect(
      try #require(instance.function("is point")).call([.reference(reference)]).map(\.description) == [
        Value.i32(1).description
      ])
    #expect(
      try #require(instance.function("is other")).call([.reference(reference)]).map(\.description) == [
        Value.i32(0).description
      ])
    #expect(
      try #require(instance.function("first")).call([.reference(reference)]).map(\.description) == [
        Value.i64(41).description
      ])
  }

  /// The module and its instance are released on return; the store and its contents remain.
  private func makeObject(_ engine: Engine, _ store: Store) throws -> Reference {
    let module = try Module(
      engine,
      text: """
        (module
          (type $point (struct (field (mut i64) (mut anyref))))
          (func (export "make") (result anyref) (struct.new $point (i64.const 41) (ref.null any))))
        """)
    let results = try #require(try Linker(engine).instantiate(module, in: store).function("make")).call([])
    guard case .reference(let reference)? = results.first else { throw Missing() }
    return reference
  }

  @Test("A failed instantiation keeps no description of its types", arguments: executions)
  func failedInstantiation(_ execution: Engine.Configuration.Execution) throws {
    let engine = engine(execution)
    let store = try Store(engine)
    do {
      let failing = try Module(
        engine,
        text: """
          (module (type $a (struct (field anyref anyref anyref))) (memory 1) (data (i32.const 65536) "x")
            (global (ref $a) (struct.new_default $a)))
          """)
      #expect(throws: (any Error).self) { try Linker(engine).instantiate(failing, in: store) }
    }
    // If the type's index is reused, the store must not confuse objects of the new type with those of the old one.
    let module = try Module(
      engine,
      text: """
        (module
          (type $a (struct (field (mut i64) (mut i64) (mut i64))))
          (type $b (struct (field (ref null $a))))
          (global $keep (mut (ref null $b)) (ref.null $b))
          (func (export "make") (global.set $keep (struct.new $b (struct.new $a (i64.const 8) (i64.const 16) (i64.const 24)))))
          (func (export "sum") (result i64)
            (local $a (ref $a))
            (local.set $a (ref.as_non_null (struct.get $b 0 (global.get $keep))))
            (i64.add (struct.get $a 0 (local.get $a)) (struct.get $a 2 (local.get $a)))))
        """)
    let instance = try Linker(engine).instantiate(module, in: store)
    _ = try #require(instance.function("make")).call([])
    store.collectGarbage()
    #expect(try #require(instance.function("sum")).call([]).map(\.description) == [Value.i64(32).description])
  }

  @Test("A function reference keeps its type after its module is released", arguments: executions)
  func functionOutlivesModule(_ execution: Engine.Configuration.Execution) throws {
    let engine = engine(execution)
    let store = try Store(engine)
    let function: Function
    do {
      let module = try Module(
        engine, text: "(module (func (export \"f\") (param i64 f32) (result i32) (i32.const 7)))")
      function = try #require(try Linker(engine).instantiate(module, in: store).function("f"))
    }
    for round in 0..<5 { _ = try Module(engine, text: filler(1000 * round, 1000)) }
    #expect(function.type == FunctionType(parameters: [.i64, .f32], results: [.i32]))
    let caller = try Module(
      engine,
      text: """
        (module
          (type $right (func (param i64 f32) (result i32)))
          (type $wrong (func (param i64 f64) (result i32)))
          (func (export "right") (param funcref) (result i32) (ref.test (ref $right) (local.get 0)))
          (func (export "wrong") (param funcref) (result i32) (ref.test (ref $wrong) (local.get 0))))
        """)
    let instance = try Linker(engine).instantiate(caller, in: store)
    #expect(
      try #require(instance.function("right")).call([.function(function)]).map(\.description) == [
        Value.i32(1).description
      ])
    #expect(
      try #require(instance.function("wrong")).call([.function(function)]).map(\.description) == [
        Value.i32(0).description
      ])
  }

  @Test("Objects created by the host keep their type", arguments: executions)
  func hostObject(_ execution: Engine.Configuration.Execution) throws {
    let engine = engine(execution)
    let store = try Store(engine)
    let type: HeapType
    let object: Reference
    do {
      let module = try Module(engine, text: "(module (type $pair (struct (field (mut i32) (mut anyref)))))")
      type = try #require(module.heapType(0))
      object = try store.makeStructure(type, fields: [.i32(5), .reference(Reference(i31: 3))])
    }
    for round in 0..<5 { _ = try Module(engine, text: filler(1000 * round, 1000)) }
    store.collectGarbage()
    #expect(object.heapType?.typeIndex == type.typeIndex)
    #expect(try object.field(0).description == Value.i32(5).description)
    // Another store can still create more of them.
    #expect(
      try Store(engine).makeStructure(type, fields: [.i32(6), .reference(Reference(null: .any))]).field(0).description
        == "6")
  }

  @Test("A type that no module has any more cannot be used")
  func unknownType() throws {
    let engine = Engine()
    let type: HeapType
    do {
      let module = try Module(engine, text: "(module (type $pair (struct (field (mut i32)))))")
      type = try #require(module.heapType(0))
    }
    let store = try Store(engine)
    let reference = ReferenceType(isNullable: true, heapType: type)
    #expect(throws: ArgumentError.self) { try store.makeStructure(type, fields: [.i32(6)]) }
    #expect(throws: ArgumentError.self) {
      try Tag(store, type: FunctionType(parameters: [ValueType(reference)]))
    }
    #expect(throws: ArgumentError.self) {
      try Global(
        store, type: GlobalType(value: ValueType(reference), isMutable: true), value: .reference(Reference(null: .any)))
    }
    #expect(throws: ArgumentError.self) {
      try engine.defineArray(FieldType(storage: .value(ValueType(reference)), isMutable: true))
    }
  }

  @Test("Stores on several threads load, run and release modules of one engine", arguments: executions)
  func threads(_ execution: Engine.Configuration.Execution) async throws {
    let engine = engine(execution)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<3 {
        group.addTask {
          for round in 0..<40 {
            let store = try Store(engine)
            let module = try Module(
              engine,
              text: """
                (module
                  \((0..<round % 7).map { "(type (struct (field i32) (field (ref null \($0 == 0 ? 0 : $0 - 1)))))" }.joined())
                  (type $list (struct (field (mut i64) (mut (ref null $list)))))
                  (func (export "sum") (result i64)
                    (local $list (ref null $list)) (local $i i64) (local $sum i64)
                    (loop
                      (local.set $list (struct.new $list (local.get $i) (local.get $list)))
                      (local.set $i (i64.add (local.get $i) (i64.const 1)))
                      (br_if 0 (i64.lt_u (local.get $i) (i64.const \(100 + task)))))
                    (loop
                      (local.set $sum (i64.add (local.get $sum) (struct.get $list 0 (local.get $list))))
                      (br_if 0 (i32.eqz (ref.is_null (local.tee $list (struct.get $list 1 (local.get $list)))))))
                    (local.get $sum)))
                """)
            let instance = try Linker(engine).instantiate(module, in: store)
            let count = Int64(100 + task)
            #expect(
              try #require(instance.function("sum")).call([]).map(\.description) == [
                Value.i64(count * (count - 1) / 2).description
              ])
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
