import WasmRuntime
import WebAssembly

/// The compact graphs of functions that may be inlined. Each is built once by a compiling thread, and copied from here.
///
/// Values and blocks are numbered from 0 in each graph, in reverse postorder, each block's parameters before its instructions; lists and
/// edges are in common arrays. There are no links, since a block's instructions are adjacent.
struct CalleeLibrary: ~Copyable {
  struct Callee: BitwiseCopyable {
    /// Ranges in the library's arrays.
    var firstInstruction = 0
    var firstBlock = 0
    var instructionCount = 0
    var blockCount = 0
    var parameterCount = 0
    /// The number of its blocks that return or end in a tail call.
    var returnCount = 0
    /// The number of instructions that cost time; see ``InliningPolicy``.
    var size: UInt32 = 0
    var hasCalls = false
    /// Whether it can end with an exception.
    var mayThrow = false
  }

  struct BlockRecord: BitwiseCopyable {
    var parameterCount: UInt32 = 0
    var instructionCount: UInt32 = 0
    var loopDepth: UInt32 = 0
    var isCold = false
  }

  private(set) var instructions = FlatArray<Instruction>(minimumCapacity: 1 << 10)
  private(set) var blocks = FlatArray<BlockRecord>(minimumCapacity: 1 << 8)
  private(set) var edges = FlatArray<FunctionGraph.EdgeRecord>(minimumCapacity: 1 << 8)
  private(set) var pool = FlatArray<Value>(minimumCapacity: 1 << 8)
  private(set) var vectorHighs = FlatArray<UInt64>()
  private var callees = FlatArray<Callee>(minimumCapacity: 1 << 6)
  /// By function of the module: the index of its callee, ``unknown`` or ``refused``.
  private var places = FlatArray<UInt32>()
  /// By value and block of a graph that is being added: their numbers here.
  private var numbers = FlatArray<UInt32>()
  private var blockNumbers = FlatArray<UInt32>()
  private var graph = FunctionGraph()
  private var flow = ControlFlow()

  private static let unknown = UInt32.max
  private static let refused = UInt32.max - 1
  /// If there are more, all graphs are dropped before the next function.
  private static let maximumInstructionCount = 1 << 18

  init(functionCount: Int) { places.reset(Self.unknown, count: functionCount) }

  /// Bounds memory. Callees that were found earlier become invalid.
  mutating func forgetIfLarge() {
    guard instructions.count > Self.maximumInstructionCount else { return }
    instructions.removeAll()
    blocks.removeAll()
    edges.removeAll()
    pool.removeAll()
    vectorHighs.removeAll()
    callees.removeAll()
    for index in places.indices where places[index] != Self.refused { places[index] = Self.unknown }
  }

  /// The graph of a function of the module; nil if it has more than `maximumSize` instructions, or must be interpreted.
  mutating func find(_ function: Int, maximumSize: UInt32, _ frontEnd: inout FrontEnd) -> Callee? {
    if places[function] == Self.unknown { places[function] = add(function, maximumSize, &frontEnd) }
    return places[function] == Self.refused ? nil : callees[places[function]]
  }

  private mutating func add(_ function: Int, _ maximumSize: UInt32, _ frontEnd: inout FrontEnd) -> UInt32 {
    do throws(FrontEndError) {
      try frontEnd.build(function: function, into: &graph)
    } catch {
      return Self.refused
    }
    flow.computeOrderAndLoops(graph)
    var callee = Callee()
    measure(&callee)
    guard callee.size <= maximumSize else { return Self.refused }
    number(&callee)
    copy(callee)
    callees.append(callee)
    return UInt32(callees.count - 1)
  }

  // MARK: Adding

  private func measure(_ callee: inout Callee) {
    for block in flow.order.elements {
      var value = graph[block].first
      while !value.isNone {
        let instruction = graph[value]
        callee.size += instruction.inliningCost
        switch instruction.operation {
        case .return: callee.returnCount += 1
        case .tailCall, .tailCallReference:
          callee.returnCount += 1
          callee.hasCalls = true
          callee.mayThrow = true
        case .call, .callReference: callee.hasCalls = true
        default: break
        }
        if instruction.mayThrow { callee.mayThrow = true }
        value = instruction.next
      }
    }
  }

