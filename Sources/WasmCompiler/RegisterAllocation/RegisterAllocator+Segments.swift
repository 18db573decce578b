import WebAssembly

// Builds live segments and use lists in one backward pass over the code.

extension RegisterAllocator {
  mutating func buildSegments(_ function: inout MachineFunction) {
    let rows = liveness.rows
    for block in function.blocks.indices.reversed() {
      buildLiveOut(function, block, rows)
      buildEdges(function, block)
      let record = function.blocks[block]
      var mayUnwind = hasLandingPads && hasLandingPad(function, record)
      var instruction = record.firstInstruction + record.instructionCount
      while instruction > record.firstInstruction {
        instruction -= 1
        if mayUnwind, function.instructions[instruction].clobber != 0 {
          // Even if the call preserves registers when it returns, the landing pad finds values only in slots.
          addClobber(clobbers.count - 1, at: instruction * 4 + 2)
          mayUnwind = false
        }
        let isEntry = record.isLandingPad && instruction == record.firstInstruction
        buildInstruction(&function, instruction, weight: blocks[block].weight, isPadEntry: isEntry)
      }
      buildParameters(function, block)
    }
    closeEntry()
  }

  /// Registers that are live into the next block but not out of this one begin at the boundary, and vice versa. The others continue.
  @inline(__always)
  private mutating func buildLiveOut(_ function: borrowing MachineFunction, _ block: Int, _ rows: FlatRows<UInt64>) {
    let width = rows.width
    guard width > 0 else { return }
    computeOut(function, block, rows)
    let end = blocks[block].end
    let isLast = block + 1 == function.blocks.count
    let next = rows[isLast ? block : block + 1]
    let liveOut = liveness.out.elements.part(0, count: width)
    for word in 0..<width {
      let (out, live) = (liveOut[word], isLast ? 0 : next[word])
      guard out != live else { continue }
      forEachBit(live & ~out, in: word) { allocator, register in allocator.close(register, at: end) }
      forEachBit(out & ~live, in: word) { allocator, register in allocator.open(register, to: end) }
    }
  }

  @inline(__always)
  private mutating func forEachBit(
    _ bits: UInt64, in word: Int, _ body: (inout RegisterAllocator, UInt32) -> Void
  ) {
    var bits = bits
    while bits != 0 {
      body(&self, liveness.globals[word * 64 + bits.trailingZeroBitCount])
      bits &= bits - 1
    }
  }

  // MARK: Segments

  @inline(__always)
  private mutating func open(_ register: UInt32, to end: UInt32) {
    let segment = UInt32(segments.count)
    let record = records.address(of: Int(register))
    segments.append(LiveSegment(from: end, to: end, register: register, next: record.pointee.firstSegment))
    record.pointee.firstSegment = segment
    record.pointee.openSegment = segment
  }

  /// Ends the building of a register's segment, which begins here.
  @inline(__always)
  private mutating func close(_ register: UInt32, at position: UInt32) {
    let record = records.address(of: Int(register))
    let number = record.pointee.openSegment
    record.pointee.openSegment = LiveSegment.none
    let segment = segments.address(of: Int(number))
    segment.pointee.from = position
    segment.pointee.nextUse = segment.pointee.firstUse
    enqueue(number)
  }

  /// A register that is live into the entry block has no definition on some path; that is a bug in the function's producer.
  private mutating func closeEntry() {
    guard liveness.wordsPerBlock > 0 else { return }
    for word in liveness.rows[0] where word != 0 {
      preconditionFailure("a register is used that is not defined on every way")
    }
  }

  /// Adds a segment to the queue of the instruction where it begins.
  @inline(__always)
  mutating func enqueue(_ segment: UInt32) {
    let segments = segments.elements
    let record = segments.address(of: Int(segment))
    let from = record.pointee.from
    let place = queue.address(of: Int(from >> 2))
    let head = place.pointee
    if (segments.element(head)?.pointee.from ?? .max) >= from {
      record.pointee.queueNext = head
      place.pointee = segment
    } else {
      enqueue(segment, behind: head)
    }
  }

  private mutating func enqueue(_ segment: UInt32, behind head: UInt32) {
    let from = segments[segment].from
    var place = head
    while segments[place].queueNext != LiveSegment.none, segments[segments[place].queueNext].from < from {
      place = segments[place].queueNext
    }
    segments[segment].queueNext = segments[place].queueNext
    segments[place].queueNext = segment
  }

