import WasmInterpreter
import WasmRuntime
import WebAssembly

/// Host items by name, and instantiation of modules that import them.
///
/// ```swift
/// let linker = Linker(engine)
/// try linker.define("env", "log") { (caller: Caller, address: UInt32, count: UInt32) in
///   print(try caller.memory().readString(at: UInt64(address), count: UInt64(count)))
/// }
/// let instance = try linker.instantiate(module, in: store)
/// ```
public final class Linker {
  /// The engine whose modules the linker instantiates.
  public let engine: Engine
  /// Whether a name may be defined again, replacing its item.
  public var allowsShadowing = false
  /// What the modules may ask for that are instantiated or prepared; nil, the default, for everything. What they use while they run is
  /// limited by their store: see ``Store/init(_:policy:limits:)``.
  public var policy: Policy?

  private struct Name: Hashable {
    // Compared first: most definitions are of one module.
    var name: ExactName
    var module: ExactName

    init(_ module: String, _ name: String) {
      self.module = ExactName(module)
      self.name = ExactName(name)
    }
  }

  private enum Definition: CustomStringConvertible {
    case item(Extern)
    /// A host function, created in each store that imports it.
    case function((Store) throws -> Function)
    /// The same, on any thread.
    case sendableFunction(@Sendable (Store) throws -> Function)
    /// A memory that each store has a view of.
    case sharedMemory(SharedMemory)

    /// What is defined, for messages.
    var description: String {
      switch self {
      case .item(let item): "\(item.type)"
      case .function, .sendableFunction: "a function of the host"
      case .sharedMemory: "a shared memory of the host"
      }
    }
  }

  private var definitions: [Name: Definition] = [:]

  /// Creates a linker without definitions.
  public init(_ engine: Engine) { self.engine = engine }

  /// A linker with the same definitions, to which others can be added. O(1); the first addition copies the definitions.
  package init(copying other: Linker) {
    engine = other.engine
    definitions = other.definitions
    policy = other.policy
  }

  // MARK: Defining

  /// Defines an item of a store by name.
  ///
  /// - Parameters:
  ///   - module: the module's name in imports.
  ///   - name: the item's name in imports.
  ///   - item: the item; only modules in its store can import it.
  /// - Throws: `LinkError` if the name is taken.
  public func define(_ module: String, _ name: String, _ item: Extern) throws {
    try define(Name(module, name), .item(item))
  }

  /// Defines a host function by a closure. Parameters and results can have any ``WasmValue`` type.
  ///
  /// - Parameters:
  ///   - module: the module's name in imports.
  ///   - name: the function's name in imports.
  ///   - body: the function.
  /// - Throws: `LinkError` if the name is taken.
  public func define<each Parameter: WasmValue, each Result: WasmValue>(
    _ module: String, _ name: String,
    _ body: @escaping (Caller, repeat each Parameter) throws -> (repeat each Result)
  ) throws {
    try define(Name(module, name), .function { try Function($0, body) })
  }

  /// Defines a function that is created separately for each store.
  @usableFromInline
  func define(_ module: String, _ name: String, function: @escaping (Store) throws -> Function) throws {
    try define(Name(module, name), .function(function))
  }

  /// Defines a host function whose types are known only at run time.
  ///
  /// - Parameters:
  ///   - module: the module's name in imports.
  ///   - name: the function's name in imports.
  ///   - type: the type of the function.
  ///   - body: the function. It receives arguments of the types of the parameters, and must return values of the types of the results.
  /// - Throws: `LinkError` if the name is taken; `LimitExceeded` if there are more than 1000 parameters or results.
  public func define(
    _ module: String, _ name: String, type: FunctionType,
    _ body: @escaping (Caller, [Value]) throws -> [Value]
  ) throws {
    try type.checkArity()
    try define(Name(module, name), .function { try Function($0, type: type, body) })
  }

