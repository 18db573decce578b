import WasmRuntime
import WebAssembly

// Fuel: exact limits on how much code runs. The unit is that of ``FuelCosts``.

extension Store {
  /// The fuel that is left. Code that would cost more traps with ``TrapCode/outOfFuel``, and then none is left.
  ///
  /// A store begins with none. Host functions can read and change it while their caller waits. The largest amount is 2⁶³ - 1; larger ones
  /// are reduced to it. In an engine without ``Engine/Configuration/fuel`` it has no effect.
  ///
  /// ```swift
  /// var configuration = Engine.Configuration()
  /// configuration.fuel = FuelCosts()
  /// let store = try Store(Engine(configuration))
  /// store.fuel = 1_000_000
  /// ```
  public var fuel: UInt64 {
    get { UInt64(max(0, state.context.pointee.fuel)) }
    set { state.context.pointee.fuel = Int64(clamping: newValue) }
  }
}
