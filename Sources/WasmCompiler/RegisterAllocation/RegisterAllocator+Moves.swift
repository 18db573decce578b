// Writes down where operands are, and what has to be moved for it: at the ends of segments, along edges, to and from fixed registers.

extension RegisterAllocator {
  mutating func insertMoves(_ function: inout MachineFunction) {
    pendingMoves.removeAll()
    boundaryPlaces.removeAll()
    hasLateStores = false
    for register in records.indices where records[register].firstSegment != LiveSegment.none {
      placeOperands(&function, register)
    }
    parallelMoves.prepare(slotCount: function.spillSlotCount)
    function.moves.removeAll()
    for block in function.blocks.indices {
      function.blocks[block].firstMove = UInt32(function.moves.count)
      moveInBlock(&function, block)
    }
  }

  // MARK: Registers

  private mutating func placeOperands(_ function: inout MachineFunction, _ register: Int) {
    let first = records[register].firstSegment
    var segment = first
    while segment != LiveSegment.none {
      let record = segments[segment]
      let place = place(record)
      var use = record.firstUse
      while use != LiveSegment.none, uses[use].position < record.to {
        if uses[use].kind != .edge { function.operands[uses[use].operand].allocation = place }
        use = uses[use].next
      }
      segment = record.next
    }
    if records[register].flags.contains(.isSpilled) {
      if isOptimizing { decideStore(function, register) }
      if !records[register].flags.contains(.isStoredLate) { storeDefinition(register, function.types[register]) }
    }
    if segments[first].next != LiveSegment.none { connect(register, function.types[register]) }
  }

  @inline(__always)
  private mutating func place(_ segment: LiveSegment) -> Allocation {
    segment.isInRegister
      ? Allocation(bits: UInt32(segment.place)) : .slot(Int(records[segment.register].slot))
  }

  /// Stores late if that happens less often than the definition.
  private mutating func decideStore(_ function: borrowing MachineFunction, _ register: Int) {
    let record = records[register]
    guard segments[record.definingSegment].isInRegister else { return }
    var previousEnd = LiveSegment.none
    var cost: Float = 0
    var segment = record.firstSegment
    while segment != LiveSegment.none {
      let current = segments[segment]
      if current.place == LiveSegment.spilled {
        // Forgotten where there is no move.
        if previousEnd == current.from, !isMovePosition(current.from) { return }
        cost += frequency(function, of: blockOfInstruction[current.from >> 2])
      }
      previousEnd = current.isInRegister ? current.to : LiveSegment.none
      segment = current.next
    }
    if cost < 0.7 * frequency(function, of: record.block) {
      records[register].flags.insert(.isStoredLate)
      hasLateStores = true
    }
  }

  /// How often a block runs: eight times for each loop, and as likely as branches make it.
  private mutating func frequency(_ function: borrowing MachineFunction, of block: UInt32) -> Float {
    let weight = Int(blocks[block].weight)
    return Float(sign: .plus, exponent: 3 * weight / 4, significand: 1) * function.blocks[block].likelihood
  }

  /// The slot is written once, right behind the definition, and never again: in SSA form the value does not change.
  private mutating func storeDefinition(_ register: Int, _ type: IRType) {
    let segment = segments[records[register].definingSegment]
    guard segment.isInRegister else { return }
    // Parameters, and results from fixed registers, begin in front of an instruction; others in one.
    let instruction = segment.from & 3 == 0 ? segment.from >> 2 : segment.from >> 2 + 1
    addMove(
      at: instruction, from: Allocation(bits: UInt32(segment.place)), to: .slot(Int(records[register].slot)), type)
  }

  @inline(__always)
  private mutating func addMove(at instruction: UInt32, from: Allocation, to: Allocation, _ type: IRType) {
    pendingMoves.append(PendingMove(from: from, to: to, type: type, next: queue[instruction]))
    queue[instruction] = UInt32(pendingMoves.count - 1)
  }

  /// Moves a register between its segments where they meet in a block, and notes its places where blocks begin and end.
  private mutating func connect(_ register: Int, _ type: IRType) {
    let isStoredLate = records[register].flags.contains(.isStoredLate)
    var segment = records[register].firstSegment
    while segment != LiveSegment.none {
      let current = segments[segment]
      if current.isInRegister {
        noteBoundaries(current, isDefinition: segment == records[register].definingSegment)
      }
      guard current.next != LiveSegment.none else { break }
      let next = segments[current.next]
      if current.to == next.from, current.place != next.place, !isBlockStart(next.from),
        next.isInRegister || isStoredLate
      {
        addMove(at: next.from >> 2, from: place(current), to: place(next), type)
      }
      segment = current.next
    }
  }

  private mutating func noteBoundaries(_ segment: LiveSegment, isDefinition: Bool) {
    var block = blockOfInstruction[segment.from >> 2]
    if segment.from == blocks[block].start, !isDefinition || !records[segment.register].flags.contains(.isParameter) {
      noteStart(segment, block)
    }
    while blocks[block].end <= segment.to {
      boundaryPlaces.append(
        BoundaryPlace(register: segment.register, place: segment.place, next: blocks[block].endPlaces))
      blocks[block].endPlaces = UInt32(boundaryPlaces.count - 1)
      block += 1
      guard block < UInt32(blocks.count), blocks[block].start < segment.to else { break }
      noteStart(segment, block)
    }
  }

  private mutating func noteStart(_ segment: LiveSegment, _ block: UInt32) {
    boundaryPlaces.append(
      BoundaryPlace(register: segment.register, place: segment.place, next: blocks[block].startPlaces))
    blocks[block].startPlaces = UInt32(boundaryPlaces.count - 1)
  }

  // MARK: Blocks

