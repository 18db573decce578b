import CNeedletail
import WebAssembly

// MARK: Value types

/// A value type; NULL if there is no such kind.
@c @implementation
public func wasm_valtype_new(_ kind: wasm_valkind_t) -> OpaquePointer? {
  ValueType(kind: kind) == nil ? nil : ValueTypeObject(kind).owned()
}

/// The kind of a value type.
@c @implementation
public func wasm_valtype_kind(_ type: OpaquePointer?) -> wasm_valkind_t {
  type.lent(as: ValueTypeObject.self)?.kind ?? wasm_valkind_t(WASM_I32.rawValue)
}

// MARK: Function types

/// A function type, which takes over its value types.
@c @implementation
public func wasm_functype_new(
  _ parameters: UnsafeMutablePointer<wasm_valtype_vec_t>?, _ results: UnsafeMutablePointer<wasm_valtype_vec_t>?
) -> OpaquePointer? {
  FunctionTypeObject(wasm_valtype_vec_t.take(parameters), wasm_valtype_vec_t.take(results)).owned()
}

/// The types of the parameters.
@c @implementation
public func wasm_functype_params(_ type: OpaquePointer?) -> UnsafePointer<wasm_valtype_vec_t>? {
  type.lent(as: FunctionTypeObject.self).map { UnsafePointer($0.parameters) }
}

/// The types of the results.
@c @implementation
public func wasm_functype_results(_ type: OpaquePointer?) -> UnsafePointer<wasm_valtype_vec_t>? {
  type.lent(as: FunctionTypeObject.self).map { UnsafePointer($0.results) }
}

// MARK: Global types

/// A global type, which takes over its value type.
@c @implementation
public func wasm_globaltype_new(_ content: OpaquePointer?, _ mutability: wasm_mutability_t) -> OpaquePointer? {
  content.taken(as: ValueTypeObject.self).map { GlobalTypeObject($0, mutability).owned() }
}

/// The type of the value.
@c @implementation
public func wasm_globaltype_content(_ type: OpaquePointer?) -> OpaquePointer? {
  type.lent(as: GlobalTypeObject.self)?.content.pointer
}

/// Whether the global can be set.
@c @implementation
public func wasm_globaltype_mutability(_ type: OpaquePointer?) -> wasm_mutability_t {
  type.lent(as: GlobalTypeObject.self)?.mutability ?? wasm_mutability_t(WASM_CONST.rawValue)
}

// MARK: Table types

/// A table type, which takes over the type of its elements.
@c @implementation
public func wasm_tabletype_new(_ element: OpaquePointer?, _ limits: UnsafePointer<wasm_limits_t>?) -> OpaquePointer? {
  guard let element = element.taken(as: ValueTypeObject.self), let limits else { return nil }
  return TableTypeObject(element, limits.pointee).owned()
}

/// The type of the elements.
@c @implementation
public func wasm_tabletype_element(_ type: OpaquePointer?) -> OpaquePointer? {
  type.lent(as: TableTypeObject.self)?.element.pointer
}

/// The limits on the number of elements.
@c @implementation
public func wasm_tabletype_limits(_ type: OpaquePointer?) -> UnsafePointer<wasm_limits_t>? {
  type.lent(as: TableTypeObject.self).map { UnsafePointer($0.limits.address) }
}

// MARK: Memory types

/// A memory type.
@c @implementation
public func wasm_memorytype_new(_ limits: UnsafePointer<wasm_limits_t>?) -> OpaquePointer? {
  limits.map { MemoryTypeObject($0.pointee).owned() }
}

/// The limits on the number of pages.
@c @implementation
public func wasm_memorytype_limits(_ type: OpaquePointer?) -> UnsafePointer<wasm_limits_t>? {
  type.lent(as: MemoryTypeObject.self).map { UnsafePointer($0.limits.address) }
}

// MARK: Types of externals

