import WebAssembly

// Locals as SSA values.
//
// Assignments to a local are kept in code order, with their offsets. The value of a local at a position is found from the last assignment
// before it and from the dominators of its block, whose offsets ascend. If one of the dominators contains the last assignment, that is
// the value. If the assignment is between two of them, the paths between them merge in the lower one with values that may differ: then
// the value is that of its predecessors if they agree, else a parameter. A loop that changes the local has a parameter in its header. All
// of this happens on demand, so no parameter is created for a dead local, and each query costs O(log n).
//
// (After Braun et al., "Simple and Efficient Construction of Static Single Assignment Form", CC 2013, without its walk through all blocks
// in between: Wasm's structure gives dominators at once.)

extension Value {
  /// The zero of a local's type, its value before the first assignment.
  static var zero: Value { Value(Int(UInt32.max) - 2) }
}

extension FrontEnd {
  mutating func addLocal(_ type: IRType, _ value: Value) {
    localTypes.append(type)
    let index = UInt32(assignments.count)
    histories.append(LocalHistory(last: index))
    assignments.append(Assignment(offset: 0, value: value, previous: index, jump: index, depth: 0))
  }

  // MARK: Instructions

  mutating func assign(_ value: Value, to local: Int) {
    let last = histories[local].last
    if assignments[last].offset >= blockInfos[current.index].start, assignments[last].offset != 0 {
      assignments[last].value = value
      return
    }
    let previous = assignments[last]
    let jumped = assignments[previous.jump]
    let isBalanced = previous.depth &- jumped.depth == jumped.depth &- assignments[jumped.jump].depth
    histories[local].last = UInt32(assignments.count)
    assignments.append(
      Assignment(
        offset: source, value: value, previous: last, jump: isBalanced ? jumped.jump : last, depth: previous.depth + 1))
  }

  @inline(__always)
  mutating func readLocal(_ local: Int) -> Value {
    let history = histories[local]
    let assignment = assignments[history.last]
    if assignment.offset >= blockInfos[current.index].start { return usable(assignment.value, localTypes[local]) }
    if history.knownBlock == current { return history.knownValue }
    return findLocal(local, assignment)
  }

  /// Whether a local has the same value at the start of the current block as in an earlier block where it is known, on the only path from
  /// there.
  @inline(__always)
  private mutating func isKnown(_ history: LocalHistory, _ assignment: Assignment) -> Bool {
    var block = current
    for _ in 0..<4 {
      let info = blockInfos[block.index]
      guard info.firstPredecessor == info.lastPredecessor, info.isSealed else { return false }
      block = info.dominator
      if block == history.knownBlock { return assignment.offset < blockInfos[block.index].start }
      if assignment.offset >= blockInfos[block.index].start { return false }
    }
    return false
  }

  @inline(never)
  private mutating func findLocal(_ local: Int, _ assignment: Assignment) -> Value {
    let found: Value
    if !histories[local].knownBlock.isNone, isKnown(histories[local], assignment) {
      found = histories[local].knownValue
    } else {
      switch valueAtStart(of: current, local, assignment, end: source) {
      case .value(let value): found = value
      case .merge(let block): found = merge(block, local)
      }
    }
    let value = usable(found, localTypes[local])
    histories[local].knownBlock = current
    histories[local].knownValue = value
    return value
  }

  /// A value for use in the current block: constants are created again where they are used.
  @inline(__always)
  private mutating func usable(_ value: Value, _ type: IRType) -> Value {
    if value == .zero { return type == .v128 ? vectorConstant(0, 0) : constant(type, 0) }
    let found = graph[value]
    guard found.operation == .constant, found.block != current else { return value }
    return type == .v128
      ? vectorConstant(found.immediate, graph.vectorHighs[found.index]) : constant(type, found.immediate)
  }

  // MARK: Lookup

  private enum Finding {
    case value(Value)
    /// The paths to this block merge; see ``merge(_:_:)``.
    case merge(Block)
  }

