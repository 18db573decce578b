import WebAssembly

/// The virtual registers that are live into each block: a row of bits per block, for the registers that are live across blocks.
struct Liveness: ~Copyable {
  /// The virtual registers that are live across blocks.
  var globals = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  var words = FlatArray<UInt64>(minimumCapacity: 1 << 10)
  var wordsPerBlock = 0
  /// By block: upward-exposed uses, that is, uses of registers that the block does not define.
  var exposed = FlatArray<UInt32>(minimumCapacity: 1 << 9)
  var exposedStart = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By block: its first definition of a global register; by index of a global register: the next definition in the same block.
  var firstDefinition = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  var nextDefinition = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  var isDirty = FlatArray<Bool>(minimumCapacity: 1 << 8)
  /// The registers that are live out of the current block, and those live into the block after it.
  var out = FlatArray<UInt64>(minimumCapacity: 1 << 4)

  init() {}

  /// A row of ``wordsPerBlock`` words for each block.
  @inline(__always) var rows: FlatRows<UInt64> { words.elements.rows(of: wordsPerBlock) }
}

extension RegisterAllocator {
  /// Initializes the facts about blocks, loops and registers.
  mutating func prepare(_ function: borrowing MachineFunction) {
    let instructionCount = function.instructions.count
    records.reset(RegisterRecord(), count: function.types.count)
    for index in function.types.indices where function.types[index].isFloatOrVector {
      records[index].registerClass = .vector
    }
    segments.removeAll()
    uses.removeAll()
    reservations.removeAll()
    clobberEvents.removeAll()
    clobbers.removeAll()
    for set in function.clobbers { clobbers.append(ClobberList(registers: set)) }
    clobbers.append(ClobberList(registers: allocatable.integers.union(allocatable.vectors)))
    queue.reset(LiveSegment.none, count: instructionCount)
    states.reset(RegisterState(), count: 64)
    blockOfInstruction.reset(0, count: instructionCount)
    prepareBlocks(function)
  }

  private mutating func prepareBlocks(_ function: borrowing MachineFunction) {
    blocks.removeAll()
    loops.removeAll()
    hasLandingPads = false
    var loop = LiveSegment.none
    for index in function.blocks.indices {
      let record = function.blocks[index]
      let start = record.firstInstruction * 4
      while loop != LiveSegment.none, loops[loop].end <= start { loop = loops[loop].parent }
      if record.isLandingPad { hasLandingPads = true }
      if record.isLoopHeader {
        let last = function.blocks[max(record.loopEnd, UInt32(index))]
        let end = (last.firstInstruction + last.instructionCount) * 4
        loops.append(LoopRecord(header: UInt32(index), start: start, end: end, parent: loop))
        loop = UInt32(loops.count - 1)
      }
      let weight = 16 + 4 * Int(min(record.loopDepth, 50)) - (record.isCold ? 14 : 0)
      blocks.append(
        BlockState(start: start, end: start + record.instructionCount * 4, loop: loop, weight: UInt8(weight)))
    }
  }

  /// A pass over the code finds the registers that are used outside their defining block; then liveness is propagated backwards from uses
  /// to definitions until nothing changes.
  mutating func findLiveRegisters(_ function: borrowing MachineFunction) throws(RegisterAllocationError) {
    findGlobalRegisters(function)
    let (globals, blockCount) = (liveness.globals.count, function.blocks.count)
    let wordsPerBlock = (globals + 63) / 64
    let (total, overflow) = wordsPerBlock.multipliedReportingOverflow(by: blockCount)
    if overflow || total > Self.maximumLivenessWords {
      throw .functionTooComplex(blocks: blockCount, liveValues: globals)
    }
    liveness.wordsPerBlock = wordsPerBlock
    liveness.words.reset(0, count: total)
    liveness.out.reset(0, count: wordsPerBlock)
    collectDefinitions(blockCount)
    guard wordsPerBlock > 0 else { return }
    let rows = liveness.rows
    for block in 0..<blockCount {
      let row = rows[block]
      for index in liveness.exposedStart[block]..<liveness.exposedStart[block + 1] {
        let bit = records[liveness.exposed[index]].globalIndex
        row[Int(bit >> 6)] |= 1 << UInt64(bit & 63)
      }
    }
    propagate(function)
  }

