import NeedletailSystem
import WebAssembly

/// The pattern that fills unused memory if ``HeapConfiguration/poisonsUnusedMemory`` is set, so that using it faults.
///
/// All bytes are equal, so that a word at any offset is the same. As a reference the word is even, so it is no `i31`, and no valid
/// address: on x86-64 it is not canonical, and on AArch64 it is in neither half of the address space. As an object's type index it is
/// above all types.
package enum Poison {
  package static let byte: UInt8 = 0xB8
  package static let word = Slot(0xB8B8_B8B8_B8B8_B8B8)

  package static func fill(_ address: UnsafeMutableRawPointer, byteCount: Int) {
    NeedletailSystem.memoryFill(address, byte, byteCount)
  }

  /// Fills slots that hold no value.
  static func fill(_ slots: UnsafeMutablePointer<Slot>, count: Int) {
    fill(UnsafeMutableRawPointer(slots), byteCount: count * MemoryLayout<Slot>.stride)
  }

  /// Fills unused machine stack, below the current frame.
  @inline(never)
  static func fillUnusedNativeStack() {
    withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { stack in
      fill(stack.baseAddress!, byteCount: stack.count)
    }
  }
}