  /// Defines a host function that is created separately in each store that imports it, so that it can have state of its own there.
  ///
  /// ```swift
  /// try linker.define("env", "next", inEachStore: { store in
  ///   var count: Int32 = 0
  ///   return try Function(store) { (_: Caller) -> Int32 in
  ///     count += 1
  ///     return count
  ///   }
  /// })
  /// ```
  ///
  /// - Parameters:
  ///   - module: the module's name in imports.
  ///   - name: the function's name in imports.
  ///   - make: creates the function in a store, with the same type each time. If the linker prepares modules (``prepare(_:)``), it is
  ///     called on the threads that instantiate them, several at a time.
  /// - Throws: `LinkError` if the name is taken.
  public func define(
    _ module: String, _ name: String, inEachStore make: @escaping @Sendable (Store) throws -> Function
  ) throws {
    try define(Name(module, name), .sendableFunction(make))
  }

  /// Defines a host function that reads arguments from slots and writes results to slots.
  ///
  /// - Throws: `LinkError` if the name is taken.
  package func define(
    _ module: String, _ name: String, type: FunctionType,
    slots body: @escaping (Caller, UnsafeMutablePointer<UInt64>) throws -> Void
  ) throws {
    try define(Name(module, name), .function { try Function($0, type: type, slots: body) })
  }

  /// Defines a shared memory by name. Each store that imports it gets a view of it.
  ///
  /// - Parameters:
  ///   - module: the module's name in imports.
  ///   - name: the memory's name in imports.
  ///   - memory: the shared memory.
  /// - Throws: `LinkError` if the name is taken.
  public func define(_ module: String, _ name: String, _ memory: SharedMemory) throws {
    try define(Name(module, name), .sharedMemory(memory))
  }

  /// Whether a name is defined.
  public func defines(_ module: String, _ name: String) -> Bool {
    definitions[Name(module, name)] != nil
  }

  /// The item with a name, in a store; nil if the name is not defined. Functions of the host are created in the store.
  package func definition(_ module: String, _ name: String, in store: Store) throws -> Extern? {
    try item(Name(module, name), in: store)
  }

  /// Defines all exports of an instance, under their own names in `module`.
  ///
  /// - Parameters:
  ///   - instance: the instance; only modules in its store can import its items.
  ///   - module: the module's name in imports.
  /// - Throws: `LinkError` if a name is taken.
  public func define(instance: Instance, as module: String) throws {
    let exports = Array(instance.exports)
    let taken = exports.compactMap { name, _ in conflict(Name(module, name)) }
    guard taken.isEmpty else { throw LinkError(taken.joined(separator: "\n")) }
    for (name, item) in exports { try define(module, name, item) }
  }

  /// Defines the functions that a module imports and that are not defined yet: calling one throws ``UnknownImportCalled``, and ends the
  /// guest's call. So a module can be used as far as it does not need them.
  ///
  /// Memories, tables, globals and tags that are not defined are still missing.
  ///
  /// - Parameter module: the module.
  /// - Throws: `LinkError` if the module belongs to another engine than the linker.
  public func defineUnknownImportsAsTraps(_ module: Module) throws {
    guard module.engine === engine else { throw LinkError("the module belongs to another engine than the linker") }
    for entry in module.structure.imports {
      guard case .function(let index, _) = entry.type, !defines(entry.module, entry.name),
        let type = engine.types.type(module.image.types[Int(index)]).composite.function
      else { continue }
      let error = UnknownImportCalled(module: entry.module, name: entry.name)
      try define(
        entry.module, entry.name,
        inEachStore: { store in try Function(store, type: type) { (_: Caller, _: [Value]) -> [Value] in throw error } })
    }
  }

  /// The message for a name that is taken; nil if it can be defined.
  private func conflict(_ name: Name) -> String? {
    guard !allowsShadowing, let present = definitions[name] else { return nil }
    return
      "\"\(name.module.text.printable)\" \"\(name.name.text.printable)\" is defined already: it is \(present)"
  }

