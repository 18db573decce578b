import WasmRuntime
import WebAssembly

/// Copies the graph of a function from the library to the site of a call.
///
/// Parameters become the arguments, returns become edges to the code after the call, and tail calls become ordinary calls, since there is
/// no frame for them to replace. Exceptions of inlined calls go where those of the call went.
struct BodyCopier: ~Copyable {
  /// By value of the callee: its copy.
  private var values = FlatArray<Value>(minimumCapacity: 1 << 8)
  /// The values of the call's results: the call itself, or the `result`s after it.
  private var results = FlatArray<Value>()
  private var call = Instruction(operation: .call, type: .none)
  /// The index of the call site, and the facts about it.
  private var site = Value.none
  private var loopDepth: UInt32 = 0
  /// The call's exceptional edge, if it has one.
  private var landing: Edge?
  /// The block after the call.
  private var continuation = Block.none
  private var firstBlock = 0
  private var hasParameters = false
  private var callee = CalleeLibrary.Callee()
  /// The last position that was created, and its source.
  private var lastSource: UInt32 = 0
  private var lastPosition: UInt32 = 0

  init() {}

  /// Replaces a call by the body of its callee. O(size of the callee and of the rest of the call's block).
  mutating func inline(
    _ callee: CalleeLibrary.Callee, at site: Value, of library: borrowing CalleeLibrary, _ facts: ModuleFacts,
    into graph: inout FunctionGraph, _ loopDepths: inout FlatArray<UInt32>, _ loopDepth: UInt32
  ) {
    self.callee = callee
    self.site = site
    self.loopDepth = loopDepth
    call = graph[site]
    lastSource = 0
    values.reset(.none, count: callee.instructionCount)
    for index in 0..<callee.parameterCount { values[index] = graph.resolve(graph.list(site)[index]) }
    findResults(graph, facts)
    findLanding(graph)
    if callee.blockCount == 1, callee.returnCount == 1, !callee.hasCalls, landing == nil || !callee.mayThrow {
      copyStraight(library, &graph)
    } else {
      split(&graph)
      copyBlocks(library, facts, &graph, &loopDepths)
    }
  }

  // MARK: The call

  private mutating func findResults(_ graph: borrowing FunctionGraph, _ facts: ModuleFacts) {
    let count = Int(facts.signatures[Int(call.immediate)].results.count)
    if count == 1 { return results.reset(site, count: 1) }
    results.reset(.none, count: count)
    var next = call.next
    while graph[next].operation == .result {
      results[Int(graph[next].immediate)] = next
      next = graph[next].next
    }
  }

  /// The instruction after the call and its results.
  private func successor(_ graph: borrowing FunctionGraph) -> Value {
    var next = call.next
    while graph[next].operation == .result { next = graph[next].next }
    return next
  }

  private mutating func findLanding(_ graph: borrowing FunctionGraph) {
    let next = graph[successor(graph)]
    landing = next.operation == .tryJump ? Edge(Int(next.firstEdge) + 1) : nil
  }

  /// Replaces the block's end by a jump, if it is the `tryJump` of the call, which is gone.
  private func endWithoutException(_ graph: inout FunctionGraph) {
    let end = successor(graph)
    guard graph[end].operation == .tryJump else { return }
    graph[end].operation = .jump
    graph[end].edgeCount = 1
  }

  private func replaceResult(_ index: Int, with value: Value, _ graph: inout FunctionGraph) {
    let result = results[index]
    if !result.isNone { graph.replace(result, with: value) }
  }

  private func unlinkCall(_ graph: inout FunctionGraph) {
    var next = call.next
    while graph[next].operation == .result, graph[next].a == site {
      let following = graph[next].next
      graph.unlink(next)
      next = following
    }
    graph.unlink(site)
  }

  // MARK: Bodies with one block

  private mutating func copyStraight(_ library: borrowing CalleeLibrary, _ graph: inout FunctionGraph) {
    endWithoutException(&graph)
    let first = callee.parameterCount
    for index in first..<callee.instructionCount - 1 {
      let instruction = copy(index, library, &graph)
      values[index] = graph.insert(instruction, before: site)
    }
    let end = library.instructions[callee.firstInstruction + callee.instructionCount - 1]
    unlinkCall(&graph)
    for index in 0..<Int(end.listCount) {
      replaceResult(index, with: values[library.pool[Int(end.listStart) + index].index], &graph)
    }
  }

  // MARK: Bodies with several blocks

