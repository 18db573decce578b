import WasmRuntime
import WebAssembly

/// Selects machine instructions for a function's graph.
///
/// Blocks are visited in the order opposite to reverse postorder, and each from its end to its beginning: so users are lowered before
/// their operands, a user can fold an operand, and unused values emit no code. The machine instructions for one instruction of the graph
/// are written forwards and then reversed; at the end everything is reversed once more.
struct Selector: ~Copyable {
  /// The output. The allocator works on it in place.
  var machine = MachineFunction()
  var layout = BlockLayout()
  var cases = SwitchCases()
  var vectorConstants = VectorConstants()

  let rules = SelectionTable.shared.rules
  let features: X86_64Features
  let facts: ModuleFacts
  /// Whether the likelihood of blocks is estimated.
  let isOptimizing: Bool

  // The state of selection.
  var graph: GraphView
  private let nothing = FunctionGraph()
  /// The known bits of values from the optimizer.
  /// An offset that does not fit a displacement. Then the machine function must not be used.
  private(set) var misfit: UInt64?
  var knownBits = FlatSlice<KnownBits>()
  /// By value: its register; none while the value has no user that was lowered.
  private(set) var registers = FlatArray<VirtualRegister>(minimumCapacity: 1 << 12)
  /// By value: the number of its uses, saturating at 255.
  private(set) var useCounts = FlatArray<UInt8>(minimumCapacity: 1 << 12)
  /// By value: whether its user has folded it.
  var isFolded = FlatArray<Bool>(minimumCapacity: 1 << 12)
  /// By load: the number of earlier effects that it must not move across, including its own trap.
  private(set) var epochs = FlatArray<UInt32>(minimumCapacity: 1 << 12)
  /// The number of effects before the current instruction: by region, and of any kind.
  private var effects = InlineArray<9, UInt32>(repeating: 0)
  /// Instructions in reverse order.
  var reversed = FlatArray<MachineInstruction>(minimumCapacity: 1 << 12)
  /// By node: the range of its instructions in `reversed`.
  private var segments = FlatArray<(start: UInt32, count: UInt32)>(minimumCapacity: 1 << 8)
  /// Blocks that are landing pads of calls.
  private var landingPads = FlatArray<UInt32>()
  /// The current block of the graph, and the targets of its terminator.
  private(set) var block = Block.entry
  /// The result values of a call, and the registers of its operands, while it is built.
  var results = FlatArray<Value>(minimumCapacity: 16)
  var operands = FlatArray<VirtualRegister>(minimumCapacity: 16)
  /// The offset of the current instruction in the module's binary.
  var source: UInt32 = 0

  static let noRegister = VirtualRegister(Int(UInt32.max))
  private static let anyEffect = 8

  init(features: X86_64Features, facts: ModuleFacts, isOptimizing: Bool = true) {
    self.features = features
    self.isOptimizing = isOptimizing
    self.facts = facts
    graph = GraphView(nothing)
    machine.clobbers = RegisterConvention.clobbers
  }

  /// Fills ``machine`` and ``cases`` with the code of a graph. `flow` must be the current control flow of the graph. `knownBits` has the
  /// known bits of values, as far as they were computed.
  mutating func select(
    _ function: borrowing FunctionGraph, _ flow: borrowing ControlFlow, _ knownBits: borrowing FlatArray<KnownBits>
  ) {
    graph = GraphView(function)
    misfit = nil
    self.knownBits = knownBits.elements
    machine.removeAll()
    cases.removeAll()
    vectorConstants.removeAll()
    reversed.removeAll()
    layout.compute(
      graph, blockCount: function.blocks.count, edgeCount: function.edges.count, flow, isOptimizing: isOptimizing)
    makeBlocks(flow)
    registers.reset(Self.noRegister, count: graph.instructionCount)
    useCounts.reset(0, count: graph.instructionCount)
    isFolded.reset(false, count: graph.instructionCount)
    epochs.reset(0, count: graph.instructionCount)
    for index in effects.indices { effects[index] = 0 }
    for block in flow.order.elements { count(block) }
    segments.reset((0, 0), count: layout.position.count)
    for block in flow.order.elements.reversed() { select(block) }
    arrange()
  }

  /// The offset of an access as a displacement. (The front end creates none above 2³¹ - 1; otherwise the function is rejected.)
  @inline(__always)
  mutating func displacement(_ offset: UInt64) -> Int32 {
    if let displacement = Int32(exactly: offset) { return displacement }
    misfit = misfit ?? offset
    return 0
  }

