import WasmRuntime

/// Features of an interpreter beyond the standard. Each adds instructions to the code, and costs nothing if it is off.
package struct InterpreterOptions: Hashable, Sendable {
  /// How it dispatches instructions.
  package var dispatch: Dispatch
  /// Whether every NaN that an instruction produces is canonical, as in the standard's deterministic profile.
  package var isDeterministic: Bool
  /// Whether loops and functions check for a request to stop.
  package var isInterruptible: Bool
  /// What execution costs; nil if it is not counted.
  package var fuel: FuelCosts?

  package init(
    dispatch: Dispatch = .threaded, isDeterministic: Bool = false, isInterruptible: Bool = false, fuel: FuelCosts? = nil
  ) {
    self.dispatch = dispatch
    self.isDeterministic = isDeterministic
    self.isInterruptible = isInterruptible
    self.fuel = fuel
  }
}
