import NeedletailSystem
import WebAssembly

/// The slots of an activation's frames in the interpreter, and of arguments that Swift passes. A store runs on one at a time.
final class SlotStack {
  private let memory: UnsafeMutableRawPointer
  /// All of it, the room after the limit included.
  let byteCount: Int
  let base: UnsafeMutablePointer<Slot>
  /// The address that frames must not pass. There is room for the arguments and results of a call after it, which are written to slots
  /// before the limit is checked.
  let limit: UnsafeMutablePointer<Slot>

  /// No processor has more address space, and sums of smaller sizes cannot overflow.
  private static let maximumByteCount = 1 << 56
  /// The bytes of a fresh stack that are poisoned: few programs use more, and poisoning all of it takes long.
  private static let poisonedByteCount = 256 << 10

  /// - Parameters:
  ///   - wanted: the size in bytes.
  ///   - spareByteCount: the room after the limit.
  ///   - poisons: whether fresh slots hold a pattern that is a fault if it is used as a reference.
  /// - Throws: `LimitExceeded` if the system has no address space for it.
  init(byteCount wanted: Int, spareByteCount: Int, poisons: Bool) throws(LimitExceeded) {
    guard wanted <= Self.maximumByteCount else { throw Self.noAddressSpace(wanted, "") }
    byteCount = VirtualMemory.roundedUpToPages(max(wanted, 1 << 16) + spareByteCount)
    guard let memory = VirtualMemory.reserve(byteCount) else {
      throw Self.noAddressSpace(wanted, VirtualMemory.refusalReason)
    }
    guard VirtualMemory.commit(memory, byteCount) else {
      VirtualMemory.release(memory, byteCount)
      throw Self.noAddressSpace(wanted, VirtualMemory.refusalReason)
    }
    self.memory = memory
    base = memory.bindMemory(to: Slot.self, capacity: byteCount / MemoryLayout<Slot>.stride)
    limit = base + max(wanted, 1 << 10) / MemoryLayout<Slot>.stride
    if poisons { Poison.fill(memory, byteCount: min(byteCount, Self.poisonedByteCount)) }
  }

  deinit { VirtualMemory.release(memory, byteCount) }

  private static func noAddressSpace(_ byteCount: Int, _ reason: String) -> LimitExceeded {
    LimitExceeded(
      "no address space for a stack of \(ByteCount.format(byteCount)) (Engine.Configuration.maximumStackSize)\(reason)")
  }
}
