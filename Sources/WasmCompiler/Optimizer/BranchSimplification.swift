import WebAssembly

// Branches on known conditions become jumps; edges to blocks that only jump are threaded to the final target; and a block is merged with
// its single successor if it is that successor's only predecessor.

extension Optimizer {
  /// Updates ``flow``, and empties unreachable blocks.
  mutating func simplifyBranches(_ graph: inout FunctionGraph) {
    var hasChanged = false
    for block in flow.order.elements {
      if decide(block, &graph) { hasChanged = true }
      if threadEdges(of: block, &graph) { hasChanged = true }
    }
    if hasChanged { flow.compute(graph) }
    hasChanged = false
    for index in flow.order.indices where absorbSuccessors(of: flow.order[index], &graph) { hasChanged = true }
    if hasChanged { flow.compute(graph) }
    for block in graph.blocks.indices where !flow.isReachable(Block(block)) {
      graph.blocks[block] = FunctionGraph.BlockRecord()
    }
  }

  /// Replaces a branch on a constant, or with two equal edges, by a jump. Returns whether it did.
  private mutating func decide(_ block: Block, _ graph: inout FunctionGraph) -> Bool {
    let end = graph[block].last
    let (firstEdge, edgeCount) = (graph[end].firstEdge, graph[end].edgeCount)
    var edge: UInt32
    switch graph[end].operation {
    case .branch:
      if let constant = graph.constant(graph.resolve(graph[end].a)) {
        edge = firstEdge + (constant != 0 ? 0 : 1)
      } else if areEqual(firstEdge, firstEdge + 1, graph) {
        edge = firstEdge
      } else {
        return false
      }
    case .switch:
      if edgeCount == 1 {
        edge = firstEdge
      } else if let constant = graph.constant(graph.resolve(graph[end].a)) {
        edge = firstEdge + UInt32(min(constant, UInt64(edgeCount - 1)))
      } else {
        return false
      }
    default: return false
    }
    hasNewEqualities = true
    graph[end].operation = .jump
    graph[end].a = .none
    graph[end].firstEdge = edge
    graph[end].edgeCount = 1
    return true
  }

  private mutating func areEqual(_ x: UInt32, _ y: UInt32, _ graph: borrowing FunctionGraph) -> Bool {
    let (x, y) = (Edge(Int(x)), Edge(Int(y)))
    return graph[x].target == graph[y].target
      && zip(graph.arguments(x), graph.arguments(y)).allSatisfy { graph.resolve($0) == graph.resolve($1) }
  }

  /// Redirects edges past blocks that only jump. Returns whether any was redirected.
  private mutating func threadEdges(of block: Block, _ graph: inout FunctionGraph) -> Bool {
    guard graph[graph[block].last].operation != .tryJump else { return false }
    var hasChanged = false
    for edge in graph.successors(block) {
      // A cycle of such blocks is an endless loop: stop after a few.
      for _ in 0..<8 {
        let target = graph.edges[edge].target
        let end = graph[target].first
        guard target != block, graph[target].parameterCount == 0, !end.isNone, graph[end].operation == .jump else {
          break
        }
        let next = graph.edges[graph[end].firstEdge]
        // Loop headers keep their preheader.
        guard next.target != target, !flow.isLoopHeader(next.target) else { break }
        graph.edges[edge] = next
        hasChanged = true
        if next.argumentCount > 0 {
          // An argument list belongs to one edge.
          graph.edges[edge].argumentStart = UInt32(graph.pool.count)
          for place in 0..<next.argumentCount { graph.pool.append(graph.pool[next.argumentStart + place]) }
        }
      }
    }
    return hasChanged
  }

  /// Returns whether there were any.
  private mutating func absorbSuccessors(of block: Block, _ graph: inout FunctionGraph) -> Bool {
    var hasChanged = false
    while true {
      let end = graph[block].last
      // A merged block is empty.
      guard !end.isNone, graph[end].operation == .jump else { return hasChanged }
      let edge = Edge(Int(graph[end].firstEdge))
      let target = graph[edge].target
      guard target != block, target != .entry, flow.predecessors(target).count == 1 else { return hasChanged }
      hasChanged = true
      for (parameter, argument) in zip(graph.parameters(target), graph.arguments(edge)) {
        if graph[parameter].operation == .parameter { graph.replace(parameter, with: argument) }
      }
      graph.unlink(end)
      graph.moveInstructions(of: target, to: block)
    }
  }
}

extension FunctionGraph {
  /// Appends the instructions of a block to another. O(number of moved instructions).
  fileprivate mutating func moveInstructions(of source: Block, to target: Block) {
    let (first, last) = (self[source].first, self[source].last)
    var value = first
    while !value.isNone {
      self[value].block = target
      value = self[value].next
    }
    let end = self[target].last
    self[first].previous = end
    if end.isNone { self[target].first = first } else { self[end].next = first }
    self[target].last = last
    self[source].first = .none
    self[source].last = .none
    self[source].parameterCount = 0
    self[target].isCold = self[target].isCold && self[source].isCold
  }
}