  /// The value of a local at the end of a finished block.
  private mutating func valueAtEnd(of block: Block, _ local: Int) -> Finding {
    let info = blockInfos[block.index]
    let assignment = assignments[lastAssignment(to: local, before: info.end)]
    if assignment.offset >= info.start { return .value(assignment.value) }
    return valueAtStart(of: block, local, assignment, end: info.end)
  }

  private mutating func lastAssignment(to local: Int, before offset: UInt32) -> UInt32 {
    var index = histories[local].last
    while assignments[index].offset >= offset {
      let jump = assignments[index].jump
      // Offset 0 precedes every other.
      index = assignments[jump].offset >= offset ? jump : assignments[index].previous
    }
    return index
  }

  /// - Parameters:
  ///   - assignment: the last one before `end`, which is not in the block.
  ///   - end: an offset in the block, or its end.
  private mutating func valueAtStart(
    of block: Block, _ local: Int, _ assignment: Assignment, end: UInt32
  ) -> Finding {
    var loop = blockInfos[block.index].loop
    while loop != LoopInfo.none, loops[loop].start > assignment.offset {
      if future.contains(local, from: end, to: loops[loop].end) {
        return .value(loopParameter(loops[loop].header, local))
      }
      loop = loops[loop].parent
    }
    if assignment.offset < blockInfos[0].end { return .value(assignment.value) }
    // The highest dominator that begins after the assignment.
    var top = block
    while true {
      let info = blockInfos[top.index]
      if blockInfos[info.jump.index].start > assignment.offset {
        top = info.jump
      } else if blockInfos[info.dominator.index].start > assignment.offset {
        top = info.dominator
      } else {
        break
      }
    }
    if assignment.offset < blockInfos[blockInfos[top.index].dominator.index].end { return .value(assignment.value) }
    if let value = merged.find(top, UInt32(local)) { return .value(value) }
    // A header with two entries: edges that lead back may not be known yet.
    if blockInfos[top.index].isEntered { return .value(loopParameter(top, local)) }
    return .merge(top)
  }

  /// The parameter for a local that a loop changes.
  private mutating func loopParameter(_ header: Block, _ local: Int) -> Value {
    if let value = merged.find(header, UInt32(local)) { return value }
    let index = graph[header].parameterCount
    let parameter = graph.appendParameter(localTypes[local], to: header)
    merged.set(header, UInt32(local), parameter)
    localParameters.append(LocalParameter(value: parameter, index: index))
    incomplete.append(
      IncompleteParameter(block: header, local: UInt32(local), parameter: parameter, index: index))
    // The argument positions are added now if all edges are known, else when they are.
    if blockInfos[header.index].isSealed { padArguments(of: header) }
    return parameter
  }

  /// Extends each edge to a block to as many arguments as the block has parameters.
  private mutating func padArguments(of block: Block) {
    var edge = blockInfos[block.index].firstPredecessor
    while edge != EdgeInfo.none {
      while graph.edges[edge].argumentCount < graph[block].parameterCount {
        graph.appendArgument(.none, to: Edge(Int(edge)))
      }
      edge = edgeInfos[edge].next
    }
  }

  /// Marks that all edges to a loop's header are known.
  mutating func sealLoop(_ header: Block) throws {
    blockInfos[header.index].isSealed = true
    if blockInfos[header.index].isEntered { completeEntered(header) }
    padArguments(of: header)
    // Inner loops wait for the outermost one, so that each parameter is visited once.
    if currentLoop == LoopInfo.none { try resolveMerges() }
  }

  // MARK: Merging

  /// The value of a local at the start of a block where several paths merge.
  private mutating func merge(_ block: Block, _ local: Int) -> Value {
    let base = merges.count
    appendMerge(block, UInt32(local), .none, 0)
    while merges.count > base { advanceMerge() }
    return merged.find(block, UInt32(local))!
  }

  private mutating func appendMerge(_ block: Block, _ local: UInt32, _ parameter: Value, _ index: UInt32) {
    merges.append(
      PendingMerge(
        block: block, local: local, parameter: parameter, index: index,
        edge: blockInfos[block.index].firstPredecessor, base: UInt32(gathered.count)))
  }

