import TestSupport

@testable import WasmCompiler

/// The registers for tests: those that the compiler uses on x86-64, or fewer.
enum TestRegisters {
  static func integer(_ index: Int) -> PhysicalRegister { PhysicalRegister(.integer, index) }
  static func vector(_ index: Int) -> PhysicalRegister { PhysicalRegister(.vector, index) }

  static let full = RegisterFile(
    integers: [0, 1, 2, 6, 7, 3, 8, 9, 10, 12, 13].map(integer), vectors: (0..<15).map(vector),
    integerScratch: integer(11), vectorScratch: vector(15))
  static let few = RegisterFile(
    integers: [0, 1, 2, 6, 7, 3].map(integer), vectors: (0..<6).map(vector), integerScratch: integer(11),
    vectorScratch: vector(15))

  /// By number: none; all; all but 3, 12 and 13; number 0 only.
  static func clobbers(_ file: RegisterFile) -> [RegisterSet] {
    let all = RegisterSet((file.integers + file.vectors).map { RegisterSet($0) })
    return [
      [], all, all.subtracting([RegisterSet(integer(3)), RegisterSet(integer(12)), RegisterSet(integer(13))]),
      RegisterSet(integer(0)),
    ]
  }
}

/// Generates random functions that satisfy the requirements of ``MachineFunction``.
struct RandomMachineFunction {
  struct Options {
    var size = 12
    /// The percentage of calls.
    var calls = 15
    /// The number of values that are live from the beginning to the end.
    var longLived = 4
    /// Whether blocks are in random order.
    var isShuffled = false
  }

  private struct Block {
    var parameters: [Int] = []
    var instructions: [(MachineInstruction, [MachineOperand])] = []
    var edges: [(target: Int, arguments: [Int])] = []
    var depth = 0
    var isCold = false
    var likelihood: Float = 1
    var isHeader = false
    var isLandingPad = false
  }

  private var random: RandomSource
  private let file: RegisterFile
  private let options: Options
  private var types: [IRType] = []
  private var blocks: [Block] = []
  private var current = 0
  private var depth = 0
  private var isCold = false
  /// Registers that are defined on all paths to the current position.
  private var available: [Int] = []

  init(seed: UInt64, file: RegisterFile, options: Options) {
    random = RandomSource(seed: seed)
    self.file = file
    self.options = options
  }

  static func make(seed: UInt64, file: RegisterFile, options: Options = Options()) -> MachineFunction {
    var generator = RandomMachineFunction(seed: seed, file: file, options: options)
    generator.build()
    return generator.finish()
  }

  // MARK: Structure

  private mutating func build() {
    current = makeBlock()
    let arguments = random.below(5)
    emit(fixedResults: arguments)
    for _ in 0..<options.longLived { emit(results: 1, uses: 0) }
    let longLived = available
    sequence(options.size)
    for register in longLived { emitUse(of: register) }
    emitReturn()
  }

  private mutating func makeBlock() -> Int {
    var block = Block()
    block.depth = depth
    block.isCold = isCold
    block.likelihood = random.chance(50) ? 1 : Float(random.below(100) + 1) / 100
    blocks.append(block)
    return blocks.count - 1
  }

  private mutating func sequence(_ size: Int) {
    var size = size
    while size > 0 {
      let part = random.below(size) + 1
      size -= part
      switch random.below(10) {
      case 0..<2 where part > 1: diamond(part)
      case 2..<4 where part > 1 && depth < 3: loop(part)
      case 4 where part > 1: several(part)
      case 5 where options.calls > 0: tryCall(part)
      default: for _ in 0..<part * 2 { emitInstruction() }
      }
    }
  }

  private mutating func newRegister(_ type: IRType? = nil) -> Int {
    let all: [IRType] = [.i32, .i64, .i64, .i32, .f64, .f32, .v128]
    types.append(type ?? all[random.below(all.count)])
    return types.count - 1
  }

  /// A live register of a type; created if there is none.
  private mutating func pick(_ type: IRType? = nil) -> Int {
    for _ in 0..<6 where !available.isEmpty {
      let candidate =
        random.chance(60)
        ? available[max(0, available.count - 1 - random.below(6))] : available[random.below(available.count)]
      if type == nil || types[candidate] == type { return candidate }
    }
    let register = newRegister(type)
    append([operand(register, .definition, .register)])
    available.append(register)
    return register
  }

