import WasmCompiler
import WasmRuntime
import WebAssembly

// Calls of functions that are not compiled, and exceptions. The result is 0 or an ``UnwindStatus``.
extension Runtime {
  /// See ``RuntimeFunction/exitStub``.
  static func exitStub(_ context: Context, _ reference: UInt64) -> UInt64 {
    let reference = UnsafeMutablePointer<FunctionReference>(bitPattern: UInt(reference)).unsafelyUnwrapped
    let store = context.storeState
    guard let engine = store.nativeEngine as? NativeEngine else {
      preconditionFailure("compiled code runs in stores of a native engine")
    }
    do throws(CodeMemoryError) {
      return UInt64(try engine.enterFirst(reference))
    } catch {
      store.pendingError = error.limitExceeded
      context.pointee.store.pointee.trapCode = TrapCode.hostError.rawValue
      return 0
    }
  }

  static func callOut(_ context: Context, _ reference: UInt64, _ slots: UInt64) -> UInt64 {
    let reference = UnsafeMutablePointer<FunctionReference>(bitPattern: UInt(reference)).unsafelyUnwrapped
    let slots = UnsafeMutablePointer<Slot>(bitPattern: UInt(slots)).unsafelyUnwrapped
    do {
      if let host = reference.pointee.host {
        // This can also run host code.
        if context.pointee.store.pointee.hasDeadObjects { context.storeState.releaseDeadObjects() }
        try Unmanaged<HostFunction>.fromOpaque(host)._withUnsafeGuaranteedRef { try $0.body(slots, context) }
      } else {
        // The interpreter expects arguments at the start of its first frame.
        context.pointee.store.pointee.stackTop = slots
        try context.storeState.callUncompiled(reference, from: context)
      }
      return 0
    } catch {
      return UInt64(catchError(error, context))
    }
  }

  /// Handles an error: searches for a handler of an exception; any other error ends the activation.
  @inline(never)
  private static func catchError(_ error: any Error, _ context: Context) -> Int32 {
    let store = context.storeState
    guard let frame = store.context.pointee.suspension.compiledFrame else { return UnwindStatus.endActivation }
    let kept = store.heap.temporaries.count
    defer { store.heap.temporaries.removeSubrange(kept...) }
    let converted: WasmException?
    do {
      converted = try (error as? any WasmExceptionConvertible)?.wasmException(in: store)
    } catch {
      return Unwinder.trap(.allocationFailure, from: frame, in: store)
    }
    guard let original = converted else {
      store.pendingError = store.located(error)
      store.context.pointee.trapCode = TrapCode.hostError.rawValue
      return UnwindStatus.endActivation
    }
    guard let exception = store.makeException(original, stackTop: store.context.pointee.stackTop) else {
      return Unwinder.trap(.allocationFailure, from: frame, in: store)
    }
    return Unwinder.unwind(exception, from: frame, in: store, original: original)
  }

  static func raise(_ context: Context, _ tagIndex: UInt64, _ frame: UInt64) -> UInt64 {
    let store = context.storeState
    let frame = UnsafeMutablePointer<UInt>(bitPattern: UInt(frame)).unsafelyUnwrapped
    let tag = context.pointee.tags[Int(tagIndex)]
    let overflow = store.context.pointee.overflow.assumingMemoryBound(to: Slot.self)
    // Creating the exception can collect garbage, which sees the heap's temporaries; and objects released by it can call functions, which
    // write the overflow buffer.
    let payload = Array(UnsafeBufferPointer(start: overflow, count: Int(tag.pointee.payloadSlots)))
    let kept = store.heap.temporaries.count
    store.heap.temporaries += payload
    defer { store.heap.temporaries.removeSubrange(kept...) }
    store.context.pointee.allocatingFrame = UInt(bitPattern: frame) | 1
    let exception = store.makeException(
      WasmException(tag: tag.instance, payload: payload, backtrace: nil), stackTop: store.context.pointee.stackTop)
    store.context.pointee.allocatingFrame = 0
    guard let exception else { return UInt64(Unwinder.trap(.allocationFailure, from: frame, in: store)) }
    return UInt64(Unwinder.unwind(exception, from: frame, in: store))
  }

  static func raiseAgain(_ context: Context, _ exception: UInt64, _ frame: UInt64) -> UInt64 {
    let exception = UnsafeMutablePointer<ExceptionCell>(bitPattern: UInt(exception)).unsafelyUnwrapped
    let frame = UnsafeMutablePointer<UInt>(bitPattern: UInt(frame)).unsafelyUnwrapped
    return UInt64(Unwinder.unwind(exception, from: frame, in: context.storeState))
  }

  static func raiseFurther(_ context: Context, _ exception: UInt64, _ frame: UInt64) -> UInt64 {
    let exception = UnsafeMutablePointer<ExceptionCell>(bitPattern: UInt(exception)).unsafelyUnwrapped
    let frame = UnsafeMutablePointer<UInt>(bitPattern: UInt(frame)).unsafelyUnwrapped
    return UInt64(Unwinder.unwindFurther(exception, from: frame, in: context.storeState))
  }
}