  /// Ends the call's block at the call. The rest becomes a separate block.
  private mutating func split(_ graph: inout FunctionGraph) {
    endWithoutException(&graph)
    let next = successor(graph)
    unlinkCall(&graph)
    let block = call.block
    continuation = graph.makeBlock()
    graph[continuation].isCold = graph[block].isCold
    graph.moveInstructions(from: next, of: block, to: continuation)
    hasParameters = callee.returnCount != 1
    if hasParameters {
      for index in results.indices where !results[index].isNone {
        let type = graph[results[index]].type
        replaceResult(index, with: graph.appendParameter(type, to: continuation), &graph)
      }
    }
    firstBlock = graph.blocks.count - 1
    for _ in 1..<max(callee.blockCount, 1) { _ = graph.makeBlock() }
  }

  /// The copy of a block of the callee; the first block's instructions are appended to the call's block.
  private func block(_ number: Int) -> Block { number == 0 ? call.block : Block(firstBlock + number) }

  private mutating func copyBlocks(
    _ library: borrowing CalleeLibrary, _ facts: ModuleFacts, _ graph: inout FunctionGraph,
    _ loopDepths: inout FlatArray<UInt32>
  ) {
    var next = 0
    let isCold = graph[call.block].isCold
    for number in 0..<callee.blockCount {
      let record = library.blocks[callee.firstBlock + number]
      let block = block(number)
      if number > 0 {
        graph[block].isCold = isCold || record.isCold
        for index in next..<next + Int(record.parameterCount) {
          values[index] = graph.appendParameter(library.instructions[callee.firstInstruction + index].type, to: block)
        }
      }
      next += Int(record.parameterCount)
      copyInstructions(
        next..<next + Int(record.instructionCount), to: block, depth: loopDepth + record.loopDepth, library, facts,
        &graph,
        &loopDepths)
      next += Int(record.instructionCount)
    }
  }

  private mutating func copyInstructions(
    _ range: Range<Int>, to block: Block, depth: UInt32, _ library: borrowing CalleeLibrary, _ facts: ModuleFacts,
    _ graph: inout FunctionGraph, _ loopDepths: inout FlatArray<UInt32>
  ) {
    var block = block
    var mayThrow = false
    for index in range {
      let original = library.instructions[callee.firstInstruction + index]
      // After a call and its results.
      if mayThrow, original.operation != .result {
        mayThrow = false
        if original.operation != .tryJump { block = catchExceptions(in: block, &graph) }
      }
      var instruction = copy(index, library, &graph)
      switch instruction.operation {
      case .return: copyReturn(original, from: block, library, &graph)
      case .tailCall, .tailCallReference:
        instruction.operation = instruction.operation == .tailCall ? .call : .callReference
        let value = callInsteadOfTail(instruction, in: block, facts, &graph, &loopDepths, depth)
        if landing != nil { block = catchExceptions(in: block, &graph) }
        finish(value, in: block, &graph)
      default:
        if original.edgeCount > 0 { instruction.firstEdge = copyEdges(original, library, &graph) }
        values[index] = graph.append(instruction, to: block)
        if original.operation == .call || original.operation == .callReference {
          graph.callSites.append(values[index])
          loopDepths.append(depth)
        }
        mayThrow = mayThrow || landing != nil && original.mayThrow
      }
    }
  }

  /// Ends a block after a call, whose exceptions go where those of the inlined call went; returns the next block.
  private func catchExceptions(in block: Block, _ graph: inout FunctionGraph) -> Block {
    guard let landing else { return block }
    let next = graph.makeBlock()
    graph[next].isCold = graph[block].isCold
    let normal = graph.makeEdge(to: next)
    _ = graph.makeEdge(copying: landing)
    graph.append(
      Instruction(operation: .tryJump, type: .none, firstEdge: normal.number, edgeCount: 2, source: call.source),
      to: block)
    return next
  }

  /// Continues after the inlined call.
  private mutating func copyReturn(
    _ original: Instruction, from block: Block, _ library: borrowing CalleeLibrary, _ graph: inout FunctionGraph
  ) {
    let edge = graph.makeEdge(to: continuation)
    for index in 0..<Int(original.listCount) where !results[index].isNone {
      let value = values[library.pool[Int(original.listStart) + index].index]
      if hasParameters { graph.appendArgument(value, to: edge) } else { replaceResult(index, with: value, &graph) }
    }
    appendJump(edge, to: block, &graph)
  }

  private func appendJump(_ edge: Edge, to block: Block, _ graph: inout FunctionGraph) {
    graph.append(
      Instruction(operation: .jump, type: .none, firstEdge: edge.number, edgeCount: 1, source: call.source), to: block)
  }

  // MARK: Tail calls

