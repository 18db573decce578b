import Foundation
import Synchronization

/// Sends signals to the calling thread, one per millisecond, to interrupt its system calls.
final class SignalStorm: Sendable {
  private static let received = Atomic(0)
  private let done = DispatchSemaphore(value: 0)
  private let receivedBefore: Int

  init() {
    receivedBefore = Self.received.load(ordering: .sequentiallyConsistent)
    var action = sigaction()
    #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = { _ in _ = SignalStorm.received.wrappingAdd(1, ordering: .relaxed) }
    #else
      action.__sigaction_handler.sa_handler = { _ in _ = SignalStorm.received.wrappingAdd(1, ordering: .relaxed) }
    #endif
    // Without SA_RESTART, system calls end with EINTR.
    sigaction(SIGUSR1, &action, nil)
    // Tests run on Dispatch threads, which block all signals.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGUSR1)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Sends twenty signals while the caller continues, then calls `last`.
  func run(_ last: @escaping @Sendable () -> Void) {
    let target = pthread_self()
    DispatchQueue.global().async { [self] in
      for _ in 0..<20 {
        usleep(1000)
        pthread_kill(target, SIGUSR1)
      }
      last()
      done.signal()
    }
  }

  /// Waits until all signals were sent; returns how many have arrived.
  func finish() -> Int {
    done.wait()
    return Self.received.load(ordering: .sequentiallyConsistent) - receivedBefore
  }
}
