import WebAssembly

/// The layout of blocks in the code, and the blocks that split critical edges.
///
/// Nodes are the graph's blocks, by number, followed by one block for each edge from a block with several successors to one with several
/// predecessors. Order: reverse postorder, except that the blocks of a loop are adjacent and cold blocks come last.
struct BlockLayout: ~Copyable {
  /// Nodes in code order.
  private(set) var order = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By node: its position in ``order``.
  private(set) var position = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By edge: the first edge of the same `switch` to the same block with the same arguments, possibly itself.
  private(set) var canonical = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By canonical edge: its index among the canonical edges of its block.
  private(set) var number = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By edge: the node that splits it, or ``none``.
  private(set) var splitNode = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By node, minus the number of the graph's blocks: the edge that it splits.
  private(set) var splitEdges = FlatArray<UInt32>(minimumCapacity: 1 << 6)
  /// By node.
  private(set) var isCold = FlatArray<Bool>(minimumCapacity: 1 << 8)
  private(set) var loopDepth = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By node: how often it runs per iteration of its loops, estimated from branches.
  private(set) var likelihood = FlatArray<Float>(minimumCapacity: 1 << 8)
  /// By node: the header of its innermost loop, or none.
  private var loopHeader = FlatArray<Block>(minimumCapacity: 1 << 8)
  /// By loop header: the position of the loop's last block.
  private(set) var loopEnd = FlatArray<UInt32>(minimumCapacity: 1 << 8)

  /// By block: the number of canonical edges to it, and the last of them seen.
  private var predecessorCount = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  private var lastEdge = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// The order as a linked list while it is built: by node, the next one. By loop header: the loop's last node so far.
  private var next = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  private var tail = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  private var wholeTail = BlockLayout.none
  private var isOptimizing = true

  static let none = UInt32.max

  init() {}

  /// - Parameter isOptimizing: whether likelihoods are estimated; otherwise all blocks are equally likely.
  mutating func compute(
    _ graph: GraphView, blockCount: Int, edgeCount: Int, _ flow: borrowing ControlFlow, isOptimizing: Bool
  ) {
    self.isOptimizing = isOptimizing
    mergeEdges(graph, blockCount: blockCount, edgeCount: edgeCount, flow)
    findColdBlocks(graph, flow)
    likelihood.reset(1, count: flow.blockCount)
    if isOptimizing { estimateLikelihoods(graph, flow) }
    splitCriticalEdges(graph, flow)
    link(graph, flow)
    arrange(flow)
  }

  /// Whether an edge is canonical.
  @inline(__always)
  func isCanonical(_ edge: Int) -> Bool { canonical[edge] == UInt32(edge) }

  // MARK: Steps

  /// Merges edges of one `switch` to the same target.
  private mutating func mergeEdges(
    _ graph: GraphView, blockCount: Int, edgeCount: Int, _ flow: borrowing ControlFlow
  ) {
    canonical.reset(Self.none, count: edgeCount)
    number.reset(0, count: edgeCount)
    splitNode.reset(Self.none, count: edgeCount)
    splitEdges.removeAll()
    predecessorCount.reset(0, count: blockCount)
    lastEdge.reset(Self.none, count: blockCount)
    for block in flow.order.elements {
      let successors = graph.successors(block)
      let mayMerge = successors.count > 0 && graph[graph[block].last].operation == .switch
      var canonicalCount: UInt32 = 0
      for edge in successors {
        let target = graph.edges[edge].target.index
        let known = Int(lastEdge[target])
        if mayMerge, known >= successors.lowerBound, known < successors.upperBound,
          haveSameArguments(graph, edge, known)
        {
          canonical[edge] = UInt32(known)
        } else {
          canonical[edge] = UInt32(edge)
          number[edge] = canonicalCount
          canonicalCount += 1
          lastEdge[target] = UInt32(edge)
          predecessorCount[target] += 1
        }
      }
    }
  }

  private mutating func haveSameArguments(_ graph: GraphView, _ edge: Int, _ other: Int) -> Bool {
    let (arguments, others) = (graph.arguments(Edge(edge)), graph.arguments(Edge(other)))
    for index in arguments.indices where graph.resolve(arguments[index]) != graph.resolve(others[index]) {
      return false
    }
    return true
  }

  /// A block is cold if the graph marks it, if it ends in a trap, or if all its predecessors are cold.
  private mutating func findColdBlocks(_ graph: GraphView, _ flow: borrowing ControlFlow) {
    isCold.reset(false, count: flow.blockCount)
    let (records, sources, isCold) = (flow.blocks.elements, flow.source.elements, isCold.elements)
    for block in flow.order.elements.dropFirst() {
      var cold = graph[block].isCold || graph[graph[block].last].operation == .trap
      if !cold {
        cold = true
        let position = records[block.index].position
        for edge in flow.predecessors(block) {
          let source = sources[edge.index]
          // Back edges do not count.
          if records[source.index].position >= position { continue }
          if !isCold[source.index], !isUnlikely(graph, edge.index, from: source) {
            cold = false
            break
          }
        }
      }
      isCold[block.index] = cold
    }
  }

  private mutating func isUnlikely(_ graph: GraphView, _ edge: Int, from source: Block) -> Bool {
    let end = graph[graph[source].last]
    guard end.operation == .branch || end.operation == .tryJump else { return false }
    if end.operation == .tryJump { return edge == Int(end.firstEdge) + 1 }
    return end.flags.contains(edge == Int(end.firstEdge) ? .unlikely : .likely)
  }

