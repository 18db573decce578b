import WasmRuntime
import WebAssembly

// Throwing. (Core specification 3.0, 4.6.11 "Control Instructions".)

/// What is thrown. The instructions share one handler, as bulk instructions do.
enum RaiseInstruction: UInt16 {
  /// `throw`: a new exception.
  case new
  /// `throw_ref`, and the legacy `rethrow`: one that was caught.
  case reference
}

/// Throws. 8: a ``RaiseInstruction``; 10: the slot of the reference, or the first of the payload; 12 (32 bits): the tag.
enum Raise: Operation {
  @inline(__always)
  static func execute(_ machine: inout Machine) -> Bool {
    guard let handler = machine.operands.raise() else { return false }
    machine.goOn(at: handler)
    return true
  }
}

extension Machine {
  /// Goes on at another instruction, in a frame that may be another instance's.
  @inline(__always)
  mutating func goOn(at place: Operands) {
    pc = place.pc
    frame = place.frame
    context = place.context
    reloadMemory()
  }
}

extension Operands {
  /// Performs a `throw` or `throw_ref`.
  ///
  /// - Returns: where the exception is caught; nil if there is a trap, or if it is not caught in this activation.
  @inline(never)
  func raise() -> Operands? {
    let slot = slot(10)
    let exception: UnsafeMutablePointer<ExceptionCell>
    if operand(8, as: UInt16.self) == RaiseInstruction.new.rawValue {
      let tag = context.pointee.tags[Int(operand(12, as: UInt32.self))]
      guard let new = store.makeException(tag, payload: slot) else {
        recordTrap(.allocationFailure)
        return nil
      }
      exception = new
    } else {
      guard let caught = UnsafeMutablePointer<ExceptionCell>(bitPattern: UInt(slot.pointee)) else {
        recordTrap(.nullExceptionReference)
        return nil
      }
      exception = caught
    }
    return unwind(exception, from: ActiveFrame(pc: pc, frame: frame, context: context, isReturnAddress: false))
  }

  /// Goes on after a host function threw; these are its operands.
  ///
  /// - Returns: where the exception is caught; nil if it is not caught in this activation, or if it is no exception of Wasm's.
  @inline(never)
  func unwindFromHost() -> Operands? {
    let store = store
    guard let error = store.pendingError, let thrown = Self.exception(error, in: store) else {
      recordTrap(.hostError)
      return nil
    }
    store.pendingError = nil
    let exception = thrown.payload.withUnsafeBufferPointer {
      store.makeException(thrown.tag.cell, payload: $0.baseAddress)
    }
    guard let exception else {
      recordTrap(.allocationFailure)
      return nil
    }
    return unwind(exception, from: ActiveFrame(callerOf: slot(16)), original: thrown)
  }

  private static func exception(_ error: any Error, in store: StoreState) -> WasmException? {
    (error as? any WasmExceptionConvertible)?.wasmException(in: store)
  }
}
