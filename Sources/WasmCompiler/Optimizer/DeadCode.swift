import WebAssembly

// Removes instructions whose values are unused, and unused parameters of blocks.

extension Optimizer {
  /// Marks the needed instructions, starting with those that have side effects, and removes the rest. O(instructions + operands).
  mutating func removeDeadCode(_ graph: inout FunctionGraph) {
    marks.reset(false, count: graph.instructions.count)
    worklist.removeAll()
    for block in flow.order.elements {
      var value = graph[block].first
      while !value.isNone {
        if hasEffect(graph[value]) { need(value) }
        value = graph[value].next
      }
    }
    for parameter in graph.parameters(.entry) { marks[parameter.index] = true }
    while !worklist.isEmpty {
      let value = worklist.removeLast()
      needOperands(of: value, graph)
    }
    for block in flow.order.elements {
      removeUnneeded(block, &graph)
    }
  }

  private mutating func hasEffect(_ instruction: Instruction) -> Bool {
    switch instruction.operation {
    case .parameter, .result, .constant, .copy, .select, .mask, .context, .memoryBase: false
    case .wasm, .load: instruction.trap != 0
    default: true
    }
  }

  @inline(__always)
  private mutating func need(_ value: Value) {
    guard let mark = marks.element(value.number), !mark.pointee else { return }
    mark.pointee = true
    worklist.append(value)
  }

  private mutating func needOperands(of value: Value, _ graph: borrowing FunctionGraph) {
    let instruction = graph.instructions.address(of: value.index)
    if instruction.pointee.operation == .parameter { return needArguments(of: value, graph) }
    need(graph.resolve(instruction.pointee.a))
    need(graph.resolve(instruction.pointee.b))
    need(graph.resolve(instruction.pointee.c))
    if instruction.pointee.listCount > 0 { for operand in graph.list(value) { need(graph.resolve(operand)) } }
  }

  /// Marks the arguments of a needed parameter on all edges.
  private mutating func needArguments(of parameter: Value, _ graph: borrowing FunctionGraph) {
    let block = graph[parameter].block
    guard block != .entry, flow.isReachable(block) else { return }
    let position = Int(graph[parameter].index)
    for edge in flow.predecessors(block) { need(graph.resolve(graph.arguments(edge)[position])) }
  }

  private mutating func removeUnneeded(_ block: Block, _ graph: inout FunctionGraph) {
    var value = graph[block].first
    while !value.isNone {
      let next = graph[value].next
      if marks[value.index] {
        graph.resolveOperands(value)
      } else if graph[value].operation != .result || !marks[graph[value].a.index] {
        graph.unlink(value)
      }
      value = next
    }
    guard block != .entry, graph[block].parameterCount > 0 else { return }
    let parameters = graph.parameters(block)
    guard parameters.contains(where: { !marks[$0.index] }) else { return }
    for edge in flow.predecessors(block) { graph[edge].argumentCount = keep(graph.arguments(edge), parameters) }
    graph[block].parameterCount = keep(parameters, parameters)
    for (index, parameter) in graph.parameters(block).enumerated() { graph[parameter].index = UInt32(index) }
  }

  /// Moves the elements whose parameter is needed to the front; returns their number.
  private mutating func keep(
    _ list: FlatSlice<Value>, _ parameters: FlatSlice<Value>
  ) -> UInt32 {
    // The parameter list itself is compacted last, and each element is read before its position is written.
    var count = 0
    for index in list.indices where marks[parameters[index].index] {
      list[count] = list[index]
      count += 1
    }
    return UInt32(count)
  }
}
