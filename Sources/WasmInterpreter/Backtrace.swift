import WasmRuntime

extension Backtrace {
  /// The given frame, its callers, and the frames of enclosing activations.
  init(from start: ActiveFrame, in store: StoreState) {
    self.init(in: store) { $0.append(activationOf: start) }
  }

  fileprivate mutating func append(activationOf start: ActiveFrame) {
    var place = start
    while !isFull, let position = place.position {
      append(Frame(code: place.instance.functions, function: position.function.index, position: position.word))
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
