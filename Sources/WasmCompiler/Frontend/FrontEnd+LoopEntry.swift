import WasmRuntime
import WebAssembly

// Functions that begin at a loop: see ``LoopEntry``.
//
// An edge from outside to a loop inside another one would give the outer loop a second entry, and no pass expects that. So the function
// enters the outermost loop that contains the place, and each of these loops has one more parameter in its header: whether it was entered
// in order to continue in the next inner one. The graph stays reducible, and the innermost loop pays nothing.
//
//     entry:  values from the frame; jump L1(1)
//     L1(f):  branch f, D1, body1        D1: jump L2(1)
//     body1:  …  jump L2(0)
//     L2(f):  …
//
// Operands below the structured instructions that contain the place are in locals while these are open, since other paths than the entry
// can lead to their ends: each has a local whose first value is that of the frame.
//
// The code before the outermost loop is built as usual, because the state at the loop (operands, labels, handlers) depends on it. Then it
// is cut off, by removing the only edge to it.

/// The state of building a function that begins at a loop.
struct LoopEntryState: ~Copyable {
  /// The offsets of the structured instructions that contain the place, the outermost first; at last the loop that is entered.
  fileprivate(set) var path = FlatArray<UInt32>()
  /// The number of loops among them.
  fileprivate(set) var loopCount = 0
  /// The number of them that were opened.
  fileprivate(set) var openedCount = 0
  /// The headers of the loops, as far as they were built.
  fileprivate(set) var headers = FlatArray<EnteredHeader>()
  /// The block that jumps to the next header.
  fileprivate(set) var source = Block.none
  /// The parameter of the function: the address of the frame.
  fileprivate(set) var frame = Value.none
  /// The local of the lowest operand.
  fileprivate(set) var firstLocal = 0
  /// The number of operands that are in locals.
  fileprivate(set) var keptCount: UInt32 = 0

  mutating func removeAll() {
    path.removeAll()
    loopCount = 0
    openedCount = 0
    headers.removeAll()
    source = .none
    keptCount = 0
  }

  struct EnteredHeader: BitwiseCopyable {
    var block: Block
    /// The edge from the code before the loop. The next edge of the block is the one that enters; all others lead back.
    var edge: Edge
    /// The parameter that says that the function was entered here; none in the header of the last loop.
    var flag: Value = .none
  }
}

extension FrontEnd {
  /// Sets up the parameter, the locals, those for operands, and the block before the first header.
  mutating func beginAtLoop(_ entry: LoopEntry, types: [IRType]) throws {
    try findPath(to: entry.loop)
    guard entry.locals.count == types.count else { throw FrontEndError.unreachableLoop(offset: Int(entry.loop)) }
    loopEntry.frame = graph.appendParameter(.i64, to: current)
    for (source, type) in zip(entry.locals, types) { addLocal(type, frameValue(source, type)) }
    loopEntry.firstLocal = localTypes.count
    for operand in entry.operands {
      let type = IRType(operand.type)
      addLocal(type, frameValue(operand.source, type))
    }
    let before = makeBlock(isCold: true)
    let after = makeBlock()
    // The first edge is removed at the end: see ``cutOffPrefix()``.
    branch(loopEntry.frame, before, after, .unlikely)
    begin(after)
    loopEntry.source = after
    begin(before)
  }

  /// Finds the structured instructions that contain a loop. The reader is at the first instruction.
  private mutating func findPath(to loop: UInt32) throws {
    var reader = reader
    var open: [(offset: UInt32, isLoop: Bool)] = []
    while reader.position <= Int(loop), !reader.isAtEnd {
      let offset = UInt32(truncatingIfNeeded: reader.position)
      let opcode = try reader.readOpcode()
      switch opcode {
      case .block, .if, .try, .tryTable, .loop: open.append((offset, opcode == .loop))
      case .end, .delegate: _ = open.popLast()
      default: break
      }
      try reader.skipImmediates(opcode)
    }
    guard let last = open.last, last.offset == loop, last.isLoop else {
      throw FrontEndError.unreachableLoop(offset: Int(loop))
    }
    for instruction in open { loopEntry.path.append(instruction.offset) }
    loopEntry.loopCount = open.count(where: \.isLoop)
  }

  /// Appends a value from the interpreter's frame to the current block.
  private mutating func frameValue(_ source: LoopEntry.Source, _ type: IRType) -> Value {
    switch source {
    case .constant(let bits): return type == .v128 ? vectorConstant(bits, 0) : constant(type, bits)
    case .slot(let slot, let isReference):
      let value = loadField(loopEntry.frame, 8 * slot, .runtime, type.load, type)
      if isReference { storeField(loopEntry.frame, 8 * slot, i64(0), .runtime) }
      return value
    }
  }

  /// Whether a structured instruction contains the place where the function begins, or is that place.
  @inline(__always)
  func isOnEntryPath(_ offset: UInt32) -> Bool {
    let next = loopEntry.openedCount
    return next < loopEntry.path.count && loopEntry.path[next] == offset
  }

