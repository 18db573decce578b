import CNeedletail
import Needletail

/// The kind of an external.
@c @implementation
public func wasm_extern_kind(_ external: OpaquePointer?) -> wasm_externkind_t {
  let kind =
    switch external.external {
    case .function, nil: WASM_EXTERN_FUNC.rawValue
    case .global: WASM_EXTERN_GLOBAL.rawValue
    case .table: WASM_EXTERN_TABLE.rawValue
    case .memory: WASM_EXTERN_MEMORY.rawValue
    case .tag: NEEDLETAIL_EXTERN_TAG.rawValue
    }
  return wasm_externkind_t(kind)
}

/// The type of an external.
@c @implementation
public func wasm_extern_type(_ external: OpaquePointer?) -> OpaquePointer? {
  external.external.map { ExternTypeObject.of($0.type, $0.store.engine.top(of:)).owned() }
}
