import WebAssembly

// Instances and aliases. (Component model, "Instance Definitions", "Alias Definitions".)
extension ComponentValidator {
  func define(_ instance: Component.Instance, at offset: Int) throws(ValidationError) {
    switch instance {
    case .instantiate(let component, let arguments):
      try append(.instance(try instantiate(component, arguments, at: offset)))
    case .exports(let exports):
      var type = InstanceType()
      var names = NameContext(.export)
      for export in exports {
        let entity = try entity(export.value, at: offset)
        // The exports have no indices, so none of their types has a name here.
        try names.add(export.name, entity, in: table, registersResources: false, at: offset)
        type.exports.append(export.name.name, entity)
      }
      try append(.instance(try table.append(type)))
    }
  }

  private func instantiate(
    _ component: UInt32, _ arguments: [Component.Instance.Argument], at offset: Int
  ) throws(ValidationError) -> Int {
    guard case .component(let index) = try entity(.init(.component, component), at: offset) else {
      throw .outOfBounds("component", component, at: offset)
    }
    var actual = EntityList()
    for argument in arguments {
      let type = try entity(argument.value, at: offset)
      guard actual[argument.name] == nil else {
        throw ValidationError(
          "instantiation argument `\(argument.name)` conflicts with previous argument `\(argument.name)`",
          offset: offset)
      }
      actual.append(argument.name, type)
    }
    let type = table.components[index]
    var substitution = Substitution()
    for resource in type.importedResources {
      try table.spend(resource.path.count)
      if let found = actual.resource(at: resource.path, in: table) {
        substitution.resources[resource.identity] = found.identity
      }
    }
    // The types of imports must equal those of the arguments, and so are not replaced by them here.
    for (name, expected) in type.imports.entries {
      guard let argument = actual[name] else { throw ValidationError("missing import named `\(name)`", offset: offset) }
      let expected = try substitution.apply(expected, &table)
      do throws(Mismatch) { try table.match(argument, expected) } catch {
        throw ValidationError("type mismatch for import `\(name)`: \(error.message)", offset: offset)
      }
    }
    // In the result they are, so that they keep the names that they have here.
    var result = Substitution()
    result.resources = substitution.resources
    for (name, expected) in type.imports.entries {
      if let argument = actual[name] { try replace(expected, by: argument, in: &result) }
    }
    for resource in type.definedResources {
      let identity = table.makeResource()
      scope.ownResources.insert(identity)
      result.resources[resource.identity] = identity
    }
    return try table.append(InstanceType(exports: try result.apply(type.exports, &table)))
  }

  /// Replaces the types that an import names by those that an argument names.
  private func replace(
    _ expected: EntityType, by actual: EntityType, in substitution: inout Substitution
  ) throws(ValidationError) {
    switch (expected, actual) {
    case (.type(let expected), .type(let actual)): substitution.types[expected] = actual
    case (.instance(let expected), .instance(let actual)):
      let exports = table.instances[actual].exports
      for (name, type) in table.instances[expected].exports.entries {
        try table.spend(1)
        if let found = exports[name] { try replace(type, by: found, in: &substitution) }
      }
    default: return
    }
  }

  // MARK: Aliases

  func define(_ alias: Component.Alias, at offset: Int) throws(ValidationError) {
    switch alias {
    case .export(let sort, let instance, let name):
      if scope.kind.isType, sort != .type, sort != .instance {
        throw ValidationError("component or instance type aliases may only refer to types or instances", offset: offset)
      }
      guard case .instance(let index) = try entity(.init(.instance, instance), at: offset) else { return }
      guard let type = table.instances[index].exports[name] else {
        throw ValidationError("instance \(instance) has no export named `\(name)`", offset: offset)
      }
      guard type.sort == sort else {
        let noun = sort == .core(.module) ? "module" : sort.keyword
        throw ValidationError("export `\(name)` for instance \(instance) is not a \(noun)", offset: offset)
      }
      try append(type)
    case .coreExport(let sort, let instance, let name):
      guard Int(instance) < scope.coreInstances.count else { throw .outOfBounds("instance", instance, at: offset) }
      guard !scope.kind.isType else {
        throw ValidationError("component or instance type aliases may only refer to types or instances", offset: offset)
      }
      guard let type = scope.coreInstances[Int(instance)].exports[name] else {
        throw ValidationError("core instance \(instance) has no export named `\(name)`", offset: offset)
      }
      guard type.kind.keyword == sort.keyword else {
        throw ValidationError(
          "export `\(name)` for core instance \(instance) is not a \(sort.keyword)", offset: offset)
      }
      try append(type)
    case .outer(let sort, let scopesOut, let index): try defineOuter(sort, scopesOut, index, at: offset)
    }
  }

  private func defineOuter(
    _ sort: Component.Sort, _ scopesOut: UInt32, _ index: UInt32, at offset: Int
  ) throws(ValidationError) {
    if scope.kind.isType, sort != .type, sort != .core(.type) {
      throw ValidationError("component or instance type aliases may only refer to types or instances", offset: offset)
    }
    guard Int(scopesOut) < scopes.count else {
      throw ValidationError("invalid outer alias count of \(scopesOut)", offset: offset)
    }
    let position = scopes.count - 1 - Int(scopesOut)
    let target = scopes[position]
    func get<Entry>(_ entries: [Entry], _ noun: String) throws(ValidationError) -> Entry {
      guard Int(index) < entries.count else { throw .outOfBounds(noun, index, at: offset) }
      return entries[Int(index)]
    }
    switch sort {
    case .core(.module): try append(.module(try get(target.coreModules, "module")))
    case .component: try append(.component(try get(target.components, "component")))
    case .core(.type): scope.coreTypes.append(try get(target.coreTypes.entries, "type"), table)
    case .type:
      let type = try get(target.types, "type")
      let crossesComponent = scopes[(position + 1)...].contains { $0.kind == .component }
      if crossesComponent, try table.hasFreeResource(type) {
        throw ValidationError(
          "cannot alias outer type which transitively refers to resources not defined in the current component",
          offset: offset)
      }
      try append(.type(type))
    default: throw ValidationError("invalid outer alias of a \(sort.keyword)", offset: offset)
    }
  }
}

extension EntityType {
  fileprivate var sort: Component.Sort {
    switch self {
    case .module: .core(.module)
    case .function: .function
    case .type: .type
    case .instance: .instance
    case .component: .component
    }
  }
}
