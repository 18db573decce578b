import WebAssembly

// Global value numbering over the dominator tree. It simplifies each instruction on the way, and eliminates redundant loads (after an
// equal load or a store) and redundant checks.
//
// Blocks are visited in reverse postorder, so that every dominator of an instruction is visited before it. (A subset of C. Click, "Global
// Code Motion, Global Value Numbering", 1995.)

extension Optimizer {
  mutating func numberValues(_ graph: inout FunctionGraph) {
    table.begin(expectedCount: graph.instructions.count)
    memory.begin(graph, flow)
    knownBits.reset(.unseen, count: graph.instructions.count)
    for index in flow.order.indices {
      let block = flow.order[index]
      removeEqualParameters(block, &graph)
      findBits(ofParameters: block, graph)
      memory.enter(block, flow)
      var value = graph[block].first
      while !value.isNone {
        let next = graph[value].next
        number(value, &graph)
        value = next
      }
      memory.leave(block)
    }
  }

  private mutating func number(_ value: Value, _ graph: inout FunctionGraph) {
    graph.resolveOperands(value)
    findBits(of: value, &graph)
    simplify(value, &graph)
    let instruction = graph[value]
    switch instruction.operation {
    case .wasm where instruction.listCount == 0, .constant where instruction.type != .v128, .select, .mask,
      .context, .memoryBase:
      reuse(value, version: 0, &graph)
    case .load: numberLoad(value, &graph)
    case .store: numberStore(value, &graph)
    case .trapIf: reuseCheck(value, &graph)
    default: memory.write(MemoryVersions.writes(instruction))
    }
  }

  /// Replaces a value by an equal one that dominates it, if there is one.
  private mutating func reuse(_ value: Value, version: UInt32, _ graph: inout FunctionGraph) {
    let place = table.find(graph[value], version: version, in: graph)
    if let known = dominating(place, value, graph) {
      if known != value { graph.replace(value, with: known) }
    } else {
      table.enter(value, result: value, at: place, version: version, in: graph)
    }
  }

  /// The table's entry at a position, if it dominates `value`.
  @inline(__always)
  private func dominating(_ place: Int, _ value: Value, _ graph: borrowing FunctionGraph) -> Value? {
    guard let entry = table[place], flow.dominates(graph[entry.key].block, graph[value].block) else { return nil }
    return graph.resolve(entry.result)
  }

  /// Removes a check that a dominating check makes redundant, or that cannot fail.
  private mutating func reuseCheck(_ value: Value, _ graph: inout FunctionGraph) {
    if let condition = graph.constant(graph[value].a) {
      if condition == 0 { graph.unlink(value) }
      return
    }
    let place = table.find(graph[value], version: 0, in: graph)
    if dominating(place, value, graph) != nil {
      // The reason may differ: if the first check did not trap, neither will the second.
      graph.unlink(value)
    } else {
      table.enter(value, result: value, at: place, version: 0, in: graph)
    }
  }

  // MARK: Memory

  private mutating func numberLoad(_ value: Value, _ graph: inout FunctionGraph) {
    let load = graph[value]
    guard !load.flags.contains(.shared) else { return }
    reuse(value, version: load.region == .constant ? 0 : memory.version(load.region), &graph)
  }

  /// Enters a stored value as the result of a later load from the same address and version.
  private mutating func numberStore(_ value: Value, _ graph: inout FunctionGraph) {
    let store = graph[value]
    memory.write(MemoryVersions.writes(store))
    guard !store.flags.contains(.shared), let opcode = store.opcode.loadOfStored else { return }
    var load = store
    load.operation = .load
    load.opcode = opcode
    load.type = graph[store.c].type
    load.c = .none
    load.index = 0
    // The load is in no block; the table needs it for comparison.
    let key = graph.append(unlinked: load)
    let version = memory.version(store.region)
    let place = table.find(load, version: version, in: graph)
    table.enter(key, result: store.c, at: place, version: version, in: graph)
  }

  // MARK: Parameters

  /// Replaces a parameter by its argument if all edges pass the same value.
  private mutating func removeEqualParameters(_ block: Block, _ graph: inout FunctionGraph) {
    guard block != .entry, graph[block].parameterCount > 0 else { return }
    for parameter in graph.parameters(block) where graph[parameter].operation == .parameter {
      let position = Int(graph[parameter].index)
      var same = Value.none
      var differ = false
      for edge in flow.predecessors(block) {
        let argument = graph.resolve(graph.arguments(edge)[position])
        if argument == parameter || argument == same { continue }
        if !same.isNone {
          differ = true
          break
        }
        same = argument
      }
      // A value that dominates all predecessors dominates the block.
      if !differ, !same.isNone { graph.replace(parameter, with: same) }
    }
  }
}

extension Opcode {
  /// The load that reads back the stored value; nil if only a part is stored.
  fileprivate var loadOfStored: Opcode? {
    switch self {
    case .i32Store: .i32Load
    case .i64Store: .i64Load
    case .f32Store: .f32Load
    case .f64Store: .f64Load
    case .v128Store: .v128Load
    default: nil
    }
  }
}
