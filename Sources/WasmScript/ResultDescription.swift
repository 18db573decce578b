import Needletail
import WasmText

/// Values in script reports: type and number, and the bits of floats, because those are compared.
enum ResultDescription {
  static func list(_ values: [String]) -> String {
    switch values.count {
    case 0: "nothing"
    case 1: values[0]
    default: "(\(values.joined(separator: ", ")))"
    }
  }

  // MARK: Results

  static func of(_ value: Value) -> String {
    switch value {
    case .i32(let value): "i32 \(value)"
    case .i64(let value): "i64 \(value)"
    case .f32(let value): float32(value.bitPattern)
    case .f64(let value): float64(value.bitPattern)
    case .v128(let value): "v128 i32x4 \(value.words.map { hex($0, digits: 8) }.joined(separator: " "))"
    case .function(nil): "null funcref"
    case .function: "a function reference"
    case .external(nil): "null externref"
    case .external: "an external reference"
    case .reference(let reference): reference.isNull ? "null \(reference.type)" : "a \(reference.type)"
    }
  }

  // MARK: What is expected

  static func of(_ result: ScriptResult) -> String {
    switch result {
    case .i32(let bits): "i32 \(Int32(bitPattern: bits))"
    case .i64(let bits): "i64 \(Int64(bitPattern: bits))"
    case .f32(let pattern): "f32 \(of(pattern))"
    case .f64(let pattern): "f64 \(of(pattern))"
    case .v128(let low, let high):
      "v128 i32x4 "
        + [low, low >> 32, high, high >> 32].map { hex(UInt32(truncatingIfNeeded: $0), digits: 8) }.joined(
          separator: " ")
    case .f32x4(let lanes): "v128 f32x4 \(lanes.map(of).joined(separator: " "))"
    case .f64x2(let lanes): "v128 f64x2 \(lanes.map(of).joined(separator: " "))"
    case .refNull(let type): "null\(type.map { " \($0)" } ?? "")"
    case .refFunc(let number): "a function reference\(suffix(number))"
    case .refExtern(let number): "an external reference\(suffix(number))"
    case .refHost(let number): "a host reference\(suffix(number))"
    case .refAny: "a reference of any kind"
    case .refEq: "an eq reference"
    case .refI31: "an i31 reference"
    case .refStruct: "a structure reference"
    case .refArray: "an array reference"
    case .refExn: "an exception reference"
    case .either(let choices): choices.map(of).joined(separator: " or ")
    case .component(let value): "\(value)"
    }
  }

  private static func of(_ pattern: FloatPattern<UInt32>) -> String {
    switch pattern {
    case .bits(let bits): String(float32(bits).dropFirst(4))
    case .canonicalNaN: "nan:canonical"
    case .arithmeticNaN: "nan:arithmetic"
    }
  }

  private static func of(_ pattern: FloatPattern<UInt64>) -> String {
    switch pattern {
    case .bits(let bits): String(float64(bits).dropFirst(4))
    case .canonicalNaN: "nan:canonical"
    case .arithmeticNaN: "nan:arithmetic"
    }
  }

  // MARK: Parts

  private static func float32(_ bits: UInt32) -> String { "f32 \(Float(bitPattern: bits)) [\(hex(bits, digits: 8))]" }

  private static func float64(_ bits: UInt64) -> String { "f64 \(Double(bitPattern: bits)) [\(hex(bits, digits: 16))]" }

  private static func suffix(_ number: UInt32?) -> String { number.map { " \($0)" } ?? "" }

  private static func hex(_ bits: some FixedWidthInteger, digits: Int) -> String {
    let text = String(bits, radix: 16)
    return "0x" + String(repeating: "0", count: digits - text.count) + text
  }
}
