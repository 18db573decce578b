import WebAssembly

// Imports and exports. (Component model, "Import and Export Definitions", "External Visibility of Types".)
extension ComponentValidator {
  /// The type that an import or export is declared with. A resource bound gives a new resource.
  private func entity(_ type: Component.ExternType, at offset: Int) throws(ValidationError) -> EntityType {
    switch type {
    case .coreModule(let index):
      guard let entry = scope.coreTypes[index] else { throw .outOfBounds("type", index, at: offset) }
      guard case .module(let module) = entry else {
        throw ValidationError("core type index \(index) is not a module type", offset: offset)
      }
      return .module(module)
    case .function(let index):
      guard case .function(let function) = try self.type(index, at: offset) else {
        throw ValidationError("type index \(index) is not a function type", offset: offset)
      }
      return .function(function)
    case .component(let index):
      guard case .component(let component) = try self.type(index, at: offset) else {
        throw ValidationError("type index \(index) is not a component type", offset: offset)
      }
      return .component(component)
    case .instance(let index):
      guard case .instance(let instance) = try self.type(index, at: offset) else {
        throw ValidationError("type index \(index) is not an instance type", offset: offset)
      }
      return .instance(instance)
    case .type(.equal(let index)): return .type(try self.type(index, at: offset))
    case .type(.resource):
      return .type(.resource(ResourceReference(identity: table.makeResource(), name: table.makeName())))
    case .value:
      throw ValidationError("support for component model `value`s is not enabled", offset: offset)
    }
  }

  // MARK: Imports

  func addImport(_ entry: Component.Import, at offset: Int) throws(ValidationError) {
    let scope = scope
    let name = entry.name.name
    let (type, resources) = try fresh(try entity(entry.type, at: offset), entry.type, name)
    try scope.importNames.add(entry.name, type, in: table, at: offset)
    scope.imports.append(name, type)
    scope.importedResources += resources
    try append(type)
    try table.namedTypes(type, into: &scope.importedTypes)
    try table.namedTypes(type, into: &scope.exportedTypes)
    guard scope.kind != .instanceType else { return }
    guard try table.isVisible(type, scope.importedTypes) else {
      throw ValidationError("\(type.noun) not valid to be used as import", offset: offset)
    }
  }

  /// An entity with types of its own: named anew, with new resources where only a bound is known.
  ///
  /// - Returns: the entity, and the new resources with their paths.
  private func fresh(
    _ type: EntityType, _ declaration: Component.ExternType, _ name: String
  ) throws(ValidationError) -> (EntityType, [ResourcePath]) {
    switch type {
    case .type(.resource(let resource)) where declaration == .type(.resource):
      return (type, [ResourcePath(identity: resource.identity, path: [name])])
    case .type(let type): return (.type(try table.renamed(type)), [])
    case .instance(let index):
      var substitution = Substitution()
      var resources: [ResourcePath] = []
      for resource in table.instances[index].resources {
        try table.spend(resource.path.count)
        let identity = table.makeResource()
        substitution.resources[resource.identity] = identity
        resources.append(ResourcePath(identity: identity, path: [name] + resource.path))
      }
      return (.instance(try renamed(index, &substitution)), resources)
    case .module, .function, .component: return (type, [])
    }
  }

  /// An instance type whose exported types are named anew. It has no open resources.
  private func renamed(_ index: Int, _ substitution: inout Substitution) throws(ValidationError) -> Int {
    try rename(exportsOf: index, &substitution)
    guard case .instance(let result) = try substitution.apply(EntityType.instance(index), &table),
      !table.instances[result].resources.isEmpty
    else {
      guard case .instance(let result) = try substitution.apply(EntityType.instance(index), &table) else {
        return index
      }
      return result
    }
    var type = table.instances[result]
    type.resources = []
    return try table.append(type)
  }

  private func rename(exportsOf index: Int, _ substitution: inout Substitution) throws(ValidationError) {
    // In order, since later types refer to earlier ones.
    for (_, type) in table.instances[index].exports.entries {
      switch type {
      case .type(let type):
        guard substitution.types[type] == nil else { continue }
        let replaced = try substitution.apply(type, &table)
        substitution.types[type] = replaced == type ? try table.renamed(type) : replaced
      case .instance(let index): try rename(exportsOf: index, &substitution)
      case .module, .function, .component: continue
      }
    }
  }

  // MARK: Exports

  /// An export of a component or instance type.
  func declareExport(
    _ name: Component.ExternName, _ declaration: Component.ExternType, at offset: Int
  ) throws(ValidationError) {
    let (type, resources) = try fresh(try entity(declaration, at: offset), declaration, name.name)
    scope.definedResources += resources
    try addExport(name, type, at: offset)
  }

  /// An export definition of a component.
  func define(_ export: Component.Export, at offset: Int) throws(ValidationError) {
    let scope = scope
    let actual = try entity(export.value, at: offset)
    let type: EntityType
    if let declaration = export.type {
      let expected = try entity(declaration, at: offset)
      guard declaration.sort == export.value.sort else {
        throw ValidationError(
          "ascribed type of export is not compatible with item's type: expected \(expected.noun), found \(actual.noun)",
          offset: offset)
      }
      if declaration == .type(.resource) {
        guard case .type(.resource) = actual else {
          throw ValidationError(
            "ascribed type of export is not compatible with item's type: expected resource", offset: offset)
        }
      } else {
        do throws(Mismatch) { try table.match(actual, expected) } catch {
          throw ValidationError(
            "ascribed type of export is not compatible with item's type: \(error.message)", offset: offset)
        }
      }
      let (result, resources) = try fresh(expected, declaration, export.name.name)
      for resource in resources { scope.ownResources.insert(resource.identity) }
      type = result
    } else {
      // The types that an instance exports keep their positions: those that functions mention already have names now too.
      if case .type(let reference) = actual { type = .type(try table.renamed(reference)) } else { type = actual }
    }
    try recordResources(of: type, path: [export.name.name])
    try addExport(export.name, type, at: offset)
  }

  private func addExport(_ name: Component.ExternName, _ type: EntityType, at offset: Int) throws(ValidationError) {
    let scope = scope
    try scope.exportNames.add(name, type, in: table, at: offset)
    scope.exports.append(name.name, type)
    try append(type)
    try table.namedTypes(type, into: &scope.exportedTypes)
    guard scope.kind != .instanceType else { return }
    guard try table.isVisible(type, scope.exportedTypes) else {
      throw ValidationError("\(type.noun) not valid to be used as export", offset: offset)
    }
  }

  /// Records where the component's own resources are exported first: there, each instance has new ones.
  private func recordResources(of type: EntityType, path: [String]) throws(ValidationError) {
    let scope = scope
    switch type {
    case .type(.resource(let resource)):
      guard scope.ownResources.contains(resource.identity),
        scope.exportedResources.insert(resource.identity).inserted
      else { return }
      scope.definedResources.append(ResourcePath(identity: resource.identity, path: path))
    case .instance(let index):
      let exports = table.instances[index].exports
      try table.spend(exports.count)
      for (name, type) in exports.entries { try recordResources(of: type, path: path + [name]) }
    case .type, .module, .function, .component: return
    }
  }
}
