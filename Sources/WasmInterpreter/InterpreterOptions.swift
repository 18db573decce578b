/// What an interpreter does beyond what the standard asks for. Each costs instructions of its own in the code, and nothing if it is
/// off.
package struct InterpreterOptions: Hashable, Sendable {
  /// How it gets from one instruction to the next.
  package var dispatch: Dispatch
  /// Whether every NaN that an instruction makes is the canonical one, as in the standard's deterministic profile.
  package var isDeterministic: Bool
  /// Whether loops and functions look for a request to stop.
  package var isInterruptible: Bool

  package init(dispatch: Dispatch = .threaded, isDeterministic: Bool = false, isInterruptible: Bool = false) {
    self.dispatch = dispatch
    self.isDeterministic = isDeterministic
    self.isInterruptible = isInterruptible
  }
}
