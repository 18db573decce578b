import Needletail
import WasmText

/// Creates the values that scripts pass, and compares results with the expected ones.
///
/// References are inspected in WebAssembly, by `ref.test` in a helper module, so that the embedding API does not need
/// to expose their types.
final class ReferenceInspector {
  private let store: Store
  private var hostObjects: [UInt32: HostObject] = [:]
  private lazy var tests = Result { try makeTests() }

  init(_ store: Store) { self.store = store }

  /// The referent of `ref.extern` and `ref.host`.
  private final class HostObject {
    let number: UInt32

    init(_ number: UInt32) { self.number = number }
  }

  /// Returns the same reference for the same number.
  private func external(_ number: UInt32) -> ExternalReference {
    let object = hostObjects[number] ?? HostObject(number)
    hostObjects[number] = object
    return ExternalReference(object)
  }

  /// The value of an argument.
  ///
  /// - Throws: errors of creating a reference.
  func value(_ value: ScriptValue) throws -> Value {
    switch value {
    case .i32(let bits): return .i32(Int32(bitPattern: bits))
    case .i64(let bits): return .i64(Int64(bitPattern: bits))
    case .f32(let bits): return .f32(Float(bitPattern: bits))
    case .f64(let bits): return .f64(Double(bitPattern: bits))
    case .v128(let low, let high):
      return .v128(unsafeBitCast(SIMD2(low.littleEndian, high.littleEndian), to: SIMD16<UInt8>.self))
    case .refNull(let type): return .null(type)
    case .refExtern(let number): return .external(external(number))
    case .refHost(let number): return try call("internalize", .external(external(number)))
    case .component: throw ScriptFailure(message: "a function of a module has no parameters of component types")
    }
  }

  // MARK: Comparison

  /// Whether a result matches the expected one.
  func matches(_ expected: ScriptResult, _ value: Value) -> Bool {
    switch (expected, value) {
    case (.either(let choices), _): choices.contains { matches($0, value) }
    case (.i32(let bits), .i32(let value)): UInt32(bitPattern: value) == bits
    case (.i64(let bits), .i64(let value)): UInt64(bitPattern: value) == bits
    case (.f32(let pattern), .f32(let value)): pattern.matches(value.bitPattern)
    case (.f64(let pattern), .f64(let value)): pattern.matches(value.bitPattern)
    case (.v128(let low, let high), .v128(let value)): value.halves == SIMD2(low, high)
    case (.f32x4(let lanes), .v128(let value)): zip(lanes, value.words).allSatisfy { $0.matches($1) }
    case (.f64x2(let lanes), .v128(let value)):
      lanes[0].matches(value.halves[0]) && lanes[1].matches(value.halves[1])
    default: matchesReference(expected, value)
    }
  }

  private func matchesReference(_ expected: ScriptResult, _ value: Value) -> Bool {
    switch expected {
    case .refNull(nil): return value.isNull
    case .refNull(let type?): return value.isNull && (try? call("null_\(type.hierarchy)", value)) != nil
    case .refExtern(nil):
      if case .external(.some) = value { return true }
      return (try? call("is_external", value)).map { $0.isOne } ?? false
    case .refExtern(let number):
      guard case .external(let reference?) = value else { return false }
      return number.map { (reference.object as? HostObject)?.number == $0 } ?? true
    case .refHost(let number):
      guard case .external(let reference?)? = try? call("externalize", value) else { return false }
      return number.map { (reference.object as? HostObject)?.number == $0 } ?? (reference.object is HostObject)
    case .refFunc:
      if case .function(.some) = value { return true }
      return false
    case .refAny: return test("any", value)
    case .refEq: return test("eq", value)
    case .refI31: return test("i31", value)
    case .refStruct: return test("struct", value)
    case .refArray: return test("array", value)
    case .refExn: return test("exn", value)
    default: return false
    }
  }

  // MARK: Tests in Wasm

  private func test(_ kind: String, _ value: Value) -> Bool {
    guard case .reference(let reference) = value, !reference.isNull else { return false }
    return (try? call("is_\(kind)", value)).map { $0.isOne } ?? false
  }

  /// Calls a function of the helper module.
  private func call(_ name: String, _ argument: Value) throws -> Value {
    guard let function = try tests.get().function(name) else { throw ScriptFailure(message: "no function \(name)") }
    return try function.call([argument])[0]
  }

  private func makeTests() throws -> Instance {
    var text = """
      (func (export "internalize") (param externref) (result anyref) (any.convert_extern (local.get 0)))
      (func (export "externalize") (param anyref) (result externref) (extern.convert_any (local.get 0)))
      (func (export "is_external") (param externref) (result i32) (i32.eqz (ref.is_null (local.get 0))))
      (func (export "is_exn") (param exnref) (result i32) (i32.eqz (ref.is_null (local.get 0))))

      """
    for kind in ["any", "eq", "i31", "struct", "array"] {
      text += """
        (func (export "is_\(kind)") (param anyref) (result i32) (ref.test (ref \(kind)) (local.get 0)))

        """
    }
    for hierarchy in ["func", "extern", "any", "exn"] {
      text += """
        (func (export "null_\(hierarchy)") (param \(hierarchy)ref) (result i32) (ref.is_null (local.get 0)))

        """
    }
    return try Linker(store.engine).instantiate(Module(store.engine, text: "(module \(text))"), in: store)
  }
}

extension HeapType {
  /// The keyword for the top type of an abstract type's hierarchy.
  fileprivate var hierarchy: String {
    switch self {
    case .function, .noFunction: "func"
    case .external, .noExternal: "extern"
    case .exception, .noException: "exn"
    default: "any"
    }
  }
}

extension Value {
  /// Whether this is the `i32` 1, which means true.
  fileprivate var isOne: Bool {
    if case .i32(1) = self { true } else { false }
  }

  /// Whether this is a null reference.
  var isNull: Bool {
    switch self {
    case .function(nil), .external(nil): true
    case .reference(let reference): reference.isNull
    default: false
    }
  }
}

extension SIMD16<UInt8> {
  /// The vector as two 64-bit numbers, the low one first.
  var halves: SIMD2<UInt64> {
    let halves = unsafeBitCast(self, to: SIMD2<UInt64>.self)
    return SIMD2(UInt64(littleEndian: halves[0]), UInt64(littleEndian: halves[1]))
  }

  /// The vector as four 32-bit numbers, the lowest first.
  var words: [UInt32] {
    let halves = halves
    return (0..<4).map { UInt32(truncatingIfNeeded: halves[$0 / 2] >> UInt64(32 * ($0 % 2))) }
  }
}
