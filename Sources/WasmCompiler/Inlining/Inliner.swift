import WasmRuntime
import WebAssembly

/// Replaces calls by the bodies of their callees: those that an ``InliningPolicy`` selects, in the order of their expected benefit, as
/// long as the function may grow.
///
/// Calls through references to known functions become direct calls. One inliner serves all functions that a thread compiles, and keeps
/// its memory and the graphs of callees between functions.
struct Inliner: ~Copyable {
  private let facts: ModuleFacts
  private let policy: InliningPolicy
  private var library: CalleeLibrary
  private var copier = BodyCopier()
  private var flow = ControlFlow()
  /// By index of a call site: the number of loops that contain it.
  private var loopDepths = FlatArray<UInt32>()
  private var candidates = FlatArray<Candidate>()

  /// A call that may be inlined. (Not private: the compiler would generate a module interface that it rejects.)
  struct Candidate: BitwiseCopyable {
    var call: Value
    var callee: UInt32
    var loopDepth: UInt32
    /// Calls with a higher priority come first.
    var priority: Int32
  }

  init(_ facts: ModuleFacts, _ level: OptimizationLevel) {
    self.facts = facts
    policy = InliningPolicy(level)
    library = CalleeLibrary(functionCount: facts.bodyByteCounts.count)
  }

  /// Inlines calls that are worth it, in a graph whose call sites are known.
  ///
  /// - Returns: whether any was inlined.
  mutating func run(_ graph: inout FunctionGraph, _ frontEnd: inout FrontEnd) -> Bool {
    guard policy.maximumDepth > 0 else { return false }
    for site in graph.callSites.elements { makeDirect(site, &graph) }
    guard graph.callSites.elements.contains(where: { isEligible($0, graph) }) else { return false }
    library.forgetIfLarge()
    findLoops(graph)
    var room = policy.growth(of: graph.instructions.count, isInterpreter: isInterpreter(graph))
    var first = 0
    var hasChanged = false
    for _ in 0..<policy.maximumDepth {
      let end = graph.callSites.count
      collect(first..<end, graph)
      for index in candidates.indices {
        guard let size = inline(candidates[index], room, &graph, &frontEnd) else { continue }
        room -= size
        hasChanged = true
      }
      // Next, the calls in the inlined bodies.
      first = end
      if first == graph.callSites.count { break }
    }
    return hasChanged
  }

  /// Computes the loop depths of calls, if the policy depends on them.
  private mutating func findLoops(_ graph: borrowing FunctionGraph) {
    loopDepths.reset(0, count: graph.callSites.count)
    guard policy.dependsOnLoops else { return }
    flow.computeOrderAndLoops(graph)
    for (index, site) in graph.callSites.elements.enumerated() {
      let block = graph[site].block
      if !block.isNone { loopDepths[index] = flow.loopDepth(block) }
    }
  }

  private func isInterpreter(_ graph: borrowing FunctionGraph) -> Bool {
    guard policy.dependsOnLoops else { return false }
    for block in flow.order.elements where flow.loopDepth(block) > 0 {
      let end = graph[graph[block].last]
      if end.operation == .switch, end.edgeCount >= InliningPolicy.minimumDispatchWays { return true }
    }
    return false
  }

  // MARK: Candidates

  /// Whether a call, which may have been removed, calls a function that is small enough for a closer look.
  private func isEligible(_ call: Value, _ graph: borrowing FunctionGraph) -> Bool {
    let instruction = graph[call]
    guard instruction.operation == .call, !instruction.block.isNone else { return false }
    return facts.bodyByteCounts[instruction.index - facts.importedFunctionCount] <= policy.maximumBodyByteCount
  }

