import WebAssembly

/// A core type of an index space.
enum CoreTypeReference {
  /// A function, structure or array type by canonical index.
  case type(UInt32)
  case module(Int)
}

/// The index spaces of a component, component type or instance type while it is checked. (Component model, "Index Spaces".)
final class Scope {
  enum Kind {
    case component, componentType, instanceType

    var isType: Bool { self != .component }
  }

  let kind: Kind

  var coreFunctions: [UInt32] = []
  var coreTables: [TableType] = []
  var coreMemories: [MemoryType] = []
  var coreGlobals: [GlobalType] = []
  var coreTags: [UInt32] = []
  var coreTypes = CoreTypeSpace()
  var coreModules: [Int] = []
  var coreInstances: [CoreInstanceType] = []
  var functions: [Int] = []
  var types: [TypeReference] = []
  var components: [Int] = []
  var instances: [Int] = []

  var imports = EntityList()
  var exports = EntityList()
  var importNames = NameContext(.import)
  var exportNames = NameContext(.export)

  /// The types that imports may mention, and those that exports may.
  var importedTypes: Set<TypeReference> = []
  var exportedTypes: Set<TypeReference> = []

  var importedResources: [ResourcePath] = []
  /// The resources that each instance has anew, as far as they are exported.
  var definedResources: [ResourcePath] = []
  /// The identities in `definedResources`.
  var exportedResources: Set<Int> = []
  /// The resources that this component defines, or that the instances in it brought.
  var ownResources: Set<Int> = []
  /// The representation of the resources that this component itself defines.
  var localResources: [Int: ValueType] = [:]

  init(_ kind: Kind) { self.kind = kind }
}
