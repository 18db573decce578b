/// An exception that passes through Swift functions, out of Wasm or into it.
///
/// (`@unchecked Sendable`: errors must be Sendable. This one belongs to its store, and so to one thread at a time.)
package struct WasmException: Error, @unchecked Sendable {
  package let tag: TagInstance
  package let payload: [Slot]
  /// Computes the Wasm frames that were active when it was thrown, innermost first. Nil if it has not been thrown in Wasm yet.
  package let backtrace: (() -> [Trap.Frame])?

  package init(tag: TagInstance, payload: [Slot], backtrace: (() -> [Trap.Frame])?) {
    self.tag = tag
    self.payload = payload
    self.backtrace = backtrace
  }
}

extension WasmException: WasmExceptionConvertible {
  package func wasmException(in store: StoreState) -> WasmException? {
    store.heap.temporaries += payload
    return self
  }
}

/// An error of the embedding API that Wasm sees as an exception if a host function throws it.
package protocol WasmExceptionConvertible: Error {
  /// The exception; nil if it does not belong to this store.
  ///
  /// The caller must have set the top of the stack for the collector. References in the payload are kept in the heap's temporaries, which
  /// the caller removes when it has stored them.
  ///
  /// - Throws: `Trap` if the heap has no room for the payload.
  func wasmException(in store: StoreState) throws -> WasmException?
}