/// The kind of an external.
@c @implementation
public func wasm_externtype_kind(_ type: OpaquePointer?) -> wasm_externkind_t {
  type.lent(as: ExternTypeObject.self)?.kind ?? wasm_externkind_t(WASM_EXTERN_FUNC.rawValue)
}

// MARK: Import types

/// An import type, which takes over its parts.
@c @implementation
public func wasm_importtype_new(
  _ module: UnsafeMutablePointer<wasm_name_t>?, _ name: UnsafeMutablePointer<wasm_name_t>?, _ type: OpaquePointer?
) -> OpaquePointer? {
  let names = (StoredName(wasm_name_t.take(module)), StoredName(wasm_name_t.take(name)))
  return type.taken(as: ExternTypeObject.self).map { ImportTypeObject(names.0, names.1, $0).owned() }
}

/// The name of the module that it is imported from.
@c @implementation
public func wasm_importtype_module(_ type: OpaquePointer?) -> UnsafePointer<wasm_name_t>? {
  type.lent(as: ImportTypeObject.self).map { UnsafePointer($0.module.address) }
}

/// The name within that module.
@c @implementation
public func wasm_importtype_name(_ type: OpaquePointer?) -> UnsafePointer<wasm_name_t>? {
  type.lent(as: ImportTypeObject.self).map { UnsafePointer($0.name.address) }
}

/// The type of the import.
@c @implementation
public func wasm_importtype_type(_ type: OpaquePointer?) -> OpaquePointer? {
  type.lent(as: ImportTypeObject.self)?.type.pointer
}

// MARK: Export types

/// An export type, which takes over its parts.
@c @implementation
public func wasm_exporttype_new(_ name: UnsafeMutablePointer<wasm_name_t>?, _ type: OpaquePointer?) -> OpaquePointer? {
  let name = StoredName(wasm_name_t.take(name))
  return type.taken(as: ExternTypeObject.self).map { ExportTypeObject(name, $0).owned() }
}

/// The name of the export.
@c @implementation
public func wasm_exporttype_name(_ type: OpaquePointer?) -> UnsafePointer<wasm_name_t>? {
  type.lent(as: ExportTypeObject.self).map { UnsafePointer($0.name.address) }
}

/// The type of the export.
@c @implementation
public func wasm_exporttype_type(_ type: OpaquePointer?) -> OpaquePointer? {
  type.lent(as: ExportTypeObject.self)?.type.pointer
}

// MARK: Deletion and copies

/// Ends the use of a type.
@c @implementation
public func wasm_valtype_delete(_ type: OpaquePointer?) { type.release() }

/// The same type.
@c @implementation
public func wasm_valtype_copy(_ type: OpaquePointer?) -> OpaquePointer? { type.retained() }

/// Ends the use of a type.
@c @implementation
public func wasm_functype_delete(_ type: OpaquePointer?) { type.release() }

/// The same type.
@c @implementation
public func wasm_functype_copy(_ type: OpaquePointer?) -> OpaquePointer? { type.retained() }

/// Ends the use of a type.
@c @implementation
public func wasm_globaltype_delete(_ type: OpaquePointer?) { type.release() }

/// The same type.
@c @implementation
public func wasm_globaltype_copy(_ type: OpaquePointer?) -> OpaquePointer? { type.retained() }

/// Ends the use of a type.
@c @implementation
public func wasm_tabletype_delete(_ type: OpaquePointer?) { type.release() }

/// The same type.
@c @implementation
public func wasm_tabletype_copy(_ type: OpaquePointer?) -> OpaquePointer? { type.retained() }

/// Ends the use of a type.
@c @implementation
public func wasm_memorytype_delete(_ type: OpaquePointer?) { type.release() }

/// The same type.
@c @implementation
public func wasm_memorytype_copy(_ type: OpaquePointer?) -> OpaquePointer? { type.retained() }

/// Ends the use of a type.
@c @implementation
public func wasm_externtype_delete(_ type: OpaquePointer?) { type.release() }

/// The same type.
@c @implementation
public func wasm_externtype_copy(_ type: OpaquePointer?) -> OpaquePointer? { type.retained() }

