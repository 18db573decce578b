/// Decides which functions of a module are compiled while the interpreter runs them, and when.
///
/// The interpreter's code has a counter at the start of each function and loop. When one has counted down, the interpreter asks how to
/// continue.
package protocol TierPolicy: AnyObject, Sendable {
  /// The number of calls of a function, or of iterations of a loop in it, before the interpreter first asks. At least 1.
  func firstInterval(ofFunction function: Int) -> (calls: Int32, iterations: Int32)

  /// Leaves the whole module to the interpreter, for an instance that compiled code could not use. All compiled code of the module must
  /// come from this policy.
  ///
  /// - Returns: false if functions are compiled already.
  func stayInterpreted() -> Bool

  /// Notes that a function was called often.
  func noteCall(of function: Int, in functions: ModuleFunctions) -> CallContinuation

  /// Notes that a loop ran often.
  ///
  /// - Parameter loop: the offset of the `loop` instruction in the binary.
  func noteIteration(ofLoop loop: UInt32, in function: Int, of functions: ModuleFunctions) -> LoopContinuation
}

/// How a call of a function continues.
package enum CallContinuation {
  /// In the interpreter, which asks again after this many calls.
  case interpreted(Int32)
  /// In compiled code: ``ModuleFunctions`` has published it.
  case compiled
}

/// How a loop continues.
package enum LoopContinuation {
  /// In the interpreter, which asks again after this many iterations. So few that they take milliseconds at most: the interpreter then
  /// also looks whether the store is interrupted.
  case interpreted(Int32)
  /// In compiled code that takes over the frame.
  case compiled(LoopCode)
}

/// Compiled code that continues a function at a loop: see ``LoopEntry``.
package struct LoopCode: Sendable {
  /// The address of the code.
  package var entry: UInt
  /// The address of the stub through which Swift enters it.
  package var enter: UInt

  package init(entry: UInt, enter: UInt) {
    self.entry = entry
    self.enter = enter
  }
}
