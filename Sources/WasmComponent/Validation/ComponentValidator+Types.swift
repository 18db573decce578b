import WebAssembly

// Type definitions. (Component model, "Type Definitions".)
extension ComponentValidator {
  func define(_ definition: Component.TypeDefinition, at offset: Int) throws(LoadingError) {
    let type: TypeReference
    switch definition {
    case .component(let declarations): type = .component(try componentType(declarations, at: offset))
    case .instance(let declarations): type = .instance(try instanceType(declarations, at: offset))
    case .defined(let definition):
      type = try located(offset) { () throws(ValidationError) in
        .defined(try self.table.append(try self.check(definition, at: offset)))
      }
    case .function(let definition):
      type = try located(offset) { () throws(ValidationError) in
        .function(try self.table.append(try self.check(definition, at: offset)))
      }
    case .resource(let definition):
      type = try located(offset) { () throws(ValidationError) in .resource(try self.check(definition, at: offset)) }
    }
    try located(offset) { () throws(ValidationError) in try self.append(.type(type)) }
  }

  // MARK: Value types

  /// A use of a value type, as a position in the table.
  func check(_ type: Component.ValueType, at offset: Int) throws(ValidationError) -> Component.ValueType {
    guard case .index(let index) = type else { return type }
    guard case .defined(let position) = try self.type(index, at: offset) else {
      throw ValidationError("type index \(index) is not a defined type", offset: offset)
    }
    return .index(UInt32(position))
  }

  private func checkOptional(_ type: Component.ValueType?, at offset: Int) throws(ValidationError) -> Component
    .ValueType?
  {
    guard let type else { return nil }
    return try check(type, at: offset)
  }

  private func check(
    _ definition: Component.DefinedType, at offset: Int
  ) throws(ValidationError) -> Component.DefinedType {
    switch definition {
    case .primitive: return definition
    case .record(let fields):
      guard !fields.isEmpty else { throw ValidationError("record type must have at least one field", offset: offset) }
      return .record(try check(fields, "record field", "field", at: offset))
    case .variant(let cases):
      guard !cases.isEmpty else { throw ValidationError("variant type must have at least one case", offset: offset) }
      try checkLabels(cases.map(\.name), "variant case", "case", at: offset)
      var result = cases
      for index in cases.indices { result[index].type = try checkOptional(cases[index].type, at: offset) }
      return .variant(result)
    case .list(let element): return .list(try check(element, at: offset))
    case .fixedLengthList(let element, let length):
      guard length > 0 else {
        throw ValidationError("fixed-length list must have a length greater than 0", offset: offset)
      }
      return .fixedLengthList(try check(element, at: offset), length)
    case .tuple(let types):
      guard !types.isEmpty else { throw ValidationError("tuple type must have at least one type", offset: offset) }
      var result = types
      for index in types.indices { result[index] = try check(types[index], at: offset) }
      return .tuple(result)
    case .flags(let names):
      guard !names.isEmpty else { throw ValidationError("flags must have at least one entry", offset: offset) }
      guard names.count <= 32 else {
        throw ValidationError("cannot have more than 32 flags, found \(names.count)", offset: offset)
      }
      try checkLabels(names, "flag", "flag", at: offset)
      return definition
    case .enumeration(let names):
      guard !names.isEmpty else { throw ValidationError("enum type must have at least one variant", offset: offset) }
      try checkLabels(names, "enum tag", "tag", at: offset)
      return definition
    case .option(let type): return .option(try check(type, at: offset))
    case .result(let ok, let error):
      return .result(ok: try checkOptional(ok, at: offset), error: try checkOptional(error, at: offset))
    case .own(let index): return .own(try handle(index, at: offset))
    case .borrow(let index): return .borrow(try handle(index, at: offset))
    case .stream(let element): return .stream(try checkElement(element, "stream", at: offset))
    case .future(let element): return .future(try checkElement(element, "future", at: offset))
    case .map(let key, let value):
      let checked = try check(key, at: offset)
      guard case .primitive(let type) = resolved(checked), type.isKey else {
        throw ValidationError(
          "map key type must be a number without fraction, bool, char or string, found \(table.describe(checked))",
          offset: offset)
      }
      return .map(key: checked, value: try check(value, at: offset))
    }
  }

  /// A value type, with a primitive type in place of the index of one.
  private func resolved(_ type: Component.ValueType) -> Component.ValueType {
    guard case .index(let index) = type, case .primitive(let primitive) = table.defined[Int(index)].type else {
      return type
    }
    return .primitive(primitive)
  }