  /// Numbers the values and blocks.
  private mutating func number(_ callee: inout Callee) {
    numbers.reset(.max, count: graph.instructions.count)
    blockNumbers.reset(.max, count: graph.blocks.count)
    var next: UInt32 = 0
    for (index, block) in flow.order.elements.enumerated() {
      blockNumbers[block.index] = UInt32(index)
      for parameter in graph.parameters(block) {
        numbers[parameter.index] = next
        next += 1
      }
      var value = graph[block].first
      while !value.isNone {
        numbers[value.index] = next
        next += 1
        value = graph[value].next
      }
    }
    callee.firstInstruction = instructions.count
    callee.firstBlock = blocks.count
    callee.instructionCount = Int(next)
    callee.blockCount = flow.order.count
    callee.parameterCount = Int(graph[.entry].parameterCount)
  }

  private mutating func copy(_ callee: Callee) {
    for index in 0..<callee.blockCount {
      let block = flow.order[index]
      var record = BlockRecord(
        parameterCount: graph[block].parameterCount, loopDepth: flow.loopDepth(block), isCold: graph[block].isCold
      )
      for parameter in graph.parameters(block) { instructions.append(graph[parameter]) }
      var value = graph[block].first
      while !value.isNone {
        copy(value)
        record.instructionCount += 1
        value = graph[value].next
      }
      blocks.append(record)
    }
  }

  private mutating func copy(_ value: Value) {
    var instruction = graph[value]
    instruction.a = numbered(instruction.a)
    instruction.b = numbered(instruction.b)
    instruction.c = numbered(instruction.c)
    instruction.listStart = instruction.listCount > 0 ? copy(graph.list(value)) : 0
    if instruction.edgeCount > 0 {
      let first = UInt32(edges.count)
      for offset in 0..<instruction.edgeCount {
        let edge = Edge(Int(instruction.firstEdge + offset))
        let start = copy(graph.arguments(edge))
        edges.append(
          FunctionGraph.EdgeRecord(
            target: Block(Int(blockNumbers[graph[edge].target.index])), argumentStart: start,
            argumentCount: graph[edge].argumentCount))
      }
      instruction.firstEdge = first
    }
    if instruction.hasVectorHigh {
      vectorHighs.append(graph.vectorHighs[instruction.index])
      instruction.index = UInt32(vectorHighs.count - 1)
    }
    instructions.append(instruction)
  }

  private mutating func copy(_ list: FlatSlice<Value>) -> UInt32 {
    let start = UInt32(pool.count)
    for value in list { pool.append(numbered(value)) }
    return start
  }

  private func numbered(_ value: Value) -> Value {
    value.isNone ? value : Value(Int(numbers[graph.resolve(value).index]))
  }
}

extension Instruction {
  /// The instruction's share of an inlining candidate's size.
  fileprivate var inliningCost: UInt32 {
    switch operation {
    case .parameter, .result, .constant, .copy, .context, .memoryBase, .caughtException, .jump, .tryJump, .return,
      .trap:
      0
    case .wasm: opcode == .i64ExtendI32U ? 0 : 1
    case .select, .mask, .load, .store, .trapIf, .branch: 1
    // A metered or interruptible function is inlined as if it were not.
    case .charge, .checkInterruption: 0
    case .atomic: 2
    case .call, .tailCall: 3 + listCount
    case .callReference, .tailCallReference: 5 + listCount
    case .callRuntime: 2 + listCount
    case .switch: 2 + edgeCount
    }
  }

  /// Whether it can end with an exception: calls of the module's and the host's functions, and throwing instructions.
  var mayThrow: Bool {
    switch operation {
    case .call, .callReference: true
    case .callRuntime:
      RuntimeFunction(rawValue: index).map { [.throwException, .rethrowException, .passException].contains($0) }
        ?? false
    default: false
    }
  }

  /// Whether ``index`` refers to the graph's upper halves of vectors.
  var hasVectorHigh: Bool {
    operation == .constant && type == .v128 || operation == .wasm && opcode == .i8x16Shuffle
  }
}
