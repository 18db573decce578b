import WasmRuntime
import WebAssembly

/// A module that was instantiated in a store.
public final class Instance {
  public let module: Module
  public let store: Store
  let instance: ModuleInstance

  /// The caller holds the store's claim.
  init(_ instance: ModuleInstance, of module: Module, in store: Store) {
    self.instance = instance
    self.module = module
    self.store = store
    store.instances[ObjectIdentifier(instance)] = WeakInstance(instance: self)
    store.modules[ObjectIdentifier(instance)] = module
  }

  /// The public face of a module instance. The caller holds the store's claim.
  static func of(_ instance: ModuleInstance, in store: Store) -> Instance {
    let identifier = ObjectIdentifier(instance)
    if let existing = store.instances[identifier]?.instance { return existing }
    return Instance(instance, of: store.modules[identifier]!, in: store)
  }

  /// All exports, in the module's order.
  public var exports: [(name: String, item: Extern)] {
    module.structure.exports.map { ($0.name, extern($0)) }
  }

  /// What is exported under a name, byte for byte, or nil. O(number of exports).
  public func export(_ name: String) -> Extern? {
    module.structure.exports.first { $0.name.utf8.elementsEqual(name.utf8) }.map(extern)
  }

  private func extern(_ export: WebAssembly.Module.Export) -> Extern {
    Extern(instance.external(export.kind, export.index), in: store)
  }

  public func function(_ name: String) -> Function? {
    if case .function(let function)? = export(name) { function } else { nil }
  }
  public func memory(_ name: String) -> Memory? {
    if case .memory(let memory)? = export(name) { memory } else { nil }
  }
  public func table(_ name: String) -> Table? {
    if case .table(let table)? = export(name) { table } else { nil }
  }
  public func global(_ name: String) -> Global? {
    if case .global(let global)? = export(name) { global } else { nil }
  }
  public func tag(_ name: String) -> Tag? {
    if case .tag(let tag)? = export(name) { tag } else { nil }
  }
}

struct WeakInstance {
  weak var instance: Instance?
}

/// Something that can be imported and exported.
public enum Extern {
  case function(Function)
  case table(Table)
  case memory(Memory)
  case global(Global)
  case tag(Tag)

  init(_ value: ExternalValue, in store: Store) {
    switch value {
    case .function(let reference): self = .function(Function(reference, in: store))
    case .table(let table): self = .table(Table(table, in: store))
    case .memory(let memory): self = .memory(Memory(memory, in: store))
    case .global(let global): self = .global(Global(global, in: store))
    case .tag(let tag): self = .tag(Tag(tag, in: store))
    }
  }

  var value: ExternalValue {
    switch self {
    case .function(let function): .function(function.reference)
    case .table(let table): .table(table.instance)
    case .memory(let memory): .memory(memory.instance)
    case .global(let global): .global(global.instance)
    case .tag(let tag): .tag(tag.instance)
    }
  }

  public var store: Store {
    switch self {
    case .function(let function): function.store
    case .table(let table): table.store
    case .memory(let memory): memory.store
    case .global(let global): global.store
    case .tag(let tag): tag.store
    }
  }

  public var type: ExternType {
    switch self {
    case .function(let function): .function(function.type)
    case .table(let table): .table(table.type)
    case .memory(let memory): .memory(memory.type)
    case .global(let global): .global(global.type)
    case .tag(let tag): .tag(tag.type)
    }
  }
}
