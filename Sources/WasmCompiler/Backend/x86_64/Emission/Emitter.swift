import WasmRuntime
import WebAssembly

/// Writes the machine code of a function after register allocation, with its tables.
///
/// One emitter serves all functions that a thread compiles.
struct Emitter: ~Copyable {
  var assembler: Assembler
  var relocations = FlatArray<CompiledFunction.Relocation>(minimumCapacity: 1 << 6)
  var traps = FlatArray<CompiledFunction.TrapSite>(minimumCapacity: 1 << 8)
  var calls = FlatArray<CompiledFunction.CallSite>(minimumCapacity: 1 << 6)
  private var liveSites = FlatArray<CompiledFunction.LiveSite>(minimumCapacity: 1 << 4)
  private var liveLocations = LiveLocations()
  private let recordsLiveness: Bool
  let offsets = FieldOffsets.shared

  // The function that is being written.
  var operands = FlatSlice<MachineOperand>()
  var vectorConstants = FlatSlice<VectorConstants.Halves>()
  var frame = Frame()
  /// Whether the code became so large that distances in it may not fit in 32 bits. Then it must not be used.
  private(set) var isTooLarge = false
  /// The label of block 0; the labels of the other blocks follow.
  private var firstLabel: UInt32 = 0
  /// By block: the final target of a jump to it, past blocks that only jump.
  private var destinations = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By block: whether control reaches its code. Blocks that only jump need no code.
  private var isWritten = FlatArray<Bool>(minimumCapacity: 1 << 8)
  /// The block after the current one.
  var following: UInt32 = 0
  /// The landing pad of the block's last call, or ``noBlock``; and that call.
  private var landingPad = Emitter.noBlock
  private var throwingInstruction = 0
  /// By block: the approximate number of code bytes before it.
  private var distances = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  private var usesShortJumps = true
  /// Whether code is enlarged or reordered to make it faster.
  let isOptimizing: Bool
  private var order = CodeOrder()
  private var copies = DispatchCopies()
  /// The values that the flags currently reflect.
  var flags = FlagsState()
  /// Whether a copied path is being written: then the code order differs from the block order.
  private var isInCopy = false
  /// The offset of the function's first instruction in the module's binary.
  private(set) var functionSource: UInt32 = 0
  private var trapStubs = FlatArray<TrapStub>(minimumCapacity: 1 << 6)
  var crossingStubs = FlatArray<CrossingStub>(minimumCapacity: 1 << 4)
  private var jumpTables = FlatArray<JumpTable>(minimumCapacity: 4)
  private var jumpTargets = FlatArray<Label>(minimumCapacity: 1 << 6)
  /// By start of a list of cases in ``SwitchCases``: the label of its table, if there is one.
  private var tableLabels = FlatArray<UInt32>(minimumCapacity: 1 << 6)
  private let recordsPositions: Bool
  private var positions = CodePositions()

  static let noBlock = UInt32.max
  private static let noLabel = UInt32.max

  /// The out-of-line code of a trap, after the function's code.
  struct TrapStub: BitwiseCopyable {
    var label: Label
    var source: UInt32
    var code: UInt8
    /// For the check of an access: what is checked, and where its end is.
    var check = AccessCheck(bits: 0)
    var end = AccessValue.none
    /// Where the table's cell or the array is, if an element is accessed.
    var container = AccessValue.none
    /// Where the code continues if the reason to trap was only temporary.
    var continuation: Label?
  }

  /// Where the end of a checked access, or its container, is at its trap.
  enum AccessValue: BitwiseCopyable {
    case none
    case register(PhysicalRegister)
    case slot(MemoryOperand)
    case constant(UInt64)
  }

  /// The out-of-line code of a call to another instance or to the host, and its return label.
  struct CrossingStub: BitwiseCopyable {
    var label: Label
    var back: Label
    var instruction: MachineInstruction
    var index: Int
    var landingPad: UInt32
  }

  /// A table of distances from its start to labels.
  struct JumpTable: BitwiseCopyable {
    var label: Label
    /// A range of ``jumpTargets``.
    var start: Int
    var count: Int
  }

  /// - Parameter recordsLiveness: whether functions have ``CompiledFunction/liveness``.
  init(features: X86_64Features, isOptimizing: Bool, recordsPositions: Bool = false, recordsLiveness: Bool = false) {
    self.recordsLiveness = recordsLiveness
    self.isOptimizing = isOptimizing
    self.recordsPositions = recordsPositions
    assembler = Assembler(usesVEX: features.contains(.avx))
  }

