import WasmRuntime
import WebAssembly

/// Compiles functions of a module, one after another, by the passes of ``Pipeline``.
///
/// Each compiling thread has its own, which keeps its memory between functions.
package struct FunctionCompiler<Target: Backend & ~Copyable>: ~Copyable {
  /// Functions with larger bodies take so much memory to compile that the compiler is replaced afterwards, which frees it.
  package static var smallBodyByteCount: Int { 32 << 10 }

  private let stages: [Pass.Stage]
  private let maximumBodyByteCount: Int
  private var frontEnd: FrontEnd
  private var inliner: Inliner
  private var graph = FunctionGraph()
  private var optimizer = Optimizer()
  private var backend: Target
  private var code = CompiledFunction()
  private var entry: LoopEntry?
  /// When compiling gives up; nil if its time is not limited.
  private var deadline: ContinuousClock.Instant?
  /// Nil unless passes are timed.
  private var times: PassTimes?
  /// Whether the function is given up, called before each pass.
  var stops: StopCheck?

  package init(_ facts: ModuleFacts, _ options: CompilerOptions, timesPasses: Bool = false) {
    stages = Pipeline.passes(at: options.level).map(\.stage)
    maximumBodyByteCount = options.maximumBodyByteCount
    frontEnd = FrontEnd(
      facts,
      FrontEndOptions(
        isDeterministic: options.isDeterministic, isInterruptible: options.isInterruptible, fuel: options.fuel))
    inliner = Inliner(facts, options.level)
    backend = Target(facts, options)
    times = timesPasses ? PassTimes() : nil
  }

  /// Compiles a function.
  ///
  /// - Parameters:
  ///   - function: its index among those that the module defines.
  ///   - entry: the loop at which the code begins; nil if it begins at the function's first instruction.
  /// - Throws: if the function exceeds a limit of the compiler, so that it must be interpreted.
  package mutating func compile(
    _ function: Int, at entry: LoopEntry? = nil
  ) throws(CompilationRefusal) -> CompiledFunction {
    self.entry = entry
    defer { self.entry = nil }
    guard frontEnd.facts.bodyByteCounts[function] <= maximumBodyByteCount else {
      throw CompilationRefusal(reason: "its body is larger than \(ByteCount.format(maximumBodyByteCount))")
    }
    try run(function, through: .emission)
    var result = CompiledFunction()
    swap(&result, &code)
    result.keepPositions(graph.inlinedPositions)
    return result
  }

  /// Compiles a function within a budget, if there is one.
  package mutating func compile(
    _ function: Int, at entry: LoopEntry? = nil, within budget: CompilationBudget?
  ) throws(CompilationRefusal) -> CompiledFunction {
    guard let budget else { return try compile(function, at: entry) }
    defer { deadline = nil }
    return try budget.spend { (end) throws(CompilationRefusal) in
      deadline = end
      return try compile(function, at: entry)
    }
  }

  /// Runs the passes up to the last one given.
  ///
  /// - Parameter observe: called with each well-formed graph.
  private mutating func run(
    _ function: Int, through last: PassName, _ observe: ((PassName, borrowing FunctionGraph) -> Void)? = nil
  ) throws(CompilationRefusal) {
    for pass in stages {
      if let deadline, ContinuousClock.now >= deadline { throw CompilationRefusal(reason: "compiling takes too long") }
      if let stops, stops() { throw CompilationRefusal(reason: "stopped") }
      let start = times == nil ? nil : ContinuousClock.now
      let hasRun = try run(pass.step, function)
      if let start { times?.add(start.duration(to: .now), to: pass.name) }
      if hasRun, pass.result == .graph {
        verify(after: pass.name)
        observe?(pass.name, graph)
      }
      if pass.name == last { break }
    }
  }

  /// - Returns: whether the step changed anything.
  private mutating func run(_ step: Pass.Step, _ function: Int) throws(CompilationRefusal) -> Bool {
    switch step {
    case .buildGraph:
      do {
        try frontEnd.build(function: function, at: entry, into: &graph)
      } catch {
        throw CompilationRefusal(reason: "\(error)")
      }
    case .inline: return inliner.run(&graph, &frontEnd)
    case .optimize, .optimizeIfNewEqualities: return optimizer.run(step, &graph)
    case .select: try backend.select(graph, optimizer.flow, optimizer.knownBits)
    case .allocateRegisters: try backend.allocateRegisters()
    case .emit: code = try backend.emit()
    }
    return true
  }

  /// Checks the graph in debug builds.
  private mutating func verify(after pass: PassName) {
    #if DEBUG
      var verifier = Verifier(frontEnd.facts)
      do throws(VerificationError) {
        try verifier.verify(graph)
      } catch {
        preconditionFailure("\(pass.rawValue) made an invalid graph: \(error)\n\(graph.printed())")
      }
    #endif
  }

  /// The time that each pass took; nil unless passes are timed.
  package var passTimes: PassTimes? { times }

  // MARK: For people and tests

  /// The function's graph as text, after each pass that leaves a well-formed one.
  mutating func graphs(
    _ function: Int, at entry: LoopEntry? = nil
  ) throws(CompilationRefusal) -> [(step: String, text: String)] {
    self.entry = entry
    defer { self.entry = nil }
    var stages: [(step: String, text: String)] = []
    try run(function, through: .secondValueNumbering) { pass, graph in
      stages.append((pass.rawValue, graph.printed(withSources: true)))
    }
    return stages
  }

  /// The function in machine instructions, before or after register allocation.
  mutating func listing(_ function: Int, allocated: Bool) throws(CompilationRefusal) -> String {
    try run(function, through: allocated ? .registerAllocation : .selection)
    return backend.listing
  }
}
