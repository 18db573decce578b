import WasmRuntime
import WebAssembly

/// A global variable or constant.
public struct Global {
  public let store: Store
  let instance: GlobalInstance

  init(_ instance: GlobalInstance, in store: Store) {
    self.instance = instance
    self.store = store
  }

  /// Makes a global.
  ///
  /// - Throws: `ArgumentError` if the value is of another type or another store, or the engine does not know the type.
  public init(_ store: Store, type: GlobalType, value: Value) throws {
    self = try store.claimed {
      try store.hold(typeIn: type.value)
      guard value.matches(type.value, in: store) else { throw ArgumentError(value.mismatch(type.value, in: store)) }
      let global = Global(store.state.makeGlobal(type), in: store)
      defer { store.reachSafePoint() }
      try value.write(global.instance.cell, in: store)
      return global
    }
  }

  /// The type, in which concrete types are canonical.
  public var type: GlobalType { instance.type }

  public var value: Value {
    store.claimedOrEnd { Value(instance.cell, as: instance.type.value, in: store) }
  }

  /// - Throws: `ArgumentError` if the global is constant, or the value of another type or another store.
  public func set(_ value: Value) throws {
    try store.claimed {
      guard instance.type.isMutable else { throw ArgumentError("the global is constant") }
      let type = instance.type.value
      guard value.matches(type, in: store) else { throw ArgumentError(value.mismatch(type, in: store)) }
      defer { store.reachSafePoint() }
      try value.write(instance.cell, in: store)
    }
  }
}
