import WasmRuntime
import WebAssembly

/// Looks for what catches an exception, from one frame of compiled code to its caller. (Core specification 3.0, 4.6.11.)
///
/// Nothing has to be restored on the way: whatever a landing pad needs is in its function's frame.
enum Unwinder {
  /// - Parameters:
  ///   - exception: what is thrown.
  ///   - frame: that of a stub which the throwing function called.
  ///   - original: the exception as the host knows it, if it comes from there.
  /// - Returns: an ``UnwindStatus``. If nothing in this activation catches the exception, it is the store's pending error.
  static func unwind(
    _ exception: UnsafeMutablePointer<ExceptionCell>, from frame: UnsafeMutablePointer<UInt>, in store: StoreState,
    original: WasmException? = nil
  ) -> Int32 {
    let context = store.context
    var place = frame
    while let active = CompiledFrame(at: place[1], isReturnAddress: true) {
      let framePointer = place[0]
      if let call = active.call, call.landingPad != CompiledFunction.CallSite.none {
        context.pointee.resumptionPC = active.module.address(call.landingPad)
        context.pointee.resumptionFP = framePointer
        context.pointee.resumptionSP = framePointer - active.frameByteCount
        context.pointee.resumptionValue = UInt(bitPattern: exception)
        return UnwindStatus.landingPad
      }
      guard let next = UnsafeMutablePointer<UInt>(bitPattern: framePointer) else { break }
      place = next
    }
    store.pendingError = WasmException(
      tag: exception.pointee.tag.instance, payload: Array(exception.payload),
      backtrace: original?.backtrace ?? backtrace(from: frame, in: store))
    context.pointee.trapCode = TrapCode.hostError.rawValue
    return UnwindStatus.endActivation
  }

  private static func backtrace(
    from frame: UnsafeMutablePointer<UInt>, in store: StoreState
  ) -> () -> [Trap.Frame] {
    // If the frame is that of a call which left the activation, its callers are found as those of others are.
    let isSuspended = store.context.pointee.suspension.compiledFrame == frame
    let backtrace = Backtrace(in: store) { if !isSuspended { $0.append(callersOf: frame) } }
    return backtrace.described
  }

  /// Ends the activation by a trap that did not come from a fault.
  static func trap(_ code: TrapCode, from frame: UnsafeMutablePointer<UInt>, in store: StoreState) -> Int32 {
    let context = store.context
    var place = frame
    var count = 0
    while count < Backtrace.maximumCount - 1, CompiledFrame(at: place[1], isReturnAddress: true) != nil {
      // The first entry is the address of an instruction that trapped, which there is none of.
      if count == 0 { context.pointee.stoppedAddresses[0] = 0 }
      count += 1
      context.pointee.stoppedAddresses[count] = place[1]
      guard let next = UnsafeMutablePointer<UInt>(bitPattern: place[0]) else { break }
      place = next
    }
    context.pointee.stoppedCount = count == 0 ? 0 : count + 1
    context.pointee.trapCode = code.rawValue
    return UnwindStatus.endActivation
  }
}
