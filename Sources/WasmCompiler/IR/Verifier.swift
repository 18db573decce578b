import WasmRuntime
import WebAssembly

/// An error in a graph, with its location.
struct VerificationError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

/// Checks that a graph is well formed: each use is dominated by its definition and has the required type, edges pass the arguments that
/// their targets take, and blocks end in terminators. For tests, and for changing a pass.
struct Verifier: ~Copyable {
  private var flow = ControlFlow()
  /// By value: its position in its block, if it is in one.
  private var order = FlatArray<UInt32>()
  private static let nowhere = UInt32.max

  /// The facts about the module; without them calls are not checked.
  let facts: ModuleFacts?

  init(_ facts: ModuleFacts? = nil) { self.facts = facts }

  mutating func verify(_ graph: borrowing FunctionGraph) throws(VerificationError) {
    guard graph.blocks.count > 0 else { throw VerificationError("no entry block") }
    try checkStructure(graph)
    flow.compute(graph)
    for block in flow.order.elements { try checkBlock(block, graph) }
  }

  // MARK: Structure

  /// Checks that lists are doubly linked, blocks end in terminators, and edges lead to blocks.
  private mutating func checkStructure(_ graph: borrowing FunctionGraph) throws(VerificationError) {
    order.reset(Self.nowhere, count: graph.instructions.count)
    for edge in graph.edges.indices where graph.edges[edge].target.index >= graph.blocks.count {
      throw VerificationError("edge \(edge) leads to no block")
    }
    for index in graph.blocks.indices {
      let block = Block(index)
      for (place, parameter) in graph.parameters(block).enumerated() {
        guard parameter.index < graph.instructions.count, graph[parameter].operation == .parameter,
          graph[parameter].block == block, Int(graph[parameter].index) == place
        else { throw VerificationError("v\(parameter.number) is no parameter of block\(index)") }
        order[parameter.number] = 0
      }
      try checkList(block, graph)
    }
  }

  private mutating func checkList(_ block: Block, _ graph: borrowing FunctionGraph) throws(VerificationError) {
    var previous = Value.none
    var value = graph[block].first
    var place: UInt32 = 1
    while !value.isNone {
      let instruction = graph[value]
      guard instruction.block == block, instruction.previous == previous else {
        throw VerificationError("v\(value.number) is linked wrongly in block\(block.number)")
      }
      guard instruction.operation.isTerminator == instruction.next.isNone else {
        throw VerificationError(
          "block\(block.number) has v\(value.number) as \(instruction.next.isNone ? "last" : "inner")")
      }
      order[value.number] = place
      place += 1
      previous = value
      value = instruction.next
    }
    guard graph[block].last == previous else { throw VerificationError("block\(block.number) ends elsewhere") }
  }

  // MARK: Instructions

  private func checkBlock(_ block: Block, _ graph: borrowing FunctionGraph) throws(VerificationError) {
    guard !graph[block].last.isNone else { throw VerificationError("block\(block.number) is reached and empty") }
    if block == .entry, !flow.predecessors(block).isEmpty { throw VerificationError("an edge leads to the entry") }
    var value = graph[block].first
    while !value.isNone {
      try checkOperands(value, graph)
      try checkTypes(value, graph)
      value = graph[value].next
    }
    for index in graph.successors(block) { try checkEdge(Edge(index), from: block, graph) }
    try checkExceptionalEdges(block, graph)
  }

  private func checkOperands(_ value: Value, _ graph: borrowing FunctionGraph) throws(VerificationError) {
    let instruction = graph[value]
    for operand in [instruction.a, instruction.b, instruction.c] where !operand.isNone {
      try checkUse(of: operand, by: value, graph)
    }
    guard Int(instruction.listStart) + Int(instruction.listCount) <= graph.pool.count else {
      throw VerificationError("v\(value.number) has a list that is not in the pool")
    }
    for operand in graph.list(value) { try checkUse(of: operand, by: value, graph) }
  }

  private func checkUse(
    of operand: Value, by user: Value, _ graph: borrowing FunctionGraph
  ) throws(VerificationError) {
    guard operand.index < graph.instructions.count else {
      throw VerificationError("v\(user.number) uses v\(operand.number), which is no value")
    }
    let definition = graph.resolve(operand)
    guard graph[definition].type != .none || graph[user].operation == .result, order[definition.number] != Self.nowhere
    else {
      throw VerificationError("v\(user.number) uses v\(operand.number), which has no value")
    }
    let (from, to) = (graph[definition].block, graph[user].block)
    guard flow.isReachable(from), from == to ? order[definition.number] < order[user.number] : flow.dominates(from, to)
    else { throw VerificationError("v\(user.number) uses v\(operand.number), whose definition does not dominate it") }
  }

  private func checkEdge(
    _ edge: Edge, from block: Block, _ graph: borrowing FunctionGraph
  ) throws(VerificationError) {
    let target = graph[edge].target
    let parameters = graph.parameters(target)
    let arguments = graph.arguments(edge)
    guard parameters.count == arguments.count else {
      throw VerificationError(
        "the edge from block\(block.number) to block\(target.number): expected \(parameters.count) arguments, found \(arguments.count)"
      )
    }
    for (parameter, argument) in zip(parameters, arguments) {
      try checkUse(of: argument, by: graph[block].last, graph)
      guard graph[graph.resolve(argument)].type == graph[parameter].type else {
        throw VerificationError(
          "the edge from block\(block.number) to block\(target.number): argument v\(argument.number) for v\(parameter.number): expected \(graph[parameter].type), found \(graph[graph.resolve(argument)].type)"
        )
      }
    }
  }

  /// Checks blocks that receive an exception: all their edges must be exceptional; these follow calls, and cannot pass the call's results.
  private func checkExceptionalEdges(_ block: Block, _ graph: borrowing FunctionGraph) throws(VerificationError) {
    let first = graph[block].first
    if graph[first].operation == .caughtException {
      for edge in flow.predecessors(block) {
        let last = graph[graph[flow.source[edge.index]].last]
        guard last.operation == .tryJump, last.firstEdge + 1 == edge.number else {
          throw VerificationError("block\(block.number) catches an exception, and is reached by another edge")
        }
      }
    }
    let last = graph[block].last
    guard graph[last].operation == .tryJump else { return }
    var call = graph[last].previous
    while !call.isNone, graph[call].operation == .result { call = graph[call].previous }
    guard !call.isNone, graph[call].operation.isCall else {
      throw VerificationError("block\(block.number) ends in try_jump without a call")
    }
    let landing = Edge(Int(graph[last].firstEdge) + 1)
    guard graph[graph[graph[landing].target].first].operation == .caughtException else {
      throw VerificationError("block\(graph[landing].target.number) does not begin with the exception")
    }
    for argument in graph.arguments(landing) {
      let value = graph.resolve(argument)
      guard graph[value].block != block || order[value.number] < order[call.number] else {
        throw VerificationError("v\(argument.number) is undefined if v\(call.number) throws")
      }
    }
  }
}
