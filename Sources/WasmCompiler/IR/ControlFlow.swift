/// What follows what in a graph: order of blocks, predecessors, dominators, loops. Valid until the graph's blocks or edges change.
///
/// All in flat arrays that are kept from one function to the next. Blocks that nothing leads to are in none of them.
struct ControlFlow: ~Copyable {
  /// Blocks in reverse postorder: the entry first, each before all that it dominates.
  private(set) var order = FlatArray<Block>(minimumCapacity: 1 << 8)
  /// By block: its place in ``order``, or ``unreachable``.
  private(set) var position = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By edge: the block that it leaves.
  private(set) var source = FlatArray<Block>(minimumCapacity: 1 << 8)
  /// By block: its immediate dominator; the entry is its own.
  private(set) var dominator = FlatArray<Block>(minimumCapacity: 1 << 8)
  /// By block: how many blocks dominate it, without itself, and one of them: see ``setDominator(of:to:)``.
  private var dominatorDepth = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  private var farDominator = FlatArray<Block>(minimumCapacity: 1 << 8)
  /// By block: its place in a preorder of the dominators' tree, and how many blocks it dominates, with itself.
  private var preorder = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  private var dominatedCount = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By block: the header of the innermost loop that it stands in, which is itself for a header; or none.
  private(set) var loopHeader = FlatArray<Block>(minimumCapacity: 1 << 8)
  /// By block: how many loops it stands in.
  private(set) var loopDepth = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By block: where its predecessors stand in ``predecessorEdges``; one entry more than blocks.
  private var predecessorStart = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  private var predecessorEdges = FlatArray<Edge>(minimumCapacity: 1 << 8)
  /// By block: the header of the loop around the one that the block is the header of.
  private var outerLoop = FlatArray<Block>(minimumCapacity: 1 << 8)
  /// Blocks on the way of a walk, and how many of their edges were followed.
  private var walk = FlatArray<(block: Block, edge: UInt32)>(minimumCapacity: 1 << 8)

  static let unreachable = UInt32.max

  init() {}

  /// Finds out all of it, of a reducible graph, as Wasm makes them. O(edges · (loop nesting + log(blocks))).
  mutating func compute(_ graph: borrowing FunctionGraph) {
    computeOrderAndLoops(graph)
    computeDominators()
    numberDominators()
    assert(isReducible)
  }

  /// Whether each edge that leads back leads to a block that dominates where it comes from: loops and dominators rely on it.
  private var isReducible: Bool {
    order.elements.allSatisfy { block in
      predecessors(block).allSatisfy { edge in
        !leadsBack(from: source[edge.index], to: block) || dominates(block, source[edge.index])
      }
    }
  }

  /// Finds out all of it but dominators. O(edges · loop nesting).
  mutating func computeOrderAndLoops(_ graph: borrowing FunctionGraph) {
    computeOrder(graph)
    computePredecessors(graph)
    computeLoops()
  }

  func isReachable(_ block: Block) -> Bool { position[block.index] != Self.unreachable }

  /// The edges that lead to a block, from blocks that are reachable.
  func predecessors(_ block: Block) -> FlatSlice<Edge> {
    predecessorEdges[Int(predecessorStart[block.index])..<Int(predecessorStart[block.index + 1])]
  }

  /// Whether every way to `block` passes `other`, which may be the same. Both can be reached. O(1).
  @inline(__always)
  func dominates(_ other: Block, _ block: Block) -> Bool {
    preorder[block.index] &- preorder[other.index] < dominatedCount[other.index]
  }

  /// Whether an edge from the one block to the other leads back: in a reducible graph, to one that dominates where it comes from.
  @inline(__always)
  private func leadsBack(from source: Block, to target: Block) -> Bool {
    position[source.index] >= position[target.index]
  }

  func isLoopHeader(_ block: Block) -> Bool { loopHeader[block.index] == block }

  /// The header of the loop around the one with this header, or none.
  func loop(around header: Block) -> Block { outerLoop[header.index] }

  /// Whether a block stands in the loop with this header.
  func contains(_ header: Block, _ block: Block) -> Bool {
    var loop = loopHeader[block.index]
    while !loop.isNone, loop != header, loopDepth[loop.index] > loopDepth[header.index] { loop = outerLoop[loop.index] }
    return loop == header
  }

  // MARK: Steps

  private mutating func computeOrder(_ graph: borrowing FunctionGraph) {
    order.removeAll()
    walk.removeAll()
    position.reset(Self.unreachable, count: graph.blocks.count)
    source.reset(.none, count: graph.edges.count)
    // Postorder, with positions as the mark of visited blocks.
    position[Block.entry.index] = 0
    walk.append((.entry, 0))
    while let (block, followed) = walk.last {
      let successors = graph.successors(block)
      if Int(followed) == successors.count {
        order.append(block)
        walk.removeLast()
        continue
      }
      walk[walk.count - 1].edge += 1
      // The last edge first, so that the first one's target comes right behind its source in the end.
      let edge = successors.upperBound - 1 - Int(followed)
      source[edge] = block
      let target = graph.edges[edge].target
      if position[target.index] == Self.unreachable {
        position[target.index] = 0
        walk.append((target, 0))
      }
    }
    var blocks = order.elements
    blocks.reverse()
    for (index, block) in blocks.enumerated() { position[block.index] = UInt32(index) }
  }

