import CNeedletail
import Needletail
import WebAssembly

/// A memory of the host.
@c @implementation
public func wasm_memory_new(_ store: OpaquePointer?, _ type: OpaquePointer?) -> OpaquePointer? {
  guard let store = store.store else { return nil }
  return store.attempt {
    let largest = MemoryType(limits: Limits(minimum: 0)).maximumPageCount
    guard let limits = type.lent(as: MemoryTypeObject.self)?.limits.limits, limits.minimum <= largest,
      limits.maximum ?? 0 <= largest
    else {
      throw UseError("expected the type of a memory, with its minimum up to its maximum, and up to \(largest) pages")
    }
    return Handle(.external(.memory(try Memory(store.store, type: MemoryType(limits: limits)))), in: store).owned()
  }
}

/// The type of a memory, with the current size as its minimum.
@c @implementation
public func wasm_memory_type(_ memory: OpaquePointer?) -> OpaquePointer? {
  memory.memory.map { MemoryTypeObject(wasm_limits_t($0.type.limits)).owned() }
}

/// The address of the bytes, valid until the memory grows.
@c @implementation
public func wasm_memory_data(_ memory: OpaquePointer?) -> UnsafeMutablePointer<byte_t>? {
  memory.memory?.withUnsafeMutableBytes { $0.baseAddress?.assumingMemoryBound(to: byte_t.self) }
}

/// The number of bytes.
@c @implementation
public func wasm_memory_data_size(_ memory: OpaquePointer?) -> Int { memory.memory?.byteCount ?? 0 }

/// The number of pages.
@c @implementation
public func wasm_memory_size(_ memory: OpaquePointer?) -> wasm_memory_pages_t {
  UInt32(clamping: memory.memory?.pageCount ?? 0)
}

/// Grows a memory.
@c @implementation
public func wasm_memory_grow(_ memory: OpaquePointer?, _ delta: wasm_memory_pages_t) -> Bool {
  memory.memory?.grow(by: UInt64(delta)) != nil
}
