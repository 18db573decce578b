import NeedletailSystem
import Synchronization
import WebAssembly

/// A machine stack for guests: of a store whose guests nest deeper than their threads' stacks allow, or of a call that can be suspended.
/// Its pages take memory when they are first used, and it ends in inaccessible pages.
///
/// The address space of unused stacks is kept for others, at most 256; a stack of a size that is not in use any more is released first.
/// Their contents stay: guests never see a word of a machine stack that they have not written.
final class GuestStack {
  /// The lowest usable address; the page below it is inaccessible.
  let end: UInt
  /// The address after the highest byte.
  let top: UInt
  /// Whether an activation of the store is on it.
  var isInUse = false
  private let area: Area

  /// - Throws: `LimitExceeded` if the system has no memory or address space for it.
  init(byteCount wanted: Int) throws(LimitExceeded) {
    let guardByteCount = 16 * VirtualMemory.pageSize
    let (sum, overflow) = wanted.addingReportingOverflow(guardByteCount + VirtualMemory.pageSize)
    guard !overflow, let area = Self.take(VirtualMemory.roundedUpToPages(sum), guardByteCount) else {
      throw LimitExceeded(
        systemRefused: .stackBytes, requested: wanted,
        "no memory for a machine stack of \(ByteCount.format(wanted))\(VirtualMemory.refusalReason)")
    }
    self.area = area
    end = UInt(bitPattern: area.memory + guardByteCount)
    top = UInt(bitPattern: area.memory + area.byteCount)
  }

  deinit {
    if !Self.keep(area, from: end) { VirtualMemory.release(area.memory, area.byteCount) }
  }

  // MARK: Unused stacks

  /// (`@unchecked Sendable`: an unused area has no other owner.)
  private struct Area: @unchecked Sendable {
    let memory: UnsafeMutableRawPointer
    let byteCount: Int
  }

  private static let kept = Mutex<[Area]>([])
  static let maximumKeptCount = 256
  /// The sizes of unused stacks that are kept, with their guard pages.
  static var keptByteCounts: [Int] { kept.withLock { $0.map(\.byteCount) } }
  /// The bytes at the top that a kept stack does not return to the system, since most calls use them.
  private static let residentByteCount: UInt = 32 << 10

  private static func take(_ byteCount: Int, _ guardByteCount: Int) -> Area? {
    let area = kept.withLock { kept in
      kept.lastIndex { $0.byteCount == byteCount }.map { kept.remove(at: $0) }
    }
    if let area { return area }
    guard let memory = VirtualMemory.reserve(byteCount) else { return nil }
    guard VirtualMemory.commit(memory + guardByteCount, byteCount - guardByteCount) else {
      VirtualMemory.release(memory, byteCount)
      return nil
    }
    return Area(memory: memory, byteCount: byteCount)
  }

  /// Keeps an area for the next stack.
  ///
  /// - Parameter end: its lowest usable address.
  /// - Returns: false if it must be released.
  private static func keep(_ area: Area, from end: UInt) -> Bool {
    guard !CurrentProcess.hasAddressSpaceLimit else { return false }
    let discarded = area.byteCount - Int(residentByteCount) - Int(end - UInt(bitPattern: area.memory))
    if discarded > 0, let start = UnsafeMutableRawPointer(bitPattern: end) {
      VirtualMemory.discard(start, discarded)
    }
    let (isKept, replaced): (Bool, Area?) = kept.withLock { kept in
      var replaced: Area?
      if kept.count >= maximumKeptCount {
        // One of a size that ended earlier, so that stores of one size cannot keep the places for ever.
        guard let oldest = kept.firstIndex(where: { $0.byteCount != area.byteCount }) else { return (false, nil) }
        replaced = kept.remove(at: oldest)
      }
      kept.append(area)
      return (true, replaced)
    }
    if let replaced { VirtualMemory.release(replaced.memory, replaced.byteCount) }
    return isKept
  }
}
