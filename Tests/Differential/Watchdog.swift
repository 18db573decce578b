import Foundation
import Needletail
import Synchronization

/// Interrupts a store whose code runs for too long. One thread serves the whole process; it watches one store at a time.
final class Watchdog: Sendable {
  static let shared = Watchdog()

  private struct Watch {
    var handle: InterruptHandle
    var deadline: ContinuousClock.Instant
  }

  private let watched = Mutex<Watch?>(nil)

  /// How exact deadlines are, in seconds.
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
      watched = nil
    }
  }

  /// Runs `body`, and interrupts the code of a store if that takes longer than so many milliseconds.
  func watch<R>(_ store: Store, milliseconds: Int, _ body: () throws -> R) rethrows -> R {
    let watch = Watch(handle: store.interruptHandle, deadline: .now + .milliseconds(milliseconds))
    watched.withLock { $0 = watch }
    defer { watched.withLock { $0 = nil } }
    return try body()
  }
}
