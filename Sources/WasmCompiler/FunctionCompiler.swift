import WasmRuntime
import WebAssembly

/// Compiles functions of a module, one after the other: front end, passes, selection, register allocation, emission.
///
/// Each thread that compiles has one of its own, which keeps its memory from one function to the next.
struct FunctionCompiler: ~Copyable {
  /// Compiling a function with a larger body takes so much memory that it is given back afterwards.
  static let smallBodyByteCount = 32 << 10

  private let level: OptimizationLevel
  private let maximumBodyByteCount: Int
  private var frontEnd: FrontEnd
  private var inliner: Inliner
  private var graph = FunctionGraph()
  private var optimizer = Optimizer()
  private var selector: Selector
  private var allocator: RegisterAllocator
  private var emitter: Emitter

  init(_ facts: ModuleFacts, _ options: CompilerOptions) {
    level = options.level
    maximumBodyByteCount = options.maximumBodyByteCount
    let isDeterministic = options.isDeterministic
    frontEnd = FrontEnd(
      facts, FrontEndOptions(isDeterministic: isDeterministic, isInterruptible: options.isInterruptible))
    inliner = Inliner(facts, level)
    let isOptimizing = options.level != .none
    selector = Selector(features: options.processor, facts: facts, isOptimizing: isOptimizing)
    allocator = RegisterAllocator(RegisterConvention.registerFile, isOptimizing: isOptimizing)
    emitter = Emitter(
      features: options.processor, isOptimizing: isOptimizing, recordsPositions: options.recordsPositions)
  }

  /// Compiles a function.
  ///
  /// - Parameter function: its index among those that the module defines.
  /// - Throws: if it is to be interpreted.
  mutating func compile(_ function: Int) throws(CompilationRefusal) -> CompiledFunction {
    guard frontEnd.facts.bodyByteCounts[function] <= maximumBodyByteCount else {
      throw CompilationRefusal(reason: "its body is larger than \(maximumBodyByteCount) bytes")
    }
    try select(function)
    do {
      try allocator.allocate(&selector.machine)
    } catch {
      throw CompilationRefusal(reason: "\(error)")
    }
    verifyAllocation()
    emitter.emit(selector.machine, selector.cases, selector.vectorConstants)
    guard !emitter.isTooLarge else {
      throw CompilationRefusal(reason: "its code is larger than \(LinkedCode.maximumByteCount) bytes")
    }
    var function = emitter.makeFunction()
    function.keepPositions(graph.inlinedPositions)
    return function
  }

  /// The steps up to selection.
  private mutating func select(_ function: Int) throws(CompilationRefusal) {
    do {
      try frontEnd.build(function: function, into: &graph)
    } catch {
      throw CompilationRefusal(reason: "\(error)")
    }
    let facts = frontEnd.facts
    Self.verify(graph, after: "the front end", facts)
    if inliner.run(&graph, &frontEnd) { Self.verify(graph, after: "inlining", facts) }
    optimizer.run(&graph, level: level) { pass, graph in Self.verify(graph, after: pass, facts) }
    selector.select(graph, optimizer.flow, optimizer.knownBits)
    if let offset = selector.misfit { throw CompilationRefusal(reason: "an offset of \(offset) is too large") }
  }

  /// Checks a graph, in builds for debugging.
  private static func verify(_ graph: borrowing FunctionGraph, after step: StaticString, _ facts: ModuleFacts) {
    #if DEBUG
      var verifier = Verifier(facts)
      do throws(VerificationError) {
        try verifier.verify(graph)
      } catch {
        preconditionFailure("\(step) made an invalid graph: \(error)\n\(graph.printed())")
      }
    #endif
  }

  /// Checks registers and spill slots, in builds for fuzzing: the checker takes longer than the compiler.
  private func verifyAllocation() {
    #if FUZZING
      var checker = AllocationChecker(RegisterConvention.registerFile)
      checker.check(selector.machine)
      guard checker.problems.isEmpty else {
        preconditionFailure("invalid register allocation: \(checker.problems)\n\(selector.machine.listing)")
      }
    #endif
  }

  /// The function's graph as text, as the front end makes it and as each pass leaves it.
  mutating func graphs(_ function: Int) throws(CompilationRefusal) -> [(step: String, text: String)] {
    do {
      try frontEnd.build(function: function, into: &graph)
    } catch {
      throw CompilationRefusal(reason: "\(error)")
    }
    var stages = [(step: "front end", text: graph.printed(withSources: true))]
    if inliner.run(&graph, &frontEnd) { stages.append(("inlining", graph.printed(withSources: true))) }
    optimizer.run(&graph, level: level) { pass, graph in
      stages.append(("\(pass)", graph.printed(withSources: true)))
    }
    return stages
  }

  /// The function in machine instructions, before registers are allocated or with them: for tests and people.
  mutating func listing(_ function: Int, allocated: Bool) throws(CompilationRefusal) -> String {
    try select(function)
    if allocated {
      do {
        try allocator.allocate(&selector.machine)
      } catch {
        throw CompilationRefusal(reason: "\(error)")
      }
    }
    return selector.machine.listing
  }
}
