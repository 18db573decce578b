import WasmRuntime
import WebAssembly

// Structured control, branches and returns.

extension FrontEnd {
  // MARK: Blocks

  mutating func readSignature() throws -> ModuleFacts.Signature {
    switch try reader.readBlockType() {
    case .empty: ModuleFacts.Signature()
    case .result(let type): ModuleFacts.Signature(results: ModuleFacts.list(of: IRType(type)))
    case .type(let index): facts.signatures[index]
    }
  }

  mutating func open(_ kind: ControlFrame.Kind, _ signature: ModuleFacts.Signature) {
    var frame = ControlFrame(
      kind: kind, height: UInt32(stack.count) - signature.parameters.count, parameters: signature.parameters,
      results: signature.results)
    frame.handler = controls.last?.handler ?? Handler.none
    if isOnEntryPath(source) { keepOperands(below: &frame) }
    controls.append(frame)
  }

  mutating func lowerBlock() throws { open(.block, try readSignature()) }

  mutating func lowerLoop() throws {
    let signature = try readSignature()
    if !future.isKnown {
      var position = reader
      position.position = Int(source)
      try future.scan(position, facts.image.base, localCount: localTypes.count)
    }
    open(.loop, signature)
    let header = makeBlock()
    blockInfos[header.index].isSealed = false
    let count = Int(signature.parameters.count)
    let edge = makeEdge(to: header)
    appendArguments(count, to: edge)
    terminate(Instruction(operation: .jump, type: .none), edgeCount: 1)
    let isEntered = controls[controls.count - 1].isEntered
    if isEntered { try enterLoop(header, after: edge, parameterCount: count) }
    let loop = UInt32(loops.count)
    let depth = currentLoop == LoopInfo.none ? 0 : loops[currentLoop].depth + 1
    guard depth < Self.maximumLoopDepth else { throw FrontEndError.tooManyNestedLoops }
    loops.append(
      LoopInfo(
        header: header, start: UInt32(truncatingIfNeeded: reader.position), end: future.end(ofLoopAt: source),
        parent: currentLoop, depth: depth))
    controls[controls.count - 1].label = header
    controls[controls.count - 1].outerLoop = currentLoop
    currentLoop = loop
    begin(header)
    for index in 0..<count {
      stack[stack.count - count + index] = graph.appendParameter(facts.type(signature.parameters, index), to: header)
    }
    if isEntered { beginEntered(header) }
    emitInterruptionCheck()
  }

  mutating func lowerIf() throws {
    let signature = try readSignature()
    let condition = stack.removeLast()
    open(.if, signature)
    let first = makeBlock()
    let second = makeBlock()
    let count = Int(signature.parameters.count)
    if count > 0 {
      controls[controls.count - 1].saved = graph.makeList(stack[stack.count - count..<stack.count])
    }
    controls[controls.count - 1].elseBlock = second
    branch(condition, first, second, hint())
    begin(first)
  }

  mutating func lowerElse() throws {
    let place = controls.count - 1
    endPart(place)
    let frame = controls[place]
    controls[place].kind = .else
    controls[place].elseBlock = .none
    // If that has no block, the `if` was unreachable, and so is its `else`.
    begin(frame.elseBlock)
    for index in 0..<Int(frame.parameters.count) { stack.append(graph.pool[Int(frame.saved) + index]) }
  }

  /// Ends a part of a structured instruction other than the last: continues after the instruction's end.
  mutating func endPart(_ place: Int) {
    if isReachable {
      let count = Int(controls[place].results.count)
      appendArguments(count, to: makeEdge(to: labelBlock(place)))
      terminate(Instruction(operation: .jump, type: .none), edgeCount: 1)
    }
    stack.removeLast(stack.count - Int(controls[place].height))
  }

