import CNeedletail

// The functions that all references have, and views of a reference as one of another kind, which are the same pointer.

private func isSame(_ a: OpaquePointer?, _ b: OpaquePointer?) -> Bool {
  guard let a = a.handle, let b = b.handle else { return a == b }
  return a === b || a.isSame(as: b)
}

private func setInfo(
  _ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?, _ finalizer: HostInfo.Finalizer?
) {
  reference.handle?.info = HostInfo(pointer, finalizer)
}

// MARK: wasm_ref_t

/// Ends the use of a reference.
@c @implementation
public func wasm_ref_delete(_ reference: OpaquePointer?) { reference.release() }

/// Another reference to the same object.
@c @implementation
public func wasm_ref_copy(_ reference: OpaquePointer?) -> OpaquePointer? { reference.retained() }

/// Whether both refer to the same object.
@c @implementation
public func wasm_ref_same(_ a: OpaquePointer?, _ b: OpaquePointer?) -> Bool { isSame(a, b) }

/// The embedder's pointer that is attached to the object; NULL if there is none.
@c @implementation
public func wasm_ref_get_host_info(_ reference: OpaquePointer?) -> UnsafeMutableRawPointer? {
  reference.handle?.info?.pointer
}

/// Attaches a pointer to the object.
@c @implementation
public func wasm_ref_set_host_info(_ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?) {
  setInfo(reference, pointer, nil)
}

/// Attaches a pointer to the object, with a function that is called at the end of the object, or when the pointer is replaced.
@c @implementation
public func wasm_ref_set_host_info_with_finalizer(
  _ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?,
  _ finalizer: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
) {
  setInfo(reference, pointer, finalizer)
}

// MARK: wasm_trap_t

/// Ends the use of a reference.
@c @implementation
public func wasm_trap_delete(_ reference: OpaquePointer?) { reference.release() }

/// Another reference to the same object.
@c @implementation
public func wasm_trap_copy(_ reference: OpaquePointer?) -> OpaquePointer? { reference.retained() }

/// Whether both refer to the same object.
@c @implementation
public func wasm_trap_same(_ a: OpaquePointer?, _ b: OpaquePointer?) -> Bool { isSame(a, b) }

/// The embedder's pointer that is attached to the object; NULL if there is none.
@c @implementation
public func wasm_trap_get_host_info(_ reference: OpaquePointer?) -> UnsafeMutableRawPointer? {
  reference.handle?.info?.pointer
}

/// Attaches a pointer to the object.
@c @implementation
public func wasm_trap_set_host_info(_ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?) {
  setInfo(reference, pointer, nil)
}

/// Attaches a pointer to the object, with a function that is called at the end of the object, or when the pointer is replaced.
@c @implementation
public func wasm_trap_set_host_info_with_finalizer(
  _ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?,
  _ finalizer: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
) {
  setInfo(reference, pointer, finalizer)
}

