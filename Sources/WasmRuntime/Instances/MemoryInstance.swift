import NeedletailSystem
import WebAssembly

/// A linear memory. (Core specification 3.0, 4.2.9 "Memory Instances".)
///
/// A 32-bit memory reserves the whole range of its addresses and a guard region after it, so that growing never moves it; a 64-bit memory
/// reserves its size and moves when it outgrows that.
package final class MemoryInstance {
  private var ownType: MemoryType
  /// The part shared with other stores; nil if the memory is not shared. The size in the cell of a shared memory may be stale.
  package let shared: SharedMemoryInstance?
  /// The raw cell that running code reads.
  package let cell: UnsafeMutablePointer<MemoryCell>
  private let ledger: ResourceLedger
  private var reservedByteCount = 0
  private var committedByteCount = 0
  /// The number of views that the host has of its bytes.
  private var viewCount = 0

  /// The reservation of a 32-bit memory: its 4 GiB, the reach of offsets below 2³¹, and room for an access there.
  package static let fullReservation = (4 << 30) + (2 << 30) + (64 << 10)

  /// - Throws: `LimitExceeded` if the store's limits do not allow the memory, or the system has none.
  init(_ type: MemoryType, ledger: ResourceLedger) throws(LimitExceeded) {
    ownType = type
    self.ledger = ledger
    cell = .allocate(capacity: 1)
    cell.initialize(to: MemoryCell(base: Self.nowhere, byteCount: 0, owner: nil))
    do throws(LimitExceeded) {
      shared = type.isShared ? try SharedMemoryInstance(type, ledger: ledger) : nil
    } catch {
      cell.deallocate()
      throw error
    }
    cell.pointee.owner = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    if let shared {
      cell.pointee.base = shared.base
      cell.pointee.byteCount = shared.byteCount
      noteReservation(shared.reservedByteCount)
      return
    }
    let what = Self.description(type)
    guard type.limits.minimum <= type.maximumPageCount, let byteCount = byteCount(ofPages: type.limits.minimum) else {
      throw VirtualMemory.refusal(of: what)
    }
    guard ledger.reserve(memoryBytes: byteCount) else { throw ledger.refusal(of: what, memoryBytes: byteCount) }
    // A memory that never moves is reserved even without pages, if the system can.
    if type.neverMoves { _ = move(toReservationFor: 0) }
    guard resize(to: Int(byteCount)) else {
      ledger.release(memoryBytes: byteCount)
      throw VirtualMemory.refusal(of: "\(what) (\(ByteCount.format(byteCount)))")
    }
  }

  /// A store's view of a shared memory.
  init(sharing shared: SharedMemoryInstance, ledger: ResourceLedger) {
    ownType = shared.type
    self.shared = shared
    self.ledger = ledger
    cell = .allocate(capacity: 1)
    cell.initialize(to: MemoryCell(base: shared.base, byteCount: shared.byteCount, owner: nil))
    cell.pointee.owner = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    noteReservation(shared.reservedByteCount)
  }

  /// The memory in messages, with the size in its type.
  static func description(_ type: MemoryType) -> String {
    let count = type.limits.minimum
    return count == 1 ? "memory of 1 page" : "memory of \(count) pages"
  }

  private func noteReservation(_ byteCount: Int) {
    cell.pointee.guardedByteCount = ownType.neverMoves && byteCount >= Self.fullReservation ? UInt64(byteCount) : 0
  }

  deinit {
    if shared == nil { ledger.release(memoryBytes: cell.pointee.byteCount) }
    if reservedByteCount > 0 { VirtualMemory.release(cell.pointee.base, reservedByteCount) }
    cell.deallocate()
  }

  /// The base of an empty memory: an address that is never read.
  private static var nowhere: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 16)! }

  /// The type, with the current size as its minimum.
  package var type: MemoryType { shared?.type ?? ownType }

  package var byteCount: UInt64 { shared?.byteCount ?? cell.pointee.byteCount }
  package var pageCount: UInt64 { byteCount >> UInt64(ownType.pageSizeLog2) }

  /// Updates the cell to the size that other threads gave the memory; returns whether it was stale.
  package func refresh() -> Bool {
    guard let current = shared?.byteCount, current != cell.pointee.byteCount else { return false }
    cell.pointee.byteCount = current
    return true
  }

  /// The size in bytes; nil if it exceeds the address space.
  private func byteCount(ofPages pages: UInt64) -> UInt64? {
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: 1 << UInt64(ownType.pageSizeLog2))
    return overflow || bytes > 1 << 47 ? nil : bytes
  }

  /// Adds zeroed pages. O(1) system calls. The pages of a 64-bit memory that must move are remapped; if the system cannot do that, they
  /// are copied, O(size).
  ///
  /// - Returns: the previous size in pages; nil if the memory's maximum or the store's limits do not allow the growth, or the system has
  ///   no memory.
  package func grow(by pages: UInt64) -> UInt64? {
    if let shared { return grow(shared, by: pages) }
    let type = ownType
    let old = pageCount
    let (new, overflow) = old.addingReportingOverflow(pages)
    guard !overflow, new <= min(type.limits.maximum ?? .max, type.maximumPageCount),
      let newByteCount = byteCount(ofPages: new)
    else { return nil }
    let added = newByteCount - byteCount
    guard ledger.reserve(memoryBytes: added) else { return nil }
    guard resize(to: Int(newByteCount)) else {
      ledger.release(memoryBytes: added)
      return nil
    }
    ownType.limits.minimum = new
    return old
  }

  /// Grows a shared memory. The added bytes count against this store's limits as long as the memory exists.
  private func grow(_ shared: SharedMemoryInstance, by pages: UInt64) -> UInt64? {
    defer { _ = refresh() }
    return shared.grow(by: pages, ledger: ledger)
  }

  private func resize(to byteCount: Int) -> Bool {
    let needed = VirtualMemory.roundedUpToPages(byteCount)
    if needed > reservedByteCount {
      guard viewCount == 0, move(toReservationFor: needed) else { return false }
    }
    if needed > committedByteCount {
      guard VirtualMemory.commit(cell.pointee.base + committedByteCount, needed - committedByteCount) else {
        return false
      }
      committedByteCount = needed
    }
    cell.pointee.byteCount = UInt64(byteCount)
    return true
  }

  /// Runs `body` while the memory cannot move: growth fails if it would have to.
  package func withoutMoving<R>(_ body: () throws -> R) rethrows -> R {
    viewCount += 1
    defer { viewCount -= 1 }
    return try body()
  }

  /// Reserves address space for at least `needed` bytes and moves the memory's contents there.
  private func move(toReservationFor needed: Int) -> Bool {
    var wanted = needed
    if ownType.addressType == .i32 {
      wanted = max(needed, Self.fullReservation)
    } else if reservedByteCount > 0 {
      wanted = needed + needed / 2
    }
    wanted = VirtualMemory.roundedUpToPages(wanted)
    var base = moved(to: wanted)
    if base == nil, wanted > needed, needed > 0 {
      // If address space is short, reserve only what is needed now.
      wanted = needed
      base = moved(to: wanted)
    }
    guard let base else { return false }
    cell.pointee.base = base
    reservedByteCount = wanted
    noteReservation(wanted)
    return true
  }

  private func moved(to byteCount: Int) -> UnsafeMutableRawPointer? {
    if reservedByteCount == 0 { return VirtualMemory.reserve(byteCount) }
    return VirtualMemory.move(
      cell.pointee.base, committed: committedByteCount, reserved: reservedByteCount, toReservationOf: byteCount)
  }

  /// Whether the whole reach of its addresses and offsets is reserved, so that accesses need no check.
  package var isReservedInFull: Bool { cell.pointee.guardedByteCount > 0 }

  /// All bytes. Valid until the memory grows.
  package var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: cell.pointee.base, count: Int(byteCount))
  }

  /// Copies `source` to `address`.
  ///
  /// - Returns: whether the range is in bounds; if not, nothing is written.
  package func initialize(at address: UInt64, from source: UnsafeBufferPointer<UInt8>) -> Bool {
    let (end, overflow) = address.addingReportingOverflow(UInt64(source.count))
    guard !overflow, end <= byteCount else { return false }
    if source.count > 0 {
      VirtualMemory.populate(cell.pointee.base + Int(address), source.count)
      memoryCopy(cell.pointee.base + Int(address), source.baseAddress!, source.count)
    }
    return true
  }
}

extension MemoryType {
  /// Whether compiled code relies on memories of this type being fully reserved and never moving: those with 32-bit addresses and
  /// standard pages.
  package var neverMoves: Bool { addressType == .i32 && pageSizeLog2 == Self.standardPageSizeLog2 }
}
