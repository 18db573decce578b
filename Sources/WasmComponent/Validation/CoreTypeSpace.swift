import WasmValidation
import WebAssembly

/// An index space of core types, of a component or of a module type.
///
/// The rules of the core specification are checked by its validator, on a module that has the same types.
struct CoreTypeSpace {
  private(set) var entries: [CoreTypeReference] = []
  /// The canonical indices, with 0 for module types.
  private var canonical: [UInt32] = []
  /// Has each type at its index, and another type where there is a module type.
  private(set) var module = Module(bytes: Component.header)

  var count: Int { entries.count }

  /// The type at an index.
  subscript(index: UInt32) -> CoreTypeReference? { Int(index) < entries.count ? entries[Int(index)] : nil }

  private static let placeholder = SubType(.function(FunctionType()))

  /// Adds a module type, or a type of another space.
  mutating func append(_ type: CoreTypeReference, _ table: TypeTable) {
    entries.append(type)
    var stand = Self.placeholder
    switch type {
    case .module: canonical.append(0)
    case .type(let index):
      canonical.append(index)
      var isClosed = true
      let known = table.coreTypes.type(index)
      known.forEachTypeIndex { _ in isClosed = false }
      // A type that refers to others cannot be repeated by itself. Only its subtypes would show the difference, and are refused.
      if isClosed { stand = known }
    }
    module.types.append(stand)
    module.recursionGroups.append(module.types.count - 1..<module.types.count)
  }

  /// Adds the types of a recursion group.
  mutating func append(_ group: [SubType], _ table: inout TypeTable, at offset: Int) throws(ValidationError) {
    let start = entries.count
    let end = start + group.count
    for type in group {
      var fault: UInt32?
      type.forEachTypeIndex { index in
        if Int(index) >= end { fault = fault ?? index }
        if Int(index) < start, case .module = entries[Int(index)] { fault = fault ?? index }
      }
      if let fault { throw .outOfBounds("type", fault, at: offset) }
    }
    try table.spend(group.count)
    do throws(LimitExceeded) {
      try table.coreTypes.intern(group[...], from: start, into: &canonical)
    } catch {
      throw ValidationError(error.message, offset: offset)
    }
    for index in start..<end { entries.append(.type(canonical[index])) }
    module.types.append(contentsOf: group)
    module.recursionGroups.append(start..<end)
  }

  /// Adds an import to the module that is checked.
  mutating func appendImport(_ type: ExternalType) {
    module.appendImport(Module.Import(module: "", name: "", type: type, offset: 0))
  }

  /// The canonical index of a function type.
  func functionType(_ index: UInt32, _ table: TypeTable, at offset: Int) throws(ValidationError) -> UInt32 {
    guard let entry = self[index] else { throw .outOfBounds("type", index, at: offset) }
    guard case .type(let type) = entry, table.coreTypes.type(type).composite.function != nil else {
      throw ValidationError("core type index \(index) is not a function type", offset: offset)
    }
    return type
  }

  /// A value type with canonical indices.
  func canonical(_ type: ValueType, at offset: Int) throws(ValidationError) -> ValueType {
    if let index = type.referenceType?.heapType.typeIndex {
      guard let entry = self[index], case .type = entry else { throw .outOfBounds("type", index, at: offset) }
    }
    return type.mapTypeIndex { canonical[Int($0)] }
  }

  /// The type of an import or export of a core module.
  func entity(_ type: ExternalType, _ table: TypeTable, at offset: Int) throws(ValidationError) -> CoreEntityType {
    switch type {
    case .function(let index, _): return .function(try functionType(index, table, at: offset))
    case .tag(let index): return .tag(try functionType(index, table, at: offset))
    case .memory(let type): return .memory(type)
    case .global(var type):
      type.value = try canonical(type.value, at: offset)
      return .global(type)
    case .table(var type):
      guard let element = try canonical(ValueType(type.element), at: offset).referenceType else {
        throw ValidationError("malformed reference type", offset: offset)
      }
      type.element = element
      return .table(type)
    }
  }

  /// Checks the types, and the imports that were added, by the rules of the core specification.
  func validate(_ features: Features, at offset: Int) throws(LoadingError) {
    guard !module.types.isEmpty || !module.imports.isEmpty else { return }
    do throws(LoadingError) {
      try Validator.validate(module, features: features, threadCount: 1)
    } catch {
      guard case .invalid(var inner) = error else { throw error }
      inner.offset = offset
      throw .invalid(inner)
    }
  }
}

extension ValidationError {
  /// The error for an index that is not in its space.
  static func outOfBounds(_ noun: String, _ index: UInt32, at offset: Int) -> ValidationError {
    ValidationError("unknown \(noun) \(index): \(noun) index out of bounds", offset: offset)
  }
}
