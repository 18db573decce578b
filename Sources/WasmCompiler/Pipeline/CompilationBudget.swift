import Synchronization

/// The time that compiling the functions of a module may take, of all threads together.
///
/// It is checked before each function and each pass, so it can be exceeded by the time of one pass in each thread.
package final class CompilationBudget: Sendable {
  private let nanoseconds: Int64
  private let spent = Atomic<Int64>(0)

  /// - Parameter limit: the time, not negative.
  package init(_ limit: Duration) { nanoseconds = limit.nanoseconds }

  /// The time in nanoseconds.
  package var limit: UInt64 { UInt64(nanoseconds) }

  /// The time that was spent, in nanoseconds.
  package var spentNanoseconds: UInt64 { UInt64(spent.load(ordering: .relaxed)) }

  /// Whether nothing is left.
  package var isExhausted: Bool { spent.load(ordering: .relaxed) >= nanoseconds }

  /// Why a function is not compiled.
  package var reason: String { "compiling takes longer than \(Duration.nanoseconds(nanoseconds))" }

  /// Compiles something within what is left, and counts the time.
  ///
  /// - Parameter body: receives the time at which it must give up, with a `CompilationRefusal`.
  /// - Throws: `CompilationRefusal` if nothing is left; the error of `body`.
  package func spend<R>(
    _ body: (ContinuousClock.Instant) throws(CompilationRefusal) -> R
  ) throws(CompilationRefusal) -> R {
    let left = nanoseconds - spent.load(ordering: .relaxed)
    guard left > 0 else { throw CompilationRefusal(reason: reason) }
    let start = ContinuousClock.now
    defer { spent.add(max(start.duration(to: .now).nanoseconds, 1), ordering: .relaxed) }
    return try body(start + .nanoseconds(left))
  }
}

extension Duration {
  /// The duration in nanoseconds; at most a century.
  fileprivate var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return max(min(seconds, 3_000_000_000), 0) * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