  private mutating func computePredecessors(_ graph: borrowing FunctionGraph) {
    predecessorStart.reset(0, count: graph.blocks.count + 1)
    for edge in graph.edges.indices where !source[edge].isNone {
      predecessorStart[graph.edges[edge].target.index + 1] += 1
    }
    for block in 0..<graph.blocks.count { predecessorStart[block + 1] += predecessorStart[block] }
    predecessorEdges.reset(Edge(0), count: Int(predecessorStart[graph.blocks.count]))
    // Fill from behind each block's end; afterwards the starts are what they were.
    for edge in graph.edges.indices.reversed() where !source[edge].isNone {
      let end = graph.edges[edge].target.index + 1
      predecessorStart[end] -= 1
      predecessorEdges[Int(predecessorStart[end])] = Edge(edge)
    }
    for block in 0..<graph.blocks.count { predecessorStart[block] = predecessorStart[block + 1] }
    predecessorStart[graph.blocks.count] = UInt32(predecessorEdges.count)
  }

  /// A block's immediate dominator is what the dominators of all blocks that lead to it have in common. In a reducible graph those are
  /// known but for edges that lead back, which tell nothing new. O(edges · log(blocks)).
  private mutating func computeDominators() {
    dominator.reset(.none, count: position.count)
    dominatorDepth.reset(0, count: position.count)
    farDominator.reset(.entry, count: position.count)
    dominator[Block.entry.index] = .entry
    for block in order.elements.dropFirst() {
      var common = Block.none
      for edge in predecessors(block) where !leadsBack(from: source[edge.index], to: block) {
        common = common.isNone ? source[edge.index] : commonDominator(source[edge.index], common)
      }
      setDominator(of: block, to: common)
    }
  }

  /// Links a block to its parent in the dominators' tree, and to an ancestor so far up that a walk to any takes a logarithm of steps.
  /// (E. W. Myers, "An Applicative Random-Access Stack", 1983.)
  private mutating func setDominator(of block: Block, to parent: Block) {
    dominator[block.index] = parent
    dominatorDepth[block.index] = dominatorDepth[parent.index] + 1
    let far = farDominator[parent.index]
    let distance = dominatorDepth[parent.index] - dominatorDepth[far.index]
    let next = farDominator[far.index]
    let isRepeated = distance == dominatorDepth[far.index] - dominatorDepth[next.index]
    farDominator[block.index] = isRepeated ? next : parent
  }

  private mutating func numberDominators() {
    dominatedCount.reset(1, count: position.count)
    preorder.reset(0, count: position.count)
    for block in order.elements.dropFirst().reversed() {
      dominatedCount[dominator[block.index].index] += dominatedCount[block.index]
    }
    // While blocks are numbered, the place of one that is done is where its next child's numbers begin.
    walk.reset((.entry, 1), count: position.count)
    for block in order.elements.dropFirst() {
      let parent = dominator[block.index].index
      preorder[block.index] = walk[parent].edge
      walk[parent].edge += dominatedCount[block.index]
      walk[block.index].edge = preorder[block.index] + 1
    }
  }

  /// The innermost block that dominates both.
  private mutating func commonDominator(_ a: Block, _ b: Block) -> Block {
    var (a, b) = (a, b)
    if dominatorDepth[a.index] < dominatorDepth[b.index] { swap(&a, &b) }
    let depth = dominatorDepth[b.index]
    while dominatorDepth[a.index] > depth {
      let far = farDominator[a.index]
      a = dominatorDepth[far.index] >= depth ? far : dominator[a.index]
    }
    // At the same depth, far dominators are equally far away.
    while a != b {
      let isBelow = farDominator[a.index] != farDominator[b.index]
      a = isBelow ? farDominator[a.index] : dominator[a.index]
      b = isBelow ? farDominator[b.index] : dominator[b.index]
    }
    return a
  }

  /// Natural loops, inner ones first, since headers are looked at from the order's end.
  private mutating func computeLoops() {
    loopHeader.reset(.none, count: position.count)
    outerLoop.reset(.none, count: position.count)
    loopDepth.reset(0, count: position.count)
    for header in order.elements.reversed() {
      walk.removeAll()
      for edge in predecessors(header) where leadsBack(from: source[edge.index], to: header) {
        walk.append((source[edge.index], 0))
      }
      guard !walk.isEmpty else { continue }
      collectLoop(header)
    }
    for block in order.elements {
      let header = loopHeader[block.index]
      guard !header.isNone else { continue }
      if header == block {
        let outer = outerLoop[block.index]
        loopDepth[block.index] = (outer.isNone ? 0 : loopDepth[outer.index]) &+ 1
      } else {
        loopDepth[block.index] = loopDepth[header.index]
      }
    }
  }

  /// Claims the blocks from which the loop's ends can be reached, those of inner loops as a whole.
  private mutating func collectLoop(_ header: Block) {
    loopHeader[header.index] = header
    while !walk.isEmpty {
      let block = walk.removeLast().block
      var place = block
      // Of an inner loop, the outermost one found so far stands for all.
      if !loopHeader[block.index].isNone {
        place = loopHeader[block.index]
        while !outerLoop[place.index].isNone { place = outerLoop[place.index] }
        guard place != header else { continue }
        outerLoop[place.index] = header
      } else {
        loopHeader[block.index] = header
      }
      for edge in predecessors(place) {
        let predecessor = source[edge.index]
        // Ends of the inner loop itself are not ways into it.
        if place != block || loopHeader[place.index] == place, leadsBack(from: predecessor, to: place) { continue }
        walk.append((predecessor, 0))
      }
    }
  }
}
