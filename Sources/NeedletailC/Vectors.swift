import CNeedletail

// The five functions of each kind of vector.

// MARK: wasm_byte_vec_t

/// An empty vector.
@c @implementation
public func wasm_byte_vec_new_empty(_ out: UnsafeMutablePointer<wasm_byte_vec_t>?) { out?.initialize(to: .empty) }

/// A vector whose elements are zero.
@c @implementation
public func wasm_byte_vec_new_uninitialized(_ out: UnsafeMutablePointer<wasm_byte_vec_t>?, _ count: Int) {
  out?.initialize(to: .zeros(count: count))
}

/// A vector that takes over elements.
@c @implementation
public func wasm_byte_vec_new(
  _ out: UnsafeMutablePointer<wasm_byte_vec_t>?, _ count: Int, _ elements: UnsafePointer<CChar>?
) {
  wasm_byte_vec_t.new(out, count, elements)
}

/// A vector of copies.
@c @implementation
public func wasm_byte_vec_copy(_ out: UnsafeMutablePointer<wasm_byte_vec_t>?, _ other: UnsafePointer<wasm_byte_vec_t>?)
{
  wasm_byte_vec_t.copy(out, other)
}

/// Deletes the elements.
@c @implementation
public func wasm_byte_vec_delete(_ vector: UnsafeMutablePointer<wasm_byte_vec_t>?) { wasm_byte_vec_t.delete(vector) }

// MARK: wasm_val_vec_t

/// An empty vector.
@c @implementation
public func wasm_val_vec_new_empty(_ out: UnsafeMutablePointer<wasm_val_vec_t>?) { out?.initialize(to: .empty) }

/// A vector whose elements are zero.
@c @implementation
public func wasm_val_vec_new_uninitialized(_ out: UnsafeMutablePointer<wasm_val_vec_t>?, _ count: Int) {
  out?.initialize(to: .zeros(count: count))
}

/// A vector that takes over elements.
@c @implementation
public func wasm_val_vec_new(
  _ out: UnsafeMutablePointer<wasm_val_vec_t>?, _ count: Int, _ elements: UnsafePointer<wasm_val_t>?
) {
  wasm_val_vec_t.new(out, count, elements)
}

/// A vector of copies.
@c @implementation
public func wasm_val_vec_copy(_ out: UnsafeMutablePointer<wasm_val_vec_t>?, _ other: UnsafePointer<wasm_val_vec_t>?) {
  wasm_val_vec_t.copy(out, other)
}

/// Deletes the elements.
@c @implementation
public func wasm_val_vec_delete(_ vector: UnsafeMutablePointer<wasm_val_vec_t>?) { wasm_val_vec_t.delete(vector) }

// MARK: wasm_valtype_vec_t

/// An empty vector.
@c @implementation
public func wasm_valtype_vec_new_empty(_ out: UnsafeMutablePointer<wasm_valtype_vec_t>?) { out?.initialize(to: .empty) }

/// A vector whose elements are zero.
@c @implementation
public func wasm_valtype_vec_new_uninitialized(_ out: UnsafeMutablePointer<wasm_valtype_vec_t>?, _ count: Int) {
  out?.initialize(to: .zeros(count: count))
}

/// A vector that takes over elements.
@c @implementation
public func wasm_valtype_vec_new(
  _ out: UnsafeMutablePointer<wasm_valtype_vec_t>?, _ count: Int, _ elements: UnsafePointer<OpaquePointer?>?
) {
  wasm_valtype_vec_t.new(out, count, elements)
}

/// A vector of copies.
@c @implementation
public func wasm_valtype_vec_copy(
  _ out: UnsafeMutablePointer<wasm_valtype_vec_t>?, _ other: UnsafePointer<wasm_valtype_vec_t>?
) {
  wasm_valtype_vec_t.copy(out, other)
}

/// Deletes the elements.
@c @implementation
public func wasm_valtype_vec_delete(_ vector: UnsafeMutablePointer<wasm_valtype_vec_t>?) {
  wasm_valtype_vec_t.delete(vector)
}

// MARK: wasm_functype_vec_t