  /// A block's likelihood is the sum over its incoming edges. Loops do not count: an entered loop reaches its end.
  private mutating func estimateLikelihoods(_ graph: GraphView, _ flow: borrowing ControlFlow) {
    for block in flow.order.elements.dropFirst() {
      var sum: Float = 0
      for edge in flow.predecessors(block) {
        let source = flow.source[edge.index]
        if flow.leadsBack(from: source, to: block) { continue }
        sum += likelihood[source.index] * share(graph, edge.index, from: source, flow)
      }
      likelihood[block.index] = min(max(sum, 1e-9), 1)
    }
  }

  /// The probability of an edge when its block ends.
  private mutating func share(_ graph: GraphView, _ edge: Int, from source: Block, _ flow: borrowing ControlFlow)
    -> Float
  {
    let end = graph[graph[source].last]
    switch end.operation {
    case .tryJump: return edge == Int(end.firstEdge) ? 1 : 0.01
    case .switch: return 1 / Float(end.edgeCount)
    case .branch:
      let other = 2 * Int(end.firstEdge) + 1 - edge
      if isUnlikely(graph, edge, from: source) { return 0.01 }
      if isUnlikely(graph, other, from: source) { return 0.99 }
      let (target, otherTarget) = (graph.edges[edge].target, graph.edges[other].target)
      if isCold[target.index] != isCold[otherTarget.index] { return isCold[target.index] ? 0.01 : 0.99 }
      // A loop iterates, and is left once.
      let loop = flow.loopHeader(source)
      if !loop.isNone, flow.contains(loop, target) != flow.contains(loop, otherTarget) { return 1 }
      return 0.5
    default: return 1
    }
  }

  private mutating func splitCriticalEdges(_ graph: GraphView, _ flow: borrowing ControlFlow) {
    loopHeader.reset(.none, count: flow.blockCount)
    loopDepth.reset(0, count: flow.blockCount)
    let (records, headers, depths) = (flow.blocks.elements, loopHeader.elements, loopDepth.elements)
    for block in records.indices {
      headers[block] = records[block].loopHeader
      depths[block] = records[block].loopDepth
    }
    for block in flow.order.elements {
      let successors = graph.successors(block)
      guard successors.count > 1 else { continue }
      var ways = 0
      for edge in successors where isCanonical(edge) { ways += 1 }
      guard ways > 1 else { continue }
      for edge in successors where isCanonical(edge) {
        let target = graph.edges[edge].target
        // After a call that may throw, arguments can be created only once its outcome is known.
        let isBehindCall = graph[graph[block].last].operation == .tryJump && graph.edges[edge].argumentCount > 0
        guard predecessorCount[target.index] > 1 || isBehindCall else { continue }
        splitNode[edge] = UInt32(isCold.count)
        splitEdges.append(UInt32(edge))
        isCold.append(isCold[block.index] || isCold[target.index] || isUnlikely(graph, edge, from: block))
        likelihood.append(isOptimizing ? likelihood[block.index] * share(graph, edge, from: block, flow) : 1)
        let loop = commonLoop(block, target, flow)
        loopHeader.append(loop)
        loopDepth.append(loop.isNone ? 0 : flow.loopDepth(loop))
      }
    }
  }

  /// The innermost loop that contains both blocks, which are connected by an edge.
  private mutating func commonLoop(_ source: Block, _ target: Block, _ flow: borrowing ControlFlow) -> Block {
    var loop = flow.loopHeader(target)
    while !loop.isNone, !flow.contains(loop, source) { loop = flow.loop(around: loop) }
    return loop
  }

  /// Links each node after the last node of its loop so far.
  private mutating func link(_ graph: GraphView, _ flow: borrowing ControlFlow) {
    next.reset(Self.none, count: isCold.count)
    tail.reset(Self.none, count: flow.blockCount)
    wholeTail = Self.none
    for block in flow.order.elements {
      append(block.number, flow)
      for edge in graph.successors(block) where splitNode[edge] != Self.none {
        append(splitNode[edge], flow)
      }
    }
  }

  private mutating func append(_ node: UInt32, _ flow: borrowing ControlFlow) {
    var loop = loopHeader[node]
    let isHeader = !loop.isNone && loop.number == node
    if isHeader {
      tail[loop.index] = node
      loop = flow.loop(around: loop)
    }
    let place = loop.isNone ? wholeTail : tail[loop.index]
    if place != Self.none {
      next[node] = next[place]
      next[place] = node
    }
    // If the position was also the end of enclosing loops, the node becomes their last one too.
    while !loop.isNone, tail[loop.index] == place {
      tail[loop.index] = node
      loop = flow.loop(around: loop)
    }
    if loop.isNone, wholeTail == place { wholeTail = node }
  }

  private mutating func arrange(_ flow: borrowing ControlFlow) {
    order.removeAll()
    for cold in [false, true] {
      var node: UInt32 = 0
      while node != Self.none {
        if isCold[node] == cold { order.append(node) }
        node = next[node]
      }
    }
    position.reset(Self.none, count: isCold.count)
    loopEnd.reset(0, count: flow.blockCount)
    for index in order.indices {
      let node = order[index]
      position[node] = UInt32(index)
      let header = loopHeader[node]
      if !header.isNone, isCold[node] == isCold[header.index] { loopEnd[header.index] = UInt32(index) }
    }
    // Inner loops first: they end within the loops around them.
    for block in flow.order.elements.reversed() where flow.isLoopHeader(block) {
      let outer = flow.loop(around: block)
      if !outer.isNone, isCold[outer.index] == isCold[block.index] {
        loopEnd[outer.index] = max(loopEnd[outer.index], loopEnd[block.index])
      }
    }
  }
}
