import WasmRuntime
import WebAssembly

/// A linear memory. (Core specification 3.0, 4.2.9 "Memory Instances".)
///
/// Views and pointers that its methods pass to a closure are valid only in the closure.
///
/// ```swift
/// let memory = instance.memory("memory")!
/// try memory.write("hello", at: 1024)
/// let text = try memory.readString(at: 1024, count: 5)  // "hello"
/// let first = try memory.load(UInt32.self, at: 1024)
/// ```
public struct Memory {
  /// The store of the memory.
  public let store: Store
  let instance: MemoryInstance

  init(_ instance: MemoryInstance, in store: Store) {
    self.instance = instance
    self.store = store
  }

  /// Creates a memory, which lives as long as the store.
  ///
  /// - Parameters:
  ///   - store: the store that owns the memory.
  ///   - type: the type of the memory, with its sizes in pages.
  /// - Throws: `LimitExceeded` if the store's limits do not allow it or the system has no memory; `StoreInUse` if another thread uses the
  ///   store.
  public init(_ store: Store, type: MemoryType) throws {
    self = try store.claimed { Memory(try store.state.makeMemory(type), in: store) }
  }

  /// The type, with the current size as its minimum.
  public var type: MemoryType { store.claimedOrEnd { instance.type } }

  /// The current size in pages.
  public var pageCount: UInt64 { instance.pageCount }

  /// The current size in bytes.
  public var byteCount: Int { Int(instance.byteCount) }

  /// Grows the memory.
  ///
  /// - Parameter pages: the number of pages to add.
  /// - Returns: the previous size in pages; nil if the maximum, the store's limits or its limiter do not allow the growth, or the system has
  ///   no memory.
  /// - Precondition: no other thread uses the store.
  @discardableResult
  public func grow(by pages: UInt64) -> UInt64? {
    store.claimedOrEnd { (try? instance.grow(by: pages, in: store.state)) ?? nil }
  }

  // MARK: Views

