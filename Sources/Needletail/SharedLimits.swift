import WasmRuntime

/// Limits on several stores and shared memories together, such as those of all threads of a program.
package struct SharedLimits: Sendable {
  let ledger: ResourceLedger

  package init(_ limits: Store.Limits, for engine: Engine) {
    ledger = ResourceLedger(
      limits, poisonsUnusedMemory: engine.configuration.heap.poisonsUnusedMemory,
      refusalLog: engine.configuration.refusalLog)
  }
}