  private mutating func goto(_ target: Int) {
    let arguments = blocks[target].parameters.map { pick(types[$0]) }
    append([])
    blocks[current].edges = [(target, arguments)]
  }

  private mutating func addParameters(_ block: Int) {
    for _ in 0..<random.below(4) { blocks[block].parameters.append(newRegister()) }
  }

  private mutating func branch(_ targets: [Int]) {
    var operands = [operand(pick(.i32), .use, random.chance(50) ? .register : .any)]
    if random.chance(20) { operands.append(operand(newRegister(.i64), .earlyDefinition, .register)) }
    append(operands)
    blocks[current].edges = targets.map { ($0, []) }
  }

  private mutating func diamond(_ size: Int) {
    let wasCold = isCold
    isCold = wasCold || random.chance(30)
    let left = makeBlock()
    isCold = wasCold
    let right = makeBlock()
    let join = makeBlock()
    addParameters(join)
    branch([left, right])
    let outer = available
    for (index, block) in [left, right].enumerated() {
      current = block
      available = outer
      isCold = blocks[block].isCold
      if index == 0 || random.chance(60) { sequence(size / 2) }
      goto(join)
    }
    isCold = wasCold
    current = join
    available = outer + blocks[join].parameters
  }

  /// Edges to several blocks, some of them the same, including critical edges.
  private mutating func several(_ size: Int) {
    let join = makeBlock()
    let targets = (0..<3).map { _ in makeBlock() }
    branch(targets + [join])
    let outer = available
    for target in targets {
      current = target
      available = outer
      sequence(size / 3)
      goto(join)
    }
    current = join
    available = outer
  }

  private mutating func loop(_ size: Int) {
    depth += 1
    let header = makeBlock()
    blocks[header].isHeader = true
    addParameters(header)
    goto(header)
    current = header
    available += blocks[header].parameters
    let exitDepth = depth - 1
    sequence(size / 2)
    // The loop may be left in the middle. After that, only values from before it are known to be live.
    let outer = available
    let end = makeBlock()
    let latch = makeBlock()
    depth = exitDepth
    let exit = makeBlock()
    depth = exitDepth + 1
    branch([latch, end])
    current = latch
    sequence(size / 2)
    if random.chance(50), blocks[header].parameters.isEmpty {
      // The back edge is critical.
      branch([header, exit])
    } else {
      goto(header)
    }
    current = end
    available = outer
    depth = exitDepth
    blocks[end].depth = exitDepth
    goto(exit)
    current = exit
  }

  private mutating func tryCall(_ size: Int) {
    emitCall(clobber: random.chance(50) ? 1 : 2)
    let outer = available
    let older = Array(available.prefix(beforeCall))
    let normal = makeBlock()
    let wasCold = isCold
    isCold = true
    let pad = makeBlock()
    blocks[pad].isLandingPad = true
    isCold = wasCold
    for _ in 0..<random.below(3) where !older.isEmpty {
      let argument = older[random.below(older.count)]
      blocks[pad].parameters.append(newRegister(types[argument]))
      padArguments.append(argument)
    }
    append([])
    blocks[current].edges = [(normal, []), (pad, padArguments)]
    padArguments = []
    let join = makeBlock()
    addParameters(join)
    current = pad
    isCold = true
    available = older + blocks[pad].parameters
    let exception = newRegister(.i64)
    append([operand(exception, .definition, .fixed, Int(file.integers[0].number))])
    available.append(exception)
    sequence(size / 2)
    goto(join)
    isCold = wasCold
    current = normal
    available = outer
    sequence(size / 2)
    goto(join)
    current = join
    available = older + blocks[join].parameters
  }

  private var padArguments: [Int] = []
  /// The number of registers that were available before the last call.
  private var beforeCall = 0

  // MARK: Instructions

  private func operand(
    _ register: Int, _ role: MachineOperand.Role, _ constraint: MachineOperand.Constraint, _ detail: Int = 0
  ) -> MachineOperand {
    MachineOperand(register: VirtualRegister(register), role: role, constraint: constraint, detail: UInt8(detail))
  }

