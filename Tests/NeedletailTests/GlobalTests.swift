import Needletail
import Testing

/// Globals that the host creates, reads and writes.
@Suite struct GlobalTests {
  private let store: Store

  init() throws { store = try Store(Engine()) }

  @Test("Globals of every type keep their value")
  func values() throws {
    let vector = SIMD16<UInt8>(repeating: 0xAB)
    for value in [
      Value.i32(.min), .i64(.max), .f32(-0.0), .f64(.infinity), .v128(vector), .function(nil), .external(nil),
      .reference(Reference(i31: 5)),
    ] {
      let type = GlobalType(value: value.type, isMutable: false)
      let global = try Global(store, type: type, value: value)
      #expect(global.type == type)
      #expect("\(global.value)" == "\(value)")
    }
  }

  @Test("A constant cannot be set, and a variable only to a value of its type")
  func setting() throws {
    let constant = try Global(store, type: GlobalType(value: .i32, isMutable: false), value: .i32(1))
    let error = #expect(throws: ArgumentError.self) { try constant.set(.i32(2)) }
    #expect(error?.message == "the global is constant")
    let variable = try Global(store, type: GlobalType(value: .i32, isMutable: true), value: .i32(1))
    try variable.set(.i32(2))
    let mismatch = #expect(throws: ArgumentError.self) { try variable.set(.i64(3)) }
    #expect(mismatch?.message == "expected i32, found i64")
    #expect(constant.value.i32 == 1 && variable.value.i32 == 2)
    #expect(throws: ArgumentError.self) {
      try Global(store, type: GlobalType(value: .f32, isMutable: true), value: .f64(1))
    }
  }

  @Test("Host and guest see each other's writes", arguments: TestedEngine.all)
  func sharing(tested: TestedEngine) throws {
    let engine = tested.make()
    let store = try Store(engine)
    let counter = try Global(store, type: GlobalType(value: .i64, isMutable: true), value: .i64(40))
    let instance = try engine.instantiate(
      """
      (import "env" "counter" (global $c (mut i64))) (export "counter" (global $c))
      (func (export "add") (global.set $c (i64.add (global.get $c) (i64.const 1))))
      """, in: store
    ) { linker, _ in try linker.define("env", "counter", .global(counter)) }
    try instance.function("add")!.call()
    #expect(counter.value.i64 == 41)
    try counter.set(.i64(-2))
    try instance.function("add")!.call()
    #expect(instance.global("counter")?.value.i64 == -1)
  }
}
