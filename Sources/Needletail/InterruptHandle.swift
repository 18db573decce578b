import WasmRuntime

/// Stops code that runs in a store, from any thread.
///
/// ```swift
/// let handle = store.interruptHandle
/// // On another thread, after a second:
/// handle.interrupt()
/// ```
public struct InterruptHandle: Sendable {
  private let interruption: Interruption

  init(_ interruption: Interruption) { self.interruption = interruption }

  /// Makes code that runs in the store, now or later, trap with `TrapCode.interrupted`, until ``reset()``: at its next loop iteration or
  /// call, within an instruction that takes long, or at once if it waits. A host function is not stopped; its caller traps soon after it
  /// returns.
  ///
  /// - Complexity: O(number of instances in the store).
  public func interrupt() { interruption.request() }

  /// Allows code to run in the store again.
  public func reset() { interruption.reset() }

  /// Whether ``interrupt()`` was called, and ``reset()`` was not called since.
  public var isInterrupted: Bool { interruption.reasons.contains(.request) }
}

extension Store {
  /// A handle with which other threads can stop the store's code.
  public var interruptHandle: InterruptHandle {
    state.interruption.expect()
    return InterruptHandle(state.interruption)
  }

  /// Whether the store's code may be told to stop: waits of host functions must then end soon after it is.
  package var mayBeInterrupted: Bool { state.interruption.isExpected }

  /// Whether the store's code is to stop.
  package var isInterrupted: Bool { state.interruption.isRequested }

  /// The trap that tells why the store's code is to stop.
  package var interruptionTrap: Trap { state.trap(.interrupted) }
}