  /// Finds the arguments of the parameters of all loops, none of which is open.
  mutating func resolveMerges() throws {
    var next = 0
    // The search for one can add others.
    while next < incomplete.count {
      let waiting = incomplete[next]
      next += 1
      appendMerge(waiting.block, waiting.local, waiting.parameter, waiting.index)
      while !merges.isEmpty { advanceMerge() }
      try checkSize()
    }
    incomplete.removeAll()
  }

  /// Continues the last of the open merges: finds the values of its edges in order, one merge inside another.
  private mutating func advanceMerge() {
    let place = merges.count - 1
    let pending = merges[place]
    if pending.parameter.isNone, merged.find(pending.block, pending.local) != nil {
      gathered.removeLast(gathered.count - Int(pending.base))
      merges.removeLast()
      return
    }
    var edge = pending.edge
    while edge != EdgeInfo.none {
      switch valueAtEnd(of: edgeInfos[edge].source, Int(pending.local)) {
      case .value(let value): gathered.append(value)
      case .merge(let block):
        merges[place].edge = edge
        return appendMerge(block, pending.local, .none, 0)
      }
      edge = edgeInfos[edge].next
    }
    finishMerge(pending)
    gathered.removeLast(gathered.count - Int(pending.base))
    merges.removeLast()
  }

  private mutating func finishMerge(_ pending: PendingMerge) {
    let base = Int(pending.base)
    let type = localTypes[pending.local]
    var parameter = pending.parameter
    var index = Int(pending.index)
    if parameter.isNone {
      let first = gathered[base]
      if (base + 1..<gathered.count).allSatisfy({ isSame(gathered[$0], first) }) {
        return merged.set(pending.block, pending.local, first)
      }
      index = Int(graph[pending.block].parameterCount)
      parameter = graph.appendParameter(type, to: pending.block)
      merged.set(pending.block, pending.local, parameter)
      localParameters.append(LocalParameter(value: parameter, index: UInt32(index)))
      padArguments(of: pending.block)
    }
    var edge = blockInfos[pending.block.index].firstPredecessor
    var place = base
    while edge != EdgeInfo.none {
      let argument = argument(gathered[place], type, from: edgeInfos[edge].source)
      graph.arguments(Edge(Int(edge)))[index] = argument
      place += 1
      edge = edgeInfos[edge].next
    }
  }

  /// Whether two values are the same, or equal constants.
  mutating func isSame(_ a: Value, _ b: Value) -> Bool {
    if a == b { return true }
    if a == .zero { return isZero(b) }
    if b == .zero { return isZero(a) }
    let (a, b) = (graph[a], graph[b])
    guard a.operation == .constant, b.operation == .constant, a.immediate == b.immediate, a.type == b.type else {
      return false
    }
    return a.type != .v128 || graph.vectorHighs[a.index] == graph.vectorHighs[b.index]
  }

  private mutating func isZero(_ value: Value) -> Bool {
    let found = graph[value]
    return found.operation == .constant && found.immediate == 0
      && (found.type != .v128 || graph.vectorHighs[found.index] == 0)
  }

  /// A value as an argument of an edge from a finished block; constants are created in that block.
  private mutating func argument(_ value: Value, _ type: IRType, from block: Block) -> Value {
    var constant = Instruction(operation: .constant, type: type)
    if value == .zero {
      if type == .v128 {
        constant.index = UInt32(graph.vectorHighs.count)
        graph.vectorHighs.append(0)
      }
    } else {
      let found = graph[value]
      guard found.operation == .constant, found.block != block else { return value }
      constant.immediate = found.immediate
      constant.index = found.index
    }
    return graph.insert(constant, before: placeBeforeEnd(of: block))
  }

  /// The terminator, or the call that belongs to it.
  mutating func placeBeforeEnd(of block: Block) -> Value {
    var place = graph[block].last
    guard graph[place].operation == .tryJump else { return place }
    repeat { place = graph[place].previous } while graph[place].operation == .result
    return place
  }
}