  /// Adds a use to a register's open segment, or opens a segment that ends with it.
  @inline(__always)
  private mutating func use(
    _ register: UInt32, _ kind: RegisterUse.Kind, at position: UInt32, operand: UInt32, weight: UInt8,
    hint: UInt8 = RegisterUse.noHint
  ) {
    let end = position + kind.duration
    if records[register].openSegment == LiveSegment.none { open(register, to: end) }
    let segment = segments.address(of: Int(records[register].openSegment))
    let first = segment.pointee.firstUse
    let use = UInt32(uses.count)
    uses.append(
      RegisterUse(position: position, next: first, operand: operand, kind: kind, weight: weight, hint: hint))
    if let next = uses.element(first), next.pointee.position <= position, comes(first, before: use) {
      insert(use, behind: first)
    } else {
      segment.pointee.firstUse = use
    }
    // A segment that ends with a copy may have to last through the instruction because of another operand.
    if segment.pointee.to < end { segment.pointee.to = end }
  }

  private mutating func insert(_ use: UInt32, behind first: UInt32) {
    var place = first
    while uses[place].next != LiveSegment.none, comes(uses[place].next, before: use) { place = uses[place].next }
    uses[use].next = uses[place].next
    uses[place].next = use
  }

  /// Several operands of one instruction can be the same register: the use that lasts longest comes last.
  @inline(__always)
  private mutating func comes(_ use: UInt32, before other: UInt32) -> Bool {
    (uses[use].position, uses[use].end) < (uses[other].position, uses[other].end)
  }

  // MARK: Blocks

  private mutating func buildEdges(_ function: borrowing MachineFunction, _ block: Int) {
    let record = function.blocks[block]
    let end = blocks[block].end
    for edge in record.firstEdge..<record.firstEdge + record.edgeCount {
      let edge = function.edges[edge]
      let target = function.blocks[edge.target]
      guard edge.argumentCount > 0 else { continue }
      let arguments = function.registers.elements.part(Int(edge.firstArgument), count: Int(edge.argumentCount))
      let parameters = function.registers.elements.part(Int(target.firstParameter), count: Int(edge.argumentCount))
      for index in arguments.indices {
        let (argument, parameter) = (arguments[index].number, parameters[index].number)
        if records[argument].openSegment == LiveSegment.none { open(argument, to: end) }
        use(argument, .edge, at: end - 3, operand: 0, weight: blocks[block].weight - 1)
        relate(argument, to: parameter)
      }
    }
  }

  @inline(__always)
  private mutating func relate(_ register: UInt32, to other: UInt32) {
    guard register != other else { return }
    let record = records.address(of: Int(register))
    record.pointee.related = other
    if record.pointee.wanted == RegisterUse.noHint { record.pointee.wanted = records[other].wanted }
  }

  private mutating func buildParameters(_ function: borrowing MachineFunction, _ block: Int) {
    let record = function.blocks[block]
    for index in record.firstParameter..<record.firstParameter + record.parameterCount {
      let parameter = function.registers[index].number
      guard records[parameter].openSegment != LiveSegment.none else { continue }
      records[parameter].definingSegment = records[parameter].openSegment
      close(parameter, at: blocks[block].start)
    }
  }

  // MARK: Instructions

  @inline(__always)
  private mutating func buildInstruction(
    _ function: inout MachineFunction, _ index: UInt32, weight: UInt8, isPadEntry: Bool
  ) {
    let instruction = function.instructions[index]
    let operands = function.operands(of: Int(index))
    if instruction.clobber != 0 { addClobber(Int(instruction.clobber), at: index * 4 + 2) }
    for number in operands.indices where operands[number].isResult {
      buildResult(operands, number, instruction, index, weight: weight, isPadEntry: isPadEntry)
    }
    for number in operands.indices where !operands[number].isResult {
      buildUse(operands[number], instruction.firstOperand + UInt32(number), index, weight: weight)
    }
  }

  private mutating func addClobber(_ clobber: Int, at position: UInt32) {
    clobberEvents.append(ClobberEvent(position: position, next: clobbers[clobber].next))
    clobbers[clobber].next = UInt32(clobberEvents.count - 1)
  }

