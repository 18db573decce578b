import WasmRuntime

/// Writes the machine code of a function whose registers are allocated, and the tables that belong to it.
///
/// One emitter serves for all functions that a thread compiles.
struct Emitter: ~Copyable {
  var assembler: Assembler
  var relocations = FlatArray<CompiledFunction.Relocation>(minimumCapacity: 1 << 6)
  var traps = FlatArray<CompiledFunction.TrapSite>(minimumCapacity: 1 << 8)
  var calls = FlatArray<CompiledFunction.CallSite>(minimumCapacity: 1 << 6)
  let offsets = FieldOffsets()

  // The function that is being written. Its operands, by pointer, since every instruction asks for them.
  var operands: UnsafeMutablePointer<MachineOperand>
  var vectorConstants: UnsafeMutablePointer<VectorConstants.Halves>
  var frame = Frame()
  /// The label of block 0; those of the others follow.
  private var firstLabel: UInt32 = 0
  /// By block: the one that a jump there ends up in, since what stands between only jumps.
  private var destinations = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By block: whether code falls through, or jumps, into it. Those that only jump on need none.
  private var isWritten = FlatArray<Bool>(minimumCapacity: 1 << 8)
  /// The block behind the one that is being written.
  var following: UInt32 = 0
  /// Where the exceptions of the block's last call go, as a block, or ``noBlock``; and that call.
  private var landingPad = Emitter.noBlock
  private var throwingInstruction = 0
  private var nextMove = 0
  /// By block: about how many bytes of code stand in front of it.
  private var distances = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  private var usesShortJumps = true
  /// Where the function begins in the module's binary.
  private(set) var functionSource: UInt32 = 0
  private var trapStubs = FlatArray<TrapStub>(minimumCapacity: 1 << 6)
  private var jumpTables = FlatArray<JumpTable>(minimumCapacity: 4)
  private var jumpTargets = FlatArray<Label>(minimumCapacity: 1 << 6)
  private let recordsPositions: Bool
  private var positions = CodePositions()

  static let noBlock = UInt32.max

  /// Where the code of a trap stands, behind that of the function.
  struct TrapStub: BitwiseCopyable {
    var label: Label
    var source: UInt32
    var code: UInt8
  }

  /// A table of distances from its beginning to labels.
  struct JumpTable: BitwiseCopyable {
    var label: Label
    /// In ``jumpTargets``.
    var start: Int
    var count: Int
  }

  init(features: CPUFeatures, recordsPositions: Bool = false) {
    self.recordsPositions = recordsPositions
    assembler = Assembler(usesVEX: features.contains(.avx))
    operands = UnsafeMutablePointer(bitPattern: MemoryLayout<MachineOperand>.alignment)!
    vectorConstants = UnsafeMutablePointer(bitPattern: MemoryLayout<VectorConstants.Halves>.alignment)!
  }

  /// Writes a function into ``assembler``, ``relocations``, ``traps`` and ``calls``.
  mutating func emit(
    _ function: borrowing MachineFunction, _ cases: borrowing SwitchCases, _ constants: borrowing VectorConstants
  ) {
    operands = function.operands.base
    vectorConstants = constants.base
    functionSource = function.instructions[0].source
    frame = Frame(function)
    findDestinations(function)
    estimateDistances(function)
    // Estimates may be wrong, if seldom: then all jumps forward are long.
    usesShortJumps = true
    if !write(function, cases) {
      usesShortJumps = false
      let isWritten = write(function, cases)
      precondition(isWritten, "a jump within an instruction is too far")
    }
    assembler.align(to: 16, with: 0xCC)
  }

  private mutating func write(_ function: borrowing MachineFunction, _ cases: borrowing SwitchCases) -> Bool {
    assembler.removeAll()
    relocations.removeAll()
    traps.removeAll()
    calls.removeAll()
    trapStubs.removeAll()
    jumpTables.removeAll()
    jumpTargets.removeAll()
    positions = CodePositions()
    makeLabels(function.blocks.count)
    recordPosition(0)
    emitPrologue()
    nextMove = 0
    for block in function.blocks.indices where isWritten[block] { emitBlock(block, function, cases) }
    emitTrapStubs()
    positions.instructionByteCount = UInt32(assembler.count)
    emitJumpTables()
    resolveLandingPads()
    return assembler.finish()
  }

  /// What was written, on its own.
  func makeFunction() -> CompiledFunction {
    CompiledFunction(
      code: Array(assembler.code), relocations: Array(relocations.elements), traps: Array(traps.elements),
      calls: Array(calls.elements), frameByteCount: UInt32(frame.byteCount),
      positions: recordsPositions ? positions : nil)
  }