  mutating func lowerEnd() throws {
    let place = controls.count - 1
    switch controls[place].kind {
    case .if: joinMissingElse(place)
    case .tryTable, .legacyTry: try endHandler(place)
    case .legacyCatch: endLegacyCatches(place)
    default: break
    }
    let frame = controls[place]
    let count = Int(frame.results.count)
    if frame.kind == .loop {
      currentLoop = frame.outerLoop
      try sealLoop(frame.label)
    } else if !frame.label.isNone {
      if isReachable {
        appendArguments(count, to: makeEdge(to: frame.label))
        terminate(Instruction(operation: .jump, type: .none), edgeCount: 1)
      }
      stack.removeLast(stack.count - Int(frame.height))
      begin(frame.label)
      pushMerged(frame.label, frame.results)
    }
    if !isReachable { stack.removeLast(stack.count - Int(frame.height)) }
    if frame.keptEnd > frame.keptStart, isReachable { restoreOperands(below: frame) }
    if frame.kind == .function, isReachable { emitReturn() }
    controls.removeLast()
  }

  /// An `if` without `else` continues after its end if the condition is zero, with its parameters as results.
  private mutating func joinMissingElse(_ place: Int) {
    let frame = controls[place]
    let edge = Edge(Int(blockInfos[frame.elseBlock.index].firstPredecessor))
    for index in 0..<Int(frame.parameters.count) {
      graph.appendArgument(graph.pool[Int(frame.saved) + index], to: edge)
    }
    if frame.label.isNone {
      controls[place].label = frame.elseBlock
    } else {
      retarget(edgesOf: frame.elseBlock, to: frame.label)
    }
  }

  /// The target block of branches to a label.
  mutating func labelBlock(_ place: Int) -> Block {
    if controls[place].label.isNone { controls[place].label = makeBlock() }
    return controls[place].label
  }

  // MARK: Values at labels

  /// Appends the operands on top of the stack as arguments of an edge.
  mutating func appendArguments(_ count: Int, to edge: Edge) {
    for index in stack.count - count..<stack.count { graph.appendArgument(stack[index], to: edge) }
  }

  /// Pushes the values that the edges to a block carry, which has just begun: a parameter where they differ.
  mutating func pushMerged(_ block: Block, _ types: ModuleFacts.TypeList) {
    if types.count == 0 { return }
    let first = blockInfos[block.index].firstPredecessor
    var kept = 0
    for index in 0..<Int(types.count) {
      let value = graph.arguments(Edge(Int(first)))[index]
      var edge = edgeInfos[first].next
      while edge != EdgeInfo.none, isSame(graph.arguments(Edge(Int(edge)))[index], value) {
        edge = edgeInfos[edge].next
      }
      if edge == EdgeInfo.none {
        stack.append(recreated(value))
      } else {
        stack.append(graph.appendParameter(facts.type(types, index), to: block))
        moveArguments(of: block, from: index, to: kept)
        kept += 1
      }
    }
    var edge = first
    while edge != EdgeInfo.none {
      graph.edges[edge].argumentCount = UInt32(kept)
      edge = edgeInfos[edge].next
    }
  }

  private mutating func moveArguments(of block: Block, from: Int, to: Int) {
    if from == to { return }
    var edge = blockInfos[block.index].firstPredecessor
    while edge != EdgeInfo.none {
      let arguments = graph.arguments(Edge(Int(edge)))
      arguments[to] = arguments[from]
      edge = edgeInfos[edge].next
    }
  }

  /// A value from an earlier block; a constant is created again.
  private mutating func recreated(_ value: Value) -> Value {
    let found = graph[value]
    guard found.operation == .constant, found.block != current else { return value }
    return found.type == .v128
      ? vectorConstant(found.immediate, graph.vectorHighs[found.index]) : constant(found.type, found.immediate)
  }

  // MARK: Branches

  /// Creates an edge to a label, with the operands on top of the stack.
  mutating func makeEdge(toLabel depth: Int) {
    let place = controls.count - 1 - depth
    let edge = makeEdge(to: labelBlock(place))
    appendArguments(Int(controls[place].labelTypes.count), to: edge)
  }

  mutating func jump(toLabel depth: Int) {
    makeEdge(toLabel: depth)
    terminate(Instruction(operation: .jump, type: .none), edgeCount: 1)
  }