  private mutating func findGlobalRegisters(_ function: borrowing MachineFunction) {
    liveness.globals.removeAll()
    liveness.exposed.removeAll()
    liveness.exposedStart.removeAll()
    let (instructions, operands) = (function.instructions.elements, function.operands.elements)
    let (records, blockOfInstruction) = (records.elements, blockOfInstruction.elements)
    for block in function.blocks.indices {
      let record = function.blocks[block]
      let number = UInt32(block)
      liveness.exposedStart.append(UInt32(liveness.exposed.count))
      for index in record.firstParameter..<record.firstParameter + record.parameterCount {
        let parameter = function.registers[index].index
        records[parameter].block = number
        records[parameter].flags = .isParameter
      }
      for index in record.firstInstruction..<record.firstInstruction + record.instructionCount {
        blockOfInstruction[index] = number
        let (first, count) = (instructions[index].firstOperand, instructions[index].operandCount)
        for operand in operands.part(Int(first), count: Int(count)) {
          let register = operand.register
          if operand.isResult {
            records[register.index].block = number
          } else {
            noteUse(register.number, in: number, records)
          }
        }
      }
      for edge in record.firstEdge..<record.firstEdge + record.edgeCount {
        let edge = function.edges[edge]
        for index in edge.firstArgument..<edge.firstArgument + edge.argumentCount {
          noteUse(function.registers[index].number, in: number, records)
        }
      }
    }
    liveness.exposedStart.append(UInt32(liveness.exposed.count))
  }

  @inline(__always)
  private mutating func noteUse(_ register: UInt32, in block: UInt32, _ records: FlatSlice<RegisterRecord>) {
    let record = records.address(of: Int(register))
    guard record.pointee.block != block else { return }
    if record.pointee.globalIndex == LiveSegment.none {
      record.pointee.globalIndex = UInt32(liveness.globals.count)
      liveness.globals.append(register)
    }
    liveness.exposed.append(register)
  }

  private mutating func collectDefinitions(_ blockCount: Int) {
    liveness.firstDefinition.reset(LiveSegment.none, count: blockCount)
    liveness.nextDefinition.reset(LiveSegment.none, count: liveness.globals.count)
    for index in liveness.globals.indices {
      let block = records[liveness.globals[index]].block
      precondition(block != LiveSegment.none, "a register is used that nothing defines")
      liveness.nextDefinition[index] = liveness.firstDefinition[block]
      liveness.firstDefinition[block] = UInt32(index)
    }
  }

  /// Visits the blocks whose successors have changed, backwards.
  private mutating func propagate(_ function: borrowing MachineFunction) {
    let width = liveness.wordsPerBlock
    guard width > 0 else { return }
    liveness.isDirty.reset(true, count: function.blocks.count)
    let (rows, nextDefinition) = (liveness.rows, liveness.nextDefinition.elements)
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      var block = function.blocks.count
      while block > 0 {
        block -= 1
        guard liveness.isDirty[block] else { continue }
        liveness.isDirty[block] = false
        computeOut(function, block, rows)
        let (row, out) = (rows[block], liveness.out.elements.part(0, count: width))
        var definition = liveness.firstDefinition[block]
        while definition != LiveSegment.none {
          out[Int(definition >> 6)] &= ~(1 << UInt64(definition & 63))
          definition = nextDefinition[definition]
        }
        var added: UInt64 = 0
        for word in 0..<width {
          added |= out[word] & ~row[word]
          row[word] |= out[word]
        }
        guard added != 0 else { continue }
        let record = function.blocks[block]
        for index in record.firstPredecessor..<record.firstPredecessor + record.predecessorCount {
          let predecessor = function.predecessors[index]
          liveness.isDirty[predecessor] = true
          // Earlier blocks are still to be visited in this pass.
          if predecessor >= UInt32(block) { hasChanged = true }
        }
      }
    }
  }

  /// The union of the registers that are live into a block's successors.
  @inline(__always)
  mutating func computeOut(_ function: borrowing MachineFunction, _ block: Int, _ rows: FlatRows<UInt64>) {
    let width = rows.width
    let out = liveness.out.elements.part(0, count: width)
    let record = function.blocks[block]
    let edges = function.edges.elements.part(Int(record.firstEdge), count: Int(record.edgeCount))
    guard record.edgeCount > 0 else {
      for word in 0..<width { out[word] = 0 }
      return
    }
    // Most blocks have one or two successors.
    let last = Int(record.edgeCount) - 1
    let (first, second) = (rows[Int(edges[0].target)], rows[Int(edges[last].target)])
    for word in 0..<width { out[word] = first[word] | second[word] }
    guard last > 1 else { return }
    for edge in 1..<last {
      let row = rows[Int(edges[edge].target)]
      for word in 0..<width { out[word] |= row[word] }
    }
  }
}
