import WasmRuntime

/// Limits on several stores and shared memories together, such as those of all threads of a program.
package struct SharedLimits: Sendable {
  let ledger: ResourceLedger
  /// The size of each store's stack.
  let stackByteCount: Int

  package init(_ limits: Store.Limits, for engine: Engine) {
    stackByteCount = limits.stackByteCount ?? engine.configuration.maximumStackSize
    ledger = ResourceLedger(
      limits, parent: engine.ledger, poisonsUnusedMemory: engine.configuration.heap.poisonsUnusedMemory,
      refusalLog: engine.configuration.refusalLog)
  }
}