  private mutating func append(_ operands: [MachineOperand], clobber: UInt8 = 0, isCommutative: Bool = false) {
    var instruction = MachineInstruction(opcode: 0)
    instruction.clobber = clobber
    instruction.isCommutative = isCommutative
    blocks[current].instructions.append((instruction, operands))
  }

  private func registers(_ type: IRType) -> [PhysicalRegister] { type.isFloatOrVector ? file.vectors : file.integers }

  private mutating func emit(results: Int, uses: Int) {
    var operands = (0..<uses).map { _ in
      operand(pick(), random.chance(12) ? .lateUse : .use, random.chance(30) ? .any : .register)
    }
    for _ in 0..<results {
      let register = newRegister()
      let role: MachineOperand.Role = random.chance(15) ? .earlyDefinition : .definition
      operands.append(operand(register, role, role == .definition && random.chance(10) ? .any : .register))
      available.append(register)
    }
    append(operands)
  }

  private mutating func emitUse(of register: Int) {
    append([operand(register, .use, random.chance(30) ? .any : .register)])
  }

  private mutating func emit(fixedResults count: Int) {
    var operands: [MachineOperand] = []
    for index in 0..<count {
      let register = newRegister()
      operands.append(operand(register, .definition, .fixed, Int(registers(types[register])[index].number)))
      available.append(register)
    }
    append(operands)
  }

  private mutating func emitInstruction() {
    if random.chance(options.calls) { return emitCall(clobber: random.chance(70) ? 1 : 2) }
    switch random.below(10) {
    case 0..<3: emit(results: random.below(2), uses: random.below(4))
    case 3..<6: emitTied()
    case 6: emitShift()
    case 7: emitDivision()
    case 8:
      // With temporaries.
      append([
        operand(pick(), .use, .register), operand(newRegister(), .earlyDefinition, .register),
        operand(pick(), .lateUse, .any),
      ])
    default:
      let source = pick()
      let result = newRegister(types[source])
      append(
        [operand(result, .definition, .register), operand(source, .use, .register)], clobber: random.chance(30) ? 3 : 0)
      available.append(result)
    }
  }

  private mutating func emitTied() {
    let first = pick()
    let second = pick(types[first])
    let result = newRegister(types[first])
    append(
      [
        operand(result, .definition, .sameAs, 1), operand(first, .use, random.chance(30) ? .any : .register),
        operand(second, .use, random.chance(30) ? .any : .register),
      ], isCommutative: random.chance(50))
    available.append(result)
  }

  /// A tied result and an operand in a fixed register.
  private mutating func emitShift() {
    let first = pick(.i64)
    let count = pick(.i32)
    let result = newRegister(.i64)
    append([
      operand(result, .definition, .sameAs, 1), operand(first, .use, .register),
      operand(count, .use, .fixed, Int(file.integers[1].number)),
    ])
    available.append(result)
  }

  private mutating func emitDivision() {
    let (low, divisor) = (pick(.i64), pick(.i64))
    let (quotient, remainder) = (newRegister(.i64), newRegister(.i64))
    let (a, d) = (Int(file.integers[0].number), Int(file.integers[2].number))
    var operands = [
      operand(quotient, .definition, .fixed, a), operand(low, .use, .fixed, a),
      operand(divisor, random.chance(50) ? .lateUse : .use, random.chance(50) ? .register : .any),
    ]
    if random.chance(50) {
      operands.append(operand(remainder, .earlyDefinition, .fixed, d))
    } else {
      operands.append(operand(pick(.i64), .use, .fixed, d))
      operands.append(operand(remainder, .definition, .fixed, d))
      available.append(remainder)
    }
    available.append(quotient)
    append(operands)
  }

