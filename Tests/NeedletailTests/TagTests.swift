import Needletail
import Testing

// Swift Testing also declares `Tag`.
private typealias Tag = Needletail.Tag

/// Tags of exceptions.
@Suite struct TagTests {
  @Test("A tag is equal only to itself, however it is reached")
  func identity() throws {
    let engine = Engine()
    let store = try Store(engine)
    let type = FunctionType(parameters: [.i32, .f64])
    let (tag, other) = (try Tag(store, type: type), try Tag(store, type: type))
    #expect(tag.type == type && tag.store === store)
    let instance = try engine.instantiate(
      "(import \"env\" \"t\" (tag (param i32 f64))) (export \"t\" (tag 0))", in: store
    ) { linker, _ in try linker.define("env", "t", .tag(tag)) }
    #expect(instance.tag("t") == tag && tag != other)
    #expect(Set([tag, other, instance.tag("t")!]).count == 2)
  }

  @Test("A tag has the name of a module's name section, export or import; without one, none")
  func names() throws {
    let engine = Engine()
    let store = try Store(engine)
    let type = FunctionType()
    let tag = try Tag(store, type: type)
    #expect(tag.name == nil)
    let exporter = try engine.instantiate("(tag $inner (export \"outer\")) (tag (export \"only\"))", in: store)
    #expect(exporter.tag("outer")?.name == "inner")
    #expect(exporter.tag("only")?.name == "only")
    _ = try engine.instantiate("(import \"env\" \"imported\" (tag))", in: store) { linker, _ in
      try linker.define("env", "imported", .tag(tag))
    }
    #expect(tag.name?.contains("imported") == true)
  }
}
