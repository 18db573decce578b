import WasmRuntime
import WebAssembly

/// A linear memory that several stores use at once, each on a thread of its own.
///
/// ```swift
/// let shared = try SharedMemory(type: MemoryType(limits: Limits(minimum: 1, maximum: 16), isShared: true))
/// // On each thread:
/// let store = try Store(engine)
/// try linker.define("env", "memory", .memory(try Memory(store, shared: shared)))
/// ```
///
/// It never moves, and lives as long as this object or a store that uses it. (Threads proposal, "Shared linear memory".)
public final class SharedMemory: Sendable {
  let instance: SharedMemoryInstance

  init(_ instance: SharedMemoryInstance) { self.instance = instance }

  /// Makes a shared memory. Address space for its maximum is reserved at once, memory is not.
  ///
  /// - Parameters:
  ///   - type: a shared type, which must have a maximum.
  ///   - maximumByteCount: what it may grow to at most, whatever its type says.
  /// - Throws: `ArgumentError` if the type is not shared or has no maximum; `LimitExceeded` if the system refuses.
  public convenience init(type: MemoryType, maximumByteCount: UInt64 = .max) throws {
    guard type.isShared, type.limits.maximum != nil else {
      throw ArgumentError("a shared memory's type is shared and has a maximum, unlike \(type)")
    }
    self.init(try SharedMemoryInstance(type, maximumByteCount: maximumByteCount))
  }

  /// Makes a shared memory whose bytes are counted in a ledger.
  ///
  /// - Throws: `LimitExceeded` if the ledger or the system refuse.
  package convenience init(type: MemoryType, ledger: ResourceLedger) throws {
    self.init(try SharedMemoryInstance(type, ledger: ledger))
  }

  /// The type, with the current size as minimum.
  public var type: MemoryType { instance.type }

  public var pageCount: UInt64 { instance.pageCount }

  public var byteCount: Int { Int(instance.byteCount) }

  /// Adds pages. All stores that use the memory can access them at once.
  ///
  /// - Returns: the size before, in pages, or nil if the maximum or the system refuse.
  @discardableResult
  public func grow(by pages: UInt64) -> UInt64? { instance.grow(by: pages) }

  /// The bytes that the memory has now. Other threads may read and write them at the same time: use atomic operations, or be
  /// sure that none does.
  public func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try body(instance.bytes)
  }

  /// Wakes threads that wait at an address by `memory.atomic.wait32` or `wait64`.
  ///
  /// - Returns: how many were woken.
  /// - Throws: `Trap` if no aligned 32 bits are there.
  @discardableResult
  public func notify(at address: UInt64, count: UInt32 = .max) throws -> UInt32 {
    guard address <= .max - 4, address + 4 <= instance.byteCount else { throw Trap(.outOfBoundsMemoryAccess) }
    guard address % 4 == 0 else { throw Trap(.unalignedAtomic) }
    return ParkingLot.notify(at: instance.base + Int(address), count: count)
  }
}

extension Memory {
  /// A store's view of a shared memory, to be given to what is instantiated there.
  ///
  /// - Throws: `LimitExceeded` if the store may have no more memories.
  public init(_ store: Store, shared: SharedMemory) throws {
    self = try store.claimed { Memory(try store.state.makeMemory(sharing: shared.instance), in: store) }
  }

  /// What other stores can share of this memory; nil if its type is not shared.
  public var shared: SharedMemory? { instance.shared.map { SharedMemory($0) } }
}
