/// An exception outside of running code: on its way through Swift functions, from Wasm or into it.
///
/// (Errors have to be Sendable. This one belongs to its store, and with it to one thread at a time.)
package struct WasmException: Error, @unchecked Sendable {
  package let tag: TagInstance
  package let payload: [Slot]
  /// The Wasm frames that were active when it was thrown, innermost first; made when they are asked for. Nil if it has not been in
  /// Wasm yet.
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

/// An error of the embedding API's that is an exception for Wasm when a host function throws it.
package protocol WasmExceptionConvertible: Error {
  /// The exception; nil if it is none of this store's.
  ///
  /// Whoever asks sees to it that the collector knows how far the stack goes. References in the payload are kept by the heap's
  /// temporaries, which the caller removes when it has taken them.
  ///
  /// - Throws: `Trap` if the heap has no room for what is in the payload.
  func wasmException(in store: StoreState) throws -> WasmException?
}
