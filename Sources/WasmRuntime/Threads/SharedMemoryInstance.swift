import NeedletailSystem
import Synchronization
import WebAssembly

/// A linear memory that several stores use at the same time, each on its own thread. (Threads proposal, "Shared linear memory".)
///
/// Its maximum is reserved at creation, so the base never moves; growing makes more of the reservation accessible and then publishes the
/// new size. Each store accesses it through a ``MemoryInstance`` with its own cell, whose size may be stale; an access beyond that size
/// checks here before it traps.
///
/// (`@unchecked Sendable`: the base never changes, sizes are atomic, and growth holds a lock. Data races on the bytes are between guests;
/// the standard defines their results.)
package final class SharedMemoryInstance: @unchecked Sendable {
  private let declaredType: MemoryType
  /// The first byte; valid as long as this object.
  package let base: UnsafeMutableRawPointer
  let reservedByteCount: Int
  /// The largest size that its maximum, its owner and its reservation allow.
  private let maximumByteCount: UInt64
  private let currentByteCount: Atomic<UInt64>
  private let growth: Mutex<Growth>

  private struct Growth {
    /// The accessible part of the reservation, in bytes.
    var committedByteCount: Int
    /// The ledgers that count the memory's bytes while it exists, and the bytes that each counts.
    var charges: [ObjectIdentifier: (ledger: ResourceLedger, byteCount: UInt64)] = [:]

    mutating func charge(_ byteCount: UInt64, to ledger: ResourceLedger) -> Bool {
      guard ledger.reserve(memoryBytes: byteCount) else { return false }
      charges[ObjectIdentifier(ledger), default: (ledger, 0)].byteCount += byteCount
      return true
    }

    mutating func refund(_ byteCount: UInt64, to ledger: ResourceLedger) {
      charges[ObjectIdentifier(ledger)]?.byteCount -= byteCount
      ledger.release(memoryBytes: byteCount)
    }
  }

  /// The largest reservation of a 64-bit memory, which limits its growth.
  private static let largestReservation: UInt64 = 1 << 38

  /// - Parameters:
  ///   - type: a shared type, with a maximum.
  ///   - maximumByteCount: the owner's additional limit, in bytes.
  ///   - ledger: counts the initial bytes.
  /// - Throws: `LimitExceeded` if a limit is too low for the initial size, or the system has no memory.
  package init(
    _ type: MemoryType, maximumByteCount limit: UInt64 = .max, ledger: ResourceLedger? = nil
  ) throws(LimitExceeded) {
    let pages = min(type.limits.maximum ?? type.limits.minimum, type.maximumPageCount)
    let shift = UInt64(type.pageSizeLog2)
    let largest = min(pages >= Self.largestReservation >> shift ? Self.largestReservation : pages << shift, limit)
    guard type.limits.minimum <= pages, type.limits.minimum <= largest >> shift else {
      throw LimitExceeded(
        .memoryBytes, of: .store, requested: type.limits.minimum << shift, limit: min(pages, largest >> shift) << shift,
        setting: "SharedMemory.maximumByteCount",
        message:
          "\(MemoryInstance.description(type)): the limit of its type and its owner is \(counted(min(pages, largest >> shift), "page"))"
      )
    }
    let initial = type.limits.minimum << shift
    var growth = Growth(committedByteCount: 0)
    if let ledger, !growth.charge(initial, to: ledger) {
      throw ledger.refusal(of: MemoryInstance.description(type), memoryBytes: initial)
    }
    let base: UnsafeMutableRawPointer
    let reserved: Int
    do throws(LimitExceeded) {
      (base, reserved) = try Self.reserve(type, largest: largest)
    } catch {
      ledger?.release(memoryBytes: initial)
      throw error
    }
    let committed = VirtualMemory.roundedUpToPages(Int(initial))
    guard VirtualMemory.commit(base, committed) else {
      VirtualMemory.release(base, reserved)
      ledger?.release(memoryBytes: initial)
      throw VirtualMemory.refusal(
        of: "\(MemoryInstance.description(type)) (\(ByteCount.format(initial)))", .memoryBytes, initial)
    }
    declaredType = type
    self.base = base
    reservedByteCount = reserved
    maximumByteCount = min(largest, UInt64(reserved))
    currentByteCount = Atomic(initial)
    growth.committedByteCount = committed
    self.growth = Mutex(growth)
  }

  private static func reserve(
    _ type: MemoryType, largest: UInt64
  ) throws(LimitExceeded) -> (base: UnsafeMutableRawPointer, byteCount: Int) {
    let needed = max(VirtualMemory.roundedUpToPages(Int(largest)), VirtualMemory.pageSize)
    let wanted = type.addressType == .i32 ? max(needed, MemoryInstance.fullReservation) : needed
    if let base = VirtualMemory.reserve(wanted) { return (base, wanted) }
    guard let base = VirtualMemory.reserve(needed) else {
      throw LimitExceeded(
        systemRefused: .memoryBytes, requested: largest,
        "no address space for a shared memory of up to \(ByteCount.format(largest))\(VirtualMemory.refusalReason)")
    }
    return (base, needed)
  }

  deinit {
    VirtualMemory.release(base, reservedByteCount)
    growth.withLock { growth in
      for (ledger, byteCount) in growth.charges.values { ledger.release(memoryBytes: byteCount) }
    }
  }

  package var byteCount: UInt64 { currentByteCount.load(ordering: .sequentiallyConsistent) }
  package var pageCount: UInt64 { byteCount >> UInt64(declaredType.pageSizeLog2) }

  /// The type, with the current size as its minimum.
  package var type: MemoryType {
    var type = declaredType
    type.limits.minimum = pageCount
    return type
  }

  /// Adds zeroed pages. Growth by several threads is serialized.
  ///
  /// - Parameter ledger: counts the added bytes as long as the memory exists.
  /// - Returns: the previous size in pages; nil if the maximum or the ledger does not allow the growth, or the system has no memory.
  package func grow(by pages: UInt64, ledger: ResourceLedger? = nil) -> UInt64? {
    growth.withLock { growth in
      let shift = UInt64(declaredType.pageSizeLog2)
      let old = byteCount
      guard pages <= (maximumByteCount - old) >> shift else { return nil }
      let added = pages << shift
      if let ledger, !growth.charge(added, to: ledger) { return nil }
      let needed = VirtualMemory.roundedUpToPages(Int(old + added))
      let committed = growth.committedByteCount
      if needed > committed {
        guard VirtualMemory.commit(base + committed, needed - committed) else {
          if let ledger { growth.refund(added, to: ledger) }
          return nil
        }
        growth.committedByteCount = needed
      }
      currentByteCount.store(old + added, ordering: .sequentiallyConsistent)
      return old >> shift
    }
  }

  /// The current bytes. More may be added at any time, and other threads may change them.
  package var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: base, count: Int(byteCount))
  }
}
