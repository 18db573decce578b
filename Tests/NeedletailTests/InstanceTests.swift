import Needletail
import Testing

/// Instances, and the items that they export.
@Suite struct InstanceTests {
  private static let fields = """
    (func (export "f") (param i32) (result i64) (i64.const 0))
    (table (export "t") 3 5 funcref)
    (memory (export "m") 1)
    (global (export "g") f32 (f32.const 1.5))
    (tag (export "e") (param i32))
    (export "again" (func 0))
    (export "" (memory 0))
    """

  @Test("Exports have the module's order, and each kind its own accessor")
  func exports() throws {
    let instance = try Engine().instantiate(Self.fields)
    #expect(instance.exports.map(\.name) == ["f", "t", "m", "g", "e", "again", ""])
    #expect(instance.exports.map(\.item.type.kind) == [.function, .table, .memory, .global, .tag, .function, .memory])
    #expect(instance.function("f") != nil && instance.table("t")?.count == 3 && instance.memory("m")?.pageCount == 1)
    #expect(instance.global("g") != nil && instance.tag("e") != nil && instance.memory("")?.pageCount == 1)
  }

  @Test("An accessor returns nil for a missing name and for an item of another kind")
  func missing() throws {
    let instance = try Engine().instantiate(Self.fields)
    for name in ["t", "F", "f ", "m", "none"] { #expect(instance.function(name) == nil) }
    #expect(instance.table("f") == nil && instance.memory("f") == nil && instance.global("f") == nil)
    #expect(instance.tag("f") == nil && instance.export("none") == nil)
  }

  @Test("Names of exports are compared by bytes")
  func canonicalEquivalence() throws {
    let instance = try Engine().instantiate("(memory (export \"\u{E9}\") 1) (memory (export \"e\\cc\\81\") 2)")
    #expect(instance.memory("\u{E9}")?.pageCount == 1 && instance.memory("e\u{301}")?.pageCount == 2)
  }

  @Test("An exported item has its type and the instance's store")
  func items() throws {
    let instance = try Engine().instantiate(Self.fields)
    let expected: [ExternType] = [
      .function(FunctionType(parameters: [.i32], results: [.i64])),
      .table(TableType(element: .funcref, limits: Limits(minimum: 3, maximum: 5))),
      .memory(MemoryType(limits: Limits(minimum: 1))),
      .global(GlobalType(value: .f32, isMutable: false)),
      .tag(FunctionType(parameters: [.i32])),
    ]
    #expect(Array(instance.exports.map(\.item.type).prefix(5)) == expected)
    for (name, item) in instance.exports { #expect(item.store === instance.store, "\(name)") }
  }

  @Test("Instances of one module share no state")
  func separateState() throws {
    let engine = Engine()
    let module = try Module(
      engine, text: "(module (global (export \"g\") (mut i32) (i32.const 1)) (memory (export \"m\") 1))")
    let store = try Store(engine)
    let (one, other) = (
      try Linker(engine).instantiate(module, in: store), try Linker(engine).instantiate(module, in: store)
    )
    #expect(one.module === module && other.module === module && one !== other)
    try one.global("g")!.set(.i32(2))
    try one.memory("m")!.write([9], at: 0)
    #expect(other.global("g")!.value.i32 == 1)
    #expect(try other.memory("m")!.readBytes(at: 0, count: 1) == [0])
  }
}
