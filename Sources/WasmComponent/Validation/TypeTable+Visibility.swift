import WebAssembly

// Which types have a name outside of a component. (Component model, "External Visibility of Types".)
extension TypeTable {
  /// The types that an entity's exports name, inside instances too.
  mutating func namedTypes(_ type: EntityType, into names: inout Set<TypeReference>) throws(ValidationError) {
    switch type {
    case .type(let type): names.insert(type)
    case .instance(let index):
      let exports = instances[index].exports
      try spend(exports.count)
      for (_, type) in exports.entries { try namedTypes(type, into: &names) }
    case .module, .function, .component: break
    }
  }

  /// Whether all types in an entity that need a name have one.
  mutating func isVisible(_ type: EntityType, _ names: Set<TypeReference>) throws(ValidationError) -> Bool {
    var seen: Set<TypeReference> = []
    return try isVisible(type, names, &seen)
  }

  private mutating func isVisible(
    _ type: EntityType, _ names: Set<TypeReference>, _ seen: inout Set<TypeReference>
  ) throws(ValidationError) -> Bool {
    switch type {
    case .module: true
    // The imports and exports of a component were checked when it was defined.
    case .component: true
    case .function(let index): try areVisible(functions[index].type, names, &seen)
    case .instance(let index): try isVisibleInstance(index, names, &seen)
    case .type(let type): try isVisible(contentsOf: type, names, &seen)
    }
  }

  private mutating func isVisibleInstance(
    _ index: Int, _ names: Set<TypeReference>, _ seen: inout Set<TypeReference>
  ) throws(ValidationError) -> Bool {
    let exports = instances[index].exports
    try spend(exports.count)
    for (_, type) in exports.entries {
      if case .type(.resource) = type { continue }
      guard try isVisible(type, names, &seen) else { return false }
    }
    return true
  }

  /// Whether the parts of a type that is itself exported are visible.
  private mutating func isVisible(
    contentsOf type: TypeReference, _ names: Set<TypeReference>, _ seen: inout Set<TypeReference>
  ) throws(ValidationError) -> Bool {
    switch type {
    case .resource, .component: return true
    case .function(let index): return try areVisible(functions[index].type, names, &seen)
    case .instance(let index):
      var inner = names
      try namedTypes(.instance(index), into: &inner)
      return try isVisibleInstance(index, inner, &seen)
    case .defined(let index): return try areVisible(partsOf: index, names, &seen)
    }
  }

  private mutating func areVisible(
    _ type: Component.FunctionType, _ names: Set<TypeReference>, _ seen: inout Set<TypeReference>
  ) throws(ValidationError) -> Bool {
    try spend(1 + type.parameters.count)
    for parameter in type.parameters {
      guard try isVisible(parameter.type, names, &seen) else { return false }
    }
    return try isVisible(type.result, names, &seen)
  }

  private mutating func isVisible(
    _ type: Component.ValueType?, _ names: Set<TypeReference>, _ seen: inout Set<TypeReference>
  ) throws(ValidationError) -> Bool {
    guard case .index(let index)? = type else { return true }
    let reference = TypeReference.defined(Int(index))
    if names.contains(reference) || seen.contains(reference) { return true }
    switch defined[Int(index)].type {
    case .record, .variant, .flags, .enumeration: return false
    default:
      guard try areVisible(partsOf: Int(index), names, &seen) else { return false }
      seen.insert(reference)
      return true
    }
  }

  private mutating func areVisible(
    partsOf index: Int, _ names: Set<TypeReference>, _ seen: inout Set<TypeReference>
  ) throws(ValidationError) -> Bool {
    try spend(1)
    switch defined[index].type {
    case .primitive, .flags, .enumeration: return true
    case .record(let fields):
      try spend(fields.count)
      for field in fields { guard try isVisible(field.type, names, &seen) else { return false } }
      return true
    case .variant(let cases):
      try spend(cases.count)
      for entry in cases { guard try isVisible(entry.type, names, &seen) else { return false } }
      return true
    case .tuple(let types):
      try spend(types.count)
      for type in types { guard try isVisible(type, names, &seen) else { return false } }
      return true
    case .list(let type), .fixedLengthList(let type, _), .option(let type):
      return try isVisible(type, names, &seen)
    case .stream(let type), .future(let type): return try isVisible(type, names, &seen)
    case .result(let first, let second):
      guard try isVisible(first, names, &seen) else { return false }
      return try isVisible(second, names, &seen)
    case .map(let first, let second):
      guard try isVisible(first, names, &seen) else { return false }
      return try isVisible(second, names, &seen)
    case .own(let handle), .borrow(let handle): return names.contains(.resource(self.handle(handle)))
    }
  }