  /// Writes a function into ``assembler``, ``relocations``, ``traps`` and ``calls``.
  mutating func emit(
    _ function: borrowing MachineFunction, _ cases: borrowing SwitchCases, _ constants: borrowing VectorConstants
  ) {
    operands = function.operands.elements
    vectorConstants = constants.elements
    functionSource = function.instructions[0].source
    frame = Frame(function)
    if recordsLiveness { liveLocations.compute(function) { $0.machineOpcode.isCall } }
    findDestinations(function)
    order.compute(function, isWritten: isWritten, destinations: destinations, turnsLoops: isOptimizing)
    if isOptimizing { copies.find(function, destinations: destinations) }
    estimateDistances(function)
    // Estimates are rarely wrong: then all forward jumps are long.
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
    liveSites.removeAll()
    trapStubs.removeAll()
    crossingStubs.removeAll()
    jumpTables.removeAll()
    jumpTargets.removeAll()
    tableLabels.reset(Self.noLabel, count: cases.count)
    positions = CodePositions()
    makeLabels(function.blocks.count)
    recordPosition(0)
    emitPrologue()
    isTooLarge = false
    for index in order.blocks.indices {
      emitBlock(Int(order.blocks[index]), function, cases)
      // A block is far smaller than the remaining 32-bit range.
      if assembler.count > CompiledFunction.maximumByteCount { isTooLarge = true }
      if isTooLarge { return true }
    }
    emitCrossingStubs()
    emitTrapStubs()
    positions.instructionByteCount = UInt32(assembler.count)
    emitJumpTables()
    resolveLandingPads()
    return assembler.finish()
  }

  /// The written function.
  mutating func makeFunction() -> CompiledFunction {
    CompiledFunction(
      code: Array(assembler.code), relocations: Array(relocations.elements), traps: Array(traps.elements),
      calls: Array(calls.elements), frameByteCount: UInt32(frame.byteCount),
      positions: recordsPositions ? positions : nil,
      liveness: liveSites.isEmpty
        ? nil
        : CompiledFunction.Liveness(sites: Array(liveSites.elements), words: Array(liveLocations.words.elements)))
  }

  /// Records that the following code comes from a position in the module.
  @inline(__always)
  mutating func recordPosition(_ source: UInt32) {
    if recordsPositions { appendPosition(source) }
  }

