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
// The code before the outermost loop is built as usual, because the state at the loop (operands, labels, handlers) depends on it. Then it
// is cut off, by removing the only edge to it.

/// The state of building a function that begins at a loop.
struct LoopEntryState: ~Copyable {
  /// The loops that contain the place, the outermost first; at last the loop that is entered. By offsets.
  fileprivate(set) var path = FlatArray<UInt32>()
  /// Their headers, as far as they were built.
  fileprivate(set) var headers = FlatArray<EnteredHeader>()
  /// The block that jumps to the next header.
  fileprivate(set) var source = Block.none
  /// The parameter of the function: the address of the frame.
  fileprivate(set) var frame = Value.none
  /// The number of operands below the parameters of the last of these loops.
  fileprivate(set) var operandCount = 0

  mutating func removeAll() {
    path.removeAll()
    headers.removeAll()
    source = .none
    operandCount = 0
  }

  struct EnteredHeader: BitwiseCopyable {
    var block: Block
    /// The edge from outside the loop that belongs to the code before it. The next edge of the block is the one that enters; all others
    /// lead back.
    var edge: Edge
    /// The parameters for operands below those of the loop, and the index of the first one.
    var firstOperand: UInt32
    var operandCount: UInt32
    /// Whether the parameter after them says that the function was entered here.
    var dispatches: Bool
  }
}

extension FrontEnd {
  /// Sets up the parameter and the locals, and the block before the first header.
  mutating func beginAtLoop(_ entry: LoopEntry, types: [IRType]) throws(FrontEndError) {
    guard entry.locals.count == types.count else { throw .unreachableLoop(offset: Int(entry.loop)) }
    let frame = graph.appendParameter(.i64, to: current)
    loopEntry.frame = frame
    for (source, type) in zip(entry.locals, types) { addLocal(type, frameValue(source, type)) }
    let before = makeBlock(isCold: true)
    let after = makeBlock()
    // The first edge is removed at the end: see ``cutOffPrefix()``.
    branch(frame, before, after, .unlikely)
    begin(after)
    loopEntry.source = after
    begin(before)
  }

  /// Appends a value from the interpreter's frame to the current block.
  private mutating func frameValue(_ source: LoopEntry.Source, _ type: IRType) -> Value {
    switch source {
    case .constant(let bits): return constant(type, bits)
    case .slot(let slot, let isReference):
      let value = loadField(loopEntry.frame, 8 * slot, .runtime, type.load, type)
      if isReference { storeField(loopEntry.frame, 8 * slot, i64(0), .runtime) }
      return value
    }
  }

  /// Whether a loop contains the place where the function begins, or is that place.
  func isOnEntryPath(_ offset: UInt32) -> Bool {
    let next = loopEntry.headers.count
    return next < loopEntry.path.count && loopEntry.path[next] == offset
  }

  /// Finds the loops that contain the place, when the first loop begins.
  mutating func findEntryPath(_ entry: LoopEntry) {
    for loop in future.loops(around: entry.loop) { loopEntry.path.append(loop) }
  }

  /// Adds the edge that enters a loop on the path, whose header has one edge so far.
  ///
  /// - Parameters:
  ///   - header: the block, which has not begun.
  ///   - edge: the edge from the code before the loop.
  ///   - count: the number of the loop's own parameters.
  mutating func enterLoop(_ header: Block, after edge: Edge, parameterCount count: Int) throws(FrontEndError) {
    let isLast = loopEntry.headers.count + 1 == loopEntry.path.count
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
      // A loop that is only passed through does not use its parameters; the interpreter may have replaced them.
      let value = isLast ? entryOperand(index, entry) : entryZero(graph[stack[index]].type)
      graph.appendArgument(value, to: entering)
    }
    for index in loopEntry.operandCount..<lowest {
      graph.appendArgument(stack[index], to: edge)
      graph.appendArgument(entryOperand(index, entry), to: entering)
    }
    if !isLast {
      graph.appendArgument(entryConstant(0, in: saved), to: edge)
      graph.appendArgument(entryConstant(1, in: current), to: entering)
    }
    let position = blockInfos[current.index].start
    terminate(Instruction(operation: .jump, type: .none), edgeCount: 1)
    // Before everything that follows in the code, as its offset says.
    blockInfos[current.index].end = position
    loopEntry.headers.append(
      LoopEntryState.EnteredHeader(
        block: header, edge: edge, firstOperand: UInt32(count), operandCount: UInt32(lowest - loopEntry.operandCount),
        dispatches: !isLast))
    blockInfos[header.index].isEntered = true
    current = saved
  }

  /// Continues in the header of a loop on the path, after its own parameters: adds the others, and the branch to the next loop.
  mutating func beginEntered(_ header: Block, parameterCount count: Int) {
    let entered = loopEntry.headers.last!
    let lowest = stack.count - count
    for index in loopEntry.operandCount..<lowest {
      stack[index] = graph.appendParameter(graph[stack[index]].type, to: header)
    }
    loopEntry.operandCount = lowest
    guard entered.dispatches else { return }
    let flag = graph.appendParameter(.i32, to: header)
    let onward = makeBlock(isCold: true)
    let body = makeBlock()
    branch(flag, onward, body, .unlikely)
    begin(onward)
    loopEntry.source = onward
    begin(body)
  }

  /// Adds the arguments of the edges that lead back to a header on the path, when all are known.
  mutating func completeEntered(_ header: Block) {
    guard let entered = loopEntry.headers.elements.first(where: { $0.block == header }) else { return }
    var edge = edgeInfos[edgeInfos[entered.edge.number].next].next
    while edge != EdgeInfo.none {
      for index in 0..<Int(entered.operandCount) {
        // The operands below a loop's parameters do not change in it.
        let parameter = graph.parameters(header)[Int(entered.firstOperand) + index]
        graph.appendArgument(parameter, to: Edge(Int(edge)))
      }
      if entered.dispatches {
        graph.appendArgument(entryConstant(0, in: edgeInfos[edge].source), to: Edge(Int(edge)))
      }
      edge = edgeInfos[edge].next
    }
  }

  /// A value of the operand stack in the frame, read in the entry block.
  private mutating func entryOperand(_ index: Int, _ entry: LoopEntry) -> Value {
    let type = graph[stack[index]].type
    let place = graph[Block.entry].last
    switch entry.operands[index] {
    case .constant(let bits):
      return graph.insert(Instruction(operation: .constant, type: type, immediate: bits), before: place)
    case .slot(let slot, let isReference):
      let value = graph.insert(
        Instruction(
          operation: .load, type: type, opcode: type.load, region: .runtime, a: loopEntry.frame,
          immediate: UInt64(8 * slot)), before: place)
      if isReference {
        let null = graph.insert(Instruction(operation: .constant, type: .i64), before: place)
        graph.insert(
          Instruction(
            operation: .store, type: .none, opcode: .i64Store, region: .runtime, a: loopEntry.frame, c: null,
            immediate: UInt64(8 * slot)), before: place)
      }
      return value
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
    guard loopEntry.headers.count == loopEntry.path.count, !loopEntry.path.isEmpty else {
      throw .unreachableLoop(offset: Int(entry.loop))
    }
    let last = graph[Block.entry].last
    graph[last].operation = .jump
    graph[last].a = .none
    graph[last].flags = []
    graph[last].firstEdge += 1
    graph[last].edgeCount = 1
  }
}
