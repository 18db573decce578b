import WebAssembly

/// The cases of `switch` instructions: for each case, the index of its edge.
struct SwitchCases: ~Copyable {
  private var edges = FlatArray<UInt32>(minimumCapacity: 1 << 6)

  mutating func removeAll() { edges.removeAll() }

  mutating func append(_ edge: UInt32) { edges.append(edge) }

  var count: Int { edges.count }

  /// The cases of a machine instruction; the last one is the default.
  func cases(of instruction: MachineInstruction) -> FlatSlice<UInt32> {
    let start = Int(instruction.immediate >> 32)
    return edges[start..<start + Int(instruction.immediate & 0xFFFF_FFFF)]
  }
}

// Terminators, and parameters of blocks.

extension Selector {
  /// The largest number of cases for which a chain of comparisons is faster than a table.
  private static let chainLength = 4

  // MARK: Edges

  /// The first machine edge of the current block.
  private var firstEdge: Int { Int(machine.blocks[layout.position[block.number]].firstEdge) }

  /// Sets the arguments of a terminator's edges, except for split edges.
  mutating func setArguments(of terminator: Value) {
    let first = Int(graph[terminator].firstEdge)
    var machineEdge = firstEdge
    for edge in first..<first + Int(graph[terminator].edgeCount) where layout.isCanonical(edge) {
      if layout.splitNode[edge] == BlockLayout.none { setArguments(edge, of: machineEdge) }
      machineEdge += 1
    }
  }

  private mutating func setArguments(_ edge: Int, of machineEdge: Int) {
    let arguments = graph.arguments(Edge(edge))
    machine.edges[machineEdge].firstArgument = UInt32(machine.registers.count)
    machine.edges[machineEdge].argumentCount = UInt32(arguments.count)
    for argument in arguments { machine.registers.append(register(using: argument)) }
  }

  /// Creates the block of a split edge.
  mutating func lowerSplit(_ edge: Int) {
    let isExceptional = isExceptional(edge, from: block)
    var exception = Self.noRegister
    if isExceptional {
      exception = machine.makeRegister(.i64)
      begin(.caughtException)
      define(exception, in: .rax)
    }
    let machineEdge = Int(machine.blocks[layout.position[layout.splitNode[edge]]].firstEdge)
    setArguments(edge, of: machineEdge)
    if isExceptional, takesException(graph.edges[edge].target) {
      machine.registers.append(exception)
      machine.edges[machineEdge].argumentCount += 1
    }
    begin(.jump)
  }

  /// Sets the parameters of the current block.
  mutating func setParameters(_ block: Block) {
    let position = layout.position[block.number]
    let parameters = graph.parameters(block)
    machine.blocks[position].firstParameter = UInt32(machine.registers.count)
    for parameter in parameters { machine.registers.append(register(of: parameter)) }
    if takesException(block) { machine.registers.append(register(of: graph[block].first)) }
    machine.blocks[position].parameterCount =
      UInt32(machine.registers.count) - machine.blocks[position].firstParameter
  }

  /// Whether a landing pad receives its exception from its predecessors, as an argument after the others.
  private mutating func takesException(_ block: Block) -> Bool {
    let first = graph[block].first
    guard graph[first].operation == .caughtException else { return false }
    return graph[block].parameterCount > 0 || machine.blocks[layout.position[block.number]].predecessorCount > 1
  }

  mutating func lowerCaughtException(_ value: Value) {
    guard !takesException(block), isNeeded(value) else { return }
    begin(.caughtException)
    define(register(of: value), in: .rax)
  }

  // MARK: Terminators

  mutating func lowerJump(_ value: Value) {
    setArguments(of: value)
    begin(.jump)
  }

  mutating func lowerTryJump(_ value: Value) {
    setArguments(of: value)
    begin(.tryJump)
  }

  mutating func lowerTrap(_ value: Value) {
    begin(.trap)
    instruction.trap = graph[value].trap
  }

  mutating func lowerSwitch(_ value: Value) {
    setArguments(of: value)
    let first = Int(graph[value].firstEdge)
    let count = Int(graph[value].edgeCount)
    let start = cases.count
    for edge in first..<first + count { cases.append(layout.number[layout.canonical[edge]]) }
    if machine.blocks[layout.position[block.number]].edgeCount == 1 {
      begin(.jump)
      return
    }
    let index = register(using: graph[value].a)
    let list = UInt64(start) << 32 | UInt64(count)
    begin(count - 1 <= Self.chainLength ? .switchChain : .switchTable, immediate: list)
    use(index)
    if count - 1 > Self.chainLength { defineEarly(machine.makeRegister(.i64)) }
  }

  mutating func lowerReturn(_ value: Value) {
    var places = RegisterConvention.Places(RegisterConvention.integerResults)
    collectOperands(of: value)
    storeOverflow(places)
    begin(.return)
    for operand in operands.elements {
      if let place = places.next(machine.types[operand.number]) { use(operand, in: place) }
    }
  }
}
