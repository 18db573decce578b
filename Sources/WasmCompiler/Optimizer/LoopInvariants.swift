import WebAssembly

// Loop-invariant code motion: hoists computations whose result does not change in a loop to the loop's preheader.

extension Optimizer {
  /// Requires the memory versions of value numbering, which give the regions that loops write. O(instructions · loop nesting).
  mutating func hoistInvariants(_ graph: inout FunctionGraph) {
    memory.begin(graph, flow)
    for block in flow.order.elements where !flow.loopHeader(block).isNone && !graph[block].isCold {
      var value = graph[block].first
      // Whether the loop has had no observable effect before this point.
      var isUndisturbed = flow.isLoopHeader(block)
      while !value.isNone {
        let next = graph[value].next
        if !hoist(value, &graph), isUndisturbed { isUndisturbed = hoistCheck(value, of: block, &graph) }
        value = next
      }
    }
  }

  /// Hoists an instruction out of as many loops as possible. Its operands were hoisted before it.
  ///
  /// - Returns: whether it left a loop.
  private mutating func hoist(_ value: Value, _ graph: inout FunctionGraph) -> Bool {
    guard mayHoist(graph[value]) else { return false }
    var loop = flow.loopHeader(graph[value].block)
    var target = Block.none
    while !loop.isNone, isInvariant(value, in: loop, graph), let preheader = preheader(of: loop, graph) {
      target = preheader
      loop = flow.loop(around: loop)
    }
    guard !target.isNone else { return false }
    move(value, to: target, &graph)
    return true
  }

  /// Moves an instruction, with its constant operands, to the end of a block before the loop.
  private mutating func move(_ value: Value, to target: Block, _ graph: inout FunctionGraph) {
    hasNewEqualities = true
    graph.unlink(value)
    graph.link(value, before: graph[target].last)
    graph[value].a = constantInFront(of: value, graph[value].a, &graph)
    graph[value].b = constantInFront(of: value, graph[value].b, &graph)
    graph[value].c = constantInFront(of: value, graph[value].c, &graph)
  }

  /// The operand; if it is a constant, which may be inside the loop, a copy of it before the instruction.
  private mutating func constantInFront(of value: Value, _ operand: Value, _ graph: inout FunctionGraph) -> Value {
    guard !operand.isNone else { return operand }
    let operand = graph.resolve(operand)
    return graph[operand].operation == .constant ? graph.insert(graph[operand], before: value) : operand
  }

  /// Whether an instruction is worth a register throughout a loop, and may run even if the loop would not reach it. Guarded instructions
  /// never move above their checks.
  private mutating func mayHoist(_ instruction: Instruction) -> Bool {
    guard !instruction.flags.contains(.guarded) else { return false }
    switch instruction.operation {
    case .wasm:
      guard instruction.trap == 0, instruction.listCount == 0 else { return false }
      // Comparisons are folded into branches; zero extensions cost nothing.
      if let (operation, _) = integers.operation(instruction.opcode) { return !operation.isComparison }
      return instruction.opcode != .i64ExtendI32U
    case .select, .mask: return true
    case .load:
      guard instruction.trap == 0, !instruction.flags.contains(.shared) else { return false }
      // Other regions change too often.
      return instruction.region == .constant || instruction.region == .globals || instruction.region == .memoryCells
    default: return false
    }
  }

  private mutating func isInvariant(_ value: Value, in loop: Block, _ graph: borrowing FunctionGraph) -> Bool {
    let instruction = graph[value]
    func isOutside(_ operand: Value) -> Bool {
      if operand.isNone { return true }
      let operand = graph.resolve(operand)
      // Constants are rematerialized at their users.
      return graph[operand].operation != .constant && !flow.contains(loop, graph[operand].block)
    }
    func isConstantOrOutside(_ operand: Value) -> Bool {
      operand.isNone || graph[graph.resolve(operand)].operation == .constant || isOutside(operand)
    }
    guard isConstantOrOutside(instruction.a), isConstantOrOutside(instruction.b), isConstantOrOutside(instruction.c)
    else {
      return false
    }
    return instruction.operation != .load || instruction.region == .constant
      || memory.writes(ofLoop: loop) >> instruction.region.rawValue & 1 == 0
  }

