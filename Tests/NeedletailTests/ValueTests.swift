import Needletail
import Testing

/// Values and types as text.
@Suite struct ValueTests {
  @Test("A value has its type and a text")
  func descriptions() throws {
    final class Thing {}
    let store = try Store(Engine())
    let cases: [(Value, ValueType, String)] = [
      (.i32(-1), .i32, "-1"), (.i64(1 << 40), .i64, "1099511627776"), (.f32(1.5), .f32, "1.5"),
      (.f64(-0.0), .f64, "-0.0"),
      (
        .v128(SIMD16(1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0x80)), .v128,
        "i32x4 0x00000001 0xffffffff 0x00000000 0x80000000"
      ),
      (.function(nil), .funcref, "null"), (.external(nil), .externref, "null"),
      (.function(try Function(store) { (_: Caller) in }), .funcref, "funcref"),
      (.external(ExternalReference(Thing())), .externref, "externref"),
      (.reference(Reference(i31: -3)), .reference(nullable: false, .i31), "i31 -3"),
      (.reference(Reference(null: .any)), .reference(nullable: true, .any), "null"),
    ]
    for (value, type, text) in cases {
      #expect(value.type == type && value.description == text, "\(value)")
    }
  }

  @Test("The null of a type is of that type's hierarchy")
  func nulls() {
    for type in [HeapType.function, .noFunction] {
      guard case .function(nil) = Value.null(type) else { Issue.record("\(type)"); continue }
    }
    for type in [HeapType.external, .noExternal] {
      guard case .external(nil) = Value.null(type) else { Issue.record("\(type)"); continue }
    }
    for type in [HeapType.any, .i31, .structure, .none, .exception] {
      let reference = Value.null(type).anyReference
      #expect(reference?.isNull == true && reference?.type.heapType == type)
    }
  }

  @Test("The types of imports and exports are described as in the text format")
  func externTypes() {
    let cases: [(ExternType, ExternalKind, String)] = [
      (.function(FunctionType(parameters: [.i32], results: [.f64])), .function, "(func (param i32) (result f64))"),
      (.table(TableType(element: .funcref, limits: Limits(minimum: 1, maximum: 2))), .table, "(table 1 2 funcref)"),
      (.memory(MemoryType(limits: Limits(minimum: 3))), .memory, "(memory 3)"),
      (.global(GlobalType(value: .i64, isMutable: true)), .global, "(global (mut i64))"),
      (.tag(FunctionType(parameters: [.i32])), .tag, "(tag (param i32))"),
      (.tag(FunctionType()), .tag, "(tag)"),
    ]
    for (type, kind, text) in cases { #expect(type.kind == kind && type.description == text) }
  }
}
