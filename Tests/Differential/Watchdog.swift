import Foundation
import Needletail
import Synchronization

/// Interrupts stores whose code runs too long. One thread serves the whole process; it watches one store at a time.
final class Watchdog: Sendable {
  static let shared = Watchdog()

  private struct Watch {
    var handle: InterruptHandle
    var deadline: ContinuousClock.Instant
  }

  private let watched = Mutex<Watch?>(nil)

  /// The precision of deadlines, in seconds.
  private static let interval = 0.005

  private init() {
    Thread.detachNewThread { [self] in
      while true {
        Thread.sleep(forTimeInterval: Self.interval)
        interruptIfLate()
      }
    }
  }

  private func interruptIfLate() {
    watched.withLock { watched in
      guard let watch = watched, watch.deadline <= .now else { return }
      watch.handle.interrupt()
    }
  }

  /// Runs `body`. After `milliseconds`, whatever runs in the store is interrupted again and again until `body` ends.
  func watch<R>(_ store: Store, milliseconds: Int, _ body: () throws -> R) rethrows -> R {
    let watch = Watch(handle: store.interruptHandle, deadline: .now + .milliseconds(milliseconds))
    watched.withLock { $0 = watch }
    defer { watched.withLock { $0 = nil } }
    return try body()
  }
}
