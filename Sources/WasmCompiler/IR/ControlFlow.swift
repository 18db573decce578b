import WebAssembly

/// The control flow of a graph: block order, predecessors, dominators, loops. Valid until the graph's blocks or edges change.
///
/// All arrays are flat and reused for each function. Unreachable blocks are not in ``order``.
package struct ControlFlow: ~Copyable {
  /// The facts about a block.
  struct BlockRecord: BitwiseCopyable {
    /// Its position in ``ControlFlow/order``, or ``ControlFlow/unreachable``.
    var position = ControlFlow.unreachable
    /// Its immediate dominator; the entry is its own.
    var dominator = Block.none
    /// Its depth in the dominator tree, and an ancestor there: see ``ControlFlow/setDominator(of:to:)``.
    var dominatorDepth: UInt32 = 0
    var farDominator = Block.entry
    /// Its position in a preorder of the dominator tree, and the size of its subtree, including itself.
    var preorder: UInt32 = 0
    var dominatedCount: UInt32 = 1
    /// During numbering: the number of the next child in the dominator tree.
    var nextPreorder: UInt32 = 1
    /// The header of the innermost loop that contains it, which is itself for a header; or none.
    var loopHeader = Block.none
    /// For a loop header, the header of the enclosing loop.
    var outerLoop = Block.none
    /// The number of loops that contain it.
    var loopDepth: UInt32 = 0
    /// The range of its edges in ``ControlFlow/predecessorEdges``.
    var predecessorStart: UInt32 = 0
    var predecessorCount: UInt32 = 0
  }

  /// Blocks in reverse postorder: the entry first, each before all that it dominates.
  private(set) var order = FlatArray<Block>(minimumCapacity: 1 << 8)
  /// By block.
  private(set) var blocks = FlatArray<BlockRecord>(minimumCapacity: 1 << 8)
  /// By edge: its source block.
  private(set) var source = FlatArray<Block>(minimumCapacity: 1 << 8)
  private var predecessorEdges = FlatArray<Edge>(minimumCapacity: 1 << 8)
  /// The stack of the depth-first search: blocks, and their edges that are still to be followed, last one first.
  private var walk = FlatArray<(block: Block, firstEdge: UInt32, endEdge: UInt32)>(minimumCapacity: 1 << 8)
  /// Blocks of a loop whose predecessors are still to be visited.
  private var pending = FlatArray<Block>(minimumCapacity: 1 << 8)

  static let unreachable = UInt32.max

  init() {}

  /// Computes everything for a reducible graph, as Wasm's structured control produces. O(edges · (loop nesting + log(blocks))).
  mutating func compute(_ graph: borrowing FunctionGraph) {
    computeOrderAndLoops(graph)
    computeDominators()
    numberDominators()
    assert(isReducible)
  }

  /// Whether the target of every back edge dominates its source. Loops and dominators rely on it.
  private var isReducible: Bool {
    order.elements.allSatisfy { block in
      predecessors(block).allSatisfy { edge in
        !leadsBack(from: source[edge.index], to: block) || dominates(block, source[edge.index])
      }
    }
  }

  /// Computes everything except dominators. O(edges · loop nesting).
  mutating func computeOrderAndLoops(_ graph: borrowing FunctionGraph) {
    computeOrder(graph)
    computePredecessors(graph)
    computeLoops()
  }

  /// The number of blocks in the graph, including unreachable ones.
  var blockCount: Int { blocks.count }

  @inline(__always)
  func isReachable(_ block: Block) -> Bool { blocks[block.index].position != Self.unreachable }

  /// The edges to a block from reachable blocks.
  @inline(__always)
  func predecessors(_ block: Block) -> FlatSlice<Edge> { predecessors(blocks[block.index]) }

  @inline(__always)
  private func predecessors(_ record: BlockRecord) -> FlatSlice<Edge> {
    predecessorEdges.elements.part(Int(record.predecessorStart), count: Int(record.predecessorCount))
  }

  /// Whether `other` dominates `block`, or is the same block. Both must be reachable. O(1).
  @inline(__always)
  func dominates(_ other: Block, _ block: Block) -> Bool {
    blocks[block.index].preorder &- blocks[other.index].preorder < blocks[other.index].dominatedCount
  }

  /// Whether an edge between these blocks is a back edge. In a reducible graph its target dominates its source.
  @inline(__always)
  func leadsBack(from source: Block, to target: Block) -> Bool {
    blocks[source.index].position >= blocks[target.index].position
  }

  /// The header of the innermost loop that contains a block, or none.
  @inline(__always)
  func loopHeader(_ block: Block) -> Block { blocks[block.index].loopHeader }

  /// The number of loops that contain a block.
  @inline(__always)
  func loopDepth(_ block: Block) -> UInt32 { blocks[block.index].loopDepth }

  @inline(__always)
  func isLoopHeader(_ block: Block) -> Bool { loopHeader(block) == block }

  /// The header of the loop that encloses the loop with this header, or none.
  @inline(__always)
  func loop(around header: Block) -> Block { blocks[header.index].outerLoop }

  /// Whether the loop with this header contains a block.
  func contains(_ header: Block, _ block: Block) -> Bool {
    let depth = loopDepth(header)
    var loop = loopHeader(block)
    while !loop.isNone, loop != header, loopDepth(loop) > depth { loop = self.loop(around: loop) }
    return loop == header
  }

  // MARK: Steps

  private mutating func computeOrder(_ graph: borrowing FunctionGraph) {
    order.removeAll()
    walk.removeAll()
    blocks.reset(BlockRecord(), count: graph.blocks.count)
    source.reset(.none, count: graph.edges.count)
    let (blocks, edges, source) = (blocks.elements, graph.edges.elements, source.elements)
    // Postorder; a position marks a visited block.
    blocks[Block.entry.index].position = 0
    push(.entry, graph)
    while !walk.isEmpty {
      // Edges are followed from last to first, so that in the reversed order the first one's target comes right after its source.
      let place = walk.address(of: walk.count - 1)
      let block = place.pointee.block
      guard place.pointee.endEdge != place.pointee.firstEdge else {
        order.append(block)
        walk.removeLast()
        continue
      }
      place.pointee.endEdge -= 1
      let edge = place.pointee.endEdge
      source[edge] = block
      let target = edges[edge].target
      if blocks[target.index].position == Self.unreachable {
        blocks[target.index].position = 0
        push(target, graph)
      }
    }
    let order = order.elements
    var (low, high) = (0, order.count - 1)
    while low < high {
      (order[low], order[high]) = (order[high], order[low])
      low += 1
      high -= 1
    }
    for index in order.indices { blocks[order[index].index].position = UInt32(index) }
  }

  @inline(__always)
  private mutating func push(_ block: Block, _ graph: borrowing FunctionGraph) {
    let successors = graph.successors(block)
    walk.append((block, UInt32(successors.lowerBound), UInt32(successors.upperBound)))
  }

  private mutating func computePredecessors(_ graph: borrowing FunctionGraph) {
    let (blocks, edges, source) = (blocks.elements, graph.edges.elements, source.elements)
    var total: UInt32 = 0
    for edge in source.indices where !source[edge].isNone {
      blocks[edges[edge].target.index].predecessorCount += 1
      total += 1
    }
    predecessorEdges.reset(Edge(0), count: Int(total))
    var start: UInt32 = 0
    for block in blocks.indices {
      blocks[block].predecessorStart = start
      start += blocks[block].predecessorCount
      blocks[block].predecessorCount = 0
    }
    let predecessorEdges = predecessorEdges.elements
    for edge in source.indices where !source[edge].isNone {
      let target = blocks.address(of: edges[edge].target.index)
      predecessorEdges[target.pointee.predecessorStart + target.pointee.predecessorCount] = Edge(edge)
      target.pointee.predecessorCount += 1
    }
  }

  /// A block's immediate dominator is the closest common dominator of its predecessors. In a reducible graph the dominators of all
  /// predecessors are known, except those of back edges, which do not change the result. O(edges · log(blocks)).
  private mutating func computeDominators() {
    let (blocks, source) = (blocks.elements, source.elements)
    blocks[Block.entry.index].dominator = .entry
    for block in order.elements.dropFirst() {
      var common = Block.none
      let record = blocks.address(of: block.index)
      for edge in predecessors(record.pointee) {
        let source = source[edge.index]
        if blocks[source.index].position >= record.pointee.position { continue }
        common = common.isNone ? source : commonDominator(source, common)
      }
      setDominator(of: block, to: common)
    }
  }

  /// Links a block to its parent in the dominator tree, and to a far ancestor chosen so that a walk to any ancestor takes a logarithmic
  /// number of steps. (E. W. Myers, "An Applicative Random-Access Stack", 1983.)
  @inline(__always)
  private mutating func setDominator(of block: Block, to parent: Block) {
    let blocks = blocks.elements
    let depth = blocks[parent.index].dominatorDepth
    let far = blocks[parent.index].farDominator
    let farDepth = blocks[far.index].dominatorDepth
    let next = blocks[far.index].farDominator
    let isRepeated = depth - farDepth == farDepth - blocks[next.index].dominatorDepth
    let record = blocks.address(of: block.index)
    record.pointee.dominator = parent
    record.pointee.dominatorDepth = depth + 1
    record.pointee.farDominator = isRepeated ? next : parent
  }

  private mutating func numberDominators() {
    let (blocks, order) = (blocks.elements, order.elements)
    var index = order.count - 1
    while index > 0 {
      let record = blocks.address(of: order[index].index)
      blocks[record.pointee.dominator.index].dominatedCount += record.pointee.dominatedCount
      index -= 1
    }
    for block in order.dropFirst() {
      let record = blocks.address(of: block.index)
      let parent = blocks.address(of: record.pointee.dominator.index)
      let number = parent.pointee.nextPreorder
      parent.pointee.nextPreorder = number + record.pointee.dominatedCount
      record.pointee.preorder = number
      record.pointee.nextPreorder = number + 1
    }
  }

  /// The closest block that dominates both.
  private mutating func commonDominator(_ a: Block, _ b: Block) -> Block {
    let blocks = blocks.elements
    var (a, b) = (a, b)
    if blocks[a.index].dominatorDepth < blocks[b.index].dominatorDepth { swap(&a, &b) }
    let depth = blocks[b.index].dominatorDepth
    while blocks[a.index].dominatorDepth > depth {
      let far = blocks[a.index].farDominator
      a = blocks[far.index].dominatorDepth >= depth ? far : blocks[a.index].dominator
    }
    // Blocks at the same depth have far dominators at the same depth.
    while a != b {
      let (first, second) = (blocks.address(of: a.index), blocks.address(of: b.index))
      let isBelow = first.pointee.farDominator != second.pointee.farDominator
      a = isBelow ? first.pointee.farDominator : first.pointee.dominator
      b = isBelow ? second.pointee.farDominator : second.pointee.dominator
    }
    return a
  }

  /// Finds natural loops, inner ones first, since headers are visited from the order's end.
  private mutating func computeLoops() {
    let (blocks, order, source) = (blocks.elements, order.elements, source.elements)
    pending.removeAll()
    var hasLoops = false
    var index = order.count
    while index > 0 {
      index -= 1
      let header = order[index]
      let record = blocks.address(of: header.index)
      for edge in predecessors(record.pointee) {
        let source = source[edge.index]
        if blocks[source.index].position >= record.pointee.position { pending.append(source) }
      }
      guard !pending.isEmpty else { continue }
      hasLoops = true
      collectLoop(header)
    }
    guard hasLoops else { return }
    for block in order {
      let record = blocks.address(of: block.index)
      let header = record.pointee.loopHeader
      guard !header.isNone else { continue }
      if header == block {
        let outer = record.pointee.outerLoop
        record.pointee.loopDepth = (outer.isNone ? 0 : blocks[outer.index].loopDepth) &+ 1
      } else {
        record.pointee.loopDepth = blocks[header.index].loopDepth
      }
    }
  }

  /// Adds the blocks from which the loop's back edges, in ``pending``, can be reached. Inner loops are added as a whole.
  private mutating func collectLoop(_ header: Block) {
    let (blocks, source) = (blocks.elements, source.elements)
    blocks[header.index].loopHeader = header
    while !pending.isEmpty {
      let block = pending.removeLast()
      var place = block
      // The outermost enclosing loop found so far represents an inner loop.
      if !blocks[block.index].loopHeader.isNone {
        place = blocks[block.index].loopHeader
        while !blocks[place.index].outerLoop.isNone { place = blocks[place.index].outerLoop }
        guard place != header else { continue }
        blocks[place.index].outerLoop = header
      } else {
        blocks[block.index].loopHeader = header
      }
      let record = blocks.address(of: place.index)
      // The back edges of the inner loop itself are not entries to it.
      let isLoop = place != block || record.pointee.loopHeader == place
      for edge in predecessors(record.pointee) {
        let predecessor = source[edge.index]
        if isLoop, blocks[predecessor.index].position >= record.pointee.position { continue }
        pending.append(predecessor)
      }
    }
  }
}
