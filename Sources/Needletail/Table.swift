import WasmRuntime
import WebAssembly

/// A table of references. (Core specification 3.0, 4.2.8 "Table Instances".)
///
/// ```swift
/// let type = TableType(element: .funcref, limits: Limits(minimum: 10))
/// let table = try Table(store, type: type, initial: .null(.function))
/// try table.set(0, .function(instance.function("add")))
/// ```
public struct Table {
  /// The store of the table.
  public let store: Store
  let instance: TableInstance

  init(_ instance: TableInstance, in store: Store) {
    self.instance = instance
    self.store = store
  }

  /// Creates a table, which lives as long as the store.
  ///
  /// - Parameters:
  ///   - store: the store that owns the table.
  ///   - type: the type of the table; concrete types in it are canonical.
  ///   - initial: the value of every element.
  /// - Throws: `LimitExceeded` if the store's limits do not allow it; `ArgumentError` if `initial` has another type or belongs to another
  ///   store, or the engine does not know the type; `StoreInUse` if another thread uses the store.
  public init(_ store: Store, type: TableType, initial: Value) throws {
    self = try store.claimed {
      try store.hold(typeIn: ValueType(type.element))
      defer { store.reachSafePoint() }
      let slot = try store.slot(initial, as: type.element)
      return Table(try store.state.makeTable(type, filledWith: slot), in: store)
    }
  }

  /// The type, with the current size as its minimum. Concrete types in it are canonical.
  public var type: TableType { store.claimedOrEnd { instance.type } }

  /// The current number of elements.
  public var count: UInt64 { instance.count }

  /// Reads an element.
  ///
  /// - Parameter index: the position of the element.
  /// - Throws: `Trap` if there is no such element; `StoreInUse` if another thread uses the store.
  public func get(_ index: UInt64) throws -> Value {
    try store.claimed {
      guard var slot = instance.element(at: index) else { throw outOfBounds(index) }
      return Value(&slot, as: ValueType(instance.type.element), in: store)
    }
  }

  /// Writes an element.
  ///
  /// - Parameters:
  ///   - index: the position of the element.
  ///   - value: the new value.
  /// - Throws: `Trap` if there is no such element; `ArgumentError` if the value has another type or belongs to another store;
  ///   `StoreInUse` if another thread uses the store.
  public func set(_ index: UInt64, _ value: Value) throws {
    try store.claimed {
      defer { store.reachSafePoint() }
      let slot = try store.slot(value, as: instance.type.element)
      guard instance.setElement(at: index, to: slot) else { throw outOfBounds(index) }
    }
  }

  private func outOfBounds(_ index: UInt64) -> Trap {
    OutOfBounds(.table, from: index, of: instance.count).trap(.outOfBoundsTableAccess)
  }

  /// Grows the table.
  ///
  /// - Parameters:
  ///   - delta: the number of elements to add.
  ///   - value: the value of the new elements.
  /// - Returns: the previous number of elements; nil if the maximum, the store's limits or its limiter do not allow the growth, or the
  ///   system has no memory.
  /// - Throws: `ArgumentError` if the value has another type or belongs to another store; `StoreInUse` if another thread uses the
  ///   store; the error of the store's limiter.
  public func grow(by delta: UInt64, filling value: Value) throws -> UInt64? {
    try store.claimed {
      defer { store.reachSafePoint() }
      return try instance.grow(
        by: delta, filling: try store.slot(value, as: instance.type.element), in: store.state
      ) { false }
    }
  }
}

extension Store {
  /// The slot of a reference. The caller holds the store's claim.
  ///
  /// - Throws: `ArgumentError` if the value has another type or belongs to another store; `Trap` if the heap has no room for it.
  func slot(_ value: Value, as type: ReferenceType) throws -> UInt64 {
    guard value.matches(ValueType(type), in: self) else {
      throw ArgumentError(value.mismatch(ValueType(type), in: self))
    }
    var slot: UInt64 = 0
    try value.write(&slot, in: self)
    return slot
  }
}
