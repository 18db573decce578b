import WasmRuntime

/// The slots that a call saves after the callee's parameters.
enum FrameHeader {
  @inline(__always) static var returnPC: Int { 0 }
  @inline(__always) static var callerFrame: Int { 1 }
  @inline(__always) static var callerContext: Int { 2 }
  @inline(__always) static var slotCount: Int { 3 }
}

extension UnsafeMutablePointer<Slot> {
  /// The pointer in a slot.
  @inline(__always)
  func pointer<T>(at index: Int, to: T.Type) -> UnsafeMutablePointer<T>? {
    UnsafeMutablePointer<T>(bitPattern: UInt(self[index]))
  }
}
