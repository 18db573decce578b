import WebAssembly

// Writes the operands' locations, and inserts the moves between locations: at the ends of segments, along edges, and to and from fixed
// registers.

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
    let record = records.address(of: register)
    let first = record.pointee.firstSegment
    var segment = first
    let (segments, uses, operands) = (segments.elements, uses.elements, function.operands.elements)
    while let current = segments.element(segment) {
      let place = place(current.pointee)
      let end = current.pointee.to
      var number = current.pointee.firstUse
      while let use = uses.element(number), use.pointee.position < end {
        if use.pointee.kind != .edge { operands[use.pointee.operand].allocation = place }
        number = use.pointee.next
      }
      segment = current.pointee.next
    }
    if record.pointee.flags.contains(.isSpilled) {
      if isOptimizing { decideStore(&function, register) }
      if !record.pointee.flags.contains(.isStoredLate) { storeDefinition(register, function.types[register]) }
    }
    if segments[first].next != LiveSegment.none { connect(register, function.types[register]) }
  }

  @inline(__always)
  private mutating func place(_ segment: LiveSegment) -> Allocation {
    segment.isInRegister
      ? Allocation(bits: UInt32(segment.place)) : .slot(Int(records[segment.register].slot))
  }

  /// Decides to store a register late if that runs less often than a store at the definition.
  private mutating func decideStore(_ function: inout MachineFunction, _ register: Int) {
    let record = records[register]
    guard segments[record.definingSegment].isInRegister else { return }
    var previousEnd = LiveSegment.none
    var cost: Float = 0
    var segment = record.firstSegment
    while segment != LiveSegment.none {
      let current = segments[segment]
      if current.place == LiveSegment.spilled {
        // Where moves are impossible the value is dropped, not stored.
        if previousEnd == current.from, !isMovePosition(current.from) { return }
        cost += frequency(&function, of: blockOfInstruction[current.from >> 2])
      }
      previousEnd = current.isInRegister ? current.to : LiveSegment.none
      segment = current.next
    }
    if cost < 0.7 * frequency(&function, of: record.block) {
      records[register].flags.insert(.isStoredLate)
      hasLateStores = true
    }
  }

  /// The relative execution frequency of a block: eight times per loop, scaled by the likelihood of branches.
  private mutating func frequency(_ function: inout MachineFunction, of block: UInt32) -> Float {
    let weight = Int(blocks[block].weight)
    return Float(sign: .plus, exponent: 3 * weight / 4, significand: 1) * function.blocks[block].likelihood
  }

  /// Stores the value to its slot once, immediately after the definition: in SSA form the value does not change.
  private mutating func storeDefinition(_ register: Int, _ type: IRType) {
    let segment = segments[records[register].definingSegment]
    guard segment.isInRegister else { return }
    // Parameters, and results in fixed registers, begin before an instruction; others begin in one.
    let instruction = segment.from & 3 == 0 ? segment.from >> 2 : segment.from >> 2 + 1
    addMove(
      at: instruction, from: Allocation(bits: UInt32(segment.place)), to: .slot(Int(records[register].slot)), type)
  }

  @inline(__always)
  private mutating func addMove(at instruction: UInt32, from: Allocation, to: Allocation, _ type: IRType) {
    pendingMoves.append(PendingMove(from: from, to: to, type: type, next: queue[instruction]))
    queue[instruction] = UInt32(pendingMoves.count - 1)
  }

  /// Moves a register between adjacent segments within a block, and records its locations at block boundaries.
  private mutating func connect(_ register: Int, _ type: IRType) {
    let record = records.address(of: register)
    let isStoredLate = record.pointee.flags.contains(.isStoredLate)
    let segments = segments.elements
    var segment = record.pointee.firstSegment
    while let current = segments.element(segment)?.pointee {
      if current.isInRegister {
        noteBoundaries(current, isDefinition: segment == record.pointee.definingSegment)
      }
      guard let next = segments.element(current.next)?.pointee else { break }
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
    let blocks = blocks.elements
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
    let (first, count) = (Int(record.firstInstruction), Int(record.instructionCount))
    let instructions = function.instructions.elements.part(first, count: count)
    let queue = queue.elements.part(first, count: count)
    for index in 0..<count {
      moveOperands(&function, UInt32(first + index), instructions[index], pending: queue[index])
    }
    if record.edgeCount == 1 {
      moveAlongEdge(&function, from: block, to: Int(function.edges[record.firstEdge].target), at: last)
    }
  }

  /// Adds the moves before an instruction, and those that its results in fixed registers need after it.
  @inline(__always)
  private mutating func moveOperands(
    _ function: inout MachineFunction, _ position: UInt32, _ instruction: MachineInstruction, pending: UInt32
  ) {
    var pending = pending
    let pendingMoves = pendingMoves.elements
    while let move = pendingMoves.element(pending)?.pointee {
      parallelMoves.add(from: move.from, to: move.to, move.type, at: position)
      pending = move.next
    }
    let operands = function.operands.elements.part(
      Int(instruction.firstOperand), count: Int(instruction.operandCount))
    var hasFixedResults = false
    let types = function.types.elements
    for index in operands.indices {
      let operand = operands.address(of: index)
      switch operand.pointee.constraint {
      case .register, .any: continue
      case .fixed:
        if operand.pointee.isResult {
          hasFixedResults = true
        } else {
          let fixed = Allocation(bits: UInt32(operand.pointee.detail))
          moveCopy(operand, to: fixed, at: position, types)
        }
      case .sameAs:
        let tied = operands.address(of: Int(operand.pointee.detail))
        moveCopy(tied, to: operand.pointee.allocation, at: position, types)
      }
    }
    parallelMoves.flush(into: &function.moves)
    if hasFixedResults { moveFixedResults(&function, operands, behind: position) }
  }

  @inline(__always)
  private mutating func moveCopy(
    _ operand: UnsafeMutablePointer<MachineOperand>, to: Allocation, at position: UInt32, _ types: FlatSlice<IRType>
  ) {
    parallelMoves.add(
      from: operand.pointee.allocation, to: to, types[operand.pointee.register.index], at: position)
    operand.pointee.allocation = to
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

  /// Moves the values that are live along the edge, and the arguments to the target's parameters.
  private mutating func moveAlongEdge(
    _ function: inout MachineFunction, from source: Int, to target: Int, at index: UInt32
  ) {
    let record = function.blocks[target]
    var place = blocks[target].startPlaces
    let (boundaryPlaces, types) = (boundaryPlaces.elements, function.types.elements)
    if place == LiveSegment.none, record.parameterCount == 0, !hasLateStores { return }
    while let current = boundaryPlaces.element(place)?.pointee {
      let from = endPlace(of: current.register, source, isException: record.isLandingPad)
      parallelMoves.add(
        from: from, to: Allocation(bits: UInt32(current.place)), types[current.register], at: index)
      place = current.next
    }
    // No register survives an exception; live values have been in their slots since before the call.
    if hasLateStores, !record.isLandingPad { storeAlongEdge(&function, from: source, to: target, at: index) }
    var edge = Int(function.blocks[source].firstEdge)
    while Int(function.edges[edge].target) != target { edge += 1 }
    let arguments = function.edges[edge].firstArgument
    let registers = function.registers.elements
    for number in 0..<record.parameterCount {
      let parameter = registers[record.firstParameter + number].index
      let segment = records[parameter].definingSegment
      guard segment != LiveSegment.none else { continue }
      let argument = registers[arguments + number].number
      parallelMoves.add(
        from: endPlace(of: argument, source, isException: record.isLandingPad), to: self.place(segments[segment]),
        types[parameter], at: index)
    }
    parallelMoves.flush(into: &function.moves)
  }

  /// The location at a block's end of a register that is live out of it.
  private mutating func endPlace(of register: UInt32, _ block: Int, isException: Bool) -> Allocation {
    let record = records.address(of: Int(register))
    if isException { return .slot(Int(record.pointee.slot)) }
    let first = segments.address(of: Int(record.pointee.firstSegment))
    if first.pointee.next == LiveSegment.none { return place(first.pointee) }
    var place = blocks[block].endPlaces
    let boundaryPlaces = boundaryPlaces.elements
    while let current = boundaryPlaces.element(place)?.pointee {
      if current.register == register { return Allocation(bits: UInt32(current.place)) }
      place = current.next
    }
    return .slot(Int(record.pointee.slot))
  }

  /// Stores the values that move from a register to their slot along the edge and are not stored elsewhere.
  private mutating func storeAlongEdge(
    _ function: inout MachineFunction, from source: Int, to target: Int, at index: UInt32
  ) {
    var place = blocks[source].endPlaces
    let start = blocks[target].start
    let (boundaryPlaces, records, segments) = (boundaryPlaces.elements, records.elements, segments.elements)
    while let current = boundaryPlaces.element(place)?.pointee {
      place = current.next
      let record = records.address(of: Int(current.register))
      guard record.pointee.flags.contains(.isStoredLate) else { continue }
      var segment = record.pointee.firstSegment
      while let current = segments.element(segment), current.pointee.to <= start { segment = current.pointee.next }
      guard let inTarget = segments.element(segment), inTarget.pointee.from <= start, !inTarget.pointee.isInRegister
      else { continue }
      parallelMoves.add(
        from: Allocation(bits: UInt32(current.place)), to: .slot(Int(record.pointee.slot)),
        function.types[current.register], at: index)
    }
  }
}
