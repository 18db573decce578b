/// The interface of the engine for compiled code that the interpreter and the heap use.
package protocol CompiledCode: SuspendedFrames {
  /// The addresses for ``InstanceContext/runtimeTable``.
  var runtimeTable: UnsafePointer<UInt> { get }

  /// Runs a compiled function with arguments in slots, which its results replace.
  ///
  /// - Throws: `Trap`, `WasmException`, or the error of a host function.
  func invoke(
    _ code: UnsafeMutablePointer<FunctionCode>, in context: UnsafeMutablePointer<InstanceContext>,
    slots: UnsafeMutablePointer<Slot>, store: StoreState
  ) throws

  /// Calls `body` on another stack of the current thread.
  ///
  /// - Parameter top: the address after the stack's highest word, a multiple of 16.
  func call(onStackWithTop top: UInt, _ body: () -> Void)

  /// Calls `body` with copies of all words in registers and frames of the store's compiled code, on any thread's stack, some words at a
  /// time.
  func readFrames(of store: StoreState, _ body: (UnsafeBufferPointer<Slot>) -> Void)
}
