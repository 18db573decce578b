import WasmRuntime
import WebAssembly

/// A global: a variable or a constant.
///
/// ```swift
/// let counter = try Global(store, type: GlobalType(value: .i32, isMutable: true), value: .i32(0))
/// try linker.define("env", "counter", .global(counter))
/// try counter.set(.i32(1))
/// ```
public struct Global {
  /// The store of the global.
  public let store: Store
  let instance: GlobalInstance

  init(_ instance: GlobalInstance, in store: Store) {
    self.instance = instance
    self.store = store
  }

  /// Creates a global, which lives as long as the store.
  ///
  /// - Parameters:
  ///   - store: the store that owns the global.
  ///   - type: the type of the global; concrete types in it are canonical.
  ///   - value: the initial value.
  /// - Throws: `ArgumentError` if the value has another type or belongs to another store, or the engine does not know the type;
  ///   `StoreInUse` if another thread uses the store.
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

  /// The type. Concrete types in it are canonical.
  public var type: GlobalType { instance.type }

  /// The current value.
  ///
  /// - Precondition: no other thread uses the store.
  public var value: Value {
    store.claimedOrEnd { Value(instance.cell, as: instance.type.value, in: store) }
  }

  /// Sets the value.
  ///
  /// - Throws: `ArgumentError` if the global is constant, or the value has another type or belongs to another store; `StoreInUse` if
  ///   another thread uses the store.
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
