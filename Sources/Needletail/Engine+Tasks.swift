import NeedletailSystem
import Synchronization
import WasmRuntime
import WebAssembly

extension Engine {
  /// Runs `body` with a new store on a thread of its own, and suspends the current task meanwhile. If the task is cancelled, the code that
  /// runs in the store is stopped.
  ///
  /// Code that computes would hold a thread of Swift's cooperative pool, of which there are as many as processors.
  ///
  /// ```swift
  /// let answer = try await engine.withStore { store in
  ///   store.deadline = .now + .seconds(1)
  ///   let add = try prepared.instantiate(in: store).function("add")!
  ///   return try add.typed(Int32.self, Int32.self, returning: Int32.self)(40, 2)
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - limits: the limits of the store.
  ///   - body: receives the store; it must not keep it.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws; `CancellationError` if the task was cancelled and code was stopped by that; `LimitExceeded` if there is
  ///   no address space for the stack, or no thread.
  public func withStore<R: Sendable>(
    limits: Store.Limits = Store.Limits(), _ body: @escaping @Sendable (Store) throws -> R
  ) async throws -> R {
    let cancellation = Cancellation()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let byteCount =
          VirtualMemory.roundedUpToPages(
            min(limits.stackByteCount ?? configuration.maximumStackSize, 1 << 56)) + 1 << 20
        let thread = NativeThread(stackByteCount: byteCount) { [self] in
          continuation.resume(with: Result { try run(body, limits, cancellation) })
        }
        guard let thread else {
          return continuation.resume(
            throwing: LimitExceeded(
              systemRefused: .threads, requested: 1, "the system cannot create a thread for the store"))
        }
        thread.detach()
      }
    } onCancel: {
      cancellation.cancel()
    }
  }

  private func run<R>(_ body: (Store) throws -> R, _ limits: Store.Limits, _ cancellation: Cancellation) throws -> R {
    let store = try Store(self, limits: limits)
    cancellation.attach(store.interruptHandle)
    do {
      return try body(store)
    } catch let trap as Trap where trap.code == .interrupted && cancellation.isRequested {
      throw CancellationError()
    }
  }
}

/// The cancellation of a task that runs a store.
private final class Cancellation: Sendable {
  private let state = Mutex<(handle: InterruptHandle?, isRequested: Bool)>((nil, false))

  var isRequested: Bool { state.withLock { $0.isRequested } }

  func cancel() {
    let handle = state.withLock { state in
      state.isRequested = true
      return state.handle
    }
    handle?.interrupt()
  }

  func attach(_ handle: InterruptHandle) {
    let isRequested = state.withLock { state in
      state.handle = handle
      return state.isRequested
    }
    if isRequested { handle.interrupt() }
  }
}