  private func define(_ name: Name, _ definition: Definition) throws {
    if let conflict = conflict(name) { throw LinkError(conflict) }
    definitions[name] = definition
  }

  // MARK: Instantiating

  /// Creates an instance of a module, resolves its imports by name, and runs its start function.
  ///
  /// - Parameters:
  ///   - module: the module.
  ///   - store: the store that will own the instance.
  /// - Throws: `LinkError` if imports are missing or have other types, which it lists, or if module, store and linker belong to different
  ///   engines; `PolicyViolation` if ``policy`` refuses the module; `StoreInUse` if a call on another thread has not returned;
  ///   `LimitExceeded`; `Trap` if a segment does not fit or the start function traps.
  public func instantiate(_ module: Module, in store: Store) throws -> Instance {
    try instantiate(module, in: store) {}
  }

  /// Instantiates a module, as ``instantiate(_:in:)``.
  ///
  /// - Parameter beforeStart: called when everything except the start function is done.
  package func instantiate(_ module: Module, in store: Store, beforeStart: () -> Void) throws -> Instance {
    guard module.engine === engine else { throw LinkError("the module belongs to another engine than the linker") }
    guard store.engine === engine else { throw LinkError("the store belongs to another engine than the linker") }
    try policy?.check(module)
    return try store.claimed {
      try Instance(of: module, in: store, beforeStart: beforeStart) { try resolve(module, in: store) }
    }
  }

  /// Resolves the imports of a module, so that it can be instantiated quickly and often, in any store of the engine and on any thread.
  ///
  /// The imports must be independent of stores: functions that are defined with ``define(_:_:inEachStore:)``, and shared memories. Later
  /// changes of the linker have no effect on the prepared module.
  ///
  /// - Parameter module: the module.
  /// - Throws: `LinkError` if imports are missing, have other types, or belong to a store or a thread, or if the module belongs to another
  ///   engine; `PolicyViolation` if ``policy`` refuses the module; `LimitExceeded`; the errors of the closures that create functions.
  public func prepare(_ module: Module) throws -> PreparedModule {
    guard module.engine === engine else { throw LinkError("the module belongs to another engine than the linker") }
    try policy?.check(module)
    // Without those that are missing, which the next step reports.
    let imports = try module.structure.imports.compactMap { item -> PreparedModule.Import? in
      switch definitions[Name(item.module, item.name)] {
      case .sendableFunction(let make): return .function(make)
      case .sharedMemory(let memory): return .sharedMemory(memory)
      case .item: throw LinkError("\(item.quotedName) belongs to a store, so the module cannot be prepared")
      case .function:
        throw LinkError(
          "\(item.quotedName) may belong to a thread, so the module cannot be prepared: define it in each store")
      case nil: return nil
      }
    }
    let store = try Store(engine)
    _ = try store.claimed { try resolve(module, in: store) }
    guard imports.count == module.structure.imports.count else {
      throw LinkError("imports were defined while the module was prepared: prepare it again")
    }
    module.image.prepareDataImages()
    return PreparedModule(module, imports: imports)
  }

  private func resolve(_ module: Module, in store: Store) throws -> [ExternalValue] {
    var values: [ExternalValue] = []
    var faults = Faults()
    for raw in module.structure.imports {
      guard let item = try item(Name(raw.module, raw.name), in: store) else {
        faults.addMissing(module.description(of: raw))
        continue
      }
      guard item.store === store else {
        faults.addForeign(module.description(of: raw))
        continue
      }
      let type = raw.type.mapTypeIndices { module.image.types[Int($0)] }
      if item.value.matches(type, in: engine.types) {
        values.append(item.value)
      } else {
        faults.addMismatched(module.description(of: raw), item.type)
      }
    }
    guard faults.count == 0 else { throw error(faults) }
    return values
  }

  /// The imports that cannot be resolved. Only the first are kept for the error: a module can have a million.
  private struct Faults {
    private(set) var missing: [ImportDescription] = []
    private(set) var mismatched: [(wanted: ImportDescription, offered: ExternType)] = []
    private(set) var foreign: [ImportDescription] = []
    private(set) var missingCount = 0
    private(set) var mismatchedCount = 0
    private(set) var foreignCount = 0
    var count: Int { missingCount + mismatchedCount + foreignCount }

