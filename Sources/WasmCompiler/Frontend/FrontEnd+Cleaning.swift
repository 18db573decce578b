// Clean-up after all blocks were built.

extension FrontEnd {
  /// Replaces parameters that always have the same value: those of loops that assign a local only on paths out of the loop, or always the
  /// same value.
  mutating func removeTrivialParameters() {
    var removed = 0
    // Removing one can make others trivial; the number of rounds does not affect correctness.
    for _ in 0..<8 {
      var changed = 0
      for parameter in localParameters.elements where graph[parameter.value].operation == .parameter {
        if let value = onlyValue(of: parameter) {
          graph[parameter.value].operation = .copy
          graph[parameter.value].a = value
          changed += 1
        }
      }
      removed += changed
      if changed == 0 { break }
    }
    if removed == 0 { return }
    for parameter in localParameters.elements where graph[parameter.value].operation == .copy {
      let block = graph[parameter.value].block
      if !block.isNone { removeCopies(from: block) }
    }
    renameCopies()
  }

  /// The value that a chain of copies leads to. Shortens long chains for later calls.
  private mutating func resolve(_ value: Value) -> Value {
    guard graph[value].operation == .copy else { return value }
    let last = graph.resolve(value)
    var value = value
    while graph[value].a != last {
      let next = graph[value].a
      graph[value].a = last
      value = next
    }
    return last
  }

  private mutating func onlyValue(of parameter: LocalParameter) -> Value? {
    let block = graph[parameter.value].block
    var only = Value.none
    var edge = blockInfos[block.index].firstPredecessor
    while edge != EdgeInfo.none {
      let value = resolve(graph.arguments(Edge(Int(edge)))[Int(parameter.index)])
      if value != parameter.value, value != only {
        guard only.isNone else { return nil }
        only = value
      }
      edge = edgeInfos[edge].next
    }
    return only.isNone ? nil : only
  }

  /// Removes the parameters of a block that became copies, and their arguments from the edges.
  private mutating func removeCopies(from block: Block) {
    let parameters = graph.parameters(block)
    var edge = blockInfos[block.index].firstPredecessor
    while edge != EdgeInfo.none {
      let arguments = graph.arguments(Edge(Int(edge)))
      var kept = 0
      for index in 0..<arguments.count where graph[parameters[index]].operation == .parameter {
        arguments[kept] = arguments[index]
        kept += 1
      }
      graph.edges[edge].argumentCount = UInt32(kept)
      edge = edgeInfos[edge].next
    }
    var kept = 0
    for index in 0..<parameters.count {
      let parameter = parameters[index]
      if graph[parameter].operation == .parameter {
        parameters[kept] = parameter
        graph[parameter].index = UInt32(kept)
        kept += 1
      } else {
        graph[parameter].block = .none
      }
    }
    graph[block].parameterCount = UInt32(kept)
  }

  private mutating func renameCopies() {
    for index in 0..<graph.instructions.count {
      let (a, b, c) = (graph.instructions[index].a, graph.instructions[index].b, graph.instructions[index].c)
      if graph.instructions[index].operation == .copy { continue }
      if !a.isNone { graph.instructions[index].a = resolve(a) }
      if !b.isNone { graph.instructions[index].b = resolve(b) }
      if !c.isNone { graph.instructions[index].c = resolve(c) }
    }
    for index in graph.pool.indices where graph.pool[index].number < graph.instructions.count {
      graph.pool[index] = resolve(graph.pool[index])
    }
  }

  /// Redirects edges of a `br_table` from stubs that only jump to the stubs' targets.
  mutating func bypassStubs() {
    for stub in tableStubs.elements {
      let first = graph[stub].first
      guard graph[first].operation == .jump else { continue }
      let leaving = Edge(Int(graph[first].firstEdge))
      guard graph[leaving].argumentCount == 0 else { continue }
      var edge = blockInfos[stub.index].firstPredecessor
      while edge != EdgeInfo.none {
        graph.edges[edge].target = graph[leaving].target
        edge = edgeInfos[edge].next
      }
    }
  }
}
