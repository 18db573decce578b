import CNeedletail
import Needletail
import WebAssembly

/// A global of the host.
@c @implementation
public func wasm_global_new(
  _ store: OpaquePointer?, _ type: OpaquePointer?, _ value: UnsafePointer<wasm_val_t>?
) -> OpaquePointer? {
  guard let store = store.store else { return nil }
  return store.attempt {
    guard let type = type.lent(as: GlobalTypeObject.self), let content = type.content.type, let value else {
      throw UseError("expected the type of a global and a value")
    }
    let global = try Global(
      store.store, type: GlobalType(value: content, isMutable: type.isMutable),
      value: try value.pointee.value(as: content, in: store))
    return Handle(.external(.global(global)), in: store).owned()
  }
}

/// The type of a global.
@c @implementation
public func wasm_global_type(_ global: OpaquePointer?) -> OpaquePointer? {
  global.global.map { ExternTypeObject.of(.global($0.type), $0.store.engine.top(of:)).owned() }
}

/// The value of a global. (That of a `v128` is an `i32` 0, and an error of the store.)
@c @implementation
public func wasm_global_get(_ global: OpaquePointer?, _ out: UnsafeMutablePointer<wasm_val_t>?) {
  let value = global.handle?.store?.attempt { [store = global.handle!.store!] in
    try global.global.map { try wasm_val_t($0.value, in: store) }
  }
  out?.initialize(to: (value ?? nil) ?? wasm_val_t())
}

/// Sets a global. Nothing changes if it is constant, or the value has another type: see `needletail_store_error`.
@c @implementation
public func wasm_global_set(_ global: OpaquePointer?, _ value: UnsafePointer<wasm_val_t>?) {
  guard let store = global.handle?.store, let global = global.global, let value else { return }
  _ = store.attempt { try global.set(try value.pointee.value(as: global.type.value, in: store)) }
}
