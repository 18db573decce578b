/// What the interpreter and the heap need of the engine for compiled code, which they do not know.
package protocol CompiledCode: SuspendedFrames {
  /// The addresses that ``InstanceContext/runtimeTable`` leads to.
  var runtimeTable: UnsafePointer<UInt> { get }

  /// Runs a compiled function with arguments in slots, where its results take their place.
  ///
  /// - Throws: `Trap`, `WasmException`, or what a host function on the way threw.
  func invoke(
    _ code: UnsafeMutablePointer<FunctionCode>, in context: UnsafeMutablePointer<InstanceContext>,
    slots: UnsafeMutablePointer<Slot>, store: StoreState
  ) throws

  /// Calls `body` on another stack of the running thread.
  ///
  /// - Parameter top: the address behind the stack's highest word, a multiple of 16.
  func call(onStackWithTop top: UInt, _ body: () -> Void)

  /// Calls `body` with copies of all words that registers and frames of the store's compiled code hold, whichever thread's stack
  /// they are on, some words at a time.
  func readFrames(of store: StoreState, _ body: (UnsafeBufferPointer<Slot>) -> Void)
}
