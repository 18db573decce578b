import WebAssembly

/// Replaces resources and types in other types: what an instantiation does with the types of imports. (Component model, "Type Checking".)
struct Substitution {
  /// By identity. The name of a reference stays.
  var resources: [Int: Int] = [:]
  /// Types that are replaced as they are, before anything else.
  var types: [TypeReference: TypeReference] = [:]

  // What was replaced already.
  private var defined: [Int: Int] = [:]
  private var functions: [Int: Int] = [:]
  private var instances: [Int: Int] = [:]
  private var components: [Int: Int] = [:]

  var isEmpty: Bool { resources.isEmpty && types.isEmpty }

  mutating func apply(_ type: TypeReference, _ table: inout TypeTable) throws(ValidationError) -> TypeReference {
    if let replacement = types[type] { return replacement }
    switch type {
    case .resource(let resource):
      guard let identity = resources[resource.identity] else { return type }
      return .resource(ResourceReference(identity: identity, name: resource.name))
    case .defined(let index): return .defined(try applyDefined(index, &table))
    case .function(let index): return .function(try applyFunction(index, &table))
    case .instance(let index): return .instance(try applyInstance(index, &table))
    case .component(let index): return .component(try applyComponent(index, &table))
    }
  }

  mutating func apply(_ type: EntityType, _ table: inout TypeTable) throws(ValidationError) -> EntityType {
    switch type {
    case .module: type
    case .function(let index): .function(try applyFunction(index, &table))
    case .type(let type): .type(try apply(type, &table))
    case .instance(let index): .instance(try applyInstance(index, &table))
    case .component(let index): .component(try applyComponent(index, &table))
    }
  }

  mutating func apply(_ list: EntityList, _ table: inout TypeTable) throws(ValidationError) -> EntityList {
    var result = list
    try table.spend(list.count)
    for position in 0..<list.count {
      let type = list.entries[position].type
      let replacement = try apply(type, &table)
      if replacement != type { result.replaceType(at: position, replacement) }
    }
    return result
  }

  // MARK: By kind

  private mutating func apply(
    _ type: Component.ValueType, _ table: inout TypeTable
  ) throws(ValidationError) -> Component.ValueType {
    guard case .index(let index) = type else { return type }
    guard case .defined(let replacement) = try apply(.defined(Int(index)), &table) else { return type }
    return .index(UInt32(replacement))
  }

  private mutating func applyOptional(
    _ type: Component.ValueType?, _ table: inout TypeTable
  ) throws(ValidationError) -> Component.ValueType? {
    guard let type else { return nil }
    return try apply(type, &table)
  }

  private mutating func applyDefined(_ index: Int, _ table: inout TypeTable) throws(ValidationError) -> Int {
    if let known = defined[index] { return known }
    let type = table.defined[index].type
    try table.spend(table.partCount(type))
    let replacement = try apply(type, &table)
    let result = replacement == type ? index : try table.append(replacement)
    defined[index] = result
    return result
  }

  private mutating func apply(
    _ type: Component.DefinedType, _ table: inout TypeTable
  ) throws(ValidationError) -> Component.DefinedType {
    switch type {
    case .primitive, .flags, .enumeration: return type
    case .record(let fields):
      var result = fields
      for index in fields.indices { result[index].type = try apply(fields[index].type, &table) }
      return .record(result)
    case .variant(let cases):
      var result = cases
      for index in cases.indices { result[index].type = try applyOptional(cases[index].type, &table) }
      return .variant(result)
    case .list(let element): return .list(try apply(element, &table))
    case .fixedLengthList(let element, let count): return .fixedLengthList(try apply(element, &table), count)
    case .tuple(let types):
      var result = types
      for index in types.indices { result[index] = try apply(types[index], &table) }
      return .tuple(result)
    case .option(let type): return .option(try apply(type, &table))
    case .result(let ok, let error):
      return .result(ok: try applyOptional(ok, &table), error: try applyOptional(error, &table))
    case .own(let handle): return .own(try applyHandle(handle, &table))
    case .borrow(let handle): return .borrow(try applyHandle(handle, &table))
    case .stream(let element): return .stream(try applyOptional(element, &table))
    case .future(let element): return .future(try applyOptional(element, &table))
    case .map(let key, let value): return .map(key: try apply(key, &table), value: try apply(value, &table))
    }
  }

  private mutating func applyHandle(_ handle: UInt32, _ table: inout TypeTable) throws(ValidationError) -> UInt32 {
    let resource = table.handle(handle)
    guard case .resource(let replacement) = try apply(.resource(resource), &table), replacement != resource else {
      return handle
    }
    return table.handle(replacement)
  }

  private mutating func applyFunction(_ index: Int, _ table: inout TypeTable) throws(ValidationError) -> Int {
    if case .function(let replacement)? = types[.function(index)] { return replacement }
    if let known = functions[index] { return known }
    let type = table.functions[index].type
    try table.spend(1 + type.parameters.count)
    var replacement = type
    for position in type.parameters.indices {
      replacement.parameters[position].type = try apply(type.parameters[position].type, &table)
    }
    replacement.result = try applyOptional(type.result, &table)
    let result = replacement == type ? index : try table.append(replacement)
    functions[index] = result
    return result
  }

  private mutating func applyInstance(_ index: Int, _ table: inout TypeTable) throws(ValidationError) -> Int {
    if let known = instances[index] { return known }
    var type = table.instances[index]
    let exports = try apply(type.exports, &table)
    var result = index
    if !exports.equals(type.exports) {
      type.exports = exports
      result = try table.append(type)
    }
    instances[index] = result
    return result
  }

  private mutating func applyComponent(_ index: Int, _ table: inout TypeTable) throws(ValidationError) -> Int {
    if let known = components[index] { return known }
    var type = table.components[index]
    let imports = try apply(type.imports, &table)
    let exports = try apply(type.exports, &table)
    var result = index
    if !imports.equals(type.imports) || !exports.equals(type.exports) {
      type.imports = imports
      type.exports = exports
      result = try table.append(type)
    }
    components[index] = result
    return result
  }
}

extension EntityList {
  /// Whether two lists with the same names have the same types.
  fileprivate func equals(_ other: EntityList) -> Bool {
    zip(entries, other.entries).allSatisfy { $0.type == $1.type }
  }

  /// The type at a path of names.
  func type(at path: [String], in table: TypeTable) -> EntityType? {
    guard let first = path.first, var type = self[first] else { return nil }
    for name in path.dropFirst() {
      guard case .instance(let index) = type, let next = table.instances[index].exports[name] else { return nil }
      type = next
    }
    return type
  }

  /// The resource at a path of names.
  func resource(at path: [String], in table: TypeTable) -> ResourceReference? {
    guard case .type(.resource(let resource))? = type(at: path, in: table) else { return nil }
    return resource
  }
}