  private func checkElement(
    _ type: Component.ValueType?, _ what: String, at offset: Int
  ) throws(ValidationError) -> Component.ValueType? {
    guard let type = try checkOptional(type, at: offset) else { return nil }
    if table.layout(type).contents.contains(.borrow) {
      throw ValidationError("\(what) element cannot contain a `borrow` type", offset: offset)
    }
    if what == "stream", resolved(type) == .primitive(.char) {
      throw ValidationError("`stream<char>` is not valid at this time", offset: offset)
    }
    return type
  }

  private func check(
    _ fields: [Component.Field], _ what: String, _ short: String, at offset: Int
  ) throws(ValidationError) -> [Component.Field] {
    try checkLabels(fields.map(\.name), what, short, at: offset)
    var result = fields
    for index in fields.indices { result[index].type = try check(fields[index].type, at: offset) }
    return result
  }

  private func checkLabels(
    _ labels: [String], _ what: String, _ short: String, at offset: Int
  ) throws(ValidationError) {
    var previous: [String: String] = [:]
    for label in labels {
      guard !label.isEmpty else { throw ValidationError("\(what) name cannot be empty", offset: offset) }
      guard ParsedName.isLabel(label) else {
        throw ValidationError("\(what) name `\(label)` is not in kebab case", offset: offset)
      }
      if let other = previous.updateValue(label, forKey: label.lowercased()) {
        throw ValidationError(
          "\(what) name `\(label)` conflicts with previous \(short) name `\(other)`", offset: offset)
      }
    }
  }

  private func handle(_ index: UInt32, at offset: Int) throws(ValidationError) -> UInt32 {
    table.handle(try resource(index, at: offset))
  }

  /// The resource type at a type index.
  func resource(_ index: UInt32, at offset: Int) throws(ValidationError) -> ResourceReference {
    guard case .resource(let resource) = try type(index, at: offset) else {
      throw ValidationError("type index \(index) is not a resource type", offset: offset)
    }
    return resource
  }

  // MARK: Functions and resources

  private func check(
    _ type: Component.FunctionType, at offset: Int
  ) throws(ValidationError) -> Component.FunctionType {
    var result = type
    result.parameters = try check(type.parameters, "function parameter", "parameter", at: offset)
    result.result = try checkOptional(type.result, at: offset)
    if let type = result.result, table.layout(type).contents.contains(.borrow) {
      throw ValidationError("function result cannot contain a `borrow` type", offset: offset)
    }
    return result
  }

  private func check(
    _ type: Component.ResourceType, at offset: Int
  ) throws(ValidationError) -> ResourceReference {
    guard scope.kind == .component else {
      throw ValidationError("resources can only be defined within a concrete component", offset: offset)
    }
    guard type.representation == .i32 else {
      throw ValidationError("resources can only be represented by `i32`, found \(type.representation)", offset: offset)
    }
    if let destructor = type.destructor {
      let function = try coreFunction(destructor, at: offset)
      guard function == FunctionType(parameters: [type.representation]) else {
        throw ValidationError(
          "core function \(destructor) has wrong signature for a destructor: expected "
            + "\(FunctionType(parameters: [type.representation])), found \(function)", offset: offset)
      }
    }
    let identity = table.makeResource()
    scope.ownResources.insert(identity)
    scope.localResources[identity] = type.representation
    return ResourceReference(identity: identity, name: table.makeName())
  }

  // MARK: Component and instance types

  private func componentType(_ declarations: [Component.Declaration], at offset: Int) throws(LoadingError) -> Int {
    let scope = try declare(declarations, .componentType, at: offset)
    return try located(offset) { () throws(ValidationError) in
      try self.table.append(
        ComponentType(
          imports: scope.imports, exports: scope.exports, importedResources: scope.importedResources,
          definedResources: scope.definedResources))
    }
  }

  private func instanceType(_ declarations: [Component.Declaration], at offset: Int) throws(LoadingError) -> Int {
    let scope = try declare(declarations, .instanceType, at: offset)
    return try located(offset) { () throws(ValidationError) in
      try self.table.append(InstanceType(exports: scope.exports, resources: scope.definedResources))
    }
  }

  private func declare(
    _ declarations: [Component.Declaration], _ kind: Scope.Kind, at offset: Int
  ) throws(LoadingError) -> Scope {
    let scope = Scope(kind)
    scopes.append(scope)
    defer { scopes.removeLast() }
    for declaration in declarations {
      let offset = declaration.offset
      switch declaration.kind {
      case .coreType(let type): try define(type, at: offset)
      case .type(let type): try define(type, at: offset)
      case .alias(let alias):
        try located(offset) { () throws(ValidationError) in try self.define(alias, at: offset) }
      case .import(let entry):
        try located(offset) { () throws(ValidationError) in try self.addImport(entry, at: offset) }
      case .export(let name, let type):
        try located(offset) { () throws(ValidationError) in try self.declareExport(name, type, at: offset) }
      }
    }
    try scope.coreTypes.validate(features, at: offset)
    return scope
  }
}
