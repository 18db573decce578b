import WasmRuntime
import WebAssembly

// Throwing. (Core specification 3.0, 4.6.2 "Control Instructions".)

/// Throws: see ``RaiseInstruction``.
enum Raise: Operation {
  typealias Format = RaiseFormat

  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let handler = machine.operands.raise() else { return false }
    machine.goOn(at: handler)
    return true
  }
}

extension Machine {
  /// Continues at another instruction, in a frame that may belong to another instance.
  @inline(__always)
  mutating func goOn(at place: Operands) {
    pc = place.pc
    frame = place.frame
    context = place.context
    reloadMemory()
  }
}

extension Operands {
  /// Executes a `throw` or `throw_ref`.
  ///
  /// - Returns: where the exception is caught; nil after a trap, or if it is not caught in this activation.
  @inline(never)
  func raise() -> Operands? {
    let instruction = self[RaiseFormat.self]
    let exception: UnsafeMutablePointer<ExceptionCell>
    if instruction.instruction.instruction == .new {
      let tag = context.pointee.tags[Int(instruction.tag)]
      let new = allocating(stackInUse: instruction.payload.number + Int(tag.pointee.payloadSlots)) { _, stackTop in
        store.makeException(tag, payload: slot(instruction.payload), stackTop: stackTop)
      }
      guard let new else { return stop(.allocationFailure) }
      exception = new
    } else {
      guard let caught = frame.pointer(at: instruction.payload.number, to: ExceptionCell.self) else {
        return stop(.nullExceptionReference)
      }
      exception = caught
    }
    return unwind(exception, from: ActiveFrame(pc: pc, frame: frame, context: context, isReturnAddress: false))
  }

  /// Continues after a host function, or compiled code, with these operands ended with an error.
  ///
  /// - Parameter header: the slot of the frame's header.
  /// - Returns: where the exception is caught; nil if it is not caught in this activation, or if the error is not a Wasm exception.
  @inline(never)
  func unwindFromHost(header: Int) -> Operands? {
    let store = store
    guard let error = store.pendingError as? any WasmExceptionConvertible else { return stop(.hostError) }
    let kept = store.heap.temporaries.count
    defer { store.heap.temporaries.removeSubrange(kept...) }
    let thrown: (original: WasmException, exception: UnsafeMutablePointer<ExceptionCell>?)?
    do {
      thrown = try allocating(stackInUse: header + FrameHeader.slotCount) { _, stackTop in
        try error.wasmException(in: store).map { ($0, store.makeException($0, stackTop: stackTop)) }
      }
    } catch {
      store.pendingError = nil
      return stop(.allocationFailure)
    }
    guard let (original, exception) = thrown else { return stop(.hostError) }
    store.pendingError = nil
    guard let exception else { return stop(.allocationFailure) }
    return unwind(exception, from: ActiveFrame(callerOf: frame + header), original: original)
  }

  private func stop(_ code: TrapCode) -> Operands? {
    recordTrap(code)
    return nil
  }
}
