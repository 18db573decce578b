import CNeedletail

/// An object of the host.
@c @implementation
public func wasm_foreign_new(_ store: OpaquePointer?) -> OpaquePointer? {
  store.store.map { Handle(.foreign(ForeignObject()), in: $0).owned() }
}
