import Needletail

extension Execution {
  /// The depth to which references are followed, and the number of fields or elements that are described per object.
  private static let depth = 2
  private static let width = 8

  /// A value by its bits. A reference is described by its referent, not by its address.
  public static func text(_ value: Value) -> String { text(value, depth) }

  private static func text(_ value: Value, _ depth: Int) -> String {
    switch value {
    case .i32(let value): return "i32:\(value)"
    case .i64(let value): return "i64:\(value)"
    case .f32(let value): return "f32:\(value.bitPattern)"
    case .f64(let value): return "f64:\(value.bitPattern)"
    case .v128(let value):
      let halves = unsafeBitCast(value, to: SIMD2<UInt64>.self)
      return "v128:\(halves[0]),\(halves[1])"
    // Engines number types in order of use, so that type indices of functions are not comparable.
    case .function(let function): return function.map { "function of \($0.type.parameters.count)" } ?? "null"
    case .external(let reference): return reference == nil ? "null" : "external"
    case .reference(let reference): return text(reference, depth)
    }
  }

  private static func text(_ reference: Reference, _ depth: Int) -> String {
    if reference.isNull { return "null" }
    if let number = reference.i31 { return "i31:\(number)" }
    if let types = reference.fieldTypes {
      return "structure of \(types.count)" + list(types.count, depth) { try reference.field($0) }
    }
    if let count = reference.elementCount {
      return "array of \(count)" + list(count, depth) { try reference.element($0) }
    }
    return "reference"
  }

  private static func list(_ count: Int, _ depth: Int, _ element: (Int) throws -> Value) -> String {
    guard depth > 0 else { return "" }
    let texts = (0..<min(count, width)).map { (try? element($0)).map { text($0, depth - 1) } ?? "error" }
    return "(" + texts.joined(separator: " ") + ")"
  }
}
