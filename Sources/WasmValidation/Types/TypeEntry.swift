import WebAssembly

/// The facts about a type of the module that checking instructions needs. All types in it are in canonical indices.
struct TypeEntry {
  enum Kind: UInt8 {
    case function, structure, array

    /// With its article, for messages.
    var noun: String {
      switch self {
      case .function: "a function type"
      case .structure: "a structure type"
      case .array: "an array type"
      }
    }
  }

  let kind: Kind
  let canonical: UInt32
  /// The parameters of a function type.
  var parameters = TypeList.empty
  var results = TypeList.empty
  /// The position in ``ModuleView/fields`` of a structure's fields, or of an array's element.
  var firstField: UInt32 = 0
  var fieldCount: UInt32 = 0
  /// The type index of the descriptor type. (Custom descriptors proposal.)
  var descriptor: UInt32?

  init(kind: Kind, canonical: UInt32) {
    self.kind = kind
    self.canonical = canonical
  }
}

/// A field of a structure, or the element of an array.
struct FieldEntry {
  enum Packing: UInt8 {
    case none, i8, i16
  }

  /// The type of the value that is read or written.
  let type: ValueType
  let packing: Packing
  let isMutable: Bool

  /// - Parameter type: a field type in canonical indices.
  init(_ type: FieldType) {
    self.type = type.storage.unpacked
    isMutable = type.isMutable
    packing =
      switch type.storage {
      case .value: .none
      case .i8: .i8
      case .i16: .i16
      }
  }

  var isPacked: Bool { packing != .none }
}