  /// Says that what follows comes from an instruction of the module.
  @inline(__always)
  private mutating func recordPosition(_ source: UInt32) {
    if recordsPositions { appendPosition(source) }
  }

  @inline(never)
  private mutating func appendPosition(_ source: UInt32) {
    let offset = UInt32(assembler.count)
    // Instructions without code have no place, and neighbours of one source share theirs.
    if positions.entries.last?.offset == offset { positions.entries.removeLast() }
    if positions.entries.last?.source != source {
      positions.entries.append(CodePositions.Entry(offset: offset, source: source))
    }
  }

  // MARK: Blocks

  /// Follows jumps through blocks that do nothing else.
  private mutating func findDestinations(_ function: borrowing MachineFunction) {
    destinations.removeAll()
    isWritten.removeAll()
    var move = 0
    for block in function.blocks.indices {
      let record = function.blocks[block]
      let position = record.firstInstruction
      while move < function.moves.count, function.moves[move].position < position { move += 1 }
      let hasMoves = move < function.moves.count && function.moves[move].position == position
      let isEmpty =
        record.instructionCount == 1 && !hasMoves
        && function.instructions[position].opcode == MachineOpcode.jump.rawValue
      destinations.append(isEmpty && block != 0 ? function.edges[record.firstEdge].target : UInt32(block))
    }
    for block in function.blocks.indices {
      var target = destinations[block]
      // An endless loop of nothing but jumps is left as it is.
      var steps = 0
      while destinations[target] != target, steps < 16 {
        target = destinations[target]
        steps += 1
      }
      isWritten.append(destinations[block] == UInt32(block))
      if steps < 16 {
        destinations[block] = target
      } else {
        destinations[block] = UInt32(block)
        isWritten[block] = true
      }
    }
  }

  private mutating func makeLabels(_ count: Int) {
    firstLabel = assembler.makeLabel().number
    for _ in 1..<max(count, 1) { _ = assembler.makeLabel() }
  }

  /// The label at which a way to a block begins.
  @inline(__always)
  func label(_ block: UInt32) -> Label { Label(number: firstLabel + destinations[block]) }

  /// Jumps to a block, with a byte of distance if it is likely to be near.
  mutating func jump(_ condition: Condition, to block: UInt32) {
    if isNear(destinations[block]) {
      assembler.jumpShort(condition, label(block))
    } else {
      assembler.jump(condition, label(block))
    }
  }

  mutating func jump(to block: UInt32) {
    if isNear(destinations[block]) { assembler.jumpShort(label(block)) } else { assembler.jump(label(block)) }
  }

  private func isNear(_ block: UInt32) -> Bool {
    usesShortJumps && block >= following && distances[block] - distances[following] < Self.nearDistance
  }

  /// Below the 127 bytes that a short jump reaches, since other instructions may stand between the jump and the block that follows.
  private static let nearDistance: UInt32 = 104

  private mutating func estimateDistances(_ function: borrowing MachineFunction) {
    distances.removeAll()
    var distance: UInt32 = 0
    var move = 0
    for block in function.blocks.indices {
      let record = function.blocks[block]
      distances.append(distance)
      guard isWritten[block] else { continue }
      let end = record.firstInstruction + record.instructionCount
      for index in record.firstInstruction..<end {
        distance += function.instructions[index].machineOpcode.typicalByteCount
      }
      while move < function.moves.count, function.moves[move].position < end {
        distance += 5
        move += 1
      }
      if record.isLoopHeader, !record.isCold { distance += 15 }
    }
  }

  @inline(__always)
  func destination(_ block: UInt32) -> UInt32 { destinations[block] }

  private mutating func emitBlock(
    _ block: Int, _ function: borrowing MachineFunction, _ cases: borrowing SwitchCases
  ) {
    let record = function.blocks[block]
    following = UInt32(block) + 1
    while following < function.blocks.count, !isWritten[following] { following += 1 }
    if record.isLoopHeader, !record.isCold { assembler.alignCode(to: 16) }
    assembler.bind(Label(number: firstLabel + UInt32(block)))
    let first = Int(record.firstInstruction)
    let end = first + Int(record.instructionCount)
    findThrowingCall(first..<end, record, function)
    for index in first..<end {
      let instruction = function.instructions[index]
      recordPosition(instruction.source)
      emitMoves(before: index, function)
      if index == end - 1 {
        emitTerminator(instruction, record, function, cases)
      } else {
        emit(instruction, index)
      }
    }
  }

