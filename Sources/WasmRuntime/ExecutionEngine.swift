/// Runs functions, and finds the frames of the activations that it left.
package protocol ExecutionEngine: AnyObject, Sendable {
  /// Calls a Wasm function. Its arguments are in the slots at the store's `stackTop`; its results replace them.
  ///
  /// - Throws: `Trap`, `WasmException`, or the error of a host function.
  func invoke(_ function: UnsafeMutablePointer<FunctionReference>, in store: StoreState) throws

  /// Appends the frames of an activation that is suspended in a call of a host function or of another engine's code.
  ///
  /// - Returns: the suspension of the enclosing activation.
  func append(_ suspension: Suspension, to backtrace: inout Backtrace) -> Suspension

  /// The suspension of the activation that encloses one.
  func outer(_ suspension: Suspension) -> Suspension
}

/// An engine that runs code words, to which it lowers functions.
package protocol LoweringExecutionEngine: ExecutionEngine {
  /// The entry of functions that are not lowered: has them lowered.
  var lowerWord: UnsafeRawPointer { get }

  /// The entry of functions that are compiled: calls their compiled code.
  var compiledWord: UnsafeRawPointer { get }

  /// Lowers a function of a module, without making it callable.
  ///
  /// - Parameter wordCount: the number of words of the module's functions that are lowered already.
  /// - Throws: `LimitExceeded`, or an error for an instruction that the engine does not have.
  func lower(_ function: Int, of functions: ModuleFunctions, wordCount: Int) throws -> LoweredFunction

  /// The values in the interpreter's frame at the header of a loop; nil if the loop is in unreachable code.
  ///
  /// - Parameter loop: the offset of the `loop` instruction in the binary.
  func entry(atLoop loop: UInt32, inFunction function: Int, of functions: ModuleFunctions) -> LoopEntry?

  /// A function that maps the words of a lowered function to offsets in the module's binary.
  func offsets(inFunction function: Int, of functions: ModuleFunctions) -> (Int) -> Int?
}

/// An engine whose code runs on machine stacks.
package protocol NativeExecutionEngine: ExecutionEngine {
  /// The address at which compiled code enters functions that it has not called yet and that are not compiled.
  var firstEntry: UInt { get }

  /// The addresses for ``InstanceContext/runtimeTable``.
  var runtimeTable: UnsafePointer<UInt> { get }

  /// Runs a compiled function with arguments in slots, which its results replace.
  ///
  /// - Returns: how it ended. After a tail call the slots are undefined.
  /// - Throws: `Trap`, `WasmException`, or the error of a host function.
  func invoke(
    _ code: UnsafeMutablePointer<FunctionCode>, in context: UnsafeMutablePointer<InstanceContext>,
    slots: UnsafeMutablePointer<Slot>, store: StoreState
  ) throws -> ActivationEnd

  /// Runs compiled code that continues an interpreted function at a loop.
  ///
  /// - Parameters:
  ///   - frame: the interpreter's frame of the function.
  ///   - slots: receives the results: slots that no frame uses.
  /// - Returns: as for the other method.
  /// - Throws: `Trap`, `WasmException`, or the error of a host function.
  func invoke(
    _ code: LoopCode, in context: UnsafeMutablePointer<InstanceContext>, frame: UnsafeMutablePointer<Slot>,
    slots: UnsafeMutablePointer<Slot>, store: StoreState
  ) throws -> ActivationEnd

  /// Whether code relies on memories whose whole reach is reserved.
  var needsReservations: Bool { get }

  /// Calls `body` on another stack of the current thread.
  ///
  /// - Parameter top: the address after the stack's highest word, a multiple of 16.
  func call(onStackWithTop top: UInt, _ body: () -> Void)

  /// Calls `body` with copies of all words in registers and frames of the store's compiled code, on any thread's stack, some words at a
  /// time.
  func readFrames(of store: StoreState, _ body: (UnsafeBufferPointer<Slot>) -> Void)
}

extension NativeExecutionEngine {
  package func invoke(_ function: UnsafeMutablePointer<FunctionReference>, in store: StoreState) throws {
    guard let context = function.pointee.context else { preconditionFailure("a host function has no activation") }
    let end = try invoke(
      function.pointee.code, in: context, slots: store.context.pointee.stackTop, store: store)
    if end == .tailCall { try store.finishTailCall() }
  }
}

/// How an activation of compiled code ended, if not by an error.
package enum ActivationEnd {
  case returned
  /// By a tail call of ``StoreContext/tailCallee``, which is not compiled, and must be called with its arguments in the slots at the
  /// store's `stackTop`. So functions of both engines can call each other by tail calls without taking stack.
  case tailCall
}

extension StoreState {
  /// Calls a function that is not compiled. Its arguments are in the slots at the store's `stackTop`; its results replace them.
  ///
  /// - Parameter caller: the context that a host function sees.
  /// - Throws: `Trap`, `WasmException`, or the error of a host function.
  package func callUncompiled(
    _ function: UnsafeMutablePointer<FunctionReference>, from caller: UnsafeMutablePointer<InstanceContext>
  ) throws {
    guard let host = function.pointee.host else {
      guard let interpreter else { preconditionFailure("a store that runs code has an interpreter") }
      return try interpreter.invoke(function, in: self)
    }
    let slots = context.pointee.stackTop
    // The arguments are in use, and seen by the collector, while host code runs.
    let end = slots + function.pointee.code.pointee.headerSlot
    guard end <= context.pointee.stackLimit else {
      throw Trap(.callStackExhausted, backtrace: Backtrace(in: self).described())
    }
    context.pointee.stackTop = end
    defer { context.pointee.stackTop = slots }
    // This can also run host code.
    if context.pointee.hasDeadObjects { releaseDeadObjects() }
    try Unmanaged<HostFunction>.fromOpaque(host)._withUnsafeGuaranteedRef { try $0.body(slots, caller) }
  }

  /// Calls the function with whose tail call an activation ended.
  package func finishTailCall() throws {
    guard let callee = context.pointee.tailCallee, let caller = context.pointee.tailContext else {
      preconditionFailure("no tail call")
    }
    try callUncompiled(callee, from: caller)
  }
}

extension StoreState {
  /// The engine that left an activation.
  func engine(of suspension: Suspension) -> (any ExecutionEngine)? {
    suspension.isCompiled ? nativeEngine : interpreter
  }

  /// The suspension of the activation that encloses one, of either engine.
  package func outer(_ suspension: Suspension) -> Suspension {
    engine(of: suspension)?.outer(suspension) ?? .none
  }
}