  @inline(never)
  private mutating func appendPosition(_ source: UInt32) {
    let offset = UInt32(assembler.count)
    // Instructions without code have no entry, and neighbours with the same source share one.
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
    for block in function.blocks.indices {
      let record = function.blocks[block]
      let isEmpty =
        record.instructionCount == 1 && block != 0
        && function.instructions[record.firstInstruction].machineOpcode == .jump && function.moves(of: block).isEmpty
      let destination = isEmpty ? function.edges[record.firstEdge].target : UInt32(block)
      destinations.append(destination)
      isWritten.append(destination == UInt32(block))
    }
    for block in function.blocks.indices where !isWritten[block] {
      var target = destinations[block]
      // An endless loop of jumps is left unchanged.
      var steps = 0
      while destinations[target] != target, steps < 16 {
        target = destinations[target]
        steps += 1
      }
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

  /// The label for jumps to a block.
  @inline(__always)
  mutating func label(_ block: UInt32) -> Label { Label(number: firstLabel + destinations[block]) }

  /// Jumps to a block, with a one-byte distance if it is probably near.
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

  private mutating func isNear(_ block: UInt32) -> Bool {
    usesShortJumps && !isInCopy && following != Self.noBlock && order.isBehind(block, following)
      && distances[block] - distances[following] < Self.nearDistance
  }

  /// Less than the 127 bytes that a short jump reaches, since other instructions may come between the jump and the next block.
  private static let nearDistance: UInt32 = 104

  private mutating func estimateDistances(_ function: borrowing MachineFunction) {
    distances.reset(0, count: function.blocks.count)
    var distance: UInt32 = 0
    for block in order.blocks.elements {
      distances[block] = distance
      let record = function.blocks[block]
      for index in record.firstInstruction..<record.firstInstruction + record.instructionCount {
        distance += function.instructions[index].machineOpcode.typicalByteCount
      }
      distance += 5 * UInt32(function.moves(of: Int(block)).count)
      if let way = wayToCopy(function, atEndOf: Int(block)) { distance += copies.byteCount(from: way) }
      if order.isLoopBeginning(Int(block)) { distance += 15 }
    }
  }

  @inline(__always)
  mutating func destination(_ block: UInt32) -> UInt32 { destinations[block] }

  private mutating func emitBlock(
    _ block: Int, _ function: borrowing MachineFunction, _ cases: borrowing SwitchCases
  ) {
    let record = function.blocks[block]
    following = order.block(behind: UInt32(block))
    if order.isLoopBeginning(block) { assembler.alignCode(to: 16) }
    assembler.bind(Label(number: firstLabel + UInt32(block)))
    let first = Int(record.firstInstruction)
    let end = first + Int(record.instructionCount)
    findThrowingCall(first..<end, record, function)
    emitInstructions(of: block, function)
    if let way = wayToCopy(function, atEndOf: block), way != following {
      emitWay(from: way, function, cases)
    } else {
      emitTerminator(function.instructions[end - 1], record, function, cases)
    }
  }

  /// Writes all instructions of a block except the last, and the moves before that one.
  private mutating func emitInstructions(of block: Int, _ function: borrowing MachineFunction) {
    let record = function.blocks[block]
    let moves = function.moves(of: block)
    var move = moves.lowerBound
    flags.forget()
    let last = record.firstInstruction + record.instructionCount - 1
    for index in record.firstInstruction...last {
      recordPosition(function.instructions[index].source)
      while move < moves.upperBound, function.moves[move].position == index {
        emit(function.moves[move])
        move += 1
      }
      if index < last { emit(function.instructions[index], Int(index)) }
    }
  }

  /// The path whose copy replaces the jump at the end of a block.
  private mutating func wayToCopy(_ function: borrowing MachineFunction, atEndOf block: Int) -> UInt32? {
    guard isOptimizing, function.blocks[block].edgeCount == 1 else { return nil }
    let target = destinations[function.edges[function.blocks[block].firstEdge].target]
    return copies.isCopied(target, atEndOf: block, function) ? target : nil
  }

  /// Writes another copy of the blocks on a path to a dispatch.
  private mutating func emitWay(
    from start: UInt32, _ function: borrowing MachineFunction, _ cases: borrowing SwitchCases
  ) {
    let next = following
    isInCopy = true
    var way: UInt32? = start
    while let block = way {
      way = copies.block(behind: block)
      following = way ?? Self.noBlock
      let record = function.blocks[block]
      emitInstructions(of: Int(block), function)
      let last = function.instructions[record.firstInstruction + record.instructionCount - 1]
      emitTerminator(last, record, function, cases)
    }
    isInCopy = false
    following = next
  }

  /// The call whose exceptions the block's terminator handles.
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

  // MARK: Traps and calls

  /// The label of the out-of-line trap with this code.
  mutating func trapLabel(_ code: UInt8, _ source: UInt32) -> Label {
    for index in stride(from: trapStubs.count - 1, through: max(0, trapStubs.count - 4), by: -1) {
      let stub = trapStubs[index]
      if stub.code == code, stub.source == source, stub.continuation == nil { return stub.label }
    }
    let label = assembler.makeLabel()
    trapStubs.append(TrapStub(label: label, source: source, code: code))
    return label
  }

  /// The label of the out-of-line trap of an instruction that checks an access, or of any other.
  mutating func trapLabel(_ instruction: MachineInstruction) -> Label {
    let check = instruction.accessCheck
    guard check.end != .none else { return trapLabel(instruction.trap, instruction.source) }
    let label = assembler.makeLabel()
    trapStubs.append(
      TrapStub(
        label: label, source: instruction.source, code: instruction.trap, check: check,
        end: accessEnd(instruction, check), container: accessContainer(instruction, check)))
    return label
  }

  /// Jumps to an out-of-line trap, after which code can continue here: see ``CommonStub/obtainingFuel``.
  mutating func emitCharge(_ instruction: MachineInstruction) {
    assembler.emit(.sub, .qword, address(instruction, 0), immediate: instruction.constant)
    let label = assembler.makeLabel()
    assembler.jump(.sign, label)
    trapStubs.append(
      TrapStub(
        label: label, source: instruction.source, code: instruction.trap, continuation: assembler.makeBoundLabel()))
  }

  private mutating func accessEnd(_ instruction: MachineInstruction, _ check: AccessCheck) -> AccessValue {
    switch check.end {
    case .none: return .none
    case .beyond: return .constant(.max)
    case .comparedConstant:
      let constant = UInt64(bitPattern: Int64(instruction.constant))
      // It traps if the size is below the end; or if it is 0, and the end is 1.
      let condition = MachineDetail(bits: instruction.detail).condition
      return .constant(condition == .belowOrEqual || condition == .equal ? constant &+ 1 : constant)
    case .operand: return accessOperand(instruction, fromEnd: check.isOfElement ? 2 : 1)
    }
  }

  private mutating func accessContainer(_ instruction: MachineInstruction, _ check: AccessCheck) -> AccessValue {
    check.isOfElement ? accessOperand(instruction, fromEnd: 1) : .none
  }

  private mutating func accessOperand(_ instruction: MachineInstruction, fromEnd distance: Int) -> AccessValue {
    let index = Int(instruction.operandCount) - distance
    if let slot = slot(instruction, index) { return .slot(slot) }
    return .register(register(instruction, index))
  }

  private mutating func emitTrapStubs() {
    for stub in trapStubs.elements {
      assembler.bind(stub.label)
      recordPosition(stub.source)
      emitAccess(stub.check, stub.end, stub.container)
      emitTrap(stub.code, stub.source)
      if let continuation = stub.continuation { assembler.jump(continuation) }
    }
  }

  /// Leaves the address of a checked access and the memory, or the index and the container, in the registers where a signal handler looks for
  /// them.
  private mutating func emitAccess(_ check: AccessCheck, _ end: AccessValue, _ container: AccessValue) {
    let address = RegisterConvention.accessAddress
    switch end {
    case .none: return
    case .constant(let end): assembler.move(end &- UInt64(check.byteCount), to: address)
    case .register(let end) where check.byteCount == 0: assembler.emit(.mov, .qword, address, end)
    case .register(let end):
      assembler.emit(.lea, .qword, address, MemoryOperand(end, -check.byteCount))
    case .slot(let slot):
      assembler.emit(.mov, .qword, address, slot)
      if check.byteCount > 0 { assembler.emit(.lea, .qword, address, MemoryOperand(address, -check.byteCount)) }
    }
    let place = RegisterConvention.accessContainer
    switch container {
    case .none, .constant: assembler.move(UInt64(check.memory), to: place)
    case .register(let register): if register != place { assembler.emit(.mov, .qword, place, register) }
    case .slot(let slot): assembler.emit(.mov, .qword, place, slot)
    }
  }

  /// A trap in line, perhaps of an access that is always out of bounds.
  mutating func emitTrap(_ instruction: MachineInstruction) {
    let check = instruction.accessCheck
    emitAccess(check, accessEnd(instruction, check), accessContainer(instruction, check))
    emitTrap(instruction.trap, instruction.source)
  }

  mutating func emitTrap(_ code: UInt8, _ source: UInt32) {
    recordTrap(code, source)
    assembler.ud2()
  }

  /// Records that the next instruction can fault.
  @inline(__always)
  mutating func recordTrap(_ code: UInt8, _ source: UInt32) {
    traps.append(CompiledFunction.TrapSite(offset: UInt32(assembler.count), source: source, code: code))
  }

  /// Records that a call returns here, or continues at a landing pad.
  mutating func recordCall(_ instruction: MachineInstruction, _ index: Int, landingPad: UInt32) {
    if recordsLiveness, let start = liveLocations.start(ofCall: index) {
      liveSites.append(CompiledFunction.LiveSite(offset: UInt32(assembler.count), start: start))
    }
    var site = CompiledFunction.CallSite(offset: UInt32(assembler.count), source: instruction.source)
    if landingPad != Self.noBlock { site.landingPad = label(landingPad).number }
    calls.append(site)
  }

  /// The landing pad of the call at this index, or ``noBlock``.
  mutating func landingPad(ofCall index: Int) -> UInt32 { index == throwingInstruction ? landingPad : Self.noBlock }

  private mutating func resolveLandingPads() {
    for index in calls.indices where calls[index].landingPad != CompiledFunction.CallSite.none {
      let label = Label(number: calls[index].landingPad)
      calls[index].landingPad = UInt32(assembler.offset(of: label).unsafelyUnwrapped)
    }
  }

  // MARK: Jump tables

  /// The label of the table for a list of cases: copies of a dispatch share it.
  mutating func jumpTable(
    _ instruction: MachineInstruction, _ record: MachineFunction.BlockRecord, _ function: borrowing MachineFunction,
    _ cases: borrowing SwitchCases
  ) -> Label {
    let list = Int(instruction.immediate >> 32)
    if tableLabels[list] != Self.noLabel { return Label(number: tableLabels[list]) }
    let label = assembler.makeLabel()
    tableLabels[list] = label.number
    let targets = cases.cases(of: instruction).dropLast()
    jumpTables.append(JumpTable(label: label, start: jumpTargets.count, count: targets.count))
    for edge in targets { jumpTargets.append(self.label(function.edges[record.firstEdge + edge].target)) }
    return label
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
  /// The approximate code size of an instruction, rather too large than too small.
  var typicalByteCount: UInt32 {
    switch self {
    case .parameters, .caughtException, .rename: 0
    case .jump, .tryJump, .call: 5
    case .compareSet, .compareSelect, .compareTrap, .charge, .checkInterruption: 12
    case .compareBranch: 14
    case .compareMask: 16
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
