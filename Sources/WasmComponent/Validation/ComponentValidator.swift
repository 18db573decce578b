import WasmValidation
import WebAssembly

/// Checks that a component is valid. (Component model.)
///
/// ```swift
/// let component = try ComponentParser.parse("(component (type (list u8)))")
/// try ComponentValidator.validate(component)
/// ```
///
/// Messages contain the words of the component model's test suite.
public final class ComponentValidator {
  let features: Features
  let threadCount: Int
  var table = TypeTable()
  /// The scopes around the current place, the outermost first.
  var scopes: [Scope] = []

  private init(_ features: Features, _ threadCount: Int) {
    self.features = features
    self.threadCount = threadCount
  }

  /// Checks a component, the components in it, and its core modules with all their functions.
  ///
  /// - Parameters:
  ///   - features: the proposals that core modules may use.
  ///   - threadCount: the largest number of threads that check function bodies.
  /// - Throws: `LoadingError.invalid` if a rule is broken, `.malformed` if a function body is no sequence of instructions,
  ///   `.limitExceeded` if a core module exceeds a limit. Offsets are those of the component.
  /// - Complexity: O(size of the component), and a bounded number of steps for comparisons of types.
  public static func validate(
    _ component: Component, features: Features = .standard, threadCount: Int = Validator.defaultThreadCount
  ) throws(LoadingError) {
    let validator = ComponentValidator(features, threadCount)
    _ = try validator.validate(component, at: 0)
  }

  var scope: Scope {
    guard let scope = scopes.last else { preconditionFailure("definitions are checked in a scope") }
    return scope
  }

  // MARK: Components

  private func validate(_ component: Component, at offset: Int) throws(LoadingError) -> Int {
    let scope = Scope(.component)
    scopes.append(scope)
    defer { scopes.removeLast() }
    for section in component.sections { try validate(section) }
    try scope.coreTypes.validate(features, at: offset)
    do throws(ValidationError) {
      return try table.append(
        ComponentType(
          imports: scope.imports, exports: scope.exports, importedResources: scope.importedResources,
          definedResources: scope.definedResources))
    } catch {
      throw .invalid(error.located(offset))
    }
  }

  private func validate(_ section: Component.Section) throws(LoadingError) {
    switch section.contents {
    case .custom: return
    case .coreModule(let module): try define(module, at: section.offset)
    case .component(let component):
      let type = try validate(component, at: section.offset)
      try limited(scope.components.count, "components", at: section.offset)
      scope.components.append(type)
    case .start, .values:
      throw .invalid(
        ValidationError("support for component model `value`s is not enabled", offset: section.offset))
    case .coreInstances(let entries):
      try each(entries, section) { (entry, offset) throws(ValidationError) in
        try self.define(entry, at: offset)
      }
    case .coreTypes(let entries):
      for (index, entry) in entries.enumerated() { try define(entry, at: section.offset(ofEntry: index)) }
    case .instances(let entries):
      try each(entries, section) { (entry, offset) throws(ValidationError) in
        try self.define(entry, at: offset)
      }
    case .aliases(let entries):
      try each(entries, section) { (entry, offset) throws(ValidationError) in
        try self.define(entry, at: offset)
      }
    case .types(let entries):
      for (index, entry) in entries.enumerated() { try define(entry, at: section.offset(ofEntry: index)) }
    case .canonicals(let entries):
      try each(entries, section) { (entry, offset) throws(ValidationError) in
        try self.define(entry, at: offset)
      }
    case .imports(let entries):
      try each(entries, section) { (entry, offset) throws(ValidationError) in
        try self.addImport(entry, at: offset)
      }
    case .exports(let entries):
      try each(entries, section) { (entry, offset) throws(ValidationError) in
        try self.define(entry, at: offset)
      }
    }
  }

  private func each<Entry>(
    _ entries: [Entry], _ section: Component.Section, _ check: (Entry, Int) throws(ValidationError) -> Void
  ) throws(LoadingError) {
    for (index, entry) in entries.enumerated() {
      let offset = section.offset(ofEntry: index)
      try located(offset) { () throws(ValidationError) in try check(entry, offset) }
    }
  }

  /// Runs a check; an error without an offset gets this one.
  func located<Result>(_ offset: Int, _ check: () throws(ValidationError) -> Result) throws(LoadingError) -> Result {
    do throws(ValidationError) { return try check() } catch { throw .invalid(error.located(offset)) }
  }

  /// Checks the number of definitions of one kind before another is added.
  func limited(_ count: Int, _ what: String, at offset: Int) throws(LoadingError) {
    guard count < ComponentLimits.entries else {
      throw .invalid(
        ValidationError("too many \(what): expected at most \(ComponentLimits.entries)", offset: offset))
    }
  }

  // MARK: Entities

  /// The type of the definition at an index of the current scope.
  func entity(_ value: Component.SortIndex, at offset: Int) throws(ValidationError) -> EntityType {
    let index = Int(value.index)
    switch value.sort {
    case .core(.module):
      guard index < scope.coreModules.count else { throw .outOfBounds("module", value.index, at: offset) }
      return .module(scope.coreModules[index])
    case .function:
      guard index < scope.functions.count else { throw .outOfBounds("function", value.index, at: offset) }
      return .function(scope.functions[index])
    case .type: return .type(try type(value.index, at: offset))
    case .component:
      guard index < scope.components.count else { throw .outOfBounds("component", value.index, at: offset) }
      return .component(scope.components[index])
    case .instance:
      guard index < scope.instances.count else { throw .outOfBounds("instance", value.index, at: offset) }
      return .instance(scope.instances[index])
    case .value, .core:
      throw ValidationError("\(value.sort.keyword) \(value.index) cannot be imported or exported", offset: offset)
    }
  }

  /// The type at an index of the current scope.
  func type(_ index: UInt32, at offset: Int) throws(ValidationError) -> TypeReference {
    guard Int(index) < scope.types.count else { throw .outOfBounds("type", index, at: offset) }
    return scope.types[Int(index)]
  }

  /// Adds an entity to the index space of its sort.
  func append(_ type: EntityType) throws(ValidationError) {
    let scope = scope
    guard
      max(scope.types.count, scope.functions.count, scope.instances.count, scope.components.count)
        < ComponentLimits.entries, scope.coreModules.count < ComponentLimits.entries
    else { throw ValidationError("too many definitions: expected at most \(ComponentLimits.entries)", offset: 0) }
    switch type {
    case .module(let index): scope.coreModules.append(index)
    case .function(let index): scope.functions.append(index)
    case .type(let type): scope.types.append(type)
    case .component(let index): scope.components.append(index)
    case .instance(let index): scope.instances.append(index)
    }
  }
}

extension ValidationError {
  /// The error with an offset, unless it has one.
  func located(_ offset: Int) -> ValidationError {
    var error = self
    if error.offset == 0 { error.offset = offset }
    return error
  }
}
