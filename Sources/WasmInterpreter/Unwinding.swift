import WasmRuntime

/// A Wasm frame, and the position in its function.
struct ActiveFrame {
  /// The current instruction, or the return address of the frame's callee.
  var pc: UnsafeRawPointer
  var frame: UnsafeMutablePointer<Slot>
  var context: UnsafeMutablePointer<InstanceContext>
  var isReturnAddress: Bool

  init(
    pc: UnsafeRawPointer, frame: UnsafeMutablePointer<Slot>, context: UnsafeMutablePointer<InstanceContext>,
    isReturnAddress: Bool
  ) {
    self.pc = pc
    self.frame = frame
    self.context = context
    self.isReturnAddress = isReturnAddress
  }

  /// The frame to which the frame with this header returns.
  init(callerOf header: UnsafeMutablePointer<Slot>) {
    pc = UnsafeRawPointer(bitPattern: UInt(header[FrameHeader.returnPC])).unsafelyUnwrapped
    frame = header.pointer(at: FrameHeader.callerFrame, to: Slot.self).unsafelyUnwrapped
    context = header.pointer(at: FrameHeader.callerContext, to: InstanceContext.self).unsafelyUnwrapped
    isReturnAddress = true
  }

  var instance: ModuleInstance {
    Unmanaged.fromOpaque(context.pointee.owner).takeUnretainedValue()
  }

  /// The function and the word in it; nil at the end of the activation.
  var position: (function: LoweredFunction, word: Int)? {
    // The address after a call may be the end of the function, so the search is for the call's last word.
    let address = UInt(bitPattern: pc) - (isReturnAddress ? 8 : 0)
    return instance.functions.loweredFunction(at: address).map { ($0, Int(address - $0.start) / 8) }
  }

  /// The frame of the caller; for an activation's first frame, the end of the activation.
  ///
  /// - Parameter function: the frame's function.
  func caller(of function: LoweredFunction) -> ActiveFrame {
    ActiveFrame(callerOf: frame + instance.functions[function.index].pointee.headerSlot)
  }
}

extension Operands {
  /// Searches the frames, from callee to caller, for a clause that catches an exception, and delivers it there.
  ///
  /// - Parameters:
  ///   - exception: the exception.
  ///   - start: the frame that throws it.
  ///   - original: the host's exception, if the host threw it.
  /// - Returns: where to continue. Nil if nothing in this activation catches it; then it is the store's pending error.
  func unwind(
    _ exception: UnsafeMutablePointer<ExceptionCell>, from start: ActiveFrame, original: WasmException? = nil
  ) -> Operands? {
    let store = store
    let tag = exception.pointee.tag
    var place = start
    while let position = place.position {
      let tags = place.context.pointee.tags
      if let clause = position.function.catchTable.clause(at: position.word, isTag: { tags[Int($0)] == tag }) {
        return store.handOver(exception, to: clause, in: place, codeStart: position.function.start)
      }
      place = place.caller(of: position.function)
    }
    store.endActivation(exception, from: start, original)
    recordTrap(.hostError)
    return nil
  }
}

extension StoreState {
  /// Writes an exception's payload and reference to the slots of a clause.
  fileprivate func handOver(
    _ exception: UnsafeMutablePointer<ExceptionCell>, to clause: CatchTable.Clause, in place: ActiveFrame,
    codeStart: UInt
  ) -> Operands {
    if let slot = clause.payloadSlot.value {
      for (offset, value) in exception.payload.enumerated() { place.frame[slot + offset] = value }
    }
    if let slot = clause.referenceSlot.value { place.frame[slot] = Slot(UInt(bitPattern: exception)) }
    let start = UnsafeRawPointer(bitPattern: codeStart).unsafelyUnwrapped
    return Operands(pc: start + 8 * clause.target, frame: place.frame, context: place.context)
  }

  /// Converts an uncaught exception to an error for the caller of the activation.
  fileprivate func endActivation(
    _ exception: UnsafeMutablePointer<ExceptionCell>, from start: ActiveFrame, _ original: WasmException?
  ) {
    let backtrace = original?.backtrace ?? Backtrace(from: start, in: self).described
    pendingError = WasmException(
      tag: exception.pointee.tag.instance, payload: Array(exception.payload), backtrace: backtrace)
  }
}
