import Synchronization
import WasmRuntime
import WebAssembly

/// What became of each function of a module. Threads write it, each the functions that it compiled.
struct CompiledFunctions: ~Copyable {
  enum Outcome {
    case compiled(CompiledFunction)
    case refused(String)
  }

  fileprivate let outcomes: UnsafeMutablePointer<Outcome>
  let count: Int

  fileprivate init(count: Int) {
    self.count = count
    outcomes = .allocate(capacity: max(count, 1))
    outcomes.initialize(repeating: .refused("it was not compiled"), count: count)
  }

  deinit {
    outcomes.deinitialize(count: count)
    outcomes.deallocate()
  }

  subscript(index: Int) -> Outcome { outcomes[index] }
}

/// Compiles all functions of a module, on several threads.
enum ModuleCompiler {
  static func compile(
    _ image: ModuleImage, _ options: CompilerOptions, threadCount: Int, quota: CodeQuota,
    profile: CodeProfile? = nil, progress: ((Double) -> Void)? = nil
  ) throws(CodeMemoryError) -> NativeModule {
    let compiled = compileFunctions(image, options, threadCount: threadCount, progress: progress)
    let linked = try CodeLinker.link(image, compiled)
    let memory = try CodeMemory(byteCount: linked.byteCount, quota: quota) { base in
      CodeLinker.write(image, compiled, linked, to: base)
    }
    guard let profile else {
      // All functions on their own take much more memory than together.
      _ = consume compiled
      return NativeModule(image, memory, byteCount: linked.byteCount, CodeTables(linked))
    }
    let module = NativeModule(image, memory, byteCount: linked.byteCount, CodeTables(linked))
    profile.add(module) { function in
      guard case .compiled(let code) = compiled[function] else { return nil }
      return code.positions
    }
    return module
  }

  /// The functions' code, each on its own.
  ///
  /// - Parameter progress: see ``CompilationProgress``.
  static func compileFunctions(
    _ image: ModuleImage, _ options: CompilerOptions, threadCount: Int, progress: ((Double) -> Void)? = nil
  ) -> CompiledFunctions {
    let functions = image.module.functions
    let compiled = CompiledFunctions(count: functions.count)
    let work = Work(image, options, compiled.outcomes, count: functions.count)
    // A thread takes longer to start than some hundred small functions to compile.
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

  /// Functions that wait for being compiled. (Unchecked Sendable: each outcome is written by the one thread that took its number.)
  private final class Work: @unchecked Sendable {
    private let image: ModuleImage
    private let options: CompilerOptions
    private let outcomes: UnsafeMutablePointer<CompiledFunctions.Outcome>
    private let count: Int
    private let facts: ModuleFacts
    private let gauge: MemoryGauge
    private let next = Atomic<Int>(0)
    /// How many bytes of bodies are compiled.
    private let doneByteCount = Atomic<Int>(0)

    init(
      _ image: ModuleImage, _ options: CompilerOptions, _ outcomes: UnsafeMutablePointer<CompiledFunctions.Outcome>,
      count: Int
    ) {
      self.image = image
      self.options = options
      facts = ModuleFacts(image)
      gauge = MemoryGauge(FrontEnd.maximumMemoryLimit(in: image))
      self.outcomes = outcomes
      self.count = count
    }

    /// - Parameter report: gets how many bytes of bodies are compiled, after each function.
    func run(_ report: ((Int) -> Void)? = nil) {
      var compiler = FunctionCompiler(facts, options)
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        let byteCount = image.module.functions[index].body.count
        if byteCount <= FunctionCompiler.smallBodyByteCount {
          outcomes[index] = outcome(of: index, &compiler)
        } else {
          let memory = FrontEnd.memoryLimit(bodyByteCount: byteCount, in: image)
          gauge.take(memory)
          outcomes[index] = outcome(of: index, &compiler)
          // What it needed is given back before another thread takes as much.
          compiler = FunctionCompiler(facts, options)
          gauge.giveBack(memory)
        }
        let done = doneByteCount.add(byteCount, ordering: .relaxed).newValue
        report?(done)
      }
    }

    private func outcome(of index: Int, _ compiler: inout FunctionCompiler) -> CompiledFunctions.Outcome {
      do throws(CompilationRefusal) {
        return .compiled(try compiler.compile(index))
      } catch {
        return .refused(error.reason)
      }
    }
  }
}

/// Lets threads compile large functions at the same time only as far as memory for them allows. (Unchecked Sendable: what changes is guarded
/// by the lock.)
private final class MemoryGauge: @unchecked Sendable {
  private var free: Int
  private let lock = NativeLock()
  private let condition = NativeCondition()

  init(_ byteCount: Int) { free = byteCount }

  /// Waits until so many bytes, at most all, are free, and takes them.
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

/// When to say how much of a module is compiled: ten times a second, once it has taken a second.
struct CompilationProgress {
  private let total: Int
  private var next: ContinuousClock.Instant
  /// Whether anything was said.
  private(set) var hasBegun = false

  init(total: Int, start: ContinuousClock.Instant) {
    self.total = max(total, 1)
    next = start + .seconds(1)
  }

  /// What to say now, as a part of 1; nil if nothing.
  mutating func fraction(done: Int, now: ContinuousClock.Instant) -> Double? {
    guard now >= next else { return nil }
    next = now + .milliseconds(100)
    hasBegun = true
    return min(Double(done) / Double(total), 1)
  }
}
