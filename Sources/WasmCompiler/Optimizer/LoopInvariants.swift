import WebAssembly

// Moves what a loop computes anew each time, with the same result, in front of the loop.

extension Optimizer {
  /// Uses what value numbering found out about the regions that loops write. O(instructions · loop nesting).
  mutating func hoistInvariants(_ graph: inout FunctionGraph) {
    memory.begin(graph, flow)
    for block in flow.order.elements where !flow.loopHeader[block.index].isNone && !graph[block].isCold {
      var value = graph[block].first
      while !value.isNone {
        let next = graph[value].next
        hoist(value, &graph)
        value = next
      }
    }
  }

  /// Moves an instruction out of as many loops as it can leave. Its operands have been moved before it.
  private mutating func hoist(_ value: Value, _ graph: inout FunctionGraph) {
    guard mayHoist(graph[value]) else { return }
    var loop = flow.loopHeader[graph[value].block.index]
    var target = Block.none
    while !loop.isNone, isInvariant(value, in: loop, graph), let preheader = preheader(of: loop, graph) {
      target = preheader
      loop = flow.loop(around: loop)
    }
    guard !target.isNone else { return }
    hasNewEqualities = true
    graph.unlink(value)
    graph.link(value, before: graph[target].last)
    graph[value].a = constantInFront(of: value, graph[value].a, &graph)
    graph[value].b = constantInFront(of: value, graph[value].b, &graph)
    graph[value].c = constantInFront(of: value, graph[value].c, &graph)
  }

  /// The operand; if it is a constant, which may stand in the loop, one like it in front of the instruction.
  private func constantInFront(of value: Value, _ operand: Value, _ graph: inout FunctionGraph) -> Value {
    guard !operand.isNone else { return operand }
    let operand = graph.resolve(operand)
    return graph[operand].operation == .constant ? graph.insert(graph[operand], before: value) : operand
  }

  /// Whether an instruction is worth a register throughout a loop, and does no harm where the loop would not have come to it.
  private func mayHoist(_ instruction: Instruction) -> Bool {
    guard !instruction.flags.contains(.guarded) else { return false }
    switch instruction.operation {
    case .wasm:
      guard instruction.trap == 0, instruction.listCount == 0 else { return false }
      // Comparisons become part of branches; extensions with zeros cost nothing.
      if let (operation, _) = integers.operation(instruction.opcode) { return !operation.isComparison }
      return instruction.opcode != .i64ExtendI32U
    case .select: return true
    case .load:
      guard instruction.trap == 0, !instruction.flags.contains(.shared) else { return false }
      // Other regions change too often to look at.
      return instruction.region == .constant || instruction.region == .globals || instruction.region == .memoryCells
    default: return false
    }
  }

  private func isInvariant(_ value: Value, in loop: Block, _ graph: borrowing FunctionGraph) -> Bool {
    let instruction = graph[value]
    func isOutside(_ operand: Value) -> Bool {
      if operand.isNone { return true }
      let operand = graph.resolve(operand)
      // Constants belong to their users.
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

  /// The block that leads to the loop, and nowhere else.
  private func preheader(of loop: Block, _ graph: borrowing FunctionGraph) -> Block? {
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
