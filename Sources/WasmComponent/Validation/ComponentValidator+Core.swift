import WasmValidation
import WebAssembly

// Core modules, core types and core instances. (Component model, "Instance Definitions".)
extension ComponentValidator {
  func define(_ module: Component.CoreModule, at offset: Int) throws(LoadingError) {
    let start = module.start
    let module = module.module
    do throws(LoadingError) {
      try Validator.validate(module, features: features, threadCount: threadCount)
    } catch {
      throw error.moved { inner in start.map { $0 + inner } ?? offset }
    }
    try limited(scope.coreModules.count, "modules", at: offset)
    let type = try located(offset) { () throws(ValidationError) in try self.moduleType(module, at: offset) }
    scope.coreModules.append(type)
  }

  /// The type of a valid module.
  private func moduleType(_ module: Module, at offset: Int) throws(ValidationError) -> Int {
    var space = CoreTypeSpace()
    for group in module.recursionGroups { try space.append(Array(module.types[group]), &table, at: offset) }
    var type = ModuleType()
    var names: Set<CoreImportName> = []
    for entry in module.imports {
      try addImport(entry.module, entry.name, to: &names, at: offset)
      type.imports.append((entry.module, entry.name, try space.entity(entry.type, table, at: offset)))
    }
    for export in module.exports {
      type.exports.append((export.name, try space.entity(module.type(of: export), table, at: offset)))
    }
    return try table.append(type)
  }

  private func addImport(
    _ module: String, _ name: String, to names: inout Set<CoreImportName>, at offset: Int
  ) throws(ValidationError) {
    // The two names become one name with a colon.
    guard names.insert(CoreImportName(module: module, name: name)).inserted else {
      throw ValidationError("duplicate import name `\(module):\(name)`", offset: offset)
    }
  }

  // MARK: Types

  func define(_ type: Component.CoreType, at offset: Int) throws(LoadingError) {
    try limited(scope.coreTypes.count, "core types", at: offset)
    switch type {
    case .group(let types):
      try located(offset) { () throws(ValidationError) in
        try self.scope.coreTypes.append(types, &self.table, at: offset)
      }
    case .module(let declarations):
      let index = try moduleType(declarations, at: offset)
      scope.coreTypes.append(.module(index), table)
    }
  }

  private func moduleType(_ declarations: [Component.CoreDeclaration], at offset: Int) throws(LoadingError) -> Int {
    var space = CoreTypeSpace()
    var type = ModuleType()
    var importNames: Set<CoreImportName> = []
    var exportNames: Set<String> = []
    for declaration in declarations {
      try located(declaration.offset) { () throws(ValidationError) in
        let offset = declaration.offset
        switch declaration.kind {
        case .type(.module):
          throw ValidationError(
            "invalid leading byte (0x50) for type definition: a module type inside a module type", offset: offset)
        case .type(.group(let types)): try space.append(types, &self.table, at: offset)
        case .outerAlias(let scopesOut, let index):
          let target = try self.outerCoreType(scopesOut, index, space, at: offset)
          space.append(target, self.table)
        case .import(let module, let name, let external):
          try self.addImport(module, name, to: &importNames, at: offset)
          type.imports.append((module, name, try space.entity(external, self.table, at: offset)))
          space.appendImport(external)
        case .export(let name, let external):
          guard exportNames.insert(name).inserted else {
            throw ValidationError("export name `\(name)` already defined", offset: offset)
          }
          type.exports.append((name, try space.entity(external, self.table, at: offset)))
          space.appendImport(external)
        }
      }
    }
    try space.validate(features, at: offset)
    return try located(offset) { () throws(ValidationError) in try self.table.append(type) }
  }

  /// A core type that a module type takes from a scope around it; the module type itself is the first scope.
  private func outerCoreType(
    _ scopesOut: UInt32, _ index: UInt32, _ own: CoreTypeSpace, at offset: Int
  ) throws(ValidationError) -> CoreTypeReference {
    guard Int(scopesOut) <= scopes.count else {
      throw ValidationError("invalid outer alias count of \(scopesOut)", offset: offset)
    }
    let space = scopesOut == 0 ? own : scopes[scopes.count - Int(scopesOut)].coreTypes
    guard let type = space[index] else { throw .outOfBounds("type", index, at: offset) }
    guard case .type = type else {
      throw ValidationError("a module type cannot be an alias in a module type", offset: offset)
    }
    return type
  }

  // MARK: Instances

  func define(_ instance: Component.CoreInstance, at offset: Int) throws(ValidationError) {
    guard scope.coreInstances.count < ComponentLimits.entries else {
      throw ValidationError("too many core instances: expected at most \(ComponentLimits.entries)", offset: offset)
    }
    switch instance {
    case .instantiate(let module, let arguments):
      scope.coreInstances.append(try instantiate(module, arguments, at: offset))
    case .exports(let exports):
      var type = CoreInstanceType()
      try table.spend(exports.count)
      for export in exports {
        let entity = try coreEntity(export.sort, export.index, at: offset)
        guard type.exports.updateValue(entity, forKey: export.name) == nil else {
          throw ValidationError("export name `\(export.name)` already defined", offset: offset)
        }
      }
      scope.coreInstances.append(type)
    }
  }

