import Synchronization
import WebAssembly

/// A linear memory that several stores use at once, each on a thread of its own. (Threads proposal, "Shared linear
/// memory".)
///
/// It reserves all that its maximum asks for when it is made, so the base never moves; growing makes more of the
/// reservation accessible and then publishes the new size. Each store looks at it through a ``MemoryInstance`` with a cell
/// of its own, whose size may be stale; an access beyond that looks here before it traps.
///
/// (Unchecked Sendable: the base never changes, sizes are atomic, and growth holds a lock. What the threads do to the bytes
/// is the guest's affair; the standard gives such races a meaning.)
package final class SharedMemoryInstance: @unchecked Sendable {
  private let declaredType: MemoryType
  /// The first byte; valid as long as this object.
  package let base: UnsafeMutableRawPointer
  let reservedByteCount: Int
  /// The largest size that its maximum, its owner and its reservation allow.
  private let maximumByteCount: UInt64
  private let currentByteCount: Atomic<UInt64>
  /// The accessible part of the reservation, in bytes.
  private let committedByteCount: Mutex<Int>

  /// A 64-bit memory reserves no more than this and cannot grow beyond it.
  private static let largestReservation: UInt64 = 1 << 38

  /// - Parameters:
  ///   - type: a shared type, with a maximum.
  ///   - maximumByteCount: what its owner allows beyond that.
  /// - Throws: `LimitExceeded` if that is too little, or the system refuses.
  package init(_ type: MemoryType, maximumByteCount limit: UInt64 = .max) throws(LimitExceeded) {
    let pages = min(type.limits.maximum ?? type.limits.minimum, type.maximumPageCount)
    let shift = UInt64(type.pageSizeLog2)
    let largest = min(pages >= Self.largestReservation >> shift ? Self.largestReservation : pages << shift, limit)
    guard type.limits.minimum <= pages, type.limits.minimum <= largest >> shift else {
      throw LimitExceeded(
        "\(MemoryInstance.description(type)) exceeds the limit: its type and its owner allow \(min(pages, largest >> shift))"
      )
    }
    let initial = type.limits.minimum << shift
    let (base, reserved) = try Self.reserve(type, largest: largest)
    let committed = VirtualMemory.roundedUpToPages(Int(initial))
    guard VirtualMemory.commit(base, committed) else {
      VirtualMemory.release(base, reserved)
      throw VirtualMemory.refusal(of: "\(MemoryInstance.description(type)) (\(initial) bytes)")
    }
    declaredType = type
    self.base = base
    reservedByteCount = reserved
    maximumByteCount = min(largest, UInt64(reserved))
    currentByteCount = Atomic(initial)
    committedByteCount = Mutex(committed)
  }

  private static func reserve(
    _ type: MemoryType, largest: UInt64
  ) throws(LimitExceeded) -> (base: UnsafeMutableRawPointer, byteCount: Int) {
    let needed = max(VirtualMemory.roundedUpToPages(Int(largest)), VirtualMemory.pageSize)
    let wanted = type.addressType == .i32 ? max(needed, MemoryInstance.fullReservation) : needed
    if let base = VirtualMemory.reserve(wanted) { return (base, wanted) }
    guard let base = VirtualMemory.reserve(needed) else {
      throw LimitExceeded(
        "no address space for a shared memory of up to \(largest) bytes\(VirtualMemory.refusalReason)")
    }
    return (base, needed)
  }

  deinit { VirtualMemory.release(base, reservedByteCount) }

  package var byteCount: UInt64 { currentByteCount.load(ordering: .sequentiallyConsistent) }
  package var pageCount: UInt64 { byteCount >> UInt64(declaredType.pageSizeLog2) }

  /// The type, with the current size as minimum.
  package var type: MemoryType {
    var type = declaredType
    type.limits.minimum = pageCount
    return type
  }

  /// Adds pages, all zero. Growth by several threads happens in some order, as if one at a time.
  ///
  /// - Parameter reserve: asked once whether this many bytes more may be used.
  /// - Returns: the size before, in pages, or nil if the maximum, `reserve` or the system refuse.
  package func grow(by pages: UInt64, reserve: (UInt64) -> Bool = { _ in true }) -> UInt64? {
    committedByteCount.withLock { committed in
      let shift = UInt64(declaredType.pageSizeLog2)
      let old = byteCount
      guard pages <= (maximumByteCount - old) >> shift, reserve(pages << shift) else { return nil }
      let new = old + pages << shift
      let needed = VirtualMemory.roundedUpToPages(Int(new))
      if needed > committed {
        guard VirtualMemory.commit(base + committed, needed - committed) else { return nil }
        committed = needed
      }
      currentByteCount.store(new, ordering: .sequentiallyConsistent)
      return old >> shift
    }
  }

  /// The bytes that the memory has now. More may be added at any time, and other threads may change them.
  package var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: base, count: Int(byteCount))
  }
}
