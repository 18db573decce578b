import WasmCompiler
import WasmRuntime
import WebAssembly

/// Searches the frames of compiled code, from callee to caller, for a handler of an exception. (Core specification 3.0, 4.6.4 "Exception
/// Handling".)
///
/// No registers are restored: everything that a landing pad needs is in its function's frame.
///
/// A landing pad may find that it does not catch the exception, when the frames in between are gone. So the frames passed are recorded in
/// the place for the frames that a trap stops, which is otherwise unused until the exception is caught.
enum Unwinder {
  /// Throws an exception.
  ///
  /// - Parameters:
  ///   - exception: the exception.
  ///   - frame: the frame of a stub that the throwing function called.
  ///   - original: the host's exception, if the host threw it.
  /// - Returns: an ``UnwindStatus``. If nothing in this activation catches the exception, it is the store's pending error.
  static func unwind(
    _ exception: UnsafeMutablePointer<ExceptionCell>, from frame: UnsafeMutablePointer<UInt>, in store: StoreState,
    original: WasmException? = nil
  ) -> Int32 {
    StoppedFrames(store.context).begin(at: 0)
    store.thrownBacktrace = original?.backtrace
    return walk(exception, from: frame, in: store)
  }

  /// Continues the search for an exception that a landing pad received. See ``unwind(_:from:in:original:)``.
  static func unwindFurther(
    _ exception: UnsafeMutablePointer<ExceptionCell>, from frame: UnsafeMutablePointer<UInt>, in store: StoreState
  ) -> Int32 {
    walk(exception, from: frame, in: store, firstIsKnown: true)
  }

  /// - Parameter firstIsKnown: whether the first frame is the one at which the last search ended.
  private static func walk(
    _ exception: UnsafeMutablePointer<ExceptionCell>, from frame: UnsafeMutablePointer<UInt>, in store: StoreState,
    firstIsKnown: Bool = false
  ) -> Int32 {
    let context = store.context
    var stopped = StoppedFrames(context)
    var isKnown = firstIsKnown
    var place = frame
    while let active = CompiledFrame(callerOf: &place) {
      let framePointer = place[0]
      if !isKnown { stopped.record(place[1]) }
      isKnown = false
      let landingPad: UInt32
      do throws(PagedBytes.Failure) {
        landingPad = try active.call?.landingPad ?? CompiledFunction.CallSite.none
      } catch {
        store.thrownBacktrace = nil
        context.pointee.trapCode = error.trapCode.rawValue
        return UnwindStatus.endActivation
      }
      if landingPad != CompiledFunction.CallSite.none {
        context.pointee.resumptionPC = active.module.address(landingPad)
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
      backtrace: store.thrownBacktrace ?? backtrace(from: frame, in: store).described)
    store.thrownBacktrace = nil
    context.pointee.trapCode = TrapCode.hostError.rawValue
    return UnwindStatus.endActivation
  }

  private static func backtrace(from frame: UnsafeMutablePointer<UInt>, in store: StoreState) -> Backtrace {
    // If the frame is that of a call out of the activation, its callers are found as for other suspended activations.
    let isSuspended = store.context.pointee.suspension.compiledFrame == frame
    return isSuspended ? Backtrace(in: store) : CompiledActivation.stoppedBacktrace(store)
  }

  /// Ends the activation by a trap without a fault.
  static func trap(_ code: TrapCode, from frame: UnsafeMutablePointer<UInt>, in store: StoreState) -> Int32 {
    let context = store.context
    var stopped = StoppedFrames(context)
    stopped.begin(at: 0)
    var place = frame
    CompiledFrame.skipRestoringFrames(&place)
    while stopped.recordIfCompiled(place[1]), let next = UnsafeMutablePointer<UInt>(bitPattern: place[0]) {
      place = next
      CompiledFrame.skipRestoringFrames(&place)
    }
    context.pointee.trapCode = code.rawValue
    return UnwindStatus.endActivation
  }
}