  private mutating func collect(_ sites: Range<Int>, _ graph: borrowing FunctionGraph) {
    candidates.removeAll()
    // From a block's end to its beginning, so that the code after a call is moved once.
    for index in sites.reversed() where isEligible(graph.callSites[index], graph) {
      let call = graph.callSites[index]
      let callee = graph[call].index
      let block = graph[call].block
      guard !graph[block].isCold, mayNest(callee, in: graph[call].source, graph) else { continue }
      // Calls in inner loops first, and among them small callees first.
      let byteCount = facts.bodyByteCounts[callee - facts.importedFunctionCount]
      candidates.append(
        Candidate(
          call: call, callee: callee, loopDepth: loopDepths[index],
          priority: Int32(min(loopDepths[index], 0x3FFF)) << 16 - Int32(min(byteCount, 0xFFFF))))
    }
    guard policy.dependsOnLoops else { return }
    var elements = candidates.elements
    elements.sort { ($0.priority, $1.call.number) > ($1.priority, $0.call.number) }
  }

  /// Whether a function may be inlined at a call that is itself inlined: limits the depth and the recursion.
  private func mayNest(_ callee: UInt32, in position: UInt32, _ graph: borrowing FunctionGraph) -> Bool {
    var position = position
    var depth = 0
    var recursion = callee == graph.functionIndex ? 1 : 0
    while let index = InlinedPosition.index(of: position) {
      depth += 1
      if graph.inlinedPositions[index].function == callee { recursion += 1 }
      position = graph.inlinedPositions[index].caller
    }
    return depth < policy.maximumDepth && recursion <= policy.maximumRecursion
  }

  private mutating func inline(
    _ candidate: Candidate, _ room: Int, _ graph: inout FunctionGraph, _ frontEnd: inout FrontEnd
  ) -> Int? {
    let largest = policy.maximumSize(loopDepth: .max, constantCount: 4)
    let function = Int(candidate.callee - facts.importedFunctionCount)
    guard let callee = library.find(function, maximumSize: largest, &frontEnd), callee.instructionCount <= room,
      policy.allowsCalls || !callee.hasCalls
    else { return nil }
    let constants = graph.list(candidate.call).count { graph[graph.resolve($0)].operation == .constant }
    guard callee.size <= policy.maximumSize(loopDepth: Int(candidate.loopDepth), constantCount: min(constants, 4))
    else {
      return nil
    }
    copier.inline(callee, at: candidate.call, of: library, facts, into: &graph, &loopDepths, candidate.loopDepth)
    return callee.instructionCount
  }

  // MARK: References

  /// Replaces a call through a reference to a known function of the module by a direct call.
  ///
  /// Only if the function has the type that the call expects: a failed cast passes on the same value, so the function may have any type
  /// where the call is unreachable. Arguments and results are those of the call's type.
  private func makeDirect(_ call: Value, _ graph: inout FunctionGraph) {
    guard graph[call].operation == .callReference, let function = knownFunction(graph.resolve(graph[call].a), graph),
      facts.isSubtype(facts.functionTypes[function], of: UInt32(graph[call].immediate))
    else { return }
    graph[call].operation = .call
    graph[call].a = .none
    graph[call].index = function
    graph[call].immediate = UInt64(facts.functionTypes[function])
  }

  /// The function of the module that a reference always refers to, because it was loaded from the context's list of functions.
  private func knownFunction(_ reference: Value, _ graph: borrowing FunctionGraph) -> UInt32? {
    guard let function = graph.functionIndex(ofReference: reference) else { return nil }
    return function >= facts.importedFunctionCount ? function : nil
  }
}

extension FunctionGraph {
  /// The index of the function that a reference always refers to, because it was loaded from the context's list of functions.
  func functionIndex(ofReference reference: Value) -> UInt32? {
    let load = self[reference]
    guard load.operation == .load, load.opcode == .i64Load, load.region == .constant, load.b.isNone else { return nil }
    let list = self[resolve(load.a)]
    guard list.operation == .load, list.region == .constant, list.b.isNone,
      list.immediate == UInt64(FieldOffsets.shared.instance.functions),
      self[resolve(list.a)].operation == .context
    else { return nil }
    return UInt32(load.immediate / 8)
  }
}
