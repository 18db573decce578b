import Synchronization

/// The time of each pass, summed over functions.
package struct PassTimes: Sendable {
  private var durations: [Duration] = Array(repeating: .zero, count: PassName.allCases.count)
  /// The pass of each row.
  private static let names = PassName.allCases

  package init() {}

  mutating func add(_ duration: Duration, to pass: PassName) {
    durations[Self.names.firstIndex(of: pass)!] += duration
  }

  /// Adds the times of another thread.
  mutating func add(_ other: PassTimes) {
    for index in durations.indices { durations[index] += other.durations[index] }
  }

  /// The passes that ran, in their order.
  package var rows: [(name: String, duration: Duration)] {
    zip(Self.names, durations).filter { $0.1 > .zero }.map { ($0.0.rawValue, $0.1) }
  }
}

/// The times of all threads that compile a module.
package final class PassTimings: Sendable {
  private let total = Mutex(PassTimes())

  package init() {}

  func add(_ times: PassTimes?) {
    guard let times else { return }
    total.withLock { $0.add(times) }
  }

  package var times: PassTimes { total.withLock { $0 } }
}