  // MARK: Blocks

  private mutating func makeBlocks(_ flow: borrowing ControlFlow) {
    let blockCount = flow.blockCount
    for node in layout.order.elements {
      var record = MachineFunction.BlockRecord()
      record.isCold = layout.isCold[node]
      record.loopDepth = layout.loopDepth[node]
      record.likelihood = layout.likelihood[node]
      record.firstEdge = UInt32(machine.edges.count)
      if Int(node) >= blockCount {
        appendEdge(Int(layout.splitEdges[Int(node) - blockCount]), isSplit: true)
      } else {
        let block = Block(Int(node))
        if flow.isLoopHeader(block) {
          record.isLoopHeader = true
          record.loopEnd = layout.loopEnd[node]
        }
        for edge in graph.successors(block) where layout.isCanonical(edge) { appendEdge(edge, isSplit: false) }
        let end = graph[graph[block].last]
        if end.operation == .tryJump { landingPads.append(target(ofEdge: Int(end.firstEdge) + 1)) }
      }
      record.edgeCount = UInt32(machine.edges.count) - record.firstEdge
      machine.blocks.append(record)
    }
    while let pad = landingPads.last {
      machine.blocks[pad].isLandingPad = true
      landingPads.removeLast()
    }
    findPredecessors()
  }

  /// Whether an edge is taken when a call ends with an exception.
  mutating func isExceptional(_ edge: Int, from source: Block) -> Bool {
    let end = graph[graph[source].last]
    return end.operation == .tryJump && edge == Int(end.firstEdge) + 1
  }

  private mutating func appendEdge(_ edge: Int, isSplit: Bool) {
    let target = isSplit ? layout.position[graph.edges[edge].target.number] : target(ofEdge: edge)
    machine.edges.append(MachineFunction.EdgeRecord(target: target))
  }

  /// The machine block that an edge of the graph leads to first.
  @inline(__always)
  private mutating func target(ofEdge edge: Int) -> UInt32 {
    let split = layout.splitNode[edge]
    return layout.position[split == BlockLayout.none ? graph.edges[edge].target.number : split]
  }

  private mutating func findPredecessors() {
    for edge in machine.edges.elements { machine.blocks[edge.target].predecessorCount += 1 }
    var start: UInt32 = 0
    for block in machine.blocks.indices {
      machine.blocks[block].firstPredecessor = start
      start += machine.blocks[block].predecessorCount
      machine.blocks[block].predecessorCount = 0
    }
    machine.predecessors.reset(0, count: Int(start))
    for block in machine.blocks.indices {
      let record = machine.blocks[block]
      for edge in record.firstEdge..<record.firstEdge + record.edgeCount {
        let target = machine.edges[edge].target
        let place = machine.blocks[target].firstPredecessor + machine.blocks[target].predecessorCount
        machine.predecessors[place] = UInt32(block)
        machine.blocks[target].predecessorCount += 1
      }
    }
  }

  /// Puts the instructions in their final order.
  private mutating func arrange() {
    for position in layout.order.indices {
      let segment = segments[layout.order[position]]
      machine.blocks[position].firstInstruction = UInt32(machine.instructions.count)
      machine.blocks[position].instructionCount = segment.count
      var index = Int(segment.start + segment.count)
      while index > Int(segment.start) {
        index -= 1
        machine.instructions.append(reversed[index])
      }
    }
  }

  // MARK: Counting

  /// Counts uses, and effects.
  private mutating func count(_ block: Block) {
    let (graph, useCounts, epochs) = (graph, useCounts.elements, epochs.elements)
    @inline(__always)
    func countUse(_ value: Value) {
      guard let count = useCounts.element(graph.resolve(value).number) else { return }
      count.pointee = count.pointee | 0x80 == 0xFF ? count.pointee : count.pointee &+ 1
    }
    var value = graph[block].first
    while !value.isNone {
      let instruction = graph.instructions.address(of: value.index)
      let operation = instruction.pointee.operation
      addEffects(of: value, 1)
      if operation == .load {
        epochs[value.number] =
          effects[instruction.pointee.trap != 0 ? Self.anyEffect : Int(instruction.pointee.region.rawValue)]
      }
      if operation != .copy {
        countUse(instruction.pointee.a)
        countUse(instruction.pointee.b)
        countUse(instruction.pointee.c)
        if instruction.pointee.listCount > 0 { for operand in graph.list(value) { countUse(operand) } }
      }
      value = instruction.pointee.next
    }
    for edge in graph.successors(block) { for argument in graph.arguments(Edge(edge)) { countUse(argument) } }
  }

