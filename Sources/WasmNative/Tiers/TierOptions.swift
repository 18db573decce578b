import WasmCompiler

/// When functions are compiled while the interpreter runs them.
///
/// Compiling a byte of a function's body takes about as long as interpreting it some hundred times. So the number of calls does not depend
/// on the size, as long as a call executes about the same part of the body. Large functions execute a small part of it, and get more time.
package struct TierOptions: Hashable, Sendable {
  /// The number of calls after which a small function is compiled.
  package let calls: Int32
  /// The number of iterations of a loop after which a small function is compiled; and, if the loop still runs in the interpreter after
  /// that many more, the code that continues it.
  package let iterations: Int32
  /// Whether the thread that finds a function hot compiles it, instead of another thread.
  package let compilesAtOnce: Bool
  package var level = OptimizationLevel.basic
  /// Another thread waits for a random time up to this before it compiles a function: so tests change engines at many places.
  package var maximumDelay = Duration.zero

  package init() { self.init(calls: 200) }

  /// - Parameter calls: the number of calls after which a function is compiled; with 0, it is compiled at its first call, which waits for
  ///   it. The number of iterations is 12 times as large, since an iteration is usually a small part of its function.
  package init(calls: Int32) {
    self.init(
      calls: max(calls, 1), iterations: calls > Int32.max / 12 ? .max : max(12 * calls, 1), compilesAtOnce: calls == 0)
  }

  /// - Precondition: the numbers are at least 1.
  package init(calls: Int32, iterations: Int32, compilesAtOnce: Bool) {
    precondition(calls > 0 && iterations > 0)
    self.calls = calls
    self.iterations = iterations
    self.compilesAtOnce = compilesAtOnce
  }

  /// The options for a module that has run before. It will probably run again, so what is compiled now pays more than once.
  var forKnownModule: TierOptions {
    func fewer(_ count: Int32) -> Int32 { count == .max ? count : max(count / 10, 1) }
    var options = TierOptions(
      calls: fewer(calls), iterations: fewer(iterations), compilesAtOnce: compilesAtOnce)
    options.level = level
    options.maximumDelay = maximumDelay
    return options
  }

  /// The factor by which a function with a large body must be hotter.
  static func weight(ofBody byteCount: Int) -> Double { 1 + Double(byteCount) / 4096 }

  /// The time for which a loop may run in the interpreter, however few its iterations are.
  static func patience(forBody byteCount: Int) -> Duration { .milliseconds(10) + .nanoseconds(1500 * byteCount) }
}
