import WebAssembly

// Global value numbering over the dominators' tree, with simplification of each instruction on the way, and elimination of
// loads whose value is known: from an earlier load, or from a store. Checks that were made are not made again.
//
// Blocks come in reverse postorder, so that what dominates an instruction was seen before it. (The parts that matter here of
// C. Click, "Global Code Motion, Global Value Numbering", 1995.)

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

  /// Takes an equal value that dominates this one, if there is one.
  private mutating func reuse(_ value: Value, version: UInt32, _ graph: inout FunctionGraph) {
    let place = table.find(graph[value], version: version, in: graph)
    if let known = dominating(place, value, graph) {
      if known != value { graph.replace(value, with: known) }
    } else {
      table.enter(value, result: value, at: place, version: version, in: graph)
    }
  }

  /// What stands in the table at a place, if it was computed wherever `value` is.
  @inline(__always)
  private func dominating(_ place: Int, _ value: Value, _ graph: borrowing FunctionGraph) -> Value? {
    guard let entry = table[place], flow.dominates(graph[entry.key].block, graph[value].block) else { return nil }
    return graph.resolve(entry.result)
  }

  /// A check that was made need not be made again; one that cannot fail, not at all.
  private mutating func reuseCheck(_ value: Value, _ graph: inout FunctionGraph) {
    if let condition = graph.constant(graph[value].a) {
      if condition == 0 { graph.unlink(value) }
      return
    }
    let place = table.find(graph[value], version: 0, in: graph)
    if dominating(place, value, graph) != nil {
      // The reason does not matter: where the first one did not trap, neither would the second.
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

  /// What is stored is what a load finds, until something else may write there.
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
    // It stands in no list of instructions; the table needs it to compare with.
    let key = graph.append(unlinked: load)
    let version = memory.version(store.region)
    let place = table.find(load, version: version, in: graph)
    table.enter(key, result: store.c, at: place, version: version, in: graph)
  }

  // MARK: Parameters

  /// A parameter that has the same value on each edge is that value.
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
      // What dominates all ways here, dominates the block.
      if !differ, !same.isNone { graph.replace(parameter, with: same) }
    }
  }
}

extension Opcode {
  /// The load that gives back what this stores, if it stores all of the value.
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
