import WasmRuntime

/// Stops what runs in a store, from any thread.
///
/// ```swift
/// var configuration = Engine.Configuration()
/// configuration.isInterruptible = true
/// let store = try Store(Engine(configuration))
/// let handle = store.interruptHandle
/// // On another thread, after a second:
/// handle.interrupt()
/// ```
public struct InterruptHandle: Sendable {
  private let interruption: Interruption

  init(_ interruption: Interruption) { self.interruption = interruption }

  /// Makes what runs in the store, now or later, end by the trap "interrupted". What waits for a notification does so at once; what
  /// computes, at its next loop iteration or call, if the engine's configuration is `isInterruptible`; a host function when
  /// it returns.
  public func interrupt() { interruption.request() }

  /// Lets code run in the store again.
  public func reset() { interruption.reset() }

  public var isInterrupted: Bool { interruption.isRequested }
}

extension Store {
  /// What other threads stop the store's code with.
  public var interruptHandle: InterruptHandle { InterruptHandle(state.interruption) }
}