  // MARK: Free resources

  /// Whether a type refers to a resource that is not one of its own imports or exports.
  mutating func hasFreeResource(_ type: TypeReference) throws(ValidationError) -> Bool {
    var seen: Set<TypeReference> = []
    return try hasFreeResource(type, bound: [], &seen)
  }

  private mutating func hasFreeResource(
    _ type: TypeReference, bound: Set<Int>, _ seen: inout Set<TypeReference>
  ) throws(ValidationError) -> Bool {
    if bound.isEmpty {
      guard seen.insert(type).inserted else { return false }
    }
    try spend(1 + bound.count)
    switch type {
    case .resource(let resource): return !bound.contains(resource.identity)
    case .defined(let index):
      guard defined[index].layout.contents.contains(.resource) else { return false }
      return try hasFreeHandle(in: .index(UInt32(index)), bound: bound)
    case .function(let index):
      let entry = functions[index]
      guard entry.contents.contains(.resource) else { return false }
      for parameter in entry.type.parameters where try hasFreeHandle(in: parameter.type, bound: bound) { return true }
      return try hasFreeHandle(in: entry.type.result, bound: bound)
    case .instance(let index):
      let type = instances[index]
      return try hasFreeResource(type.exports, bound.union(type.resources.map(\.identity)), &seen)
    case .component(let index):
      let type = components[index]
      let inner = bound.union((type.importedResources + type.definedResources).map(\.identity))
      if try hasFreeResource(type.imports, inner, &seen) { return true }
      return try hasFreeResource(type.exports, inner, &seen)
    }
  }

  private mutating func hasFreeResource(
    _ list: EntityList, _ bound: Set<Int>, _ seen: inout Set<TypeReference>
  ) throws(ValidationError) -> Bool {
    for (_, type) in list.entries {
      let reference: TypeReference
      switch type {
      case .module: continue
      case .function(let index): reference = .function(index)
      case .type(let type): reference = type
      case .instance(let index): reference = .instance(index)
      case .component(let index): reference = .component(index)
      }
      if try hasFreeResource(reference, bound: bound, &seen) { return true }
    }
    return false
  }

  private mutating func hasFreeHandle(in type: Component.ValueType?, bound: Set<Int>) throws(ValidationError) -> Bool {
    guard case .index(let index)? = type, defined[Int(index)].layout.contents.contains(.resource) else { return false }
    try spend(1)
    switch defined[Int(index)].type {
    case .own(let handle), .borrow(let handle): return !bound.contains(self.handle(handle).identity)
    case .record(let fields):
      for field in fields where try hasFreeHandle(in: field.type, bound: bound) { return true }
    case .variant(let cases):
      for entry in cases where try hasFreeHandle(in: entry.type, bound: bound) { return true }
    case .tuple(let types):
      for type in types where try hasFreeHandle(in: type, bound: bound) { return true }
    case .list(let type), .fixedLengthList(let type, _), .option(let type):
      return try hasFreeHandle(in: type, bound: bound)
    case .stream(let type), .future(let type): return try hasFreeHandle(in: type, bound: bound)
    case .result(let first, let second):
      if try hasFreeHandle(in: first, bound: bound) { return true }
      return try hasFreeHandle(in: second, bound: bound)
    case .map(let first, let second):
      if try hasFreeHandle(in: first, bound: bound) { return true }
      return try hasFreeHandle(in: second, bound: bound)
    case .primitive, .flags, .enumeration: break
    }
    return false
  }
}