  /// Replaces a tail call by an ordinary call, since the inlined function has no frame.
  private func callInsteadOfTail(
    _ instruction: Instruction, in block: Block, _ facts: ModuleFacts, _ graph: inout FunctionGraph,
    _ loopDepths: inout FlatArray<UInt32>, _ depth: UInt32
  ) -> Value {
    var instruction = instruction
    instruction.source = call.source
    let types = facts.signatures[Int(instruction.immediate)].results
    if types.count == 1 { instruction.type = facts.type(types, 0) }
    let value = graph.append(instruction, to: block)
    graph.callSites.append(value)
    loopDepths.append(depth)
    if types.count > 1 {
      for index in 0..<Int(types.count) {
        graph.append(
          Instruction(operation: .result, type: facts.type(types, index), a: value, immediate: UInt64(index)), to: block
        )
      }
    }
    return value
  }

  /// Continues after the inlined call with the results of a call.
  private func finish(_ value: Value, in block: Block, _ graph: inout FunctionGraph) {
    let edge = graph.makeEdge(to: continuation)
    for index in results.indices where !results[index].isNone {
      // Several results follow the call, in order.
      let result = results.count == 1 ? value : Value(value.index + 1 + index)
      if hasParameters { graph.appendArgument(result, to: edge) } else { replaceResult(index, with: result, &graph) }
    }
    appendJump(edge, to: block, &graph)
  }

  // MARK: Instructions

  /// Copies an instruction of the callee, without its edges.
  private mutating func copy(
    _ index: Int, _ library: borrowing CalleeLibrary, _ graph: inout FunctionGraph
  ) -> Instruction {
    var instruction = library.instructions[callee.firstInstruction + index]
    if !instruction.a.isNone { instruction.a = values[instruction.a.index] }
    if !instruction.b.isNone { instruction.b = values[instruction.b.index] }
    if !instruction.c.isNone { instruction.c = values[instruction.c.index] }
    if instruction.listCount > 0, instruction.operation != .return {
      let start = UInt32(graph.pool.count)
      for place in instruction.listStart..<instruction.listStart + instruction.listCount {
        graph.pool.append(values[library.pool[place].index])
      }
      instruction.listStart = start
    } else if instruction.operation != .return {
      // A start in the callee's pool may be beyond the caller's.
      instruction.listStart = 0
    }
    if instruction.hasVectorHigh {
      graph.vectorHighs.append(library.vectorHighs[instruction.index])
      instruction.index = UInt32(graph.vectorHighs.count - 1)
    }
    if instruction.source != 0 { instruction.source = position(of: instruction.source, &graph) }
    return instruction
  }

  private func copyEdges(
    _ instruction: Instruction, _ library: borrowing CalleeLibrary, _ graph: inout FunctionGraph
  ) -> UInt32 {
    let first = UInt32(graph.edges.count)
    for offset in 0..<instruction.edgeCount {
      let original = library.edges[instruction.firstEdge + offset]
      var edge = FunctionGraph.EdgeRecord(target: block(original.target.index))
      edge.argumentStart = UInt32(graph.pool.count)
      edge.argumentCount = original.argumentCount
      for place in original.argumentStart..<original.argumentStart + original.argumentCount {
        graph.pool.append(values[library.pool[place].index])
      }
      graph.edges.append(edge)
    }
    return first
  }

  private mutating func position(of source: UInt32, _ graph: inout FunctionGraph) -> UInt32 {
    if source == lastSource { return lastPosition }
    lastSource = source
    lastPosition = InlinedPosition.position(graph.inlinedPositions.count)
    graph.inlinedPositions.append(InlinedPosition(offset: source, function: call.index, caller: call.source))
    return lastPosition
  }
}

extension FunctionGraph {
  /// Moves a block's instructions, from one of them on, to the end of another block. O(number of moved instructions).
  fileprivate mutating func moveInstructions(from first: Value, of source: Block, to target: Block) {
    let last = self[source].last
    let previous = self[first].previous
    self[source].last = previous
    if previous.isNone { self[source].first = .none } else { self[previous].next = .none }
    self[first].previous = .none
    self[target].first = first
    self[target].last = last
    var value = first
    while !value.isNone {
      self[value].block = target
      value = self[value].next
    }
  }

  /// An edge with the target and arguments of another.
  fileprivate mutating func makeEdge(copying edge: Edge) -> Edge {
    let new = makeEdge(to: self[edge].target)
    for index in 0..<Int(self[edge].argumentCount) { appendArgument(arguments(edge)[index], to: new) }
    return new
  }
}
