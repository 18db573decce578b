import WasmRuntime

/// Stops code that runs in a store, from any thread.
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

  /// Makes code that runs in the store, now or later, trap with "interrupted". Code that waits for a notification traps at once; running
  /// code traps at its next loop iteration or call if the engine's configuration is `isInterruptible`; a host function's caller traps
  /// when the function returns.
  public func interrupt() { interruption.request() }

  /// Allows code to run in the store again.
  public func reset() { interruption.reset() }

  /// Whether ``interrupt()`` was called, and ``reset()`` was not called since.
  public var isInterrupted: Bool { interruption.isRequested }
}

extension Store {
  /// A handle with which other threads can stop the store's code.
  public var interruptHandle: InterruptHandle { InterruptHandle(state.interruption) }
}
