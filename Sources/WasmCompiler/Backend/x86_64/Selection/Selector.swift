import WasmRuntime
import WebAssembly

/// Makes machine instructions of a function's graph.
///
/// Blocks are walked in the order opposite to reverse postorder, and each from its end to its beginning: so whoever uses a value is
/// seen before the value itself, may take it in as a part of its own instruction, and what nobody asked for is never made. What an
/// instruction of the graph becomes is written forwards, then turned around; at the end all is turned once more.
struct Selector: ~Copyable {
  /// What comes out. The allocator works on it in place.
  var machine = MachineFunction()
  var layout = BlockLayout()
  var cases = SwitchCases()
  var vectorConstants = VectorConstants()

  let rules = SelectionTable.shared.rules
  let features: CPUFeatures
  let facts: ModuleFacts
  /// Whether it is found out how likely blocks are.
  let isOptimizing: Bool

  // What is being worked on.
  var graph: GraphView
  private let nothing = FunctionGraph()
  /// What the optimiser knows of values' bits.
  /// An offset that no displacement can hold. Then the machine function means nothing.
  private(set) var misfit: UInt64?
  var knownBits = FlatSlice<KnownBits>()
  /// By value: the register that holds it. There is none as long as nobody asked for it.
  private(set) var registers = FlatArray<VirtualRegister>(minimumCapacity: 1 << 12)
  /// By value: how often it is used; more often than 255 times is 255.
  private(set) var useCounts = FlatArray<UInt8>(minimumCapacity: 1 << 12)
  /// By value: whether the one that uses it has done its work.
  var isFolded = FlatArray<Bool>(minimumCapacity: 1 << 12)
  /// By value, of loads: how many effects that it must not be moved over came before it, its own trap among them.
  private(set) var epochs = FlatArray<UInt32>(minimumCapacity: 1 << 12)
  /// How many effects came before the instruction that is looked at: by region, and of any kind.
  private var effects = InlineArray<9, UInt32>(repeating: 0)
  /// Instructions back to front.
  var reversed = FlatArray<MachineInstruction>(minimumCapacity: 1 << 12)
  /// By node: where its instructions stand in `reversed`.
  private var segments = FlatArray<(start: UInt32, count: UInt32)>(minimumCapacity: 1 << 8)
  /// Blocks where calls go on that end with an exception.
  private var landingPads = FlatArray<UInt32>()
  /// The graph's block that is looked at, and where its terminator leads to.
  private(set) var block = Block.entry
  /// Values of calls, and the registers of their operands, while they are put together.
  var results = FlatArray<Value>(minimumCapacity: 16)
  var operands = FlatArray<VirtualRegister>(minimumCapacity: 16)
  /// The offset in the module's binary of what is looked at.
  var source: UInt32 = 0

  static let noRegister = VirtualRegister(Int(UInt32.max))
  private static let anyEffect = 8

  init(features: CPUFeatures, facts: ModuleFacts, isOptimizing: Bool = true) {
    self.features = features
    self.isOptimizing = isOptimizing
    self.facts = facts
    graph = GraphView(nothing)
    machine.clobbers = RegisterConvention.clobbers
  }

  /// Fills ``machine`` and ``cases`` with the code of a graph. `flow` must be what the graph's control flow is now. `knownBits` has what
  /// is known of values, as far as it goes.
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

  /// The offset of an access as a displacement. (The front end makes none beyond 2³¹ - 1; where it does all the same, the function is
  /// refused.)
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

  /// The machine function's block that an edge of the graph leads to first.
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

  /// Adds to the effects, or takes away from them, what an instruction does.
  @inline(__always)
  private mutating func addEffects(of value: Value, _ difference: UInt32) {
    switch graph[value].operation {
    case .wasm, .load, .trapIf:
      // A trap must neither come before an effect, or another trap, nor behind one that stands on its other side.
      if graph[value].trap != 0 { effects[Self.anyEffect] &+= difference }
    case .store:
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

  /// The block of a critical edge.
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
    // What has two results has a list of operands.
    case .wasm: if isNeeded(value) || graph[value].trap != 0 || graph[value].listCount > 0 { lowerWasm(value) }
    case .select: if isNeeded(value) { lowerSelect(value) }
    case .mask: if isNeeded(value) { lowerMask(value) }
    case .load: if !isFolded[value.number], isNeeded(value) || graph[value].trap != 0 { lowerLoad(value) }
    case .store: lowerStore(value)
    case .atomic: lowerAtomic(value)
    case .call, .callReference, .callRuntime: lowerCall(value)
    case .tailCall, .tailCallReference: lowerTailCall(value)
    case .trapIf: lowerTrapIf(value)
    case .caughtException: lowerCaughtException(value)
    case .jump: lowerJump(value)
    case .branch: lowerBranch(value)
    case .switch: lowerSwitch(value)
    case .tryJump: lowerTryJump(value)
    case .return: lowerReturn(value)
    case .trap: lowerTrap(value)
    // Made where they are used, or together with what makes them.
    case .parameter, .result, .constant, .copy, .context, .memoryBase: break
    }
  }

  // MARK: Registers of values

  @inline(__always)
  mutating func isNeeded(_ value: Value) -> Bool { registers[value.number] != Self.noRegister }

  /// The register of a value that an instruction makes.
  @inline(__always)
  mutating func register(of value: Value) -> VirtualRegister {
    let known = registers[value.number]
    if known != Self.noRegister { return known }
    let made = machine.makeRegister(graph[value].type)
    registers[value.number] = made
    return made
  }

  /// Whether what uses the value, and is being looked at, is all that does.
  @inline(__always)
  mutating func isUsedOnce(_ value: Value) -> Bool { useCounts[value.number] == 1 }

  /// Whether a load may happen at the instruction that is looked at, rather than where it stands.
  @inline(__always)
  mutating func canMoveHere(_ load: Value) -> Bool {
    // A test that is made again elsewhere may have asked for the load's register: then there is one.
    graph[load].block == block && isUsedOnce(load) && !isNeeded(load)
      && epochs[load.number] == effects[graph[load].trap != 0 ? Self.anyEffect : Int(graph[load].region.rawValue)]
  }
}
