import NeedletailSystem
import WasmRuntime
import WebAssembly

/// Executes Wasm functions. One per engine; has the state that does not belong to a module.
package final class Interpreter: @unchecked Sendable {
  /// How it dispatches; `loop` if threading was requested but is not possible.
  package let dispatch: Dispatch
  package let options: InterpreterOptions
  /// Where and how much fuel is charged, before the first function; nil if none is.
  let fuel: FuelSchedule?
  /// The code of functions that are not lowered yet, of compiled functions, and at the end of activations.
  package let lowerWord: UnsafeRawPointer
  package let compiledWord: UnsafeRawPointer
  private let exitWord: UnsafeRawPointer

  package init(_ options: InterpreterOptions) {
    self.options = options
    fuel = options.fuel.map { FuelSchedule($0) }
    let dispatch = options.dispatch
    let handlers = HandlerTable.shared
    let possible = dispatch == .threaded && !handlers.canThread ? .loop : dispatch
    self.dispatch = possible
    // Calls see functions that need no stack and whose first instruction is not skipped: see ``EnterFormat``.
    let words = UnsafeMutablePointer<EnterFormat>.allocate(capacity: 3)
    for (index, operation) in [Auxiliary.lower, .exit, .callCompiled].enumerated() {
      words[index] = EnterFormat(
        handler: handlers.word(handlers.number(operation), possible), frameSlots: 0, firstCleared: Destination(bits: 0),
        clearedCount: EnterFormat.isExecuted)
    }
    lowerWord = UnsafeRawPointer(words)
    exitWord = UnsafeRawPointer(words + 1)
    compiledWord = UnsafeRawPointer(words + 2)
  }

  deinit { lowerWord.deallocate() }

  /// Creates the code of a host function. The caller keeps the function alive, and frees the code with ``releaseHostCode(_:)``.
  ///
  /// - Parameter native: the engine whose compiled code may call it.
  package func makeHostCode(
    _ function: HostFunction, native: (any NativeExecutionEngine)?
  ) -> UnsafeMutablePointer<FunctionCode> {
    let handlers = HandlerTable.shared
    let size = function.type.slotCounts
    let words = UnsafeMutablePointer<HostCallFormat>.allocate(capacity: 1)
    let code = UnsafeMutablePointer<FunctionCode>.allocate(capacity: 1)
    code.initialize(
      to: FunctionCode(
        entry: UnsafeRawPointer(words), nativeEntry: native?.firstEntry ?? 0, parameterSlots: size.parameters,
        resultSlots: size.results, index: 0, owner: nil))
    words.initialize(
      to: HostCallFormat(
        handler: handlers.word(handlers.number(.callHost), dispatch),
        header: UInt16(code.pointee.headerSlot),
        function: WideImmediate(UInt64(UInt(bitPattern: Unmanaged.passUnretained(function).toOpaque())))))
    return code
  }

  package static func releaseHostCode(_ code: UnsafeMutablePointer<FunctionCode>) {
    code.pointee.entry.deallocate()
    code.deallocate()
  }

  // MARK: Activations

  /// Calls a Wasm function. Its arguments are in the slots at the store's `stackTop`; its results replace them.
  ///
  /// - Throws: `Trap`, `WasmException`, or the error of a host function.
  package func invoke(_ function: UnsafeMutablePointer<FunctionReference>, in store: StoreState) throws {
    let context = store.context
    let frame = context.pointee.stackTop
    let code = function.pointee.code
    let header = frame + code.pointee.headerSlot
    guard let instance = function.pointee.context else { preconditionFailure("a host function has no activation") }
    if header + FrameHeader.slotCount <= context.pointee.stackLimit {
      if store.isPrepared(at: NativeStack.currentAddress()) {
        return try invoke(code, in: instance, frame: frame, header: header, store)
      }
      if try store.activate({ try invoke(code, in: instance, frame: frame, header: header, store) }) { return }
    }
    throw store.trap(.callStackExhausted, backtrace: Backtrace(in: store).described())
  }

  private func invoke(
    _ code: UnsafeMutablePointer<FunctionCode>, in instance: UnsafeMutablePointer<InstanceContext>,
    frame: UnsafeMutablePointer<Slot>, header: UnsafeMutablePointer<Slot>, _ store: StoreState
  ) throws {
    let context = store.context
    header[FrameHeader.returnPC] = Slot(UInt(bitPattern: exitWord))
    header[FrameHeader.callerFrame] = Slot(UInt(bitPattern: frame))
    header[FrameHeader.callerContext] = Slot(UInt(bitPattern: instance))
    let memory = instance.pointee.memory.pointee
    run(
      Machine(
        pc: code.pointee.entry, frame: frame, memoryBase: memory.base, memoryByteCount: memory.byteCount,
        context: instance, accumulator: Slot(UInt(bitPattern: code)), float64: 0, float32: 0))
    while context.pointee.trapCode != 0 {
      guard let resumed = Machine(resuming: store) else { throw takeError(store) }
      run(resumed)
    }
  }

  private func run(_ start: Machine) {
    switch dispatch {
    case .threaded: start.continueThreaded()
    case .loop:
      var machine = start
      HandlerTable.shared.loop.withUnsafeBufferPointer { handlers in
        while handlers[Int(machine.pc.load(as: UInt64.self))](&machine) {}
      }
    }
  }

  /// The error for which running code stopped; afterwards the store can be used again.
  private func takeError(_ store: StoreState) -> any Error {
    let context = store.context
    let code = TrapCode(rawValue: context.pointee.trapCode)!
    context.pointee.trapCode = 0
    if code == .hostError, let error = store.pendingError {
      store.pendingError = nil
      return error
    }
    let place = ActiveFrame(
      pc: context.pointee.trapPC!, frame: context.pointee.trapFrame!, context: context.pointee.trapContext!,
      isReturnAddress: false)
    let frames = Backtrace(from: place, in: store).described()
    return store.trap(code, backtrace: frames)
  }
}
