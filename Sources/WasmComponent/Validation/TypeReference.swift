import WebAssembly

// Types after validation. They are in a `TypeTable`: value types use its positions in place of type indices.

/// A resource type. Equal resources have equal identities; a name that an import or export gives it is another reference to it.
struct ResourceReference: Hashable {
  var identity: Int
  var name: Int
}

/// A type, as a position in the type table.
///
/// Two positions can hold equal types: an import or export of a type makes a new one, since only that one has a name outside.
enum TypeReference: Hashable {
  case resource(ResourceReference)
  case defined(Int)
  case function(Int)
  case instance(Int)
  case component(Int)

  /// The kind, for messages.
  var noun: String {
    switch self {
    case .resource: "resource"
    case .defined: "defined type"
    case .function: "func"
    case .instance: "instance"
    case .component: "component"
    }
  }
}

/// The type of what can be imported or exported.
enum EntityType: Hashable {
  case module(Int)
  case function(Int)
  case type(TypeReference)
  case instance(Int)
  case component(Int)

  var noun: String {
    switch self {
    case .module: "module"
    case .function: "func"
    case .type: "type"
    case .instance: "instance"
    case .component: "component"
    }
  }
}

/// The type of what core modules import and export. Types are in canonical indices.
enum CoreEntityType: Hashable {
  case function(UInt32)
  case table(TableType)
  case memory(MemoryType)
  case global(GlobalType)
  case tag(UInt32)

  var kind: ExternalKind {
    switch self {
    case .function: .function
    case .table: .table
    case .memory: .memory
    case .global: .global
    case .tag: .tag
    }
  }
}

/// A resource type and where it is found among imports or exports: names from the outside in.
struct ResourcePath: Hashable {
  var identity: Int
  var path: [String]
}

/// Names with the types of what they stand for, in order.
struct EntityList {
  private(set) var entries: [(name: String, type: EntityType)] = []
  private var positions: [String: Int] = [:]

  var count: Int { entries.count }

  subscript(name: String) -> EntityType? { positions[name].map { entries[$0].type } }

  /// Adds an entry. A name that is already there keeps its type.
  mutating func append(_ name: String, _ type: EntityType) {
    guard positions[name] == nil else { return }
    positions[name] = entries.count
    entries.append((name, type))
  }

  mutating func replaceType(at position: Int, _ type: EntityType) { entries[position].type = type }
}

/// The type of an instance.
struct InstanceType {
  var exports = EntityList()
  /// The resource types of which only the exports' names are known: each instance that is imported with this type has its own.
  var resources: [ResourcePath] = []
  var depth = 1
}

/// The type of a component.
struct ComponentType {
  var imports = EntityList()
  var exports = EntityList()
  /// The resource types that the imports determine.
  var importedResources: [ResourcePath] = []
  /// The resource types of which each instance has its own.
  var definedResources: [ResourcePath] = []
  var depth = 1
}

/// The type of a core module.
struct ModuleType {
  var imports: [(module: String, name: String, type: CoreEntityType)] = []
  var exports: [(name: String, type: CoreEntityType)] = []
}

/// The type of a core instance: its exports.
struct CoreInstanceType {
  var exports: [String: CoreEntityType] = [:]
}
