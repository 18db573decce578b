import WebAssembly

/// A linear memory. (Core specification 3.0, 4.2.9 "Memory Instances".)
///
/// A 32-bit memory reserves the whole of what its addresses reach and a guard behind it, so that growing never moves it;
/// a 64-bit one reserves what it has and moves when it outgrows that.
package final class MemoryInstance {
  private var ownType: MemoryType
  /// What it has in common with memories of other stores, if it is shared. Then the cell may be behind the real size.
  package let shared: SharedMemoryInstance?
  /// The raw cell that running code reads.
  package let cell: UnsafeMutablePointer<MemoryCell>
  private let ledger: ResourceLedger
  private var reservedByteCount = 0
  private var committedByteCount = 0
  /// How many views of its bytes the host has.
  private var viewCount = 0

  /// What a 32-bit memory reserves: its 4 GiB, and behind it as much as offsets below 2³¹ reach, with room for an access there.
  package static let fullReservation = (4 << 30) + (2 << 30) + (64 << 10)

  /// - Throws: `LimitExceeded` if the store's limits or the system refuse the memory.
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
    // What never moves is reserved even without pages, if the system can.
    if type.neverMoves { _ = move(toReservationFor: 0) }
    guard resize(to: Int(byteCount)) else {
      ledger.release(memoryBytes: byteCount)
      throw VirtualMemory.refusal(of: "\(what) (\(byteCount) bytes)")
    }
  }

  /// A store's view of a memory that it shares with others.
  init(sharing shared: SharedMemoryInstance, ledger: ResourceLedger) {
    ownType = shared.type
    self.shared = shared
    self.ledger = ledger
    cell = .allocate(capacity: 1)
    cell.initialize(to: MemoryCell(base: shared.base, byteCount: shared.byteCount, owner: nil))
    cell.pointee.owner = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    noteReservation(shared.reservedByteCount)
  }

  /// The memory in messages: its size as its type has it.
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

  /// The base of a memory without bytes: an address that nobody reads.
  private static var nowhere: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 16)! }

  /// The type, with the current size as minimum.
  package var type: MemoryType { shared?.type ?? ownType }

  package var byteCount: UInt64 { shared?.byteCount ?? cell.pointee.byteCount }
  package var pageCount: UInt64 { byteCount >> UInt64(ownType.pageSizeLog2) }

  /// Brings the cell up to the size that other threads gave the memory; returns whether it was behind.
  package func refresh() -> Bool {
    guard let current = shared?.byteCount, current != cell.pointee.byteCount else { return false }
    cell.pointee.byteCount = current
    return true
  }

  /// The size in bytes, if it fits an address space.
  private func byteCount(ofPages pages: UInt64) -> UInt64? {
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: 1 << UInt64(ownType.pageSizeLog2))
    return overflow || bytes > 1 << 47 ? nil : bytes
  }

  /// Adds pages, all zero. O(1) system calls. A 64-bit memory that must move takes its pages along; where the system cannot do that, they are
  /// copied, O(size).
  ///
  /// - Returns: the size before, in pages, or nil if the memory's maximum, the store's limits or the system refuse.
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

  /// What this store adds to a shared memory counts against its limits, as long as the memory exists.
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

  /// Runs `body` while the memory stays where it is: growing fails if it would have to move.
  package func withoutMoving<R>(_ body: () throws -> R) rethrows -> R {
    viewCount += 1
    defer { viewCount -= 1 }
    return try body()
  }

  /// Reserves address space for at least `needed` bytes and moves there what is in the memory.
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
      // Little address space: do with what is needed now.
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

  /// Whether the whole of what its addresses and offsets reach is reserved, so that accesses need no check.
  package var isReservedInFull: Bool { cell.pointee.guardedByteCount > 0 }

  /// All bytes. Valid until the memory grows.
  package var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: cell.pointee.base, count: Int(byteCount))
  }

  /// Copies `source` to `address`.
  ///
  /// - Returns: whether all of it lies inside; if not, nothing is written.
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
  /// Whether compiled code relies on it that a memory of this type is reserved in full and never moves: those with 32-bit addresses
  /// and pages of the usual size.
  package var neverMoves: Bool { addressType == .i32 && pageSizeLog2 == Self.standardPageSizeLog2 }
}

/// Copies bytes that may overlap. Out of line and without errors, since Swift 6.3.1 miscompiles a throwing function that ends in
/// such a copy (swiftlang/swift#90477).
@inline(never)
package func memoryCopy(_ target: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, _ byteCount: Int) {
  target.copyMemory(from: source, byteCount: byteCount)
}

/// Sets bytes. Out of line for the same reason.
@inline(never)
package func memoryFill(_ target: UnsafeMutableRawPointer, _ byte: UInt8, _ byteCount: Int) {
  target.initializeMemory(as: UInt8.self, repeating: byte, count: byteCount)
}