  private mutating func moveInBlock(_ function: inout MachineFunction, _ block: Int) {
    let record = function.blocks[block]
    if record.predecessorCount == 1 {
      let predecessor = Int(function.predecessors[record.firstPredecessor])
      if function.blocks[predecessor].edgeCount > 1 {
        moveAlongEdge(&function, from: predecessor, to: block, at: record.firstInstruction)
      }
    }
    let last = record.firstInstruction + record.instructionCount - 1
    for index in record.firstInstruction...last { moveOperands(&function, index) }
    if record.edgeCount == 1 {
      moveAlongEdge(&function, from: block, to: Int(function.edges[record.firstEdge].target), at: last)
    }
  }

  /// What happens in front of an instruction, and what its results in fixed registers need behind it.
  @inline(__always)
  private mutating func moveOperands(_ function: inout MachineFunction, _ index: UInt32) {
    var pending = queue[index]
    while pending != LiveSegment.none {
      let move = pendingMoves[pending]
      parallelMoves.add(from: move.from, to: move.to, move.type, at: index)
      pending = move.next
    }
    let operands = function.operands(of: Int(index))
    var hasFixedResults = false
    for operand in operands.indices {
      switch operands[operand].constraint {
      case .register, .any: continue
      case .fixed:
        if operands[operand].isResult {
          hasFixedResults = true
        } else {
          let fixed = Allocation(bits: UInt32(operands[operand].detail))
          moveCopy(function, operands[operand], to: fixed, at: index)
          operands[operand].allocation = fixed
        }
      case .sameAs:
        let tied = Int(operands[operand].detail)
        moveCopy(function, operands[tied], to: operands[operand].allocation, at: index)
        operands[tied].allocation = operands[operand].allocation
      }
    }
    parallelMoves.flush(into: &function.moves)
    if hasFixedResults { moveFixedResults(&function, operands, behind: index) }
  }

  @inline(__always)
  private mutating func moveCopy(
    _ function: borrowing MachineFunction, _ operand: MachineOperand, to: Allocation, at index: UInt32
  ) {
    parallelMoves.add(from: operand.allocation, to: to, function.types[operand.register.index], at: index)
  }

  private mutating func moveFixedResults(
    _ function: inout MachineFunction, _ operands: FlatSlice<MachineOperand>, behind index: UInt32
  ) {
    for number in operands.indices where operands[number].constraint == .fixed && operands[number].isResult {
      let operand = operands[number]
      let fixed = Allocation(bits: UInt32(operand.detail))
      operands[number].allocation = fixed
      let segment = records[operand.register.index].definingSegment
      guard segment != LiveSegment.none else { continue }
      parallelMoves.add(
        from: fixed, to: place(segments[segment]), function.types[operand.register.index], at: index + 1)
    }
    parallelMoves.flush(into: &function.moves)
  }

  // MARK: Edges

  /// What lives along the edge, and the parameters of the target.
  private mutating func moveAlongEdge(
    _ function: inout MachineFunction, from source: Int, to target: Int, at index: UInt32
  ) {
    let record = function.blocks[target]
    var place = blocks[target].startPlaces
    if place == LiveSegment.none, record.parameterCount == 0, !hasLateStores { return }
    while place != LiveSegment.none {
      let current = boundaryPlaces[place]
      let from = endPlace(of: current.register, source, isException: record.isLandingPad)
      parallelMoves.add(
        from: from, to: Allocation(bits: UInt32(current.place)), function.types[current.register], at: index)
      place = current.next
    }
    // An exception leaves nothing in registers; what lives on has been in its slot since before the call.
    if hasLateStores, !record.isLandingPad { storeAlongEdge(function, from: source, to: target, at: index) }
    var edge = Int(function.blocks[source].firstEdge)
    while Int(function.edges[edge].target) != target { edge += 1 }
    let arguments = function.edges[edge].firstArgument
    for number in 0..<record.parameterCount {
      let parameter = function.registers[record.firstParameter + number].index
      let segment = records[parameter].definingSegment
      guard segment != LiveSegment.none else { continue }
      let argument = function.registers[arguments + number].number
      parallelMoves.add(
        from: endPlace(of: argument, source, isException: record.isLandingPad), to: self.place(segments[segment]),
        function.types[parameter], at: index)
    }
    parallelMoves.flush(into: &function.moves)
  }

  /// Where a register that lives out of a block is at its end.
  private mutating func endPlace(of register: UInt32, _ block: Int, isException: Bool) -> Allocation {
    let record = records[register]
    if isException { return .slot(Int(record.slot)) }
    let first = segments[record.firstSegment]
    if first.next == LiveSegment.none { return place(first) }
    var place = blocks[block].endPlaces
    while place != LiveSegment.none {
      if boundaryPlaces[place].register == register { return Allocation(bits: UInt32(boundaryPlaces[place].place)) }
      place = boundaryPlaces[place].next
    }
    return .slot(Int(record.slot))
  }

  /// Stores what goes from a register to its slot on the way and is not stored elsewhere.
  private mutating func storeAlongEdge(
    _ function: borrowing MachineFunction, from source: Int, to target: Int, at index: UInt32
  ) {
    var place = blocks[source].endPlaces
    while place != LiveSegment.none {
      let current = boundaryPlaces[place]
      place = current.next
      guard records[current.register].flags.contains(.isStoredLate) else { continue }
      var segment = records[current.register].firstSegment
      let start = blocks[target].start
      while segment != LiveSegment.none, segments[segment].to <= start { segment = segments[segment].next }
      guard segment != LiveSegment.none, segments[segment].from <= start, !segments[segment].isInRegister else {
        continue
      }
      parallelMoves.add(
        from: Allocation(bits: UInt32(current.place)), to: .slot(Int(records[current.register].slot)),
        function.types[current.register], at: index)
    }
  }
}