/// An empty vector.
@c @implementation
public func wasm_functype_vec_new_empty(_ out: UnsafeMutablePointer<wasm_functype_vec_t>?) {
  out?.initialize(to: .empty)
}

/// A vector whose elements are zero.
@c @implementation
public func wasm_functype_vec_new_uninitialized(_ out: UnsafeMutablePointer<wasm_functype_vec_t>?, _ count: Int) {
  out?.initialize(to: .zeros(count: count))
}

/// A vector that takes over elements.
@c @implementation
public func wasm_functype_vec_new(
  _ out: UnsafeMutablePointer<wasm_functype_vec_t>?, _ count: Int, _ elements: UnsafePointer<OpaquePointer?>?
) {
  wasm_functype_vec_t.new(out, count, elements)
}

/// A vector of copies.
@c @implementation
public func wasm_functype_vec_copy(
  _ out: UnsafeMutablePointer<wasm_functype_vec_t>?, _ other: UnsafePointer<wasm_functype_vec_t>?
) {
  wasm_functype_vec_t.copy(out, other)
}

/// Deletes the elements.
@c @implementation
public func wasm_functype_vec_delete(_ vector: UnsafeMutablePointer<wasm_functype_vec_t>?) {
  wasm_functype_vec_t.delete(vector)
}

// MARK: wasm_globaltype_vec_t

/// An empty vector.
@c @implementation
public func wasm_globaltype_vec_new_empty(_ out: UnsafeMutablePointer<wasm_globaltype_vec_t>?) {
  out?.initialize(to: .empty)
}

/// A vector whose elements are zero.
@c @implementation
public func wasm_globaltype_vec_new_uninitialized(_ out: UnsafeMutablePointer<wasm_globaltype_vec_t>?, _ count: Int) {
  out?.initialize(to: .zeros(count: count))
}

/// A vector that takes over elements.
@c @implementation
public func wasm_globaltype_vec_new(
  _ out: UnsafeMutablePointer<wasm_globaltype_vec_t>?, _ count: Int, _ elements: UnsafePointer<OpaquePointer?>?
) {
  wasm_globaltype_vec_t.new(out, count, elements)
}

/// A vector of copies.
@c @implementation
public func wasm_globaltype_vec_copy(
  _ out: UnsafeMutablePointer<wasm_globaltype_vec_t>?, _ other: UnsafePointer<wasm_globaltype_vec_t>?
) {
  wasm_globaltype_vec_t.copy(out, other)
}

/// Deletes the elements.
@c @implementation
public func wasm_globaltype_vec_delete(_ vector: UnsafeMutablePointer<wasm_globaltype_vec_t>?) {
  wasm_globaltype_vec_t.delete(vector)
}

// MARK: wasm_tabletype_vec_t

/// An empty vector.
@c @implementation
public func wasm_tabletype_vec_new_empty(_ out: UnsafeMutablePointer<wasm_tabletype_vec_t>?) {
  out?.initialize(to: .empty)
}

/// A vector whose elements are zero.
@c @implementation
public func wasm_tabletype_vec_new_uninitialized(_ out: UnsafeMutablePointer<wasm_tabletype_vec_t>?, _ count: Int) {
  out?.initialize(to: .zeros(count: count))
}

/// A vector that takes over elements.
@c @implementation
public func wasm_tabletype_vec_new(
  _ out: UnsafeMutablePointer<wasm_tabletype_vec_t>?, _ count: Int, _ elements: UnsafePointer<OpaquePointer?>?
) {
  wasm_tabletype_vec_t.new(out, count, elements)
}

/// A vector of copies.
@c @implementation
public func wasm_tabletype_vec_copy(
  _ out: UnsafeMutablePointer<wasm_tabletype_vec_t>?, _ other: UnsafePointer<wasm_tabletype_vec_t>?
) {
  wasm_tabletype_vec_t.copy(out, other)
}

/// Deletes the elements.
@c @implementation
public func wasm_tabletype_vec_delete(_ vector: UnsafeMutablePointer<wasm_tabletype_vec_t>?) {
  wasm_tabletype_vec_t.delete(vector)
}