  private func instantiate(
    _ module: UInt32, _ arguments: [Component.CoreInstance.Argument], at offset: Int
  ) throws(ValidationError) -> CoreInstanceType {
    guard case .module(let index) = try entity(.init(.core(.module), module), at: offset) else {
      throw .outOfBounds("module", module, at: offset)
    }
    var instances: [String: CoreInstanceType] = [:]
    for argument in arguments {
      guard Int(argument.instance) < scope.coreInstances.count else {
        throw .outOfBounds("instance", argument.instance, at: offset)
      }
      let instance = scope.coreInstances[Int(argument.instance)]
      guard instances.updateValue(instance, forKey: argument.name) == nil else {
        throw ValidationError("duplicate module instantiation argument named `\(argument.name)`", offset: offset)
      }
    }
    let type = table.modules[index]
    try table.spend(type.imports.count + type.exports.count)
    for entry in type.imports {
      guard let instance = instances[entry.module] else {
        throw ValidationError("missing module instantiation argument named `\(entry.module)`", offset: offset)
      }
      guard let actual = instance.exports[entry.name] else {
        throw ValidationError(
          "module instantiation argument `\(entry.module)` does not export an item named `\(entry.name)`",
          offset: offset)
      }
      do throws(Mismatch) { try table.match(actual, entry.type) } catch {
        throw ValidationError(
          "type mismatch for export `\(entry.name)` of module instantiation argument `\(entry.module)`: "
            + error.message, offset: offset)
      }
    }
    var result = CoreInstanceType()
    for export in type.exports { result.exports[export.name] = export.type }
    return result
  }

  // MARK: Index spaces

  /// The type of a core definition that an instance can export.
  func coreEntity(_ sort: Component.CoreSort, _ index: UInt32, at offset: Int) throws(ValidationError) -> CoreEntityType
  {
    func get<Entry>(_ entries: [Entry]) throws(ValidationError) -> Entry {
      guard Int(index) < entries.count else {
        throw .outOfBounds(sort == .function ? "function" : sort.keyword, index, at: offset)
      }
      return entries[Int(index)]
    }
    switch sort {
    case .function: return .function(try get(scope.coreFunctions))
    case .table: return .table(try get(scope.coreTables))
    case .memory: return .memory(try get(scope.coreMemories))
    case .global: return .global(try get(scope.coreGlobals))
    case .tag: return .tag(try get(scope.coreTags))
    case .type, .module, .instance:
      throw ValidationError("a core instance cannot export a \(sort.keyword)", offset: offset)
    }
  }

  /// Adds a core definition to the index space of its sort.
  func append(_ type: CoreEntityType) throws(ValidationError) {
    let scope = scope
    try table.spend(1)
    switch type {
    case .function(let type): scope.coreFunctions.append(type)
    case .table(let type): scope.coreTables.append(type)
    case .memory(let type): scope.coreMemories.append(type)
    case .global(let type): scope.coreGlobals.append(type)
    case .tag(let type): scope.coreTags.append(type)
    }
  }

  /// The function type at an index of the core functions.
  func coreFunction(_ index: UInt32, at offset: Int) throws(ValidationError) -> FunctionType {
    guard Int(index) < scope.coreFunctions.count else { throw .outOfBounds("function", index, at: offset) }
    return table.functionType(scope.coreFunctions[Int(index)])
  }

  /// Adds a core function with a type.
  func appendCoreFunction(
    _ parameters: [ValueType], _ results: [ValueType] = [], at offset: Int
  ) throws(ValidationError) {
    var indices: [UInt32] = []
    let type = SubType(.function(FunctionType(parameters: parameters, results: results)))
    do throws(LimitExceeded) {
      try table.coreTypes.intern([type], from: 1 << 30, into: &indices)
    } catch {
      throw ValidationError(error.message, offset: offset)
    }
    try append(.function(indices[0]))
  }
}

extension LoadingError {
  /// The error with the offset in a component in place of that in a module of it.
  fileprivate func moved(_ offset: (Int) -> Int) -> LoadingError {
    switch self {
    case .malformed(var error):
      error.offset = offset(error.offset)
      return .malformed(error)
    case .invalid(var error):
      error.offset = offset(error.offset)
      return .invalid(error)
    case .limitExceeded: return self
    }
  }
}

extension Module {
  /// The type of an export of a valid module.
  fileprivate func type(of export: Export) -> ExternalType {
    let index = Int(export.index)
    func entry<Entry>(_ imported: [Entry], _ defined: (Int) -> Entry) -> Entry {
      index < imported.count ? imported[index] : defined(index - imported.count)
    }
    switch export.kind {
    case .function: return .function(typeIndex: entry(importedFunctions) { functions[$0].typeIndex })
    case .table: return .table(entry(importedTables) { tables[$0].type })
    case .memory: return .memory(entry(importedMemories) { memories[$0] })
    case .global: return .global(entry(importedGlobals) { globals[$0].type })
    case .tag: return .tag(typeIndex: entry(importedTags) { tags[$0] })
    }
  }
}
