import WebAssembly

/// What unused memory is filled with where ``HeapConfiguration/poisonsUnusedMemory`` is set, so that a use of it is a fault.
///
/// All bytes are the same, so that words look alike wherever they begin. As a reference the word is even, thus no `i31`, and no
/// address: on x86-64 it is not canonical, and on AArch64 it is in neither half of the address space. As the type index of an object it
/// is beyond all types.
package enum Poison {
  package static let byte: UInt8 = 0xB8
  package static let word = Slot(0xB8B8_B8B8_B8B8_B8B8)

  package static func fill(_ address: UnsafeMutableRawPointer, byteCount: Int) {
    WasmRuntime.memoryFill(address, byte, byteCount)
  }

  /// Fills slots that hold nothing.
  static func fill(_ slots: UnsafeMutablePointer<Slot>, count: Int) {
    fill(UnsafeMutableRawPointer(slots), byteCount: count * MemoryLayout<Slot>.stride)
  }

  /// Fills machine stack that is not in use, for the frames that will be there.
  @inline(never)
  static func fillUnusedNativeStack() {
    withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { stack in
      fill(stack.baseAddress!, byteCount: stack.count)
    }
  }
}
