import CNeedletail
import Needletail
import WebAssembly

/// A table of the host.
@c @implementation
public func wasm_table_new(
  _ store: OpaquePointer?, _ type: OpaquePointer?, _ initial: OpaquePointer?
) -> OpaquePointer? {
  guard let store = store.store else { return nil }
  return store.attempt {
    guard let type = type.lent(as: TableTypeObject.self), let limits = type.limits.limits,
      let element = type.element.type?.referenceType
    else {
      throw UseError("expected the type of a table, with references as elements, and its minimum up to its maximum")
    }
    let table = try Table(
      store.store, type: TableType(element: element, limits: limits),
      initial: try store.value(of: initial, as: element))
    return Handle(.external(.table(table)), in: store).owned()
  }
}

/// The type of a table, with the current size as its minimum.
@c @implementation
public func wasm_table_type(_ table: OpaquePointer?) -> OpaquePointer? {
  table.table.map { ExternTypeObject.of(.table($0.type), $0.store.engine.top(of:)).owned() }
}

/// The element at an index; NULL if it is null or there is none.
@c @implementation
public func wasm_table_get(_ table: OpaquePointer?, _ index: wasm_table_size_t) -> OpaquePointer? {
  guard let store = table.handle?.store, let table = table.table else { return nil }
  return store.attempt { try store.makeReference(table.get(UInt64(index))) } ?? nil
}

/// Sets an element.
@c @implementation
public func wasm_table_set(_ table: OpaquePointer?, _ index: wasm_table_size_t, _ reference: OpaquePointer?) -> Bool {
  guard let store = table.handle?.store, let table = table.table else { return false }
  let result: Void? = store.attempt {
    try table.set(UInt64(index), try store.value(of: reference, as: table.type.element))
  }
  return result != nil
}

/// The number of elements.
@c @implementation
public func wasm_table_size(_ table: OpaquePointer?) -> wasm_table_size_t {
  UInt32(clamping: table.table?.count ?? 0)
}

/// Grows a table.
@c @implementation
public func wasm_table_grow(
  _ table: OpaquePointer?, _ delta: wasm_table_size_t, _ initial: OpaquePointer?
) -> Bool {
  guard let store = table.handle?.store, let table = table.table else { return false }
  let old = store.attempt {
    try table.grow(by: UInt64(delta), filling: try store.value(of: initial, as: table.type.element))
  }
  return (old ?? nil) != nil
}