  /// Adds the effects of an instruction to the counts, or subtracts them.
  @inline(__always)
  private mutating func addEffects(of value: Value, _ difference: UInt32) {
    switch graph[value].operation {
    case .wasm, .load, .trapIf:
      // A trap must not move across an effect or another trap, in either direction.
      if graph[value].trap != 0 { effects[Self.anyEffect] &+= difference }
    case .store, .charge:
      effects[Self.anyEffect] &+= difference
      effects[Int(graph[value].region.rawValue)] &+= difference
    case .atomic, .call, .callReference, .callRuntime:
      for index in 1..<effects.count { effects[index] &+= difference }
    default: break
    }
  }

  // MARK: The walk

  private mutating func select(_ block: Block) {
    self.block = block
    for edge in graph.successors(block) where layout.splitNode[edge] != BlockLayout.none { selectSplit(edge) }
    let start = reversed.count
    var value = graph[block].last
    while !value.isNone {
      let first = reversed.count
      source = graph[value].source
      addEffects(of: value, UInt32(bitPattern: -1))
      lower(value)
      turn(from: first)
      value = graph[value].previous
    }
    if block == .entry {
      let first = reversed.count
      source = graph.start
      lowerParameters()
      turn(from: first)
    }
    finish(block.number, from: start)
    if block != .entry { setParameters(block) }
  }

  /// Creates the block of a critical edge.
  private mutating func selectSplit(_ edge: Int) {
    let start = reversed.count
    let node = layout.splitNode[edge]
    source = graph[graph[block].last].source
    lowerSplit(edge)
    turn(from: start)
    finish(node, from: start)
  }

  private mutating func finish(_ node: UInt32, from start: Int) {
    segments[node] = (UInt32(start), UInt32(reversed.count - start))
  }

  private mutating func turn(from start: Int) {
    var (low, high) = (start, reversed.count - 1)
    while low < high {
      let instruction = reversed[low]
      reversed[low] = reversed[high]
      reversed[high] = instruction
      low += 1
      high -= 1
    }
  }

  private mutating func lower(_ value: Value) {
    switch graph[value].operation {
    // An instruction with two results has a list of operands.
    case .wasm: if isNeeded(value) || graph[value].trap != 0 || graph[value].listCount > 0 { lowerWasm(value) }
    case .select: if isNeeded(value) { lowerSelect(value) }
    case .mask: if isNeeded(value) { lowerMask(value) }
    case .load: if !isFolded[value.number], isNeeded(value) || graph[value].trap != 0 { lowerLoad(value) }
    case .store: lowerStore(value)
    case .atomic: lowerAtomic(value)
    case .call, .callReference, .callRuntime: lowerCall(value)
    case .tailCall, .tailCallReference: lowerTailCall(value)
    case .trapIf: lowerTrapIf(value)
    case .charge: lowerCharge(value)
    case .checkInterruption: lowerInterruptionCheck(value)
    case .caughtException: lowerCaughtException(value)
    case .jump: lowerJump(value)
    case .branch: lowerBranch(value)
    case .switch: lowerSwitch(value)
    case .tryJump: lowerTryJump(value)
    case .return: lowerReturn(value)
    case .trap: lowerTrap(value)
    // Created where they are used, or together with their defining instruction.
    case .parameter, .result, .constant, .copy, .context, .memoryBase: break
    }
  }

  // MARK: Registers of values

  @inline(__always)
  mutating func isNeeded(_ value: Value) -> Bool { registers[value.number] != Self.noRegister }

  /// The register of a value that an instruction defines.
  @inline(__always)
  mutating func register(of value: Value) -> VirtualRegister {
    let known = registers[value.number]
    if known != Self.noRegister { return known }
    let made = machine.makeRegister(graph[value].type)
    registers[value.number] = made
    return made
  }

  /// Whether the value's current user is its only one.
  @inline(__always)
  mutating func isUsedOnce(_ value: Value) -> Bool { useCounts[value.number] == 1 }

  /// Whether a load can be moved to the current instruction.
  @inline(__always)
  mutating func canMoveHere(_ load: Value) -> Bool {
    // A test that is repeated elsewhere may have used the load's register: then it has one.
    graph[load].block == block && isUsedOnce(load) && !isNeeded(load)
      && epochs[load.number] == effects[graph[load].trap != 0 ? Self.anyEffect : Int(graph[load].region.rawValue)]
  }
}