// MARK: wasm_memorytype_vec_t

/// An empty vector.
@c @implementation
public func wasm_memorytype_vec_new_empty(_ out: UnsafeMutablePointer<wasm_memorytype_vec_t>?) {
  out?.initialize(to: .empty)
}

/// A vector whose elements are zero.
@c @implementation
public func wasm_memorytype_vec_new_uninitialized(_ out: UnsafeMutablePointer<wasm_memorytype_vec_t>?, _ count: Int) {
  out?.initialize(to: .zeros(count: count))
}

/// A vector that takes over elements.
@c @implementation
public func wasm_memorytype_vec_new(
  _ out: UnsafeMutablePointer<wasm_memorytype_vec_t>?, _ count: Int, _ elements: UnsafePointer<OpaquePointer?>?
) {
  wasm_memorytype_vec_t.new(out, count, elements)
}

/// A vector of copies.
@c @implementation
public func wasm_memorytype_vec_copy(
  _ out: UnsafeMutablePointer<wasm_memorytype_vec_t>?, _ other: UnsafePointer<wasm_memorytype_vec_t>?
) {
  wasm_memorytype_vec_t.copy(out, other)
}

/// Deletes the elements.
@c @implementation
public func wasm_memorytype_vec_delete(_ vector: UnsafeMutablePointer<wasm_memorytype_vec_t>?) {
  wasm_memorytype_vec_t.delete(vector)
}

// MARK: wasm_externtype_vec_t

/// An empty vector.
@c @implementation
public func wasm_externtype_vec_new_empty(_ out: UnsafeMutablePointer<wasm_externtype_vec_t>?) {
  out?.initialize(to: .empty)
}

/// A vector whose elements are zero.
@c @implementation
public func wasm_externtype_vec_new_uninitialized(_ out: UnsafeMutablePointer<wasm_externtype_vec_t>?, _ count: Int) {
  out?.initialize(to: .zeros(count: count))
}

/// A vector that takes over elements.
@c @implementation
public func wasm_externtype_vec_new(
  _ out: UnsafeMutablePointer<wasm_externtype_vec_t>?, _ count: Int, _ elements: UnsafePointer<OpaquePointer?>?
) {
  wasm_externtype_vec_t.new(out, count, elements)
}

/// A vector of copies.
@c @implementation
public func wasm_externtype_vec_copy(
  _ out: UnsafeMutablePointer<wasm_externtype_vec_t>?, _ other: UnsafePointer<wasm_externtype_vec_t>?
) {
  wasm_externtype_vec_t.copy(out, other)
}

/// Deletes the elements.
@c @implementation
public func wasm_externtype_vec_delete(_ vector: UnsafeMutablePointer<wasm_externtype_vec_t>?) {
  wasm_externtype_vec_t.delete(vector)
}

// MARK: wasm_importtype_vec_t

/// An empty vector.
@c @implementation
public func wasm_importtype_vec_new_empty(_ out: UnsafeMutablePointer<wasm_importtype_vec_t>?) {
  out?.initialize(to: .empty)
}

/// A vector whose elements are zero.
@c @implementation
public func wasm_importtype_vec_new_uninitialized(_ out: UnsafeMutablePointer<wasm_importtype_vec_t>?, _ count: Int) {
  out?.initialize(to: .zeros(count: count))
}

/// A vector that takes over elements.
@c @implementation
public func wasm_importtype_vec_new(
  _ out: UnsafeMutablePointer<wasm_importtype_vec_t>?, _ count: Int, _ elements: UnsafePointer<OpaquePointer?>?
) {
  wasm_importtype_vec_t.new(out, count, elements)
}

/// A vector of copies.
@c @implementation
public func wasm_importtype_vec_copy(
  _ out: UnsafeMutablePointer<wasm_importtype_vec_t>?, _ other: UnsafePointer<wasm_importtype_vec_t>?
) {
  wasm_importtype_vec_t.copy(out, other)
}

/// Deletes the elements.
@c @implementation
public func wasm_importtype_vec_delete(_ vector: UnsafeMutablePointer<wasm_importtype_vec_t>?) {
  wasm_importtype_vec_t.delete(vector)
}

