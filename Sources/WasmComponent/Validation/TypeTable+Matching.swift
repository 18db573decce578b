import WebAssembly

/// Why a type does not match another; where is added from the inside out.
struct Mismatch: Error {
  var message: String
  /// Set if the work that comparisons may take is used up.
  var isLimit = false

  init(_ message: String) { self.message = message }

  init(_ error: ValidationError) {
    message = error.message
    isLimit = true
  }

  func inside(_ place: String) -> Mismatch {
    guard !isLimit else { return self }
    return Mismatch("\(place): \(message)")
  }
}

// Subtyping. (Component model, "Type Checking".) Each function throws if the actual type cannot stand for the expected one.
extension TypeTable {
  mutating func match(_ actual: EntityType, _ expected: EntityType) throws(Mismatch) {
    switch (actual, expected) {
    case (.module(let actual), .module(let expected)): try matchModule(actual, expected)
    case (.function(let actual), .function(let expected)): try matchFunction(actual, expected)
    case (.type(let actual), .type(let expected)): try match(actual, expected)
    case (.instance(let actual), .instance(let expected)): try matchInstance(actual, expected)
    case (.component(let actual), .component(let expected)): try matchComponent(actual, expected)
    default: throw Mismatch("expected \(expected.noun), found \(actual.noun)")
    }
  }

  /// Types of imports and exports must be equal.
  mutating func match(_ actual: TypeReference, _ expected: TypeReference) throws(Mismatch) {
    switch (actual, expected) {
    case (.resource(let actual), .resource(let expected)): try match(actual, expected)
    case (.defined(let actual), .defined(let expected)): try matchDefined(actual, expected)
    case (.function(let actual), .function(let expected)): try matchFunction(actual, expected)
    case (.instance(let actual), .instance(let expected)):
      try matchInstance(actual, expected)
      try matchInstance(expected, actual)
    case (.component(let actual), .component(let expected)):
      try matchComponent(actual, expected)
      try matchComponent(expected, actual)
    default: throw Mismatch("expected \(expected.noun), found \(actual.noun)")
    }
  }

  private func match(_ actual: ResourceReference, _ expected: ResourceReference) throws(Mismatch) {
    guard actual.identity == expected.identity else { throw Mismatch("resource types are not the same") }
  }

  mutating func count(_ steps: Int) throws(Mismatch) {
    do throws(ValidationError) { try spend(steps) } catch { throw Mismatch(error) }
  }

  private mutating func substitute(
    _ substitution: inout Substitution, _ list: EntityList
  ) throws(Mismatch) -> EntityList {
    guard !substitution.isEmpty else { return list }
    do throws(ValidationError) { return try substitution.apply(list, &self) } catch { throw Mismatch(error) }
  }

  // MARK: Instances and components

  private mutating func matchInstance(_ actual: Int, _ expected: Int) throws(Mismatch) {
    guard actual != expected else { return }
    let (type, other) = (instances[actual], instances[expected])
    // Resources that the expected type leaves open are those of the actual one.
    var substitution = Substitution()
    for resource in other.resources {
      if let found = type.exports.resource(at: resource.path, in: self) {
        substitution.resources[resource.identity] = found.identity
      }
    }
    try matchExports(type.exports, try substitute(&substitution, other.exports), "instance export")
  }

  private mutating func matchExports(
    _ actual: EntityList, _ expected: EntityList, _ what: String
  ) throws(Mismatch) {
    try count(expected.count)
    for (name, type) in expected.entries {
      guard let found = actual[name] else { throw Mismatch("missing expected export `\(name)`") }
      do throws(Mismatch) { try match(found, type) } catch {
        throw error.inside("type mismatch in \(what) `\(name)`")
      }
    }
  }

