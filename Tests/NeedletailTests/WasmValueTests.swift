import Needletail
import Testing

/// The Swift types that represent Wasm types.
@Suite struct WasmValueTests {
  @Test("Each Swift type has its Wasm type")
  func types() {
    let types: [(any WasmValue.Type, ValueType)] = [
      (Int32.self, .i32), (UInt32.self, .i32), (Int64.self, .i64), (UInt64.self, .i64), (Float.self, .f32),
      (Double.self, .f64), (SIMD16<UInt8>.self, .v128), (Function?.self, .funcref),
      (ExternalReference?.self, .externref), (Reference?.self, .reference(nullable: true, .any)),
    ]
    for (type, expected) in types { #expect(type.valueType == expected, "\(type)") }
  }

  @Test("Values keep all their bits on the way through Wasm and a host function", arguments: TestedEngine.all)
  func bits(tested: TestedEngine) throws {
    func check<T: WasmValue>(_ type: String, _ value: T, _ isEqual: (T, T) -> Bool) throws {
      let instance = try tested.make().instantiate(
        """
        (import "host" "f" (func $f (param \(type)) (result \(type))))
        (func (export "run") (param \(type)) (result \(type)) (call $f (local.get 0)))
        """
      ) { linker, _ in try linker.define("host", "f") { (_: Caller, value: T) -> T in value } }
      let result = try instance.function("run")!.typed(T.self, returning: T.self)(value)
      #expect(isEqual(result, value), "\(type): \(result)")
    }
    try check("i32", Int32.min, ==)
    try check("i32", UInt32.max, ==)
    try check("i64", Int64.min, ==)
    try check("i64", UInt64.max, ==)
    try check("f32", Float(bitPattern: 0x7FA0_0001)) { $0.bitPattern == $1.bitPattern }
    try check("f64", Double(bitPattern: 0xFFF4_0000_0000_0001)) { $0.bitPattern == $1.bitPattern }
    try check("v128", SIMD16<UInt8>(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255), ==)
    try check("anyref", Optional(Reference(i31: -7))) { $0?.i31 == $1?.i31 }
    try check("anyref", Reference?.none) { $0 == nil && $1 == nil }
    try check("funcref", Function?.none) { $0 == nil && $1 == nil }
    final class Thing {}
    try check("externref", Optional(ExternalReference(Thing()))) { $0?.object === $1?.object }
  }

  #if os(Linux) || os(macOS)
    /// A type outside of the module that claims to be a reference.
    private struct Forged: WasmValue {
      static var valueType: ValueType { .funcref }
      static var _conformance: WasmConformance<Forged> { fatalError("there is none to be had") }
      static func _read(_ slots: WasmSlots, _ store: Store) -> Forged { Forged() }
      func _write(_ slots: WasmSlots, _ store: Store) { Int64(0x4141_4141)._write(slots, store) }
    }

    /// A type that claims a nullable form.
    private struct ForgedReference: WasmReference {
      static var nullableType: ValueType { .funcref }
      static var _conformance: WasmConformance<ForgedReference> { fatalError("there is none to be had") }
      static func _readReference(_ slots: WasmSlots, _ store: Store) -> ForgedReference? { ForgedReference() }
      func _check(_ store: Store) throws {}
      func _write(_ slots: WasmSlots, _ store: Store) { Int64(0x4141_4141)._write(slots, store) }
    }

    @Test("A type of another module cannot conform to WasmValue")
    func forgedConformance() async {
      await #expect(processExitsWith: .failure) {
        let store = try Store(Engine())
        print(try Function(store) { (_: Caller) -> Forged in Forged() }.call())
      }
      await #expect(processExitsWith: .failure) {
        let store = try Store(Engine())
        print(try Function(store) { (_: Caller, _: Int32) -> (Forged, Forged) in (Forged(), Forged()) }.type)
      }
      await #expect(processExitsWith: .failure) {
        let instance = try Engine().instantiate("(func (export \"f\") (param funcref))")
        try instance.function("f")!.typed(Forged.self)(Forged())
      }
      await #expect(processExitsWith: .failure) {
        let store = try Store(Engine())
        print(try Function(store) { (_: Caller) -> ForgedReference? in ForgedReference() }.call())
      }
      await #expect(processExitsWith: .failure) {
        let instance = try Engine().instantiate("(func (export \"f\") (param funcref))")
        try instance.function("f")!.typed(ForgedReference?.self)(ForgedReference())
      }
    }
  #endif
}