  mutating func lowerBranch() throws {
    let depth = Int(try reader.readU32())
    if depth == controls.count - 1 { emitReturn() } else { jump(toLabel: depth) }
  }

  mutating func lowerBranchIf() throws {
    let depth = Int(try reader.readU32())
    let condition = stack.removeLast()
    branch(condition, toLabel: depth, hint())
  }

  /// Branches to a label, or continues.
  mutating func branch(_ condition: Value, toLabel depth: Int, _ flags: Instruction.Flags = []) {
    makeEdge(toLabel: depth)
    let next = makeBlock()
    makeEdge(to: next)
    terminate(Instruction(operation: .branch, type: .none, flags: flags, a: condition), edgeCount: 2)
    begin(next)
  }

  /// Continues, or branches to a label if the condition is zero.
  mutating func branch(unless condition: Value, toLabel depth: Int, _ flags: Instruction.Flags = []) {
    let next = makeBlock()
    makeEdge(to: next)
    makeEdge(toLabel: depth)
    terminate(Instruction(operation: .branch, type: .none, flags: flags, a: condition), edgeCount: 2)
    begin(next)
  }

  /// The module's hint for the current branch.
  private mutating func hint() -> Instruction.Flags {
    guard !facts.hints.functions.isEmpty,
      let isLikely = facts.hints.isLikely(function: graph.functionIndex, offset: source - UInt32(bodyStart))
    else { return [] }
    return isLikely ? .likely : .unlikely
  }

  mutating func lowerBranchTable() throws {
    let count = Int(try reader.readU32())
    // Checked before anything is created for each entry.
    guard memoryLimit >> 6 >= count else { throw FrontEndError.tooLarge(function: functionIndex) }
    let index = stack.removeLast()
    tableDepths.removeAll()
    for _ in 0...count { tableDepths.append(try reader.readU32()) }
    if count == 0 {
      let depth = Int(tableDepths[0])
      if depth == controls.count - 1 { emitReturn() } else { jump(toLabel: depth) }
      return
    }
    for depth in tableDepths.elements { controls[controls.count - 1 - Int(depth)].tableCount += 1 }
    let firstStub = tableStubs.count
    stubDepths.removeAll()
    for depth in tableDepths.elements {
      let place = controls.count - 1 - Int(depth)
      if controls[place].tableCount == 1 {
        makeEdge(toLabel: Int(depth))
        try checkSize()
      } else {
        if controls[place].tableStub.isNone {
          controls[place].tableStub = makeBlock()
          tableStubs.append(controls[place].tableStub)
          stubDepths.append(depth)
        }
        makeEdge(to: controls[place].tableStub)
      }
    }
    terminate(Instruction(operation: .switch, type: .none, a: index), edgeCount: count + 1)
    for depth in tableDepths.elements {
      controls[controls.count - 1 - Int(depth)].tableCount = 0
      controls[controls.count - 1 - Int(depth)].tableStub = .none
    }
    // A label with several entries gets its values from one block.
    for stub in stubDepths.indices {
      begin(tableStubs[firstStub + stub])
      jump(toLabel: Int(stubDepths[stub]))
      try checkSize()
    }
  }

  /// Branches if the reference on top of the stack is null, and drops it; otherwise it stays.
  mutating func lowerBranchOnNull() throws {
    let depth = Int(try reader.readU32())
    let reference = stack.removeLast()
    branch(isZero(reference), toLabel: depth)
    stack.append(reference)
  }

  /// Branches with the reference on top of the stack if it is not null; otherwise drops it.
  mutating func lowerBranchOnNonNull() throws {
    let depth = Int(try reader.readU32())
    branch(unless: isZero(stack.last!), toLabel: depth)
    stack.removeLast()
  }

  // MARK: Returns

  /// Returns the operands on top of the stack.
  mutating func emitReturn() {
    let count = graph.results.count
    let start = graph.makeList(stack[stack.count - count..<stack.count])
    terminate(
      Instruction(operation: .return, type: .none, listStart: start, listCount: UInt32(count)), edgeCount: 0)
  }
}
