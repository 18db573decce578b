import WasmRuntime

/// Features of compiled code beyond the standard.
struct FrontEndOptions: Hashable, Sendable {
  /// Whether every NaN that an instruction produces is canonical, as in the standard's deterministic profile.
  var isDeterministic = false
  /// Whether loops and functions check for a request to stop.
  var isInterruptible = false
  /// What execution costs; nil if it is not counted.
  var fuel: FuelCosts?
}