  private mutating func matchComponent(_ actual: Int, _ expected: Int) throws(Mismatch) {
    guard actual != expected else { return }
    let (type, other) = (components[actual], components[expected])
    // The actual component is instantiated with what the expected one imports.
    var substitution = Substitution()
    for resource in type.importedResources {
      if let found = other.imports.resource(at: resource.path, in: self) {
        substitution.resources[resource.identity] = found.identity
      }
    }
    let imports = try substitute(&substitution, type.imports)
    try count(imports.count)
    for (name, type) in imports.entries {
      guard let found = other.imports[name] else { throw Mismatch("missing expected import `\(name)`") }
      do throws(Mismatch) { try match(found, type) } catch {
        throw error.inside("type mismatch in component import `\(name)`")
      }
    }
    let exports = try substitute(&substitution, type.exports)
    var exported = Substitution()
    for resource in other.definedResources {
      if let found = exports.resource(at: resource.path, in: self) {
        exported.resources[resource.identity] = found.identity
      }
    }
    try matchExports(exports, try substitute(&exported, other.exports), "component export")
  }

  // MARK: Functions and values

  private mutating func matchFunction(_ actual: Int, _ expected: Int) throws(Mismatch) {
    guard actual != expected else { return }
    let (type, other) = (functions[actual].type, functions[expected].type)
    try count(1 + type.parameters.count)
    guard type.isAsync == other.isAsync else {
      throw Mismatch("expected \(other.isAsync ? "an async" : "a sync") function, found the other kind")
    }
    guard type.parameters.count == other.parameters.count else {
      throw Mismatch("expected \(other.parameters.count) parameters, found \(type.parameters.count)")
    }
    for (parameter, otherParameter) in zip(type.parameters, other.parameters) {
      guard parameter.name == otherParameter.name else {
        throw Mismatch("expected parameter named `\(otherParameter.name)`, found `\(parameter.name)`")
      }
      do throws(Mismatch) { try match(parameter.type, otherParameter.type) } catch {
        throw error.inside("type mismatch in function parameter `\(parameter.name)`")
      }
    }
    switch (type.result, other.result) {
    case (nil, nil): return
    case (let result?, let otherResult?):
      do throws(Mismatch) { try match(result, otherResult) } catch {
        throw error.inside("type mismatch with result type")
      }
    // The suite has the first message for both.
    case (nil, _?): throw Mismatch("expected a result, found none")
    case (_?, nil): throw Mismatch("expected a result, found none, in the function that is expected")
    }
  }

  private mutating func match(
    _ actual: Component.ValueType, _ expected: Component.ValueType
  ) throws(Mismatch) {
    switch (actual, expected) {
    case (.primitive(let actual), .primitive(let expected)): try match(actual, expected)
    case (.index(let actual), .index(let expected)): try matchDefined(Int(actual), Int(expected))
    case (.primitive(let actual), .index(let expected)):
      guard case .primitive(let expected) = defined[Int(expected)].type else {
        throw Mismatch("expected \(describe(.index(expected))), found \(actual.keyword)")
      }
      try match(actual, expected)
    case (.index(let actual), .primitive(let expected)):
      guard case .primitive(let actual) = defined[Int(actual)].type else {
        throw Mismatch("expected \(expected.keyword), found \(describe(.index(actual)))")
      }
      try match(actual, expected)
    }
  }

  private func match(
    _ actual: Component.PrimitiveType, _ expected: Component.PrimitiveType
  ) throws(Mismatch) {
    guard actual == expected else {
      throw Mismatch("expected primitive `\(expected.keyword)` found primitive `\(actual.keyword)`")
    }
  }

  private mutating func match(
    _ actual: Component.ValueType, _ expected: Component.ValueType, in place: String
  ) throws(Mismatch) {
    do throws(Mismatch) { try match(actual, expected) } catch { throw error.inside(place) }
  }

