import NeedletailSystem
import Synchronization
import WasmCompiler
import WasmRuntime
import WebAssembly

/// Compiles the functions of a module that are used often, while the interpreter runs the others.
///
/// A function is compiled when it was called often, or when one of its loops ran often. If that loop is still running in the interpreter
/// after that, code that continues it is compiled as well: see ``LoopEntry``.
///
/// (`@unchecked Sendable`: the locks protect all mutable state.)
package final class TierCompiler: TierPolicy, @unchecked Sendable {
  /// What can be compiled.
  enum Target: Hashable, Sendable {
    /// A function, by its index among those that the module defines.
    case function(Int)
    /// The code that continues a function at the loop with an offset in the binary.
    case loop(UInt32, Int)
  }

  private enum Progress {
    /// Not used enough yet: the calls or iterations so far, and the time of the first note.
    case cold(Int, since: ContinuousClock.Instant)
    case waiting
    case compiled
    case continuing(LoopCode)
    case refused
  }

  private struct State {
    /// The targets that the interpreter has noted.
    var progress: [Target: Progress] = [:]
    var native: NativeModule?
    /// Whether everything that is cold stays in the interpreter: there is no memory for code or no more time to compile, or an instance
    /// cannot use it.
    var isClosed = false
    /// The size of the functions that were compiled since the code was last kept, in bytes of Wasm.
    var newByteCount = 0
  }

  private let image: ModuleImage
  private let engine: NativeEngine
  private let queue: CompilationQueue
  private let budget: CompilationBudget?
  /// Changes only in ``restore(_:in:)``, before any function runs.
  private nonisolated(unsafe) var options: TierOptions
  private let state = Mutex(State())
  /// Receives the code for the next process that runs the module; nil if it is not kept.
  private let keeper: (@Sendable (PartialCode) -> Void)?

  /// The facts that compiling needs, created for the first function.
  private final class Workshop: @unchecked Sendable {
    let facts: ModuleFacts
    var compiler: FunctionCompiler<NativeBackend>

    init(_ image: ModuleImage, _ options: CompilerOptions) {
      facts = ModuleFacts(image, checksBounds: options.checksBounds)
      compiler = FunctionCompiler(facts, options)
    }
  }
  /// One for each thread that compiles functions of this module at the moment, at most; and one that is kept.
  private let workshops = Mutex<[Workshop]>([])

  /// - Parameter keeper: receives the code of hot functions, at the end or at ``keep()``.
  package init(
    _ image: ModuleImage, _ tiers: Tiers, keeper: (@Sendable (PartialCode) -> Void)? = nil
  ) {
    self.image = image
    engine = tiers.engine
    budget = tiers.engine.makeBudget()
    queue = tiers.queue
    options = tiers.options
    self.keeper = keeper
  }

  deinit { keep() }

  /// The number of functions, and of loops at which they are continued, that are compiled.
  package var compiledCounts: (functions: Int, loops: Int) {
    state.withLock { state in
      var counts = (functions: 0, loops: 0)
      for progress in state.progress.values {
        switch progress {
        case .compiled: counts.functions += 1
        case .continuing: counts.loops += 1
        case .cold, .waiting, .refused: break
        }
      }
      return counts
    }
  }

  // MARK: Keeping code

  /// Keeps the code of hot functions, if compiling the new ones took longer than writing all takes.
  ///
  /// - Complexity: O(size of the module and its code).
  package func keep() {
    guard let keeper else { return }
    let (code, profile) = state.withLock { state -> (GrowingCode?, [ArtifactFormat.ProfileRow]) in
      guard state.newByteCount * Self.writtenPerCompiled >= image.module.trailingCustomSectionsStart else {
        return (nil, [])
      }
      state.newByteCount = 0
      return (state.native?.growingCode, Self.profile(of: state))
    }
    guard let code else { return }
    let (bytes, tables) = code.copy()
    keeper(PartialCode(code: bytes, tables: tables, profile: profile))
  }

  /// The number of bytes that are written in the time in which one byte of Wasm is compiled.
  private static let writtenPerCompiled = 100
  /// The number of bytes of Wasm that are compiled in the time that each function takes besides.
  private static let functionByteCount = 64

  private static func profile(of state: State) -> [ArtifactFormat.ProfileRow] {
    var rows: [ArtifactFormat.ProfileRow] = []
    for case (.function(let index), let progress) in state.progress {
      let calls: UInt32
      switch progress {
      case .cold(let count, _): calls = UInt32(clamping: min(count, Int(UInt32.max) - 1))
      case .waiting: calls = .max
      case .compiled, .continuing, .refused: continue
      }
      rows.append(ArtifactFormat.ProfileRow(function: UInt32(index), calls: calls))
    }
    return rows.sorted { $0.function < $1.function }
  }

  /// Publishes the code that an earlier process kept, before any function runs, and compiles what it wanted to compile next.
  ///
  /// - Throws: if the code cannot be used; then everything starts in the interpreter.
  package func restore(_ kept: ArtifactReader, in functions: ModuleFunctions) throws(ArtifactError) {
    try engine.check(kept.options)
    options = options.forKnownModule
    guard image.module.functions.count == kept.tables.functions.count else {
      throw .altered(part: ArtifactFormat.Section.functions.name)
    }
    let module = try GrowingCode.makeModule(image, kept, quota: engine.quota, profile: engine.profile)
    let now = ContinuousClock.now
    state.withLock { state in
      state.native = module
      for refusal in kept.tables.refusals { state.progress[.function(refusal.function)] = .refused }
      for row in kept.profile {
        state.progress[.function(Int(row.function))] = row.calls == .max ? .waiting : .cold(Int(row.calls), since: now)
      }
      for index in kept.tables.order { state.progress[.function(Int(index))] = .compiled }
    }
    for index in kept.tables.order {
      let function = kept.tables.functions[Int(index)]
      functions.publish(
        compiledCodeOf: Int(index), entry: module.address(function.start), enter: module.address(function.stub))
    }
    for row in kept.profile where row.calls == .max && !kept.tables.functions[Int(row.function)].isCompiled {
      queue.add(
        CompilationQueue.Job(functions: functions, compiler: self, target: .function(Int(row.function))))
    }
  }

  // MARK: Policy

  /// The number of bytes that the interpreter executes between two notes, at most, if each call or iteration executes the whole body.
  private static let largestInterval = 4 << 20

  package func firstInterval(ofFunction function: Int) -> (calls: Int32, iterations: Int32) {
    let largest = largestInterval(ofFunction: function)
    return (min(options.calls, largest), min(options.iterations, largest))
  }

  private func largestInterval(ofFunction function: Int) -> Int32 {
    Int32(max(Self.largestInterval / max(bodyByteCount(function), 1), 1))
  }

  package func stayInterpreted() -> Bool {
    state.withLock { state in
      let isInterpreted = state.progress.values.allSatisfy { progress in
        switch progress {
        case .cold, .refused: true
        case .waiting, .compiled, .continuing: false
        }
      }
      if isInterpreted { state.isClosed = true }
      return isInterpreted
    }
  }

  private func bodyByteCount(_ function: Int) -> Int { image.module.functions[function].body.count }

  package func noteCall(of function: Int, in functions: ModuleFunctions) -> CallContinuation {
    let interval = firstInterval(ofFunction: function).calls
    switch note(.function(function), Int(interval), of: Int(options.calls), patience: nil, in: functions) {
    case .compiled: return .compiled
    case .refused: return .interpreted(.max)
    case .cold, .waiting, .continuing: return .interpreted(interval)
    }
  }

  /// A loop first needs the function's own code: later calls use that, and often the loop ends soon.
  package func noteIteration(ofLoop loop: UInt32, in function: Int, of functions: ModuleFunctions) -> LoopContinuation {
    let interval = firstInterval(ofFunction: function).iterations
    let longest = largestInterval(ofFunction: function)
    let patience = TierOptions.patience(forBody: bodyByteCount(function))
    for target in [Target.function(function), .loop(loop, function)] {
      switch note(target, Int(interval), of: Int(options.iterations), patience: patience, in: functions) {
      case .compiled: continue
      case .continuing(let code): return .compiled(code)
      case .refused: return .interpreted(longest)
      case .cold, .waiting: return .interpreted(interval)
      }
    }
    return .interpreted(interval)
  }

  /// Notes that a target was used, and begins to compile it if that was often enough.
  ///
  /// - Parameters:
  ///   - count: the number of calls or iterations since the last note.
  ///   - wanted: the number of them after which a small function is compiled.
  ///   - patience: the time since the first note after which it is compiled in any case; nil for no limit.
  private func note(
    _ target: Target, _ count: Int, of wanted: Int, patience: Duration?, in functions: ModuleFunctions
  ) -> Progress {
    let now = ContinuousClock.now
    let byteCount = bodyByteCount(target.function)
    let isQueueFull = !options.compilesAtOnce && queue.isFull
    let (progress, begins) = state.withLock { state -> (Progress, Bool) in
      var (total, start) = (count, now)
      switch state.progress[target] {
      case nil: break
      case .cold(let before, let since): (total, start) = (before &+ count, since)
      case .some(let progress): return (progress, false)
      }
      let isHot =
        !isQueueFull
        && (Double(total) >= Double(wanted) * TierOptions.weight(ofBody: byteCount)
          || options.compilesAtOnce && total >= wanted
          || patience.map { start.duration(to: now) >= $0 } ?? false)
      let progress: Progress = isHot ? state.isClosed ? .refused : .waiting : .cold(total, since: start)
      state.progress[target] = progress
      return (progress, isHot && !state.isClosed)
    }
    guard begins else {
      if case .waiting = progress { queue.warm(self, target) }
      return progress
    }
    if options.compilesAtOnce {
      compile(target, of: functions)
      return state.withLock { $0.progress[target] } ?? .refused
    }
    queue.add(CompilationQueue.Job(functions: functions, compiler: self, target: target))
    return progress
  }

  // MARK: Compiling

  /// Waits for a random time: see ``TierOptions/maximumDelay``.
  func delay() {
    guard options.maximumDelay > .zero else { return }
    NativeThread.sleep(for: options.maximumDelay * Double.random(in: 0...1))
  }

  /// Compiles a target and publishes its code. On any thread.
  func compile(_ target: Target, of functions: ModuleFunctions) {
    let workshop = workshops.withLock { $0.popLast() } ?? Workshop(image, engine.options)
    let result: Progress
    do throws(CompilationRefusal) {
      let module = try nativeModule(functions)
      switch target {
      case .function(let index): result = try compile(index, module, functions, workshop)
      case .loop(let loop, let index): result = try compile(loop, in: index, module, functions, workshop)
      }
    } catch {
      result = .refused
    }
    state.withLock { state in
      state.progress[target] = result
      if budget?.isExhausted == true { state.isClosed = true }
      if case .compiled = result { state.newByteCount += bodyByteCount(target.function) + Self.functionByteCount }
    }
    let isSmall =
      image.module.functions[target.function].body.count <= FunctionCompiler<NativeBackend>.smallBodyByteCount
    if isSmall { workshops.withLock { if $0.isEmpty { $0.append(workshop) } } }
  }

  private func compile(
    _ index: Int, _ module: NativeModule, _ functions: ModuleFunctions, _ workshop: Workshop
  ) throws(CompilationRefusal) -> Progress {
    guard let code = module.growingCode else { preconditionFailure("code of tiers grows") }
    do throws(CompilationRefusal) {
      if let start = try code.add(workshop.compiler.compile(index, within: budget), index, in: module) {
        functions.publish(compiledCodeOf: index, entry: start, enter: module.address(code.enter(index)))
      }
    } catch {
      _ = code.refuse(index)
      throw error
    }
    return .compiled
  }

  private func compile(
    _ loop: UInt32, in index: Int, _ module: NativeModule, _ functions: ModuleFunctions, _ workshop: Workshop
  ) throws(CompilationRefusal) -> Progress {
    guard let code = module.growingCode else { preconditionFailure("code of tiers grows") }
    guard let entry = functions.interpreter.entry(atLoop: loop, inFunction: index, of: functions) else {
      throw CompilationRefusal(reason: "the loop has no entry")
    }
    return .continuing(
      try code.add(loop: workshop.compiler.compile(index, at: entry, within: budget), of: index, in: module))
  }

  /// The module's code, created for the first function.
  private func nativeModule(_ functions: ModuleFunctions) throws(CompilationRefusal) -> NativeModule {
    if let native = state.withLock({ $0.native }) { return native }
    let made: NativeModule
    do throws(CodeMemoryError) {
      made = try GrowingCode.makeModule(image, nil, quota: engine.quota, profile: engine.profile)
    } catch {
      state.withLock { $0.isClosed = true }
      throw CompilationRefusal(reason: "\(error)")
    }
    return state.withLock { state in
      if let native = state.native { return native }
      state.native = made
      return made
    }
  }
}

extension TierCompiler.Target {
  fileprivate var function: Int {
    switch self {
    case .function(let index), .loop(_, let index): index
    }
  }
}