  private mutating func emitCall(clobber: UInt8) {
    // Arguments may be created for the call.
    var operands: [MachineOperand] = []
    for index in 0..<random.below(4) {
      let type: IRType = random.chance(60) ? .i64 : .f64
      operands.append(operand(pick(type), .use, .fixed, Int(registers(type)[index].number)))
    }
    if random.chance(30) { operands.append(operand(pick(.i64), .use, random.chance(50) ? .any : .register)) }
    beforeCall = available.count
    for index in 0..<random.below(3) {
      let type: IRType = random.chance(60) ? .i64 : .v128
      let result = newRegister(type)
      let isFixed = random.chance(90)
      operands.append(
        operand(result, .definition, isFixed ? .fixed : .register, isFixed ? Int(registers(type)[index].number) : 0))
      available.append(result)
    }
    append(operands, clobber: clobber)
  }

  private mutating func emitReturn() {
    append([operand(pick(.i64), .use, .fixed, Int(file.integers[0].number))])
  }

  // MARK: Output

  private mutating func finish() -> MachineFunction {
    splitCriticalEdges()
    var order = Array(blocks.indices)
    if options.isShuffled {
      order = [0] + order.dropFirst().shuffled(using: &random)
    } else {
      order = order.filter { !blocks[$0].isCold } + order.filter { blocks[$0].isCold }
    }
    var position = Array(repeating: 0, count: blocks.count)
    for (index, block) in order.enumerated() { position[block] = index }
    var function = MachineFunction()
    function.clobbers = TestRegisters.clobbers(file)
    for type in types { _ = function.makeRegister(type) }
    var predecessors = Array(repeating: [Int](), count: blocks.count)
    for block in order { for edge in blocks[block].edges { predecessors[edge.target].append(position[block]) } }
    for block in order {
      append(blocks[block], position, predecessors[block], to: &function)
      if blocks[block].isHeader {
        let last = predecessors[block].max() ?? 0
        function.blocks[function.blocks.count - 1].loopEnd = UInt32(max(last, position[block]))
      }
    }
    return function
  }

  private mutating func splitCriticalEdges() {
    var counts = Array(repeating: 0, count: blocks.count)
    for block in blocks { for edge in block.edges { counts[edge.target] += 1 } }
    for block in blocks.indices where blocks[block].edges.count > 1 {
      for edge in blocks[block].edges.indices {
        let (target, arguments) = blocks[block].edges[edge]
        guard counts[target] > 1 else { continue }
        var middle = Block()
        middle.depth = min(blocks[block].depth, blocks[target].depth)
        middle.isCold = blocks[block].isCold
        middle.edges = [(target, arguments)]
        middle.instructions = [(MachineInstruction(opcode: 0), [])]
        blocks[block].edges[edge] = (blocks.count, [])
        blocks.append(middle)
      }
    }
  }

  private func append(_ block: Block, _ position: [Int], _ predecessors: [Int], to function: inout MachineFunction) {
    var record = MachineFunction.BlockRecord()
    record.firstInstruction = UInt32(function.instructions.count)
    record.instructionCount = UInt32(block.instructions.count)
    record.firstParameter = UInt32(function.registers.count)
    record.parameterCount = UInt32(block.parameters.count)
    for parameter in block.parameters { function.registers.append(VirtualRegister(parameter)) }
    record.firstPredecessor = UInt32(function.predecessors.count)
    record.predecessorCount = UInt32(predecessors.count)
    for predecessor in predecessors { function.predecessors.append(UInt32(predecessor)) }
    record.firstEdge = UInt32(function.edges.count)
    record.edgeCount = UInt32(block.edges.count)
    for edge in block.edges {
      function.edges.append(
        MachineFunction.EdgeRecord(
          target: UInt32(position[edge.target]), firstArgument: UInt32(function.registers.count),
          argumentCount: UInt32(edge.arguments.count)))
      for argument in edge.arguments { function.registers.append(VirtualRegister(argument)) }
    }
    record.loopDepth = UInt32(block.depth)
    record.isCold = block.isCold
    record.likelihood = block.likelihood
    record.isLoopHeader = block.isHeader
    record.isLandingPad = block.isLandingPad
    function.blocks.append(record)
    for (instruction, operands) in block.instructions {
      var instruction = instruction
      instruction.firstOperand = UInt32(function.operands.count)
      instruction.operandCount = UInt8(operands.count)
      for operand in operands { function.operands.append(operand) }
      function.instructions.append(instruction)
    }
  }
}