  private mutating func matchDefined(_ actual: Int, _ expected: Int) throws(Mismatch) {
    guard actual != expected else { return }
    try count(partCount(defined[actual].type))
    switch (defined[actual].type, defined[expected].type) {
    case (.primitive(let type), .primitive(let other)): try match(type, other)
    case (.record(let fields), .record(let others)): try matchFields(fields, others)
    case (.variant(let cases), .variant(let others)): try matchCases(cases, others)
    case (.list(let type), .list(let other)): try match(type, other, in: "type mismatch in list")
    case (.fixedLengthList(let type, let length), .fixedLengthList(let other, let otherLength)):
      guard length == otherLength else { throw Mismatch("expected list length \(otherLength), found \(length)") }
      try match(type, other, in: "type mismatch in fixed-length list")
    case (.tuple(let types), .tuple(let others)):
      guard types.count == others.count else { throw Mismatch("expected \(others.count) types, found \(types.count)") }
      for (index, (type, other)) in zip(types, others).enumerated() {
        try match(type, other, in: "type mismatch in tuple field \(index)")
      }
    case (.flags(let names), .flags(let others)):
      guard names == others else { throw Mismatch("mismatch in flags elements") }
    case (.enumeration(let names), .enumeration(let others)):
      guard names == others else { throw Mismatch("mismatch in enum elements") }
    case (.option(let type), .option(let other)): try match(type, other, in: "type mismatch in option")
    case (.result(let ok, let error), .result(let otherOK, let otherError)):
      try matchPart(ok, otherOK, "ok")
      try matchPart(error, otherError, "err")
    case (.own(let handle), .own(let other)), (.borrow(let handle), .borrow(let other)):
      try match(self.handle(handle), self.handle(other))
    case (.stream(let type), .stream(let other)): try matchElement(type, other, "stream")
    case (.future(let type), .future(let other)): try matchElement(type, other, "future")
    case (.map(let key, let value), .map(let otherKey, let otherValue)):
      try match(key, otherKey, in: "type mismatch in map key")
      try match(value, otherValue, in: "type mismatch in map value")
    case (_, .primitive): throw Mismatch("expected primitive, found \(Self.describe(defined[actual].type))")
    default:
      let (type, other) = (defined[actual].type, defined[expected].type)
      throw Mismatch("expected \(Self.describe(other)), found \(Self.describe(type))")
    }
  }

  private mutating func matchFields(
    _ fields: [Component.Field], _ others: [Component.Field]
  ) throws(Mismatch) {
    guard fields.count == others.count else {
      throw Mismatch("expected \(others.count) fields, found \(fields.count)")
    }
    try count(fields.count)
    for (field, other) in zip(fields, others) {
      guard field.name == other.name else {
        throw Mismatch("expected field name `\(other.name)`, found `\(field.name)`")
      }
      try match(field.type, other.type, in: "type mismatch in record field `\(field.name)`")
    }
  }

  private mutating func matchCases(_ cases: [Component.Case], _ others: [Component.Case]) throws(Mismatch) {
    guard cases.count == others.count else { throw Mismatch("expected \(others.count) cases, found \(cases.count)") }
    try count(cases.count)
    for (entry, other) in zip(cases, others) {
      guard entry.name == other.name else {
        throw Mismatch("expected case named `\(other.name)`, found `\(entry.name)`")
      }
      switch (entry.type, other.type) {
      case (nil, nil): continue
      case (let type?, let otherType?):
        try match(type, otherType, in: "type mismatch in variant case `\(entry.name)`")
      case (nil, _?): throw Mismatch("expected case `\(entry.name)` to have a type, found none")
      case (_?, nil): throw Mismatch("expected case `\(entry.name)` to have no type")
      }
    }
  }

  private mutating func matchPart(
    _ type: Component.ValueType?, _ other: Component.ValueType?, _ what: String
  ) throws(Mismatch) {
    switch (type, other) {
    case (nil, nil): return
    case (let type?, let other?): try match(type, other, in: "type mismatch in \(what) variant")
    case (nil, _?): throw Mismatch("expected \(what) type, but found none")
    case (_?, nil): throw Mismatch("expected \(what) type to not be present")
    }
  }

  private mutating func matchElement(
    _ type: Component.ValueType?, _ other: Component.ValueType?, _ what: String
  ) throws(Mismatch) {
    switch (type, other) {
    case (nil, nil): return
    case (let type?, let other?): try match(type, other, in: "type mismatch in \(what)")
    case (nil, _?): throw Mismatch("expected \(what) type, but found none")
    case (_?, nil): throw Mismatch("expected \(what) type to not be present")
    }
  }
}