  /// The call whose exceptions the block's end takes care of.
  private mutating func findThrowingCall(
    _ range: Range<Int>, _ record: MachineFunction.BlockRecord, _ function: borrowing MachineFunction
  ) {
    landingPad = Self.noBlock
    guard let last = range.last, function.instructions[last].machineOpcode == .tryJump else { return }
    landingPad = function.edges[record.firstEdge + 1].target
    throwingInstruction = last
    while throwingInstruction > range.lowerBound, !function.instructions[throwingInstruction].machineOpcode.isCall {
      throwingInstruction -= 1
    }
  }

  private mutating func emitMoves(before position: Int, _ function: borrowing MachineFunction) {
    while nextMove < function.moves.count, function.moves[nextMove].position <= position {
      let move = function.moves[nextMove]
      // Moves of blocks that are not written do not happen.
      if move.position == position { emit(move) }
      nextMove += 1
    }
  }

  // MARK: Traps and calls

  /// The place of the trap with this code, out of line.
  mutating func trapLabel(_ code: UInt8, _ source: UInt32) -> Label {
    for index in stride(from: trapStubs.count - 1, through: max(0, trapStubs.count - 4), by: -1) {
      let stub = trapStubs[index]
      if stub.code == code, stub.source == source { return stub.label }
    }
    let label = assembler.makeLabel()
    trapStubs.append(TrapStub(label: label, source: source, code: code))
    return label
  }

  private mutating func emitTrapStubs() {
    for stub in trapStubs.elements {
      assembler.bind(stub.label)
      recordPosition(stub.source)
      emitTrap(stub.code, stub.source)
    }
  }

  mutating func emitTrap(_ code: UInt8, _ source: UInt32) {
    recordTrap(code, source)
    assembler.ud2()
  }

  /// Says that the next instruction may fault.
  @inline(__always)
  mutating func recordTrap(_ code: UInt8, _ source: UInt32) {
    traps.append(CompiledFunction.TrapSite(offset: UInt32(assembler.count), source: source, code: code))
  }

  /// Says that a call returns to here.
  mutating func recordCall(_ instruction: MachineInstruction, _ index: Int) {
    var site = CompiledFunction.CallSite(offset: UInt32(assembler.count), source: instruction.source)
    if landingPad != Self.noBlock, index == throwingInstruction { site.landingPad = label(landingPad).number }
    calls.append(site)
  }

  private func resolveLandingPads() {
    for index in calls.indices where calls[index].landingPad != CompiledFunction.CallSite.none {
      let label = Label(number: calls[index].landingPad)
      calls[index].landingPad = UInt32(assembler.offset(of: label).unsafelyUnwrapped)
    }
  }

  // MARK: Tables of jumps

  /// The place of a table whose entries follow.
  mutating func makeJumpTable() -> Label {
    let label = assembler.makeLabel()
    jumpTables.append(JumpTable(label: label, start: jumpTargets.count, count: 0))
    return label
  }

  mutating func appendToJumpTable(_ target: Label) {
    jumpTargets.append(target)
    jumpTables[jumpTables.count - 1].count += 1
  }

  private mutating func emitJumpTables() {
    guard !jumpTables.isEmpty else { return }
    assembler.align(to: 4, with: 0xCC)
    for table in jumpTables.elements {
      assembler.bind(table.label)
      let origin = assembler.count
      if recordsPositions {
        positions.jumpTables.append(CodePositions.JumpTable(offset: UInt32(origin), count: UInt32(table.count)))
      }
      for target in jumpTargets[table.start..<table.start + table.count] {
        assembler.putDistance(to: target, from: origin)
      }
    }
  }
}

extension MachineOpcode {
  /// What an instruction takes in code, rather too much than too little.
  fileprivate var typicalByteCount: UInt32 {
    switch self {
    case .parameters, .caughtException, .rename: 0
    case .jump, .tryJump, .call: 5
    case .compareSet, .compareSelect, .compareTrap: 12
    case .compareBranch: 14
    case .callRuntime: 14
    case .return, .trap: 8
    case .compareSelectVector: 24
    case .callReference, .tailCall, .switchChain, .switchTable, .convertUnsigned64, .vectorExtremum: 56
    case .leadingZeros, .trailingZeros, .remainderSigned: 24
    case .truncate, .tailCallReference: 120
    default: 7
    }
  }

  var isCall: Bool { self == .call || self == .callReference || self == .callRuntime }
}

/// Where generated code finds what it needs, read once: the fields' own names are looked up at run time.
struct FieldOffsets {
  let memoryBase = Int32(InstanceOffset.memoryBase)
  let stackLimit = Int32(InstanceOffset.nativeStackLimit)
  let runtimeTable = Int32(InstanceOffset.runtimeTable)
  let functionCode = Int32(FunctionOffset.code)
  let functionContext = Int32(FunctionOffset.context)
  let nativeEntry = Int32(FunctionOffset.nativeEntry)
}