    private static let maximumKeptCount = 20

    mutating func addMissing(_ wanted: @autoclosure () -> ImportDescription) {
      missingCount += 1
      if missing.count < Self.maximumKeptCount { missing.append(wanted()) }
    }

    mutating func addForeign(_ wanted: @autoclosure () -> ImportDescription) {
      foreignCount += 1
      if foreign.count < Self.maximumKeptCount { foreign.append(wanted()) }
    }

    mutating func addMismatched(_ wanted: @autoclosure () -> ImportDescription, _ offered: ExternType) {
      mismatchedCount += 1
      if mismatched.count < Self.maximumKeptCount { mismatched.append((wanted(), offered)) }
    }
  }

  private func item(_ name: Name, in store: Store) throws -> Extern? {
    switch definitions[name] {
    case .item(let item): return item
    case .function(let make): return .function(try make(store))
    case .sendableFunction(let make): return .function(try make(store))
    case .sharedMemory(let memory): return .memory(try Memory(store, shared: memory))
    case nil: return nil
    }
  }

  private func error(_ faults: Faults) -> LinkError {
    let missing = faults.missing.map { entry in
      "\"\(entry.module.printable)\" \"\(entry.name.printable)\" \(entry.type) is not defined\(offer(for: entry))"
    }
    let mismatched = faults.mismatched.map { wanted, offered in
      "\"\(wanted.module.printable)\" \"\(wanted.name.printable)\": expected \(wanted.type), found \(offered)"
    }
    let foreign = faults.foreign.map { "\"\($0.module.printable)\" \"\($0.name.printable)\" belongs to another store" }
    let parts = [
      Self.list("unknown import", missing, of: faults.missingCount),
      Self.list("incompatible import type", mismatched, of: faults.mismatchedCount),
      Self.list("unusable import", foreign, of: faults.foreignCount),
    ]
    return LinkError(parts.compactMap(\.self).joined(separator: "\n"))
  }

  /// One fault after the title, or several below it; nil if there is none.
  private static func list(_ title: String, _ lines: [String], of count: Int) -> String? {
    guard count > 1 else { return lines.first.map { "\(title): \($0)" } }
    let rest = count > lines.count ? ["and \(count - lines.count) more"] : []
    return "\(title):\n  \((lines + rest).joined(separator: "\n  "))"
  }

  /// Defined items that may have been meant.
  private func offer(for wanted: ImportDescription) -> String {
    let elsewhere = definitions.keys.filter { $0.name == ExactName(wanted.name) }.map(\.module.text).sorted()
    if !elsewhere.isEmpty {
      return "; it is defined in \(elsewhere.map { "\"\($0.printable)\"" }.joined(separator: ", "))"
    }
    let names = definitions.keys.filter { $0.module == ExactName(wanted.module) }.map(\.name.text).sorted()
    if !names.isEmpty { return Suggestion.question(for: wanted.name, among: names).printable }
    let modules = Set(definitions.keys.map(\.module.text)).sorted()
    return
      "; nothing is defined in \"\(wanted.module.printable)\"\(Suggestion.question(for: wanted.module, among: modules).printable)"
  }
}

extension WebAssembly.Module.Import {
  /// The names in messages.
  var quotedName: String { "\"\(module.printable)\" \"\(name.printable)\"" }
}

/// A guest called a function that was not defined: see ``Linker/defineUnknownImportsAsTraps(_:)``.
public struct UnknownImportCalled: Error, Hashable, Sendable, CustomStringConvertible {
  /// The module's name in the import.
  public var module: String
  /// The function's name in the import.
  public var name: String

  /// The error as a sentence.
  public var description: String { "called the unknown import \"\(module.printable)\" \"\(name.printable)\"" }
}
