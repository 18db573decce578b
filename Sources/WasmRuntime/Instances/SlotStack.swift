import NeedletailSystem
import Synchronization
import WebAssembly

/// The slots of an activation's frames in the interpreter, and of arguments that Swift passes. A store runs on one at a time.
///
/// Used stacks are kept for other stores, with all slots zero: only ``restore()`` lets the next store have one.
final class SlotStack {
  private let memory: UnsafeMutableRawPointer
  /// All of it, the room after the limit included.
  let byteCount: Int
  let base: UnsafeMutablePointer<Slot>
  /// The address that frames must not pass. There is room for the arguments and results of a call after it, which are written to slots
  /// before the limit is checked.
  let limit: UnsafeMutablePointer<Slot>
  /// The address after the last byte.
  var end: UnsafeMutableRawPointer { memory + byteCount }

  /// No processor has more address space, and sums of smaller sizes cannot overflow.
  private static let maximumByteCount = 1 << 56
  /// Larger stacks must fit in the system's memory.
  private static let uncheckedByteCount = 1 << 30
  /// The bytes of a fresh stack that are poisoned: few programs use more, and poisoning all of it takes long.
  private static let poisonedByteCount = 256 << 10

  /// - Parameters:
  ///   - wanted: the size in bytes.
  ///   - spareByteCount: the room after the limit.
  ///   - poisons: whether fresh slots hold a pattern that is a fault if it is used as a reference.
  /// - Throws: `LimitExceeded` if the system has no address space for it.
  init(byteCount wanted: Int, spareByteCount: Int, poisons: Bool) throws(LimitExceeded) {
    guard wanted <= Self.maximumByteCount else { throw Self.noAddressSpace(wanted, "") }
    let byteCount = VirtualMemory.roundedUpToPages(max(wanted, 1 << 16) + spareByteCount)
    self.byteCount = byteCount
    guard let memory = Self.take(byteCount) else {
      throw Self.noAddressSpace(wanted, VirtualMemory.refusalReason)
    }
    // The stack takes memory when it is used. If the system cannot have all of it, endless recursion would end the process.
    guard byteCount <= Self.uncheckedByteCount || SystemMemory.has(byteCount) else {
      VirtualMemory.release(memory, byteCount)
      throw Self.noMemory(wanted)
    }
    self.memory = memory
    base = memory.bindMemory(to: Slot.self, capacity: byteCount / MemoryLayout<Slot>.stride)
    limit = base + max(wanted, 1 << 10) / MemoryLayout<Slot>.stride
    if poisons { Poison.fill(memory, byteCount: min(byteCount, Self.poisonedByteCount)) }
  }

  deinit {
    let isKept =
      restore()
      && Self.kept.withLock { [stack = Unused(memory: memory, byteCount: byteCount)] kept in
        guard kept.unused.count < Self.maximumUnusedCount else { return false }
        kept.unused.append(stack)
        return true
      }
    guard !isKept, !VirtualMemory.release(memory, byteCount) else { return }
    // It stays mapped, but takes no memory.
    VirtualMemory.discard(memory, byteCount)
  }

  // MARK: Unused stacks

  /// (`@unchecked Sendable`: an unused stack has no other owner.)
  private struct Unused: @unchecked Sendable {
    let memory: UnsafeMutableRawPointer
    let byteCount: Int
  }

  private struct Kept: Sendable {
    var unused: [Unused] = []
    /// Where fresh stacks come from.
    var areas = NeighbouringAreas()
  }

  private static let kept = Mutex(Kept())
  private static let maximumUnusedCount = 256

  private static func take(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let stack: Unused? = kept.withLock { kept in
      if let index = kept.unused.lastIndex(where: { $0.byteCount == byteCount }) {
        return kept.unused.remove(at: index)
      }
      return kept.areas.take(byteCount: byteCount).map { Unused(memory: $0, byteCount: byteCount) }
    }
    return stack?.memory
  }

  /// The bytes at the start that are cleared rather than returned to the system, since every store uses them.
  private static let clearedByteCount = 4096

  /// Makes all slots zero. Returns false if the stack must not be used again.
  private func restore() -> Bool {
    let cleared = VirtualMemory.roundedUpToPages(Self.clearedByteCount)
    guard !CurrentProcess.hasAddressSpaceLimit, VirtualMemory.restore(memory + cleared, byteCount - cleared) else {
      return false
    }
    memoryFill(memory, 0, cleared)
    return true
  }

  private static func noMemory(_ byteCount: Int) -> LimitExceeded {
    LimitExceeded(
      .stackBytes, of: .system, requested: UInt64(clamping: byteCount),
      setting: "Engine.Configuration.maximumStackSize",
      message: "the system has no memory for a stack of \(ByteCount.format(byteCount))\(VirtualMemory.refusalReason)")
  }

  private static func noAddressSpace(_ byteCount: Int, _ reason: String) -> LimitExceeded {
    LimitExceeded(
      .stackBytes, of: .system, requested: UInt64(clamping: byteCount),
      setting: "Engine.Configuration.maximumStackSize",
      message: "no address space for a stack of \(ByteCount.format(byteCount))\(reason)")
  }
}
