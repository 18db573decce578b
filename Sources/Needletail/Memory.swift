import WasmRuntime
import WebAssembly

/// A linear memory.
///
/// Views and pointers that its functions hand out are valid in the closure only.
public struct Memory {
  public let store: Store
  let instance: MemoryInstance

  init(_ instance: MemoryInstance, in store: Store) {
    self.instance = instance
    self.store = store
  }

  /// Makes a memory.
  ///
  /// - Throws: `LimitExceeded` if the store's limits or the system refuse.
  public init(_ store: Store, type: MemoryType) throws {
    self = try store.claimed { Memory(try store.state.makeMemory(type), in: store) }
  }

  /// The type, with the current size as minimum.
  public var type: MemoryType { store.claimedOrEnd { instance.type } }

  public var pageCount: UInt64 { instance.pageCount }

  public var byteCount: Int { Int(instance.byteCount) }

  /// Adds pages.
  ///
  /// - Returns: the size before, in pages, or nil if the maximum, the store's limits or the system refuse.
  @discardableResult
  public func grow(by pages: UInt64) -> UInt64? {
    store.claimedOrEnd { instance.grow(by: pages) }
  }

  // MARK: Views

  /// Calls a closure with all bytes.
  ///
  /// The memory does not move as long as that runs: growing it fails if it would have to, as a guest's `memory.grow` may fail at any
  /// time. (Memories with 32-bit addresses and pages of the usual size never move.) Other threads may change a shared memory meanwhile.
  public func withBytes<R>(_ body: (RawSpan) throws -> R) rethrows -> R {
    try withUnsafeMutableBytes { try body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer($0))) }
  }

  /// Calls a closure with all bytes, to be changed. See ``withBytes(_:)``.
  public func withMutableBytes<R>(_ body: (inout MutableRawSpan) throws -> R) rethrows -> R {
    try withUnsafeMutableBytes {
      var span = MutableRawSpan(_unsafeBytes: $0)
      return try body(&span)
    }
  }

  /// All bytes. The pointer must not be used after the closure. As in ``withBytes(_:)``, the memory does not move meanwhile.
  @inline(__always)
  public func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try store.claimedOrEnd { try instance.withoutMoving { try body(instance.bytes) } }
  }

  /// Some bytes.
  ///
  /// - Throws: `Trap` if they do not all lie in the memory.
  public func withUnsafeMutableBytes<R>(
    at address: UInt64, count: UInt64, _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) throws -> R {
    try store.claimed { try instance.withoutMoving { try body(bytes(at: address, count: count)) } }
  }

  /// The caller holds the store's claim.
  private func bytes(at address: UInt64, count: UInt64) throws -> UnsafeMutableRawBufferPointer {
    let (end, overflow) = address.addingReportingOverflow(count)
    guard !overflow, end <= instance.byteCount else { throw Trap(.outOfBoundsMemoryAccess) }
    return UnsafeMutableRawBufferPointer(rebasing: instance.bytes[Int(address)..<Int(end)])
  }

  // MARK: Numbers, bytes and strings

  /// A little-endian integer.
  public func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self, at address: UInt64) throws -> T {
    try store.claimed {
      T(littleEndian: try bytes(at: address, count: UInt64(MemoryLayout<T>.size)).loadUnaligned(as: T.self))
    }
  }

  public func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at address: UInt64) throws {
    try store.claimed {
      let target = try bytes(at: address, count: UInt64(MemoryLayout<T>.size))
      target.storeBytes(of: value.littleEndian, as: T.self)
    }
  }

  public func readBytes(at address: UInt64, count: UInt64) throws -> [UInt8] {
    try store.claimed { [UInt8](try bytes(at: address, count: count)) }
  }

  public func write(_ bytes: [UInt8], at address: UInt64) throws {
    try store.claimed {
      let target = try self.bytes(at: address, count: UInt64(bytes.count))
      for (index, byte) in bytes.enumerated() { target[index] = byte }
    }
  }

  /// A string in UTF-8.
  ///
  /// - Throws: `Trap` if it does not lie in the memory, `StringError` if it is not UTF-8.
  public func readString(at address: UInt64, count: UInt64) throws -> String {
    // Copied first: other threads may change a shared memory while it is validated.
    let bytes = try readBytes(at: address, count: count)
    guard let string = String(validating: bytes, as: UTF8.self) else { throw StringError(address: address) }
    return string
  }

  /// A string in UTF-8 that a zero byte ends.
  public func readCString(at address: UInt64) throws -> String {
    try store.claimed {
      guard address < instance.byteCount,
        let end = instance.bytes[Int(address)...].firstIndex(of: 0)
      else { throw Trap(.outOfBoundsMemoryAccess) }
      return try readString(at: address, count: UInt64(end) - address)
    }
  }

  /// Writes a string in UTF-8, without a zero byte behind it.
  public func write(_ string: String, at address: UInt64) throws { try write(Array(string.utf8), at: address) }
}

/// Bytes that should be a string are not UTF-8.
public struct StringError: Error, Hashable, Sendable, CustomStringConvertible {
  public var address: UInt64

  public var description: String { "no UTF-8 at address \(address)" }
}
