import WasmRuntime
import WebAssembly

// Blocks and edges.

extension FrontEnd {
  mutating func makeBlock(isCold: Bool = false) -> Block {
    let block = graph.makeBlock()
    if isCold { graph[block].isCold = true }
    blockInfos.append(BlockInfo())
    return block
  }

  /// Creates an edge from the current block.
  @discardableResult
  mutating func makeEdge(to target: Block) -> Edge {
    let edge = graph.makeEdge(to: target)
    edgeInfos.append(EdgeInfo(source: current))
    append(edge, toPredecessorsOf: target)
    return edge
  }

  private mutating func append(_ edge: Edge, toPredecessorsOf target: Block) {
    let last = blockInfos[target.index].lastPredecessor
    if last == EdgeInfo.none {
      blockInfos[target.index].firstPredecessor = edge.number
    } else {
      edgeInfos[last].next = edge.number
    }
    blockInfos[target.index].lastPredecessor = edge.number
  }

  /// Redirects the only edge to a block that has not begun to another block.
  mutating func retarget(edgesOf block: Block, to target: Block) {
    let edge = blockInfos[block.index].firstPredecessor
    blockInfos[block.index].firstPredecessor = EdgeInfo.none
    blockInfos[block.index].lastPredecessor = EdgeInfo.none
    graph.edges[edge].target = target
    append(Edge(Int(edge)), toPredecessorsOf: target)
  }

  mutating func hasPredecessors(_ block: Block) -> Bool { blockInfos[block.index].firstPredecessor != EdgeInfo.none }

  // MARK: Beginning

  /// Continues in a block whose incoming edges are all known, except for back edges to a loop's header.
  mutating func begin(_ block: Block) {
    let parent = commonDominator(ofPredecessorsOf: block)
    let above = blockInfos[parent.index]
    let jumped = blockInfos[above.jump.index]
    let isBalanced = above.depth &- jumped.depth == jumped.depth &- blockInfos[jumped.jump.index].depth
    blockInfos[block.index].dominator = parent
    blockInfos[block.index].depth = above.depth + 1
    blockInfos[block.index].jump = isBalanced ? jumped.jump : parent
    blockInfos[block.index].start = UInt32(truncatingIfNeeded: reader.position)
    blockInfos[block.index].loop = currentLoop
    current = block
    isReachable = true
    constants.begin(block)
    fixedBlock = .none
  }

  private mutating func commonDominator(ofPredecessorsOf block: Block) -> Block {
    var edge = blockInfos[block.index].firstPredecessor
    var result = edgeInfos[edge].source
    edge = edgeInfos[edge].next
    while edge != EdgeInfo.none {
      result = commonDominator(result, edgeInfos[edge].source)
      edge = edgeInfos[edge].next
    }
    return result
  }

  private mutating func commonDominator(_ first: Block, _ second: Block) -> Block {
    var (a, b) = (first, second)
    if a == b { return a }
    if blockInfos[a.index].depth < blockInfos[b.index].depth { swap(&a, &b) }
    let depth = blockInfos[b.index].depth
    while blockInfos[a.index].depth > depth {
      let jump = blockInfos[a.index].jump
      a = blockInfos[jump.index].depth >= depth ? jump : blockInfos[a.index].dominator
    }
    while a != b {
      let (jumpA, jumpB) = (blockInfos[a.index].jump, blockInfos[b.index].jump)
      if jumpA != jumpB {
        (a, b) = (jumpA, jumpB)
      } else {
        (a, b) = (blockInfos[a.index].dominator, blockInfos[b.index].dominator)
      }
    }
    return a
  }

  // MARK: Ending

  /// Ends the current block with a terminator, whose edges were created last.
  mutating func terminate(_ instruction: Instruction, edgeCount: Int) {
    var instruction = instruction
    instruction.firstEdge = UInt32(graph.edges.count - edgeCount)
    instruction.edgeCount = UInt32(edgeCount)
    instruction.source = source
    graph.append(instruction, to: current)
    blockInfos[current.index].end = UInt32(truncatingIfNeeded: reader.position)
    isReachable = false
  }

  mutating func jump(to target: Block) {
    makeEdge(to: target)
    terminate(Instruction(operation: .jump, type: .none), edgeCount: 1)
  }

  /// Jumps with one argument for the target's next parameter.
  mutating func jump(to target: Block, _ argument: Value) {
    graph.appendArgument(argument, to: makeEdge(to: target))
    terminate(Instruction(operation: .jump, type: .none), edgeCount: 1)
  }

  mutating func branch(_ condition: Value, _ first: Block, _ second: Block, _ flags: Instruction.Flags = []) {
    makeEdge(to: first)
    makeEdge(to: second)
    terminate(Instruction(operation: .branch, type: .none, flags: flags, a: condition), edgeCount: 2)
  }

  mutating func trap(_ code: TrapCode) { trap(raw: UInt8(code.rawValue)) }

  mutating func trap(raw code: UInt8) {
    terminate(Instruction(operation: .trap, type: .none, trap: code), edgeCount: 0)
  }
}
