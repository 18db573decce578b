import NeedletailSystem
import Synchronization
import WebAssembly

/// Checks the function bodies of a module, on several threads if there is enough code.
///
/// Threads take runs of functions in order. After an error no later run is started, but all earlier runs are finished, so that the
/// reported error is always the first.
final class CodeValidator: Sendable {
  private let module: Module
  private let context: ModuleContext
  /// Ranges of the functions that the module defines, of about ``runSize`` bytes of code each.
  private let runs: [Range<Int>]
  private let stops: StopCheck?
  private let nextRun = Atomic(0)
  private let failure = Mutex<(run: Int, error: LoadingError)?>(nil)
  /// The first run with an error, or `Int.max`.
  private let failedRun = Atomic(Int.max)

  /// The bytes of code that justify another thread.
  private static let runSize = 32 << 10

  init(_ module: Module, _ context: ModuleContext, _ stops: StopCheck? = nil) {
    self.module = module
    self.stops = stops
    self.context = context
    runs = Self.runs(of: module)
  }

  private static func runs(of module: Module) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var first = 0
    var size = 0
    for (index, function) in module.functions.enumerated() {
      size += function.body.count
      if size >= runSize {
        runs.append(first..<index + 1)
        first = index + 1
        size = 0
      }
    }
    if first < module.functions.count { runs.append(first..<module.functions.count) }
    return runs
  }

  /// Checks all bodies. Throws the first error.
  func validate(threadCount: Int) throws(LoadingError) {
    // Starting a thread pays off if it has several runs.
    let threadCount = max(min(threadCount, runs.count / 4), 1)
    NativeThread.runConcurrently(threadCount: threadCount) { [self] in validateRuns() }
    if let error = failure.withLock({ $0?.error }) { throw error }
  }

  /// Checks some bodies, given by index among those that the module defines.
  func validate(_ functions: [Int]) throws(LoadingError) {
    var validator = FunctionValidator(context)
    for (count, index) in functions.enumerated() {
      if count & 0xFF == 0, let stops, stops() { throw .stopped }
      try validate(index..<index + 1, with: &validator)
    }
  }

  /// Checks runs until none is left.
  private func validateRuns() {
    var validator = FunctionValidator(context)
    while true {
      let run = nextRun.wrappingAdd(1, ordering: .relaxed).oldValue
      guard run < runs.count, run < failedRun.load(ordering: .relaxed) else { return }
      do throws(LoadingError) {
        if let stops, stops() { throw .stopped }
        try validate(runs[run], with: &validator)
      } catch {
        report(error, in: run)
      }
    }
  }

  private func validate(_ run: Range<Int>, with validator: inout FunctionValidator) throws(LoadingError) {
    for index in run {
      let function = UInt32(module.importedFunctions.count + index)
      try validator.validate(function: function, body: module.functions[index].body)
    }
  }

  private func report(_ error: LoadingError, in run: Int) {
    failure.withLock { failure in
      if let failure, failure.run <= run { return }
      failure = (run, error)
      failedRun.store(run, ordering: .relaxed)
    }
  }
}
