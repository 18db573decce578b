/// What a function takes and returns. (Core specification 3.0, 2.3.9 "Composite Types".)
public struct FunctionType: Hashable, Sendable {
  public var parameters: [ValueType]
  public var results: [ValueType]

  public init(parameters: [ValueType] = [], results: [ValueType] = []) {
    self.parameters = parameters
    self.results = results
  }
}

extension FunctionType: CustomStringConvertible {
  /// The type as the text format writes it, for example `(func (param i32 i32) (result i64))`.
  public var description: String {
    func clause(_ keyword: String, _ types: [ValueType]) -> String {
      types.isEmpty ? "" : " (\(keyword) \(types.map(\.description).joined(separator: " ")))"
    }
    return "(func\(clause("param", parameters))\(clause("result", results)))"
  }
}

/// The type of a field's or element's storage: a value type, or an integer narrower than a value.
public enum StorageType: Hashable, Sendable {
  case value(ValueType)
  case i8
  case i16

  /// The type of the value that reading this storage gives.
  public var unpacked: ValueType {
    switch self {
    case .value(let type): type
    case .i8, .i16: .i32
    }
  }

  public var isPacked: Bool { self == .i8 || self == .i16 }
}

extension StorageType: CustomStringConvertible {
  public var description: String {
    switch self {
    case .value(let type): type.description
    case .i8: "i8"
    case .i16: "i16"
    }
  }
}

/// A field of a structure, or the elements of an array.
public struct FieldType: Hashable, Sendable {
  public var storage: StorageType
  public var isMutable: Bool

  public init(storage: StorageType, isMutable: Bool) {
    self.storage = storage
    self.isMutable = isMutable
  }
}

extension FieldType: CustomStringConvertible {
  public var description: String { isMutable ? "(mut \(storage))" : storage.description }
}

/// A function, structure or array type.
public enum CompositeType: Hashable, Sendable {
  case function(FunctionType)
  case structure([FieldType])
  case array(FieldType)

  public var function: FunctionType? {
    if case .function(let type) = self { type } else { nil }
  }
  public var structure: [FieldType]? {
    if case .structure(let fields) = self { fields } else { nil }
  }
  public var array: FieldType? {
    if case .array(let element) = self { element } else { nil }
  }
}

/// A composite type with its place in the subtype hierarchy. (Core specification 3.0, 2.3.10 "Recursive Types".)
public struct SubType: Hashable, Sendable {
  public var isFinal: Bool
  /// Type indices; the standard admits at most one.
  public var supertypes: [UInt32]
  public var composite: CompositeType
  /// The type of the descriptor that each structure of this type carries. (Custom descriptors proposal.)
  public var descriptor: UInt32?
  /// The type that structures of this type describe. (Custom descriptors proposal.)
  public var describes: UInt32?

  public init(
    _ composite: CompositeType, isFinal: Bool = true, supertypes: [UInt32] = [], descriptor: UInt32? = nil,
    describes: UInt32? = nil
  ) {
    self.isFinal = isFinal
    self.supertypes = supertypes
    self.composite = composite
    self.descriptor = descriptor
    self.describes = describes
  }

  /// Whether it names no other type.
  private var isSelfContained: Bool {
    func isConcrete(_ type: ValueType) -> Bool { type.referenceType?.heapType.isConcrete ?? false }
    func isConcrete(_ field: FieldType) -> Bool { isConcrete(field.storage.unpacked) }
    guard supertypes.isEmpty, descriptor == nil, describes == nil else { return false }
    return switch composite {
    case .function(let type): !type.parameters.contains(where: isConcrete) && !type.results.contains(where: isConcrete)
    case .structure(let fields): !fields.contains(where: isConcrete)
    case .array(let element): !isConcrete(element)
    }
  }

  /// Calls `body` with every type index in it, those of its supertypes and descriptors included.
  func forEachTypeIndex(_ body: (UInt32) -> Void) {
    func visit(_ type: ValueType) {
      if let index = type.referenceType?.heapType.typeIndex { body(index) }
    }
    for supertype in supertypes { body(supertype) }
    if let descriptor { body(descriptor) }
    if let describes { body(describes) }
    switch composite {
    case .function(let type):
      for parameter in type.parameters { visit(parameter) }
      for result in type.results { visit(result) }
    case .structure(let fields):
      for field in fields { visit(field.storage.unpacked) }
    case .array(let element): visit(element.storage.unpacked)
    }
  }

  /// This type with every type index replaced.
  public func mapTypeIndices(_ transform: (UInt32) -> UInt32) -> SubType {
    // Most types in most modules: nothing is copied.
    if isSelfContained { return self }
    func map(_ type: ValueType) -> ValueType { type.mapTypeIndex(transform) }
    func map(_ field: FieldType) -> FieldType {
      guard case .value(let type) = field.storage else { return field }
      return FieldType(storage: .value(map(type)), isMutable: field.isMutable)
    }
    let mapped: CompositeType =
      switch composite {
      case .function(let type):
        .function(FunctionType(parameters: type.parameters.map(map), results: type.results.map(map)))
      case .structure(let fields): .structure(fields.map(map))
      case .array(let element): .array(map(element))
      }
    return SubType(
      mapped, isFinal: isFinal, supertypes: supertypes.map(transform), descriptor: descriptor.map(transform),
      describes: describes.map(transform))
  }
}

extension ValueType {
  /// This type with the index of a concrete heap type replaced.
  @inlinable
  public func mapTypeIndex(_ transform: (UInt32) -> UInt32) -> ValueType {
    guard let reference = referenceType, let index = reference.heapType.typeIndex else { return self }
    return .reference(
      nullable: reference.isNullable, .concrete(transform(index), isExact: reference.heapType.isExact))
  }
}