/// The reference as a general one.
@c @implementation
public func wasm_trap_as_ref(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_trap(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.trap == nil ? nil : reference
}

/// The reference as a general one.
@c @implementation
public func wasm_trap_as_ref_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_trap_const(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.trap == nil ? nil : reference
}

// MARK: wasm_foreign_t

/// Ends the use of a reference.
@c @implementation
public func wasm_foreign_delete(_ reference: OpaquePointer?) { reference.release() }

/// Another reference to the same object.
@c @implementation
public func wasm_foreign_copy(_ reference: OpaquePointer?) -> OpaquePointer? { reference.retained() }

/// Whether both refer to the same object.
@c @implementation
public func wasm_foreign_same(_ a: OpaquePointer?, _ b: OpaquePointer?) -> Bool { isSame(a, b) }

/// The embedder's pointer that is attached to the object; NULL if there is none.
@c @implementation
public func wasm_foreign_get_host_info(_ reference: OpaquePointer?) -> UnsafeMutableRawPointer? {
  reference.handle?.info?.pointer
}

/// Attaches a pointer to the object.
@c @implementation
public func wasm_foreign_set_host_info(_ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?) {
  setInfo(reference, pointer, nil)
}

/// Attaches a pointer to the object, with a function that is called at the end of the object, or when the pointer is replaced.
@c @implementation
public func wasm_foreign_set_host_info_with_finalizer(
  _ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?,
  _ finalizer: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
) {
  setInfo(reference, pointer, finalizer)
}

/// The reference as a general one.
@c @implementation
public func wasm_foreign_as_ref(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_foreign(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.foreign == nil ? nil : reference
}

/// The reference as a general one.
@c @implementation
public func wasm_foreign_as_ref_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_foreign_const(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.foreign == nil ? nil : reference
}

// MARK: wasm_module_t

/// Ends the use of a reference.
@c @implementation
public func wasm_module_delete(_ reference: OpaquePointer?) { reference.release() }

/// Another reference to the same object.
@c @implementation
public func wasm_module_copy(_ reference: OpaquePointer?) -> OpaquePointer? { reference.retained() }

/// Whether both refer to the same object.
@c @implementation
public func wasm_module_same(_ a: OpaquePointer?, _ b: OpaquePointer?) -> Bool { isSame(a, b) }

/// The embedder's pointer that is attached to the object; NULL if there is none.
@c @implementation
public func wasm_module_get_host_info(_ reference: OpaquePointer?) -> UnsafeMutableRawPointer? {
  reference.handle?.info?.pointer
}

/// Attaches a pointer to the object.
@c @implementation
public func wasm_module_set_host_info(_ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?) {
  setInfo(reference, pointer, nil)
}

/// Attaches a pointer to the object, with a function that is called at the end of the object, or when the pointer is replaced.
@c @implementation
public func wasm_module_set_host_info_with_finalizer(
  _ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?,
  _ finalizer: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
) {
  setInfo(reference, pointer, finalizer)
}

/// The reference as a general one.
@c @implementation
public func wasm_module_as_ref(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_module(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.module == nil ? nil : reference
}

/// The reference as a general one.
@c @implementation
public func wasm_module_as_ref_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_module_const(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.module == nil ? nil : reference
}

// MARK: wasm_func_t

/// Ends the use of a reference.
@c @implementation
public func wasm_func_delete(_ reference: OpaquePointer?) { reference.release() }

/// Another reference to the same object.
@c @implementation
public func wasm_func_copy(_ reference: OpaquePointer?) -> OpaquePointer? { reference.retained() }

/// Whether both refer to the same object.
@c @implementation
public func wasm_func_same(_ a: OpaquePointer?, _ b: OpaquePointer?) -> Bool { isSame(a, b) }

/// The embedder's pointer that is attached to the object; NULL if there is none.
@c @implementation
public func wasm_func_get_host_info(_ reference: OpaquePointer?) -> UnsafeMutableRawPointer? {
  reference.handle?.info?.pointer
}

/// Attaches a pointer to the object.
@c @implementation
public func wasm_func_set_host_info(_ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?) {
  setInfo(reference, pointer, nil)
}

/// Attaches a pointer to the object, with a function that is called at the end of the object, or when the pointer is replaced.
@c @implementation
public func wasm_func_set_host_info_with_finalizer(
  _ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?,
  _ finalizer: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
) {
  setInfo(reference, pointer, finalizer)
}

/// The reference as a general one.
@c @implementation
public func wasm_func_as_ref(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_func(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.function == nil ? nil : reference
}

/// The reference as a general one.
@c @implementation
public func wasm_func_as_ref_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_func_const(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.function == nil ? nil : reference
}

// MARK: wasm_global_t

/// Ends the use of a reference.
@c @implementation
public func wasm_global_delete(_ reference: OpaquePointer?) { reference.release() }

/// Another reference to the same object.
@c @implementation
public func wasm_global_copy(_ reference: OpaquePointer?) -> OpaquePointer? { reference.retained() }

/// Whether both refer to the same object.
@c @implementation
public func wasm_global_same(_ a: OpaquePointer?, _ b: OpaquePointer?) -> Bool { isSame(a, b) }

/// The embedder's pointer that is attached to the object; NULL if there is none.
@c @implementation
public func wasm_global_get_host_info(_ reference: OpaquePointer?) -> UnsafeMutableRawPointer? {
  reference.handle?.info?.pointer
}

/// Attaches a pointer to the object.
@c @implementation
public func wasm_global_set_host_info(_ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?) {
  setInfo(reference, pointer, nil)
}

/// Attaches a pointer to the object, with a function that is called at the end of the object, or when the pointer is replaced.
@c @implementation
public func wasm_global_set_host_info_with_finalizer(
  _ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?,
  _ finalizer: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
) {
  setInfo(reference, pointer, finalizer)
}

/// The reference as a general one.
@c @implementation
public func wasm_global_as_ref(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_global(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.global == nil ? nil : reference
}

/// The reference as a general one.
@c @implementation
public func wasm_global_as_ref_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_global_const(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.global == nil ? nil : reference
}

// MARK: wasm_table_t

/// Ends the use of a reference.
@c @implementation
public func wasm_table_delete(_ reference: OpaquePointer?) { reference.release() }

/// Another reference to the same object.
@c @implementation
public func wasm_table_copy(_ reference: OpaquePointer?) -> OpaquePointer? { reference.retained() }

/// Whether both refer to the same object.
@c @implementation
public func wasm_table_same(_ a: OpaquePointer?, _ b: OpaquePointer?) -> Bool { isSame(a, b) }

/// The embedder's pointer that is attached to the object; NULL if there is none.
@c @implementation
public func wasm_table_get_host_info(_ reference: OpaquePointer?) -> UnsafeMutableRawPointer? {
  reference.handle?.info?.pointer
}

/// Attaches a pointer to the object.
@c @implementation
public func wasm_table_set_host_info(_ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?) {
  setInfo(reference, pointer, nil)
}

/// Attaches a pointer to the object, with a function that is called at the end of the object, or when the pointer is replaced.
@c @implementation
public func wasm_table_set_host_info_with_finalizer(
  _ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?,
  _ finalizer: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
) {
  setInfo(reference, pointer, finalizer)
}

/// The reference as a general one.
@c @implementation
public func wasm_table_as_ref(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_table(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.table == nil ? nil : reference
}

/// The reference as a general one.
@c @implementation
public func wasm_table_as_ref_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_table_const(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.table == nil ? nil : reference
}

// MARK: wasm_memory_t

/// Ends the use of a reference.
@c @implementation
public func wasm_memory_delete(_ reference: OpaquePointer?) { reference.release() }

/// Another reference to the same object.
@c @implementation
public func wasm_memory_copy(_ reference: OpaquePointer?) -> OpaquePointer? { reference.retained() }

/// Whether both refer to the same object.
@c @implementation
public func wasm_memory_same(_ a: OpaquePointer?, _ b: OpaquePointer?) -> Bool { isSame(a, b) }

/// The embedder's pointer that is attached to the object; NULL if there is none.
@c @implementation
public func wasm_memory_get_host_info(_ reference: OpaquePointer?) -> UnsafeMutableRawPointer? {
  reference.handle?.info?.pointer
}

/// Attaches a pointer to the object.
@c @implementation
public func wasm_memory_set_host_info(_ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?) {
  setInfo(reference, pointer, nil)
}

/// Attaches a pointer to the object, with a function that is called at the end of the object, or when the pointer is replaced.
@c @implementation
public func wasm_memory_set_host_info_with_finalizer(
  _ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?,
  _ finalizer: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
) {
  setInfo(reference, pointer, finalizer)
}

/// The reference as a general one.
@c @implementation
public func wasm_memory_as_ref(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_memory(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.memory == nil ? nil : reference
}

/// The reference as a general one.
@c @implementation
public func wasm_memory_as_ref_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_memory_const(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.memory == nil ? nil : reference
}

// MARK: wasm_extern_t

/// Ends the use of a reference.
@c @implementation
public func wasm_extern_delete(_ reference: OpaquePointer?) { reference.release() }

/// Another reference to the same object.
@c @implementation
public func wasm_extern_copy(_ reference: OpaquePointer?) -> OpaquePointer? { reference.retained() }

/// Whether both refer to the same object.
@c @implementation
public func wasm_extern_same(_ a: OpaquePointer?, _ b: OpaquePointer?) -> Bool { isSame(a, b) }

/// The embedder's pointer that is attached to the object; NULL if there is none.
@c @implementation
public func wasm_extern_get_host_info(_ reference: OpaquePointer?) -> UnsafeMutableRawPointer? {
  reference.handle?.info?.pointer
}

/// Attaches a pointer to the object.
@c @implementation
public func wasm_extern_set_host_info(_ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?) {
  setInfo(reference, pointer, nil)
}

/// Attaches a pointer to the object, with a function that is called at the end of the object, or when the pointer is replaced.
@c @implementation
public func wasm_extern_set_host_info_with_finalizer(
  _ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?,
  _ finalizer: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
) {
  setInfo(reference, pointer, finalizer)
}

/// The reference as a general one.
@c @implementation
public func wasm_extern_as_ref(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_extern(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.external == nil ? nil : reference
}

/// The reference as a general one.
@c @implementation
public func wasm_extern_as_ref_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_extern_const(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.external == nil ? nil : reference
}

// MARK: wasm_instance_t

/// Ends the use of a reference.
@c @implementation
public func wasm_instance_delete(_ reference: OpaquePointer?) { reference.release() }

/// Another reference to the same object.
@c @implementation
public func wasm_instance_copy(_ reference: OpaquePointer?) -> OpaquePointer? { reference.retained() }

/// Whether both refer to the same object.
@c @implementation
public func wasm_instance_same(_ a: OpaquePointer?, _ b: OpaquePointer?) -> Bool { isSame(a, b) }

/// The embedder's pointer that is attached to the object; NULL if there is none.
@c @implementation
public func wasm_instance_get_host_info(_ reference: OpaquePointer?) -> UnsafeMutableRawPointer? {
  reference.handle?.info?.pointer
}

/// Attaches a pointer to the object.
@c @implementation
public func wasm_instance_set_host_info(_ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?) {
  setInfo(reference, pointer, nil)
}

/// Attaches a pointer to the object, with a function that is called at the end of the object, or when the pointer is replaced.
@c @implementation
public func wasm_instance_set_host_info_with_finalizer(
  _ reference: OpaquePointer?, _ pointer: UnsafeMutableRawPointer?,
  _ finalizer: (@convention(c) (UnsafeMutableRawPointer?) -> Void)?
) {
  setInfo(reference, pointer, finalizer)
}

/// The reference as a general one.
@c @implementation
public func wasm_instance_as_ref(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_instance(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.instance == nil ? nil : reference
}

/// The reference as a general one.
@c @implementation
public func wasm_instance_as_ref_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The reference as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_ref_as_instance_const(_ reference: OpaquePointer?) -> OpaquePointer? {
  reference.instance == nil ? nil : reference
}

// MARK: wasm_func_t as an external

/// The reference as an external.
@c @implementation
public func wasm_func_as_extern(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The external as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_extern_as_func(_ external: OpaquePointer?) -> OpaquePointer? {
  external.function == nil ? nil : external
}

/// The reference as an external.
@c @implementation
public func wasm_func_as_extern_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The external as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_extern_as_func_const(_ external: OpaquePointer?) -> OpaquePointer? {
  external.function == nil ? nil : external
}

// MARK: wasm_global_t as an external

/// The reference as an external.
@c @implementation
public func wasm_global_as_extern(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The external as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_extern_as_global(_ external: OpaquePointer?) -> OpaquePointer? {
  external.global == nil ? nil : external
}

/// The reference as an external.
@c @implementation
public func wasm_global_as_extern_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The external as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_extern_as_global_const(_ external: OpaquePointer?) -> OpaquePointer? {
  external.global == nil ? nil : external
}

// MARK: wasm_table_t as an external

/// The reference as an external.
@c @implementation
public func wasm_table_as_extern(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The external as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_extern_as_table(_ external: OpaquePointer?) -> OpaquePointer? {
  external.table == nil ? nil : external
}

/// The reference as an external.
@c @implementation
public func wasm_table_as_extern_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The external as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_extern_as_table_const(_ external: OpaquePointer?) -> OpaquePointer? {
  external.table == nil ? nil : external
}

// MARK: wasm_memory_t as an external

/// The reference as an external.
@c @implementation
public func wasm_memory_as_extern(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The external as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_extern_as_memory(_ external: OpaquePointer?) -> OpaquePointer? {
  external.memory == nil ? nil : external
}

/// The reference as an external.
@c @implementation
public func wasm_memory_as_extern_const(_ reference: OpaquePointer?) -> OpaquePointer? { reference }

/// The external as one of this kind; NULL if it is of another.
@c @implementation
public func wasm_extern_as_memory_const(_ external: OpaquePointer?) -> OpaquePointer? {
  external.memory == nil ? nil : external
}
