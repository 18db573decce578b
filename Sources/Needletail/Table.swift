import WasmRuntime
import WebAssembly

/// A table of references.
public struct Table {
  public let store: Store
  let instance: TableInstance

  init(_ instance: TableInstance, in store: Store) {
    self.instance = instance
    self.store = store
  }

  /// Makes a table.
  ///
  /// - Throws: `LimitExceeded` if the store's limits refuse, `ArgumentError` if `initial` is of another type or another store,
  ///   or the engine does not know the type.
  public init(_ store: Store, type: TableType, initial: Value) throws {
    self = try store.claimed {
      try store.hold(typeIn: ValueType(type.element))
      defer { store.reachSafePoint() }
      let slot = try store.slot(initial, as: type.element)
      return Table(try store.state.makeTable(type, filledWith: slot), in: store)
    }
  }

  /// The type, with the current size as minimum, and concrete types by canonical index.
  public var type: TableType { store.claimedOrEnd { instance.type } }

  public var count: UInt64 { instance.count }

  /// The element at an index.
  ///
  /// - Throws: `Trap` if there is none.
  public func get(_ index: UInt64) throws -> Value {
    try store.claimed {
      guard var slot = instance.element(at: index) else { throw Trap(.outOfBoundsTableAccess) }
      return Value(&slot, as: ValueType(instance.type.element), in: store)
    }
  }

  /// Sets the element at an index.
  ///
  /// - Throws: `Trap` if there is none, `ArgumentError` if the value is of another type or another store.
  public func set(_ index: UInt64, _ value: Value) throws {
    try store.claimed {
      defer { store.reachSafePoint() }
      let slot = try store.slot(value, as: instance.type.element)
      guard instance.setElement(at: index, to: slot) else { throw Trap(.outOfBoundsTableAccess) }
    }
  }

  /// Adds elements.
  ///
  /// - Returns: the count before, or nil if the maximum, the store's limits or the system refuse.
  /// - Throws: `ArgumentError` if the value is of another type or another store.
  public func grow(by delta: UInt64, filling value: Value) throws -> UInt64? {
    try store.claimed {
      defer { store.reachSafePoint() }
      return instance.grow(by: delta, filling: try store.slot(value, as: instance.type.element))
    }
  }
}

extension Store {
  /// The slot of a reference. The caller holds the store's claim.
  ///
  /// - Throws: `ArgumentError` if the value is of another type or another store; `Trap` if the heap has no room for it.
  func slot(_ value: Value, as type: ReferenceType) throws -> UInt64 {
    guard value.matches(ValueType(type), in: self) else {
      throw ArgumentError(value.mismatch(ValueType(type), in: self))
    }
    var slot: UInt64 = 0
    try value.write(&slot, in: self)
    return slot
  }
}
