import NeedletailSystem
import Synchronization
import WasmRuntime
import WebAssembly

/// The outcome of each function of a module. Several threads write it, each for the functions that it compiles.
package struct CompiledFunctions: ~Copyable {
  package enum Outcome {
    case compiled(CompiledFunction)
    case refused(String)
  }

  fileprivate let outcomes: UnsafeMutablePointer<Outcome>
  package let count: Int

  fileprivate init(count: Int) {
    self.count = count
    outcomes = .allocate(capacity: max(count, 1))
    outcomes.initialize(repeating: .refused("it was not compiled"), count: count)
  }

  deinit {
    outcomes.deinitialize(count: count)
    outcomes.deallocate()
  }

  package subscript(index: Int) -> Outcome { outcomes[index] }
}

/// Compiles all functions of a module, on several threads.
package enum ModuleCompiler {
  /// Compiles each function.
  ///
  /// - Parameters:
  ///   - threadCount: the largest number of threads that compile at the same time.
  ///   - timings: receives the time of each pass.
  ///   - budget: limits the time; if it is exhausted, the rest is not compiled.
  ///   - progress: see ``CompilationProgress``.
  ///   - stops: whether to end early, without the rest of the functions. Called on several threads.
  package static func compile(
    _ image: ModuleImage, _ options: CompilerOptions, threadCount: Int, timings: PassTimings? = nil,
    budget: CompilationBudget? = nil, progress: ((Double) -> Void)? = nil, stops: StopCheck? = nil
  ) -> CompiledFunctions {
    let functions = image.module.functions
    let compiled = CompiledFunctions(count: functions.count)
    let work = Work(image, options, compiled.outcomes, count: functions.count, timings, budget, stops)
    // A thread takes longer to start than some hundred small functions take to compile.
    let codeByteCount = image.module.codeSection?.count ?? 0
    let wanted = min(threadCount, 1 + codeByteCount / bytesPerThread)
    let others = (1..<max(wanted, 1)).compactMap { _ in NativeThread { work.run() } }
    if let progress {
      let clock = ContinuousClock()
      var reports = CompilationProgress(total: codeByteCount, start: clock.now)
      work.run { done in
        if let fraction = reports.fraction(done: done, now: clock.now) { progress(fraction) }
      }
      for thread in others { thread.join() }
      if reports.hasBegun { progress(1) }
    } else {
      work.run()
      for thread in others { thread.join() }
    }
    return compiled
  }

  private static let bytesPerThread = 16 << 10

  /// Functions that wait for compilation. (`@unchecked Sendable`: each outcome is written by the thread that took its index.)
  private final class Work: @unchecked Sendable {
    private let image: ModuleImage
    private let options: CompilerOptions
    private let outcomes: UnsafeMutablePointer<CompiledFunctions.Outcome>
    private let count: Int
    private let facts: ModuleFacts
    private let gauge: MemoryGauge
    private let timings: PassTimings?
    private let budget: CompilationBudget?
    private let stops: StopCheck?
    private let next = Atomic<Int>(0)
    /// The bytes of bodies compiled so far.
    private let doneByteCount = Atomic<Int>(0)

    init(
      _ image: ModuleImage, _ options: CompilerOptions, _ outcomes: UnsafeMutablePointer<CompiledFunctions.Outcome>,
      count: Int, _ timings: PassTimings?, _ budget: CompilationBudget?, _ stops: StopCheck?
    ) {
      self.image = image
      self.options = options
      facts = ModuleFacts(image, checksBounds: options.checksBounds)
      gauge = MemoryGauge(FrontEnd.maximumMemoryLimit(in: image))
      self.outcomes = outcomes
      self.count = count
      self.timings = timings
      self.budget = budget
      self.stops = stops
    }

    /// - Parameter report: receives the bytes of bodies compiled so far, after each function.
    func run(_ report: ((Int) -> Void)? = nil) {
      var compiler = makeCompiler()
      defer { timings?.add(compiler.passTimes) }
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < count, budget?.isExhausted != true else { return }
        if let stops, stops() { return }
        let byteCount = image.module.functions[index].body.count
        if byteCount <= FunctionCompiler<NativeBackend>.smallBodyByteCount {
          outcomes[index] = outcome(of: index, &compiler)
        } else {
          let memory = FrontEnd.memoryLimit(bodyByteCount: byteCount, in: image)
          gauge.take(memory)
          compiler.stops = stops
          outcomes[index] = outcome(of: index, &compiler)
          timings?.add(compiler.passTimes)
          // Frees its memory before another thread takes as much.
          compiler = makeCompiler()
          gauge.giveBack(memory)
        }
        let done = doneByteCount.add(byteCount, ordering: .relaxed).newValue
        report?(done)
      }
    }

    private func makeCompiler() -> FunctionCompiler<NativeBackend> {
      FunctionCompiler(facts, options, timesPasses: timings != nil)
    }

    private func outcome(of index: Int, _ compiler: inout FunctionCompiler<NativeBackend>) -> CompiledFunctions.Outcome
    {
      do throws(CompilationRefusal) {
        return .compiled(try compiler.compile(index, within: budget))
      } catch {
        return .refused(error.reason)
      }
    }
  }
}

/// Limits the memory of threads that compile large functions at the same time. (`@unchecked Sendable`: the lock protects all mutable
/// state.)
private final class MemoryGauge: @unchecked Sendable {
  private var free: Int
  private let lock = NativeLock()
  private let condition = NativeCondition()

  init(_ byteCount: Int) { free = byteCount }

  /// Waits until this many bytes, or all if it is more, are free, and takes them.
  func take(_ byteCount: Int) {
    lock.withLock {
      while free < byteCount { condition.wait(lock) }
      free -= byteCount
    }
  }

  func giveBack(_ byteCount: Int) {
    lock.withLock { free += byteCount }
    condition.broadcast()
  }
}

/// Throttles progress reports: ten per second, after the first second.
struct CompilationProgress {
  private let total: Int
  private var next: ContinuousClock.Instant
  /// Whether anything was reported.
  private(set) var hasBegun = false

  init(total: Int, start: ContinuousClock.Instant) {
    self.total = max(total, 1)
    next = start + .seconds(1)
  }

  /// The fraction to report now; nil if none is due.
  mutating func fraction(done: Int, now: ContinuousClock.Instant) -> Double? {
    guard now >= next else { return nil }
    next = now + .milliseconds(100)
    hasBegun = true
    return min(Double(done) / Double(total), 1)
  }
}
