import Synchronization
import WasmRuntime

extension UnsafeMutablePointer where Pointee == FunctionCode {
  /// The interpreter's first code word, as ``FunctionCode/entry``.
  ///
  /// That is a function of another module, which Swift does not inline: a call in the handlers of calls, which would save and restore all
  /// registers. The layout is checked by `FunctionCode.hasExpectedLayout`.
  @inline(__always)
  var entry: UnsafeRawPointer {
    UnsafeMutableRawPointer(self).withMemoryRebound(to: Atomic<UInt>.self, capacity: 1) {
      UnsafeRawPointer(bitPattern: $0.pointee.load(ordering: .acquiring)).unsafelyUnwrapped
    }
  }

  /// The slot of the frame's header, as ``FunctionCode/headerSlot``.
  @inline(__always)
  var headerSlot: Int { Int(Swift.max(pointee.parameterSlots, pointee.resultSlots)) }
}
