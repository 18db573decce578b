/// The parameter and result types of a function. (Core specification 3.0, 2.3.9 "Composite Types".)
public struct FunctionType: Hashable, Sendable {
  /// The types of the parameters, in order.
  public var parameters: [ValueType]
  /// The types of the results, in order.
  public var results: [ValueType]

  /// Creates a function type.
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

/// The type of a field's or element's storage: a value type, or a packed integer. (Core specification 3.0, 2.3.9 "Composite Types".)
public enum StorageType: Hashable, Sendable {
  /// A value of full width.
  case value(ValueType)
  /// A packed 8-bit integer, which is read as an `i32`.
  case i8
  /// A packed 16-bit integer, which is read as an `i32`.
  case i16

  /// The type of a value read from this storage.
  public var unpacked: ValueType {
    switch self {
    case .value(let type): type
    case .i8, .i16: .i32
    }
  }

  /// Whether the storage is a packed integer, whose reads extend it with or without sign.
  public var isPacked: Bool { self == .i8 || self == .i16 }
}

extension StorageType: CustomStringConvertible {
  /// The type as the text format writes it.
  public var description: String {
    switch self {
    case .value(let type): type.description
    case .i8: "i8"
    case .i16: "i16"
    }
  }
}

/// The type of a structure's field or of an array's elements. (Core specification 3.0, 2.3.9 "Composite Types".)
public struct FieldType: Hashable, Sendable {
  /// The type of the storage.
  public var storage: StorageType
  /// Whether the field can be written after it was initialized.
  public var isMutable: Bool

  /// Creates a field type.
  public init(storage: StorageType, isMutable: Bool) {
    self.storage = storage
    self.isMutable = isMutable
  }
}

extension FieldType: CustomStringConvertible {
  /// The type as the text format writes it, for example `(mut i32)`.
  public var description: String { isMutable ? "(mut \(storage))" : storage.description }
}

/// A function, structure or array type.
public enum CompositeType: Hashable, Sendable {
  /// A function type.
  case function(FunctionType)
  /// A structure type with these fields, in order.
  case structure([FieldType])
  /// An array type with elements of this type.
  case array(FieldType)

  /// The function type, if this is one.
  public var function: FunctionType? {
    if case .function(let type) = self { type } else { nil }
  }
  /// The fields, if this is a structure type.
  public var structure: [FieldType]? {
    if case .structure(let fields) = self { fields } else { nil }
  }
  /// The type of the elements, if this is an array type.
  public var array: FieldType? {
    if case .array(let element) = self { element } else { nil }
  }
}

/// A composite type with its place in the subtype hierarchy. (Core specification 3.0, 2.3.10 "Recursive Types".)
///
/// A module can have half a million of them, so the attributes that hardly any type has take one word together.
public struct SubType: Hashable, Sendable {
  /// The function, structure or array type.
  public var composite: CompositeType
  /// Whether no other type can name this type as its supertype.
  public var isFinal: Bool
  /// Type indices; the standard admits at most one.
  public var supertypes: [UInt32]
  /// The descriptor type and the described type; empty if there is neither.
  private var descriptors: [UInt32?] = []

  /// The type of the descriptor that each structure of this type carries. (Custom descriptors proposal.)
  public var descriptor: UInt32? {
    get { descriptors.isEmpty ? nil : descriptors[0] }
    set { setDescriptors(newValue, describes) }
  }

  /// The type that structures of this type describe. (Custom descriptors proposal.)
  public var describes: UInt32? {
    get { descriptors.isEmpty ? nil : descriptors[1] }
    set { setDescriptors(descriptor, newValue) }
  }

  private mutating func setDescriptors(_ descriptor: UInt32?, _ describes: UInt32?) {
    descriptors = descriptor == nil && describes == nil ? [] : [descriptor, describes]
  }

  /// Creates a type. Indices are type indices of the module, or canonical ones.
  public init(
    _ composite: CompositeType, isFinal: Bool = true, supertypes: [UInt32] = [], descriptor: UInt32? = nil,
    describes: UInt32? = nil
  ) {
    self.isFinal = isFinal
    self.supertypes = supertypes
    self.composite = composite
    setDescriptors(descriptor, describes)
  }

  /// Whether the type refers to no other type.
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

  /// Calls `body` with every type index in the type, including those of its supertypes and descriptors.
  package func forEachTypeIndex(_ body: (UInt32) -> Void) {
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
    var result = self
    result.replaceTypeIndices(transform)
    return result
  }

  /// Replaces every type index. Arrays that are uniquely referenced are changed in place.
  mutating func replaceTypeIndices(_ transform: (UInt32) -> UInt32) {
    // True of most types in most modules: nothing is copied.
    if isSelfContained { return }
    func replace(_ types: inout [ValueType]) {
      for index in types.indices { types[index] = types[index].mapTypeIndex(transform) }
    }
    func map(_ field: FieldType) -> FieldType {
      guard case .value(let type) = field.storage else { return field }
      return FieldType(storage: .value(type.mapTypeIndex(transform)), isMutable: field.isMutable)
    }
    let former = composite
    // Gives up the references to the arrays, so that they are unique.
    composite = .structure([])
    switch consume former {
    case .function(var type):
      replace(&type.parameters)
      replace(&type.results)
      composite = .function(type)
    case .structure(var fields):
      for index in fields.indices { fields[index] = map(fields[index]) }
      composite = .structure(fields)
    case .array(let element): composite = .array(map(element))
    }
    for index in supertypes.indices { supertypes[index] = transform(supertypes[index]) }
    if !descriptors.isEmpty { setDescriptors(descriptor.map(transform), describes.map(transform)) }
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