  /// Moves the operands below a structured instruction on the path to their locals.
  mutating func keepOperands(below frame: inout ControlFrame) {
    loopEntry.openedCount += 1
    frame.isEntered = true
    frame.keptStart = loopEntry.keptCount
    frame.keptEnd = max(frame.height, frame.keptStart)
    loopEntry.keptCount = frame.keptEnd
    for index in Int(frame.keptStart)..<Int(frame.keptEnd) where loopEntry.firstLocal + index < localTypes.count {
      assign(stack[index], to: loopEntry.firstLocal + index)
    }
  }

  /// Takes the operands below a structured instruction, which has ended, from their locals.
  mutating func restoreOperands(below frame: ControlFrame) {
    for index in Int(frame.keptStart)..<Int(frame.keptEnd) where loopEntry.firstLocal + index < localTypes.count {
      stack[index] = readLocal(loopEntry.firstLocal + index)
    }
  }

  /// Adds the edge that enters a loop on the path, whose header has one edge so far.
  ///
  /// - Parameters:
  ///   - header: the block, which has not begun.
  ///   - edge: the edge from the code before the loop.
  ///   - count: the number of the loop's own parameters.
  mutating func enterLoop(_ header: Block, after edge: Edge, parameterCount count: Int) throws(FrontEndError) {
    let isLast = loopEntry.headers.count + 1 == loopEntry.loopCount
    let lowest = stack.count - count
    guard let entry, isLast ? entry.operands.count == stack.count : entry.operands.count >= lowest,
      !controls.elements.contains(where: { $0.kind == .legacyCatch })
    else {
      // Within `catch`, the exception is a value that the interpreter's frame has elsewhere.
      throw .unreachableLoop(offset: Int(source))
    }
    let saved = current
    // Call sites before the outermost loop are cut off.
    if loopEntry.headers.isEmpty { graph.callSites.removeAll() }
    current = loopEntry.source
    let entering = makeEdge(to: header)
    for index in lowest..<stack.count {
      let type = graph[stack[index]].type
      // A loop that is only passed through does not use its parameters; the interpreter may have replaced them.
      let value = isLast ? assignments[loopEntry.firstLocal + index].value : entryZero(type)
      guard graph[value].type == type else { throw .unreachableLoop(offset: Int(source)) }
      graph.appendArgument(value, to: entering)
    }
    if !isLast {
      graph.appendArgument(entryConstant(0, in: saved), to: edge)
      graph.appendArgument(entryConstant(1, in: current), to: entering)
    }
    let position = blockInfos[current.index].start
    terminate(Instruction(operation: .jump, type: .none), edgeCount: 1)
    // Before everything that follows in the code, as its offset says.
    blockInfos[current.index].end = position
    loopEntry.headers.append(LoopEntryState.EnteredHeader(block: header, edge: edge))
    blockInfos[header.index].isEntered = true
    current = saved
  }

  /// Continues in the header of a loop on the path, after its own parameters: adds the branch to the next loop.
  mutating func beginEntered(_ header: Block) {
    guard loopEntry.headers.count < loopEntry.loopCount else { return }
    let flag = graph.appendParameter(.i32, to: header)
    loopEntry.headers[loopEntry.headers.count - 1].flag = flag
    let onward = makeBlock(isCold: true)
    let body = makeBlock()
    branch(flag, onward, body, .unlikely)
    begin(onward)
    loopEntry.source = onward
    begin(body)
  }

  /// Adds the arguments of the edges that lead back to a header on the path, when all are known.
  mutating func completeEntered(_ header: Block) {
    guard let entered = loopEntry.headers.elements.first(where: { $0.block == header }), !entered.flag.isNone else {
      return
    }
    var edge = edgeInfos[edgeInfos[entered.edge.number].next].next
    while edge != EdgeInfo.none {
      graph.appendArgument(entryConstant(0, in: edgeInfos[edge].source), to: Edge(Int(edge)))
      edge = edgeInfos[edge].next
    }
  }

  private mutating func entryZero(_ type: IRType) -> Value {
    var zero = Instruction(operation: .constant, type: type)
    if type == .v128 {
      zero.index = UInt32(graph.vectorHighs.count)
      graph.vectorHighs.append(0)
    }
    return graph.insert(zero, before: graph[Block.entry].last)
  }

  private mutating func entryConstant(_ bits: UInt64, in block: Block) -> Value {
    let constant = Instruction(operation: .constant, type: .i32, immediate: bits)
    return graph[block].last.isNone || !graph[graph[block].last].operation.isTerminator
      ? graph.append(constant, to: block) : graph.insert(constant, before: placeBeforeEnd(of: block))
  }

  /// Removes the edge to the code before the outermost loop.
  mutating func cutOffPrefix() throws(FrontEndError) {
    guard let entry else { return }
    guard loopEntry.headers.count == loopEntry.loopCount else { throw .unreachableLoop(offset: Int(entry.loop)) }
    let last = graph[Block.entry].last
    graph[last].operation = .jump
    graph[last].a = .none
    graph[last].flags = []
    graph[last].firstEdge += 1
    graph[last].edgeCount = 1
  }
}
