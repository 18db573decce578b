import WebAssembly

/// The names of imports or exports in one scope: they are well-formed, unique, and annotations fit the functions.
/// (Component model, "Import and Export Definitions".)
struct NameContext {
  enum Direction: String {
    case `import`, export
  }

  let direction: Direction
  /// The names by what must be unique.
  private var names: [String: String] = [:]
  /// The names of resources that were imported or exported here.
  private var resources: [ResourceReference: String] = [:]
  private var resourceNames: Set<String> = []

  init(_ direction: Direction) { self.direction = direction }

  /// Adds a name for an item.
  ///
  /// - Parameter registersResources: whether functions can be annotated with the name of this item.
  mutating func add(
    _ name: Component.ExternName, _ type: EntityType, in table: TypeTable, registersResources: Bool = true,
    at offset: Int
  ) throws(ValidationError) {
    let parsed: ParsedName
    do throws(ParsedName.Malformed) { parsed = try ParsedName(name.name) } catch {
      throw ValidationError(
        "\(direction.rawValue) name `\(name.name)` is not a valid extern name: \(error.message)", offset: offset)
    }
    try checkAttributes(name, parsed, type, at: offset)
    if let previous = names.updateValue(name.name, forKey: parsed.uniquenessKey) {
      throw ValidationError(
        "\(direction.rawValue) name `\(name.name)` conflicts with previous name `\(previous)`", offset: offset)
    }
    switch parsed {
    case .label(let label):
      guard registersResources, case .type(.resource(let resource)) = type else { return }
      resources[resource] = label
      resourceNames.insert(label)
    case .interface: return
    case .constructor, .method, .staticFunction:
      guard case .function(let index) = type else {
        throw ValidationError("`\(name.name)` is not a func", offset: offset)
      }
      do throws(ValidationError) { try check(parsed, table.functions[index].type, table) } catch {
        throw ValidationError("`\(name.name)`: \(error.message)", offset: offset)
      }
    }
  }

  // MARK: Annotated functions

  private func check(
    _ name: ParsedName, _ type: Component.FunctionType, _ table: TypeTable
  ) throws(ValidationError) {
    switch name {
    case .constructor(let resource):
      guard let result = type.result else {
        throw ValidationError("function should return one value", offset: 0)
      }
      var handle = Self.handle(result, table)
      if case .index(let index) = result, case .result(let ok?, _) = table.defined[Int(index)].type {
        handle = Self.handle(ok, table)
      }
      guard let handle, handle.isOwned else {
        throw ValidationError("function should return `(own $T)` or `(result (own $T))`", offset: 0)
      }
      try check(handle.resource, resource)
    case .method(let resource, _):
      guard let first = type.parameters.first else {
        throw ValidationError("function should have at least one argument", offset: 0)
      }
      guard first.name == "self" else {
        throw ValidationError("function should have a first argument called `self`", offset: 0)
      }
      guard let handle = Self.handle(first.type, table), !handle.isOwned else {
        throw ValidationError("function should take a first argument of `(borrow $T)`", offset: 0)
      }
      try check(handle.resource, resource)
    case .staticFunction(let resource, _):
      guard resourceNames.contains(resource) else {
        throw ValidationError("static resource name is not known in this context", offset: 0)
      }
    case .label, .interface: return
    }
  }

  private func check(_ resource: ResourceReference, _ name: String) throws(ValidationError) {
    guard let known = resources[resource] else {
      throw ValidationError("resource used in function does not have a name in this context", offset: 0)
    }
    guard known == name else {
      throw ValidationError("function does not match expected resource name `\(known)`", offset: 0)
    }
  }

  private static func handle(
    _ type: Component.ValueType, _ table: TypeTable
  ) -> (resource: ResourceReference, isOwned: Bool)? {
    guard case .index(let index) = type else { return nil }
    switch table.defined[Int(index)].type {
    case .own(let handle): return (table.handle(handle), true)
    case .borrow(let handle): return (table.handle(handle), false)
    default: return nil
    }
  }

  // MARK: Attributes

  private func checkAttributes(
    _ name: Component.ExternName, _ parsed: ParsedName, _ type: EntityType, at offset: Int
  ) throws(ValidationError) {
    var seen: Set<String> = []
    for attribute in name.attributes ?? [] {
      guard seen.insert(attribute.keyword).inserted else {
        throw ValidationError("duplicate '\(attribute.keyword)' option in name", offset: offset)
      }
      switch attribute {
      case .externalID: break
      case .implements(let interface): try checkImplements(interface, name.name, parsed, type, at: offset)
      case .versionSuffix(let suffix): try checkSuffix(suffix, name.name, parsed, at: offset)
      }
    }
  }

  private func checkImplements(
    _ interface: String, _ name: String, _ parsed: ParsedName, _ type: EntityType, at offset: Int
  ) throws(ValidationError) {
    guard case .instance = type else {
      throw ValidationError("only instances can have an `implements`, `\(name)` is not one", offset: offset)
    }
    guard parsed.isLabel else {
      throw ValidationError("name `\(name)` is not valid with `implements`: expected a plain name", offset: offset)
    }
    do throws(ParsedName.Malformed) {
      guard case .interface = try ParsedName(interface) else {
        throw ParsedName.Malformed(message: "`implements` value `\(interface)` must be an interface")
      }
    } catch {
      throw ValidationError("`\(interface)` is not a valid name: \(error.message)", offset: offset)
    }
  }

  private func checkSuffix(
    _ suffix: String, _ name: String, _ parsed: ParsedName, at offset: Int
  ) throws(ValidationError) {
    guard case .interface(_, _, _, let version?) = parsed, SemanticVersion.isCanonical(version) else {
      throw ValidationError(
        "`versionsuffix` of `\(name)`: expected an interface name with a canonical version", offset: offset)
    }
    guard let whole = try? SemanticVersion(version + suffix), whole.canonical == version else {
      throw ValidationError("`versionsuffix` of `\(name)`: `\(version)\(suffix)` is not a version", offset: offset)
    }
  }
}