/// Ends the use of a type.
@c @implementation
public func wasm_importtype_delete(_ type: OpaquePointer?) { type.release() }

/// The same type.
@c @implementation
public func wasm_importtype_copy(_ type: OpaquePointer?) -> OpaquePointer? { type.retained() }

/// Ends the use of a type.
@c @implementation
public func wasm_exporttype_delete(_ type: OpaquePointer?) { type.release() }

/// The same type.
@c @implementation
public func wasm_exporttype_copy(_ type: OpaquePointer?) -> OpaquePointer? { type.retained() }

// MARK: Views

extension Optional where Wrapped == OpaquePointer {
  /// The pointer, if its object is of this kind.
  fileprivate func viewed<T: Object>(as type: T.Type) -> OpaquePointer? { lent(as: type) == nil ? nil : self }
}

/// The type as one of externals.
@c @implementation
public func wasm_functype_as_externtype(_ type: OpaquePointer?) -> OpaquePointer? { type }

/// The type of an external; NULL if it is of another kind.
@c @implementation
public func wasm_externtype_as_functype(_ type: OpaquePointer?) -> OpaquePointer? {
  type.viewed(as: FunctionTypeObject.self)
}

/// The type as one of externals.
@c @implementation
public func wasm_functype_as_externtype_const(_ type: OpaquePointer?) -> OpaquePointer? { type }

/// The type of an external; NULL if it is of another kind.
@c @implementation
public func wasm_externtype_as_functype_const(_ type: OpaquePointer?) -> OpaquePointer? {
  type.viewed(as: FunctionTypeObject.self)
}

/// The type as one of externals.
@c @implementation
public func wasm_globaltype_as_externtype(_ type: OpaquePointer?) -> OpaquePointer? { type }

/// The type of an external; NULL if it is of another kind.
@c @implementation
public func wasm_externtype_as_globaltype(_ type: OpaquePointer?) -> OpaquePointer? {
  type.viewed(as: GlobalTypeObject.self)
}

/// The type as one of externals.
@c @implementation
public func wasm_globaltype_as_externtype_const(_ type: OpaquePointer?) -> OpaquePointer? { type }

/// The type of an external; NULL if it is of another kind.
@c @implementation
public func wasm_externtype_as_globaltype_const(_ type: OpaquePointer?) -> OpaquePointer? {
  type.viewed(as: GlobalTypeObject.self)
}

/// The type as one of externals.
@c @implementation
public func wasm_tabletype_as_externtype(_ type: OpaquePointer?) -> OpaquePointer? { type }

/// The type of an external; NULL if it is of another kind.
@c @implementation
public func wasm_externtype_as_tabletype(_ type: OpaquePointer?) -> OpaquePointer? {
  type.viewed(as: TableTypeObject.self)
}

/// The type as one of externals.
@c @implementation
public func wasm_tabletype_as_externtype_const(_ type: OpaquePointer?) -> OpaquePointer? { type }

/// The type of an external; NULL if it is of another kind.
@c @implementation
public func wasm_externtype_as_tabletype_const(_ type: OpaquePointer?) -> OpaquePointer? {
  type.viewed(as: TableTypeObject.self)
}

/// The type as one of externals.
@c @implementation
public func wasm_memorytype_as_externtype(_ type: OpaquePointer?) -> OpaquePointer? { type }

/// The type of an external; NULL if it is of another kind.
@c @implementation
public func wasm_externtype_as_memorytype(_ type: OpaquePointer?) -> OpaquePointer? {
  type.viewed(as: MemoryTypeObject.self)
}

/// The type as one of externals.
@c @implementation
public func wasm_memorytype_as_externtype_const(_ type: OpaquePointer?) -> OpaquePointer? { type }

/// The type of an external; NULL if it is of another kind.
@c @implementation
public func wasm_externtype_as_memorytype_const(_ type: OpaquePointer?) -> OpaquePointer? {
  type.viewed(as: MemoryTypeObject.self)
}
