import WebAssembly

/// A random structure or array type of a module.
///
/// The first field of a structure that has fields is its tag: 0, or one more than the shape as which it was created. An
/// object therefore reveals whether it has the type that a reference claims.
struct Shape: Sendable {
  var type: SubType
  /// The supertype, which may be a repeated definition of the same type.
  var superShape: Int?
  /// The first shape with the same type: equal recursion groups define equal types.
  var identity = 0

  var fields: [FieldType] { type.composite.structure ?? [] }
  var element: FieldType? { type.composite.array }
  var isTagged: Bool { !fields.isEmpty }

  /// Whether all fields, or the elements, have default values.
  var isDefaultable: Bool {
    (element.map { [$0] } ?? fields).allSatisfy(\.storage.unpacked.isDefaultable)
  }
}

extension StorageType {
  /// The bytes of an element, for ranges of segments.
  var elementByteCount: Int {
    switch self {
    case .i8: 1
    case .i16: 2
    case .value(.i32), .value(.f32): 4
    case .value(.v128): 16
    case .value: 8
    }
  }
}
