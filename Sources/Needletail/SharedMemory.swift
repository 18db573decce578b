import WasmRuntime
import WebAssembly

/// A linear memory that several stores use at the same time, each on its own thread.
///
/// ```swift
/// let shared = try SharedMemory(type: MemoryType(limits: Limits(minimum: 1, maximum: 16), isShared: true))
/// // On each thread:
/// let store = try Store(engine)
/// try linker.define("env", "memory", .memory(try Memory(store, shared: shared)))
/// ```
///
/// It never moves, and lives as long as this object and the stores that use it. (Threads proposal, "Shared linear memory".)
public final class SharedMemory: Sendable {
  let instance: SharedMemoryInstance

  init(_ instance: SharedMemoryInstance) { self.instance = instance }

  /// Creates a shared memory, which counts towards ``Engine/processLimits``, but not towards the limits of stores and engines, except for
  /// growth by code that runs in them. Address space for its maximum is reserved at once; memory is committed as the memory grows.
  ///
  /// - Parameters:
  ///   - type: a shared type, which must have a maximum.
  ///   - maximumByteCount: a limit on its size in bytes, in addition to that of the type.
  /// - Throws: `ArgumentError` if the type is not shared or has no maximum; `LimitExceeded` if a limit is too low, or the
  ///   system has no memory.
  public convenience init(type: MemoryType, maximumByteCount: UInt64 = .max) throws {
    guard type.isShared, type.limits.maximum != nil else {
      throw ArgumentError("expected the type of a shared memory, with a maximum, found \(type)")
    }
    self.init(try SharedMemoryInstance(type, maximumByteCount: maximumByteCount, ledger: .process))
  }

  /// Creates a shared memory whose bytes count towards shared limits.
  ///
  /// - Throws: `LimitExceeded` if the limits do not allow it or the system has no memory.
  package convenience init(type: MemoryType, sharing limits: SharedLimits) throws {
    self.init(try SharedMemoryInstance(type, ledger: limits.ledger))
  }

  /// The type, with the current size as its minimum.
  public var type: MemoryType { instance.type }

  /// The current size in pages.
  public var pageCount: UInt64 { instance.pageCount }

  /// The current size in bytes.
  public var byteCount: Int { Int(instance.byteCount) }

  /// Grows the memory. All stores that use it can access the new pages at once.
  ///
  /// - Parameter pages: the number of pages to add.
  /// - Returns: the previous size in pages; nil if the maximum does not allow the growth, or the system has no memory.
  @discardableResult
  public func grow(by pages: UInt64) -> UInt64? { instance.grow(by: pages, ledger: .process) }

  /// Calls a closure with a pointer to the current bytes. Other threads may read and write them at the same time: use atomic operations,
  /// or make sure that no other thread accesses them.
  public func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    try body(instance.bytes)
  }

  /// Wakes threads that wait at an address by `memory.atomic.wait32` or `wait64`.
  ///
  /// - Parameters:
  ///   - address: the address at which they wait, a multiple of 4.
  ///   - count: the largest number of threads to wake.
  /// - Returns: the number of threads that were woken.
  /// - Throws: `Trap` if the address is not aligned or not within the memory.
  @discardableResult
  public func notify(at address: UInt64, count: UInt32 = .max) throws -> UInt32 {
    guard address <= .max - 4, address + 4 <= instance.byteCount else {
      throw OutOfBounds(.memory, from: address, of: instance.byteCount).trap(.outOfBoundsMemoryAccess)
    }
    guard address % 4 == 0 else { throw Trap(.unalignedAtomic) }
    return ParkingLot.notify(at: instance.base + Int(address), count: count)
  }
}

extension Memory {
  /// A store's view of a shared memory, to be passed to instances there.
  ///
  /// - Throws: `LimitExceeded` if the store cannot have more memories; `StoreInUse` if another thread uses the store.
  public init(_ store: Store, shared: SharedMemory) throws {
    self = try store.claimed { Memory(try store.state.makeMemory(sharing: shared.instance), in: store) }
  }

  /// The shared memory of this view; nil if the memory is not shared.
  public var shared: SharedMemory? { instance.shared.map { SharedMemory($0) } }
}