  /// Calls a closure with all bytes.
  ///
  /// The memory does not move during the call: growing it fails if it would have to move, as `memory.grow` may fail at any time.
  /// (Memories with 32-bit addresses and standard pages move only in an interpreting process that is short of address space or has
  /// thousands of memories.) Other threads may change a shared memory during the call.
  ///
  /// - Parameter body: receives the bytes.
  /// - Returns: the result of `body`.
  /// - Throws: the errors of `body`.
  /// - Precondition: no other thread uses the store.
  public func withBytes<R>(_ body: (RawSpan) throws -> R) rethrows -> R {
    try withUnsafeMutableBytes { try body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer($0))) }
  }

  /// Calls a closure with all bytes, mutable. See ``withBytes(_:)``.
  public func withMutableBytes<R>(_ body: (inout MutableRawSpan) throws -> R) rethrows -> R {
    try withUnsafeMutableBytes {
      var span = MutableRawSpan(_unsafeBytes: $0)
      return try body(&span)
    }
  }

  /// Calls a closure with a pointer to all bytes, which must not be used after the closure. As in ``withBytes(_:)``, the memory does not
  /// move during the call.
  @inline(__always)
  public func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try store.claimedOrEnd { try instance.withoutMoving { try body(instance.bytes) } }
  }

  /// Calls a closure with a pointer to a range of bytes. See ``withUnsafeMutableBytes(_:)``.
  ///
  /// - Parameters:
  ///   - address: the address of the first byte.
  ///   - count: the number of bytes.
  ///   - body: receives the bytes.
  /// - Throws: `Trap` if the range is not within the memory; `StoreInUse` if another thread uses the store; the errors of `body`.
  public func withUnsafeMutableBytes<R>(
    at address: UInt64, count: UInt64, _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) throws -> R {
    try store.claimed { try instance.withoutMoving { try body(bytes(at: address, count: count)) } }
  }

  /// The caller holds the store's claim.
  private func bytes(at address: UInt64, count: UInt64) throws -> UnsafeMutableRawBufferPointer {
    let (end, overflow) = address.addingReportingOverflow(count)
    guard !overflow, end <= instance.byteCount else { throw outOfBounds(from: overflow ? .max : address) }
    return UnsafeMutableRawBufferPointer(rebasing: instance.bytes[Int(address)..<Int(end)])
  }

  /// The trap for bytes that are not all there.
  private func outOfBounds(from address: UInt64) -> Trap {
    OutOfBounds(instance.cell, from: address).trap(.outOfBoundsMemoryAccess)
  }

  // MARK: Numbers, bytes and strings

  /// Reads a little-endian integer.
  ///
  /// - Parameters:
  ///   - type: the type of the integer.
  ///   - address: the address of its first byte, of any alignment.
  /// - Throws: `Trap` if it is not within the memory; `StoreInUse` if another thread uses the store.
  public func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self, at address: UInt64) throws -> T {
    try store.claimed {
      T(littleEndian: try bytes(at: address, count: UInt64(MemoryLayout<T>.size)).loadUnaligned(as: T.self))
    }
  }

  /// Writes a little-endian integer.
  ///
  /// - Parameters:
  ///   - value: the integer.
  ///   - address: the address of its first byte, of any alignment.
  /// - Throws: `Trap` if it is not within the memory; `StoreInUse` if another thread uses the store.
  public func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at address: UInt64) throws {
    try store.claimed {
      let target = try bytes(at: address, count: UInt64(MemoryLayout<T>.size))
      target.storeBytes(of: value.littleEndian, as: T.self)
    }
  }

  /// Copies bytes out of the memory.
  ///
  /// - Parameters:
  ///   - address: the address of the first byte.
  ///   - count: the number of bytes.
  /// - Throws: `Trap` if the range is not within the memory; `StoreInUse` if another thread uses the store.
  public func readBytes(at address: UInt64, count: UInt64) throws -> [UInt8] {
    try store.claimed { [UInt8](try bytes(at: address, count: count)) }
  }

  /// Copies bytes into the memory.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - address: the address of the first byte.
  /// - Throws: `Trap` if the range is not within the memory; `StoreInUse` if another thread uses the store.
  public func write(_ bytes: [UInt8], at address: UInt64) throws {
    try store.claimed {
      let target = try self.bytes(at: address, count: UInt64(bytes.count))
      for (index, byte) in bytes.enumerated() { target[index] = byte }
    }
  }

  /// Reads a string in UTF-8.
  ///
  /// - Parameters:
  ///   - address: the address of the first byte.
  ///   - count: the number of bytes.
  /// - Throws: `Trap` if the range is not within the memory; `StringError` if it is not UTF-8; `StoreInUse` if another thread uses the
  ///   store.
  public func readString(at address: UInt64, count: UInt64) throws -> String {
    // Copied before validation: other threads may change a shared memory.
    let bytes = try readBytes(at: address, count: count)
    guard let string = String(validating: bytes, as: UTF8.self) else { throw StringError(address: address) }
    return string
  }

  /// Reads a zero-terminated string in UTF-8.
  ///
  /// - Parameter address: the address of the first byte.
  /// - Throws: `Trap` if there is no zero byte between the address and the end of the memory; `StringError` if the string is not UTF-8;
  ///   `StoreInUse` if another thread uses the store.
  /// - Complexity: O(length).
  public func readCString(at address: UInt64) throws -> String {
    try store.claimed {
      guard address < instance.byteCount,
        let end = instance.bytes[Int(address)...].firstIndex(of: 0)
      else { throw outOfBounds(from: address) }
      return try readString(at: address, count: UInt64(end) - address)
    }
  }

  /// Writes a string in UTF-8, without a terminating zero.
  ///
  /// - Throws: `Trap` if the range is not within the memory; `StoreInUse` if another thread uses the store.
  public func write(_ string: String, at address: UInt64) throws { try write(Array(string.utf8), at: address) }
}

/// The bytes of a string are not UTF-8.
public struct StringError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The address of the string's first byte.
  public var address: UInt64

  /// The error as a sentence.
  public var description: String { "no UTF-8 at address \(address)" }
}
