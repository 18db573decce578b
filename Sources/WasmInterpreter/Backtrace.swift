import WasmRuntime

extension Backtrace {
  /// The given frame, its callers, and the frames of enclosing activations.
  init(from start: ActiveFrame, in store: StoreState) {
    self.init(in: store) { $0.append(activationOf: start) }
  }

  fileprivate mutating func append(activationOf start: ActiveFrame) {
    var place = start
    // Most frames of a deep recursion are at the position of their caller.
    var last: (pc: UnsafeRawPointer, frame: Frame, headerSlot: Int)?
    while true {
      if let last, place.isReturnAddress, last.pc == place.pc {
        append(last.frame)
        place = ActiveFrame(callerOf: place.frame + last.headerSlot)
        continue
      }
      let functions = place.instance.functions
      guard let position = place.position else { return }
      let frame = Frame(code: functions, function: position.function.index, position: position.word)
      append(frame)
      last = place.isReturnAddress ? (place.pc, frame, functions[position.function.index].pointee.headerSlot) : nil
      place = place.caller(of: position.function)
    }
  }
}

extension Interpreter: ExecutionEngine {
  package func append(_ suspension: Suspension, to backtrace: inout Backtrace) -> Suspension {
    guard let header = suspension.interpretedHeader else { return .none }
    backtrace.append(activationOf: ActiveFrame(callerOf: header))
    return outer(suspension)
  }

  package func outer(_ suspension: Suspension) -> Suspension {
    suspension.interpretedHeader.map { Suspension(bits: UInt($0[FrameHeader.slotCount])) } ?? .none
  }
}
