import WasmRuntime

/// The options of the compiler.
package struct CompilerOptions: Hashable, Sendable {
  package var level: OptimizationLevel
  /// Whether every NaN that an instruction produces is canonical.
  package var isDeterministic: Bool
  /// Whether loops and function entries check for a request to stop.
  package var isInterruptible: Bool
  /// The processor features that code may use.
  package var processor: ProcessorFeatures
  /// Functions with larger bodies are interpreted.
  package var maximumBodyByteCount: Int
  /// Whether compiled functions have ``CompiledFunction/positions``.
  package var recordsPositions: Bool
  /// Whether every access to a memory is checked. Otherwise the reach of 32-bit addresses is reserved, and accesses outside fault.
  package var checksBounds: Bool
  /// What execution costs; nil if it is not counted.
  package var fuel: FuelCosts?

  package init(
    level: OptimizationLevel = .basic, isDeterministic: Bool = false, isInterruptible: Bool = false,
    maximumBodyByteCount: Int = .max,
    processor: ProcessorFeatures = .native, recordsPositions: Bool = false, checksBounds: Bool = false,
    fuel: FuelCosts? = nil
  ) {
    self.level = level
    self.isDeterministic = isDeterministic
    self.isInterruptible = isInterruptible
    self.maximumBodyByteCount = maximumBodyByteCount
    self.processor = processor
    self.recordsPositions = recordsPositions
    self.checksBounds = checksBounds
    self.fuel = fuel
  }
}