  // MARK: Checks

  /// Hoists an invariant check, or an instruction that such checks guard, from the first block of a loop. It would run in any case,
  /// before any observable effect of the loop.
  ///
  /// - Returns: whether the instructions after it in the loop's first block may also be hoisted like this.
  private mutating func hoistCheck(_ value: Value, of loop: Block, _ graph: inout FunctionGraph) -> Bool {
    let instruction = graph[value]
    let isGuarded = instruction.flags.contains(.guarded) && !instruction.flags.contains(.shared)
    switch instruction.operation {
    case .trapIf:
      guard let preheader = preheader(of: loop, graph), leave(instruction.a, loop, preheader, &graph),
        instruction.b.isNone || leave(instruction.b, loop, preheader, &graph),
        instruction.c.isNone || leave(instruction.c, loop, preheader, &graph)
      else { return false }
      move(value, to: preheader, &graph)
      return true
    case .wasm, .load:
      guard instruction.trap == 0 else { return false }
      if isGuarded, instruction.listCount == 0, isInvariant(value, in: loop, graph),
        let preheader = preheader(of: loop, graph)
      {
        move(value, to: preheader, &graph)
      }
      return true
    // A check for interruption has no fixed place.
    case .constant, .copy, .select, .mask, .context, .memoryBase, .result, .checkInterruption: return true
    default: return false
    }
  }

  /// Makes a value available in the preheader: hoists it and the operands that it is computed from, if they are inside the loop.
  ///
  /// - Returns: false if it depends on the loop; then nothing was moved.
  private mutating func leave(
    _ value: Value, _ loop: Block, _ preheader: Block, _ graph: inout FunctionGraph
  ) -> Bool {
    let value = graph.resolve(value)
    guard canLeave(value, loop, graph, depth: 3) else { return false }
    moveTree(value, loop, preheader, &graph)
    return true
  }

  private mutating func canLeave(
    _ value: Value, _ loop: Block, _ graph: borrowing FunctionGraph, depth: Int
  ) -> Bool {
    if value.isNone || !flow.contains(loop, graph[value].block) { return true }
    let instruction = graph[value]
    if instruction.operation == .constant { return instruction.type != .v128 }
    guard depth > 0, instruction.operation == .wasm, instruction.trap == 0, instruction.listCount == 0,
      !instruction.flags.contains(.guarded)
    else { return false }
    return canLeave(graph.resolve(instruction.a), loop, graph, depth: depth - 1)
      && canLeave(graph.resolve(instruction.b), loop, graph, depth: depth - 1)
      && canLeave(graph.resolve(instruction.c), loop, graph, depth: depth - 1)
  }

  private mutating func moveTree(_ value: Value, _ loop: Block, _ preheader: Block, _ graph: inout FunctionGraph) {
    // Constants move with their users.
    guard !value.isNone, flow.contains(loop, graph[value].block), graph[value].operation != .constant else { return }
    moveTree(graph.resolve(graph[value].a), loop, preheader, &graph)
    moveTree(graph.resolve(graph[value].b), loop, preheader, &graph)
    moveTree(graph.resolve(graph[value].c), loop, preheader, &graph)
    move(value, to: preheader, &graph)
  }

  /// The block whose only successor is the loop, and which is the only entry to it.
  private mutating func preheader(of loop: Block, _ graph: borrowing FunctionGraph) -> Block? {
    var preheader: Block?
    for edge in flow.predecessors(loop) {
      let source = flow.source[edge.index]
      if flow.dominates(loop, source) { continue }
      guard preheader == nil, graph[graph[source].last].operation == .jump else { return nil }
      preheader = source
    }
    return preheader
  }
}