// MARK: wasm_exporttype_vec_t

/// An empty vector.
@c @implementation
public func wasm_exporttype_vec_new_empty(_ out: UnsafeMutablePointer<wasm_exporttype_vec_t>?) {
  out?.initialize(to: .empty)
}

/// A vector whose elements are zero.
@c @implementation
public func wasm_exporttype_vec_new_uninitialized(_ out: UnsafeMutablePointer<wasm_exporttype_vec_t>?, _ count: Int) {
  out?.initialize(to: .zeros(count: count))
}

/// A vector that takes over elements.
@c @implementation
public func wasm_exporttype_vec_new(
  _ out: UnsafeMutablePointer<wasm_exporttype_vec_t>?, _ count: Int, _ elements: UnsafePointer<OpaquePointer?>?
) {
  wasm_exporttype_vec_t.new(out, count, elements)
}

/// A vector of copies.
@c @implementation
public func wasm_exporttype_vec_copy(
  _ out: UnsafeMutablePointer<wasm_exporttype_vec_t>?, _ other: UnsafePointer<wasm_exporttype_vec_t>?
) {
  wasm_exporttype_vec_t.copy(out, other)
}

/// Deletes the elements.
@c @implementation
public func wasm_exporttype_vec_delete(_ vector: UnsafeMutablePointer<wasm_exporttype_vec_t>?) {
  wasm_exporttype_vec_t.delete(vector)
}

// MARK: wasm_frame_vec_t

/// An empty vector.
@c @implementation
public func wasm_frame_vec_new_empty(_ out: UnsafeMutablePointer<wasm_frame_vec_t>?) { out?.initialize(to: .empty) }

/// A vector whose elements are zero.
@c @implementation
public func wasm_frame_vec_new_uninitialized(_ out: UnsafeMutablePointer<wasm_frame_vec_t>?, _ count: Int) {
  out?.initialize(to: .zeros(count: count))
}

/// A vector that takes over elements.
@c @implementation
public func wasm_frame_vec_new(
  _ out: UnsafeMutablePointer<wasm_frame_vec_t>?, _ count: Int, _ elements: UnsafePointer<OpaquePointer?>?
) {
  wasm_frame_vec_t.new(out, count, elements)
}

/// A vector of copies.
@c @implementation
public func wasm_frame_vec_copy(
  _ out: UnsafeMutablePointer<wasm_frame_vec_t>?, _ other: UnsafePointer<wasm_frame_vec_t>?
) {
  wasm_frame_vec_t.copy(out, other)
}

/// Deletes the elements.
@c @implementation
public func wasm_frame_vec_delete(_ vector: UnsafeMutablePointer<wasm_frame_vec_t>?) { wasm_frame_vec_t.delete(vector) }

// MARK: wasm_extern_vec_t

/// An empty vector.
@c @implementation
public func wasm_extern_vec_new_empty(_ out: UnsafeMutablePointer<wasm_extern_vec_t>?) { out?.initialize(to: .empty) }

/// A vector whose elements are zero.
@c @implementation
public func wasm_extern_vec_new_uninitialized(_ out: UnsafeMutablePointer<wasm_extern_vec_t>?, _ count: Int) {
  out?.initialize(to: .zeros(count: count))
}

/// A vector that takes over elements.
@c @implementation
public func wasm_extern_vec_new(
  _ out: UnsafeMutablePointer<wasm_extern_vec_t>?, _ count: Int, _ elements: UnsafePointer<OpaquePointer?>?
) {
  wasm_extern_vec_t.new(out, count, elements)
}

/// A vector of copies.
@c @implementation
public func wasm_extern_vec_copy(
  _ out: UnsafeMutablePointer<wasm_extern_vec_t>?, _ other: UnsafePointer<wasm_extern_vec_t>?
) {
  wasm_extern_vec_t.copy(out, other)
}

/// Deletes the elements.
@c @implementation
public func wasm_extern_vec_delete(_ vector: UnsafeMutablePointer<wasm_extern_vec_t>?) {
  wasm_extern_vec_t.delete(vector)
}
