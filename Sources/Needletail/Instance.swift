import WasmRuntime
import WebAssembly

/// An instance of a module in a store. (Core specification 3.0, 4.2.6 "Module Instances".)
///
/// ```swift
/// let instance = try linker.instantiate(module, in: store)
/// let results = try instance.function("add")!.call([.i32(1), .i32(2)])
/// ```
public final class Instance {
  /// The module.
  public let module: Module
  /// The store that owns the instance.
  public let store: Store
  let instance: ModuleInstance

  /// The caller holds the store's claim.
  init(_ instance: ModuleInstance, of module: Module, in store: Store) {
    self.instance = instance
    self.module = module
    self.store = store
    store.instances[ObjectIdentifier(instance)] = KnownInstance(module: module, instance: self)
  }

  /// Instantiates a module and runs its start function. The caller holds the store's claim.
  ///
  /// - Parameters:
  ///   - beforeStart: called when everything except the start function is done.
  ///   - resolve: returns the imports, in the module's order.
  convenience init(
    of module: Module, in store: Store, beforeStart: () -> Void = {}, importing resolve: () throws -> [ExternalValue]
  ) throws {
    defer { store.reachSafePoint() }
    let instance = try ModuleInstance(module.functions, imports: resolve(), store: store.state) {
      store.instances[ObjectIdentifier($0)] = KnownInstance(module: module)
    }
    self.init(instance, of: module, in: store)
    beforeStart()
    if let start = module.structure.startFunction {
      let function = Function(instance.function(start), in: store)
      try function.invoke(try store.reserveCallSlots(function.type))
    }
  }

  /// The `Instance` of a module instance. The caller holds the store's claim.
  static func of(_ instance: ModuleInstance, in store: Store) -> Instance {
    let known = store.instances[ObjectIdentifier(instance)]!
    return known.instance ?? Instance(instance, of: known.module, in: store)
  }

  /// Instantiates a module with imports by position, and runs its start function.
  ///
  /// - Parameters:
  ///   - module: the module.
  ///   - store: the store that will own the instance.
  ///   - imports: an item for each import, in the module's order.
  /// - Throws: as ``Linker/instantiate(_:in:)``.
  package convenience init(_ module: Module, in store: Store, imports: [Extern]) throws {
    guard store.engine === module.engine else { throw LinkError("the module belongs to another engine than the store") }
    for (item, wanted) in zip(imports, module.structure.imports) where item.store !== store {
      throw LinkError("\(wanted.quotedName) belongs to another store")
    }
    let claim = try store.state.takeClaim()
    defer { store.state.giveUpClaim(claim) }
    try self.init(of: module, in: store) { imports.map(\.value) }
  }

  /// The address of what the instance is in its store: the same for all objects of this class that are about it.
  package var identity: UInt { UInt(bitPattern: ObjectIdentifier(instance)) }

  /// All exports, in the module's order. O(number of exports).
  public var exports: [(name: String, item: Extern)] {
    module.structure.exports.map { ($0.name, extern($0)) }
  }

  /// The export with a name, compared by bytes; nil if there is none. O(number of exports).
  public func export(_ name: String) -> Extern? {
    module.structure.exports.first { $0.name.utf8.elementsEqual(name.utf8) }.map(extern)
  }

  private func extern(_ export: WebAssembly.Module.Export) -> Extern {
    Extern(instance.external(export.kind, export.index), in: store)
  }

  /// The exported function with a name; nil if there is none, or it is not a function. O(number of exports).
  public func function(_ name: String) -> Function? {
    if case .function(let function)? = export(name) { function } else { nil }
  }
  /// The exported memory with a name; nil if there is none, or it is not a memory. O(number of exports).
  public func memory(_ name: String) -> Memory? {
    if case .memory(let memory)? = export(name) { memory } else { nil }
  }
  /// The exported table with a name; nil if there is none, or it is not a table. O(number of exports).
  public func table(_ name: String) -> Table? {
    if case .table(let table)? = export(name) { table } else { nil }
  }
  /// The exported global with a name; nil if there is none, or it is not a global. O(number of exports).
  public func global(_ name: String) -> Global? {
    if case .global(let global)? = export(name) { global } else { nil }
  }
  /// The exported tag with a name; nil if there is none, or it is not a tag. O(number of exports).
  public func tag(_ name: String) -> Tag? {
    if case .tag(let tag)? = export(name) { tag } else { nil }
  }
}

/// A module instance, as its store knows it.
struct KnownInstance {
  var module: Module
  weak var instance: Instance?
}

/// An item that can be imported and exported. (Core specification 3.0, 4.2.5 "External Addresses".)
public enum Extern {
  /// A function.
  case function(Function)
  /// A table.
  case table(Table)
  /// A linear memory.
  case memory(Memory)
  /// A global.
  case global(Global)
  /// An exception tag.
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

  /// The address of what the item is in its store: the same for all values that are the same item.
  package var identity: UInt {
    switch value {
    case .function(let reference): UInt(bitPattern: reference)
    case .table(let table): UInt(bitPattern: ObjectIdentifier(table))
    case .memory(let memory): UInt(bitPattern: ObjectIdentifier(memory))
    case .global(let global): UInt(bitPattern: ObjectIdentifier(global))
    case .tag(let tag): UInt(bitPattern: ObjectIdentifier(tag))
    }
  }

  /// The store of the item.
  public var store: Store {
    switch self {
    case .function(let function): function.store
    case .table(let table): table.store
    case .memory(let memory): memory.store
    case .global(let global): global.store
    case .tag(let tag): tag.store
    }
  }

  /// The type of the item. Concrete types in it are canonical.
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