  private mutating func hasLandingPad(_ function: borrowing MachineFunction, _ record: MachineFunction.BlockRecord)
    -> Bool
  {
    for edge in record.firstEdge..<record.firstEdge + record.edgeCount
    where function.blocks[function.edges[edge].target].isLandingPad {
      return true
    }
    return false
  }

  private mutating func reserve(_ register: UInt8, from: UInt32, to: UInt32) {
    reservations.append(Reservation(from: from, to: to, next: states[Int(register)].reservation))
    states[Int(register)].reservation = UInt32(reservations.count - 1)
  }

  @inline(__always)
  private mutating func buildResult(
    _ operands: FlatSlice<MachineOperand>, _ number: Int, _ instruction: MachineInstruction,
    _ index: UInt32, weight: UInt8, isPadEntry: Bool
  ) {
    let operand = operands[number]
    let register = operand.register.number
    let record = records.address(of: Int(register))
    let position = index * 4
    if operand.constraint == .fixed {
      let from = isPadEntry ? position : position + (operand.role == .earlyDefinition ? 1 : 3)
      reserve(operand.detail, from: from, to: position + 4)
      guard record.pointee.openSegment != LiveSegment.none else { return }
      if record.pointee.preferred == RegisterUse.noHint { record.pointee.preferred = operand.detail }
      record.pointee.definingSegment = record.pointee.openSegment
      close(register, at: position + 4)
      return
    }
    var kind = RegisterUse.Kind.definition
    if operand.constraint == .sameAs {
      kind = .earlyDefinition
      tie(operands, result: register, to: Int(operand.detail), isCommutative: instruction.isCommutative)
    } else if operand.role == .earlyDefinition {
      kind = .earlyDefinition
    } else if operand.constraint == .any {
      kind = .anyDefinition
    }
    let start = kind == .earlyDefinition ? position + 1 : position + 3
    if record.pointee.openSegment == LiveSegment.none { open(register, to: position + 4) }
    let segment = record.pointee.openSegment
    let end = segments[segment].to
    use(register, kind, at: start, operand: instruction.firstOperand + UInt32(number), weight: weight)
    // A value that is never read ends with its instruction.
    segments[segment].to = end
    record.pointee.definingSegment = segment
    close(register, at: start)
  }

  /// Marks the operand that shares its register with a result.
  @inline(__always)
  private mutating func tie(
    _ operands: FlatSlice<MachineOperand>, result: UInt32, to operand: Int, isCommutative: Bool
  ) {
    if isCommutative, isLive(operands[operand].register), !isLive(operands[operand + 1].register) {
      (operands[operand], operands[operand + 1]) = (operands[operand + 1], operands[operand])
    }
    operands[operand].allocation = .tied
    let source = operands[operand].register
    if !isLive(source) { relate(source.number, to: result) }
  }

  @inline(__always)
  private mutating func isLive(_ register: VirtualRegister) -> Bool {
    records[register.index].openSegment != LiveSegment.none
  }

  @inline(__always)
  private mutating func buildUse(
    _ operand: MachineOperand, _ number: UInt32, _ index: UInt32, weight: UInt8
  ) {
    let register = operand.register.number
    let position = index * 4
    if operand.constraint == .fixed {
      reserve(operand.detail, from: position + 1, to: position + (operand.role == .lateUse ? 4 : 2))
      records[register].wanted = operand.detail
      use(register, .copy, at: position, operand: number, weight: weight - 1, hint: operand.detail)
    } else if operand.allocation == .tied {
      use(register, .copy, at: position, operand: number, weight: weight - 1)
    } else if operand.constraint == .any {
      let kind: RegisterUse.Kind = operand.role == .lateUse ? .lateAny : .any
      use(register, kind, at: position + 1, operand: number, weight: weight - 1)
    } else {
      let kind: RegisterUse.Kind = operand.role == .lateUse ? .lateRegister : .register
      use(register, kind, at: position + 1, operand: number, weight: weight)
    }
  }
}

extension MachineOperand {
  @inline(__always) package var isResult: Bool { role == .definition || role == .earlyDefinition }
}

extension Allocation {
  /// Marks a use that a result is tied to, until its location is found.
  static let tied = Allocation(bits: .max - 1)
}
