import WebAssembly

// The scan: each segment in turn gets a register, for its whole length or up to where none is free, or is spilled.

extension RegisterAllocator {
  mutating func scan(_ function: borrowing MachineFunction) {
    // The queue does not grow or move during the scan.
    let queue = queue.elements
    for index in queue.indices {
      while queue[index] != LiveSegment.none {
        let segment = queue[index]
        queue[index] = segments[segment].queueNext
        allocate(segment, function)
      }
    }
  }

  /// The first requirement of a segment.
  private struct Demand {
    /// Its first use.
    var use: UInt32
    var position: UInt32
    var weight: UInt8
    /// The position up to which it must be in a register, if it must be in one at once; else 0.
    var requiredEnd: UInt32
  }

  private mutating func allocate(_ segment: UInt32, _ function: borrowing MachineFunction) {
    let record = segments[segment]
    let (from, to) = (record.from, record.to)
    let isInteger = records[record.register].registerClass == .integer
    var (best, bestRegister): (UInt32, UInt8) = (0, RegisterUse.noHint)
    var hints = hints(of: record)
    let states = states.elements
    while hints != 0 {
      let hint = UInt8(truncatingIfNeeded: hints)
      hints >>= 9
      let free = freeUntil(hint, from, states)
      if free >= to { return assign(segment, hint) }
      if free > best { (best, bestRegister) = (free, hint) }
    }
    let (hinted, hintedRegister) = (best, bestRegister)
    let candidates = isInteger ? integers.elements : vectors.elements
    for candidate in candidates {
      let free = freeUntil(candidate, from, states)
      if free >= to { return assign(segment, candidate) }
      if free > best { (best, bestRegister) = (free, candidate) }
    }
    let demand = demand(of: segment)
    if demand.use == LiveSegment.none {
      spill(segment)
    } else if best > demand.position, best >= demand.requiredEnd {
      // A register is free for some time. Of two equally good registers, the one that saves a move is better.
      if hinted < best, hinted > demand.position, hinted >= demand.requiredEnd, !isUsed(segment, from: hinted, to: best)
      {
        (best, bestRegister) = (hinted, hintedRegister)
      }
      if !isDestroyed(everyRegisterOf: segment, at: best, function),
        let victim = findVictim(for: demand, from, candidates, freeUntil: best)
      {
        evict(victim, from, function)
        assign(segment, victim, upTo: to, function)
      } else {
        assign(segment, bestRegister, upTo: best, function)
      }
    } else if let victim = findVictim(for: demand, from, candidates, freeUntil: 0) {
      evict(victim, from, function)
      assign(segment, victim, upTo: to, function)
    } else {
      precondition(demand.requiredEnd == 0, "an instruction asks for more registers than there are")
      spillUntilUse(segment, after: from, heldFrom: from, to: from, function)
    }
  }

  // MARK: Registers

  /// The position up to which a register is free from a position on; that position or less if it is not free.
  @inline(__always)
  private mutating func freeUntil(_ register: UInt8, _ from: UInt32, _ states: FlatSlice<RegisterState>) -> UInt32 {
    let state = states.address(of: Int(register))
    if state.pointee.blockedTo <= from { advance(register, to: from) }
    let blockedFrom = state.pointee.blockedFrom
    return state.pointee.end > from || blockedFrom <= from ? 0 : blockedFrom
  }

  /// Finds the next range in which a register is reserved or clobbered.
  @inline(never)
  private mutating func advance(_ register: UInt8, to from: UInt32) {
    var state = states[Int(register)]
    while state.reservation != LiveSegment.none, reservations[state.reservation].to <= from {
      state.reservation = reservations[state.reservation].next
    }
    (state.blockedFrom, state.blockedTo) = (.max, .max)
    if state.reservation != LiveSegment.none {
      let reservation = reservations[state.reservation]
      (state.blockedFrom, state.blockedTo) = (reservation.from, reservation.to)
    }
    let (clobbers, clobberEvents) = (clobbers.elements, clobberEvents.elements)
    for index in clobbers.indices where clobbers[index].next != LiveSegment.none {
      var next = clobbers[index].next
      while let event = clobberEvents.element(next), event.pointee.position < from { next = event.pointee.next }
      clobbers[index].next = next
      guard let position = clobberEvents.element(next)?.pointee.position else { continue }
      if position < state.blockedFrom, clobbers[index].registers.contains(PhysicalRegister(number: register)) {
        (state.blockedFrom, state.blockedTo) = (position, position + 1)
      }
    }
    states[Int(register)] = state
  }

  /// Whether an instruction clobbers every register that the segment could be in.
  private mutating func isDestroyed(
    everyRegisterOf segment: UInt32, at position: UInt32, _ function: borrowing MachineFunction
  ) -> Bool {
    guard position & 3 == 2 else { return false }
    let clobber = Int(function.instructions[position >> 2].clobber)
    let isInteger = records[segments[segment].register].registerClass == .integer
    return function.clobbers[clobber].isSuperset(of: isInteger ? allocatable.integers : allocatable.vectors)
  }

  /// The registers to try first, in nine bits each: a register number and a valid bit; the best hint is lowest.
  @inline(__always)
  private mutating func hints(of segment: LiveSegment) -> UInt64 {
    var hints: UInt64 = 0
    let records = records.elements
    let record = records[segment.register]
    let isInteger = record.registerClass == .integer
    let set = isInteger ? allocatable.integers : allocatable.vectors
    @inline(__always)
    func add(_ register: UInt8) {
      if register != RegisterUse.noHint, set.contains(PhysicalRegister(number: register)) {
        hints = hints << 9 | UInt64(register) | 256
      }
    }
    // The last hint added is tried first, so the least important ones are added first.
    var related = record.related
    var steps = 0
    while steps < 3, let other = records.element(related) {
      if other.pointee.preferred != RegisterUse.noHint {
        add(other.pointee.preferred)
        break
      }
      related = other.pointee.related
      steps += 1
    }
    add(record.wanted)
    add(record.preferred)
    if let use = uses.element(segment.firstUse) { add(use.pointee.hint) }
    return hints
  }

  private mutating func demand(of segment: UInt32) -> Demand {
    let record = segments[segment]
    guard let first = uses.element(record.firstUse), first.pointee.position < record.to else {
      return Demand(use: LiveSegment.none, position: .max, weight: 0, requiredEnd: 0)
    }
    var use = first.pointee
    var demand = Demand(use: record.firstUse, position: use.position, weight: use.weight, requiredEnd: 0)
    while use.position == record.from {
      if use.kind.isRequired { demand.requiredEnd = max(demand.requiredEnd, min(use.end, record.to)) }
      guard let next = uses.element(use.next) else { break }
      use = next.pointee
    }
    return demand
  }

  private mutating func isUsed(_ segment: UInt32, from: UInt32, to: UInt32) -> Bool {
    var use = segments[segment].firstUse
    while use != LiveSegment.none, uses[use].position < from { use = uses[use].next }
    return use != LiveSegment.none && uses[use].position < to
  }

  // MARK: Decisions

  @inline(__always)
  private mutating func assign(_ segment: UInt32, _ register: UInt8) {
    let place = segments.address(of: Int(segment))
    place.pointee.place = register
    let state = states.address(of: Int(register))
    state.pointee.segment = segment
    state.pointee.end = place.pointee.to
    let records = records.elements
    let record = records.address(of: Int(place.pointee.register))
    record.pointee.preferred = register
    if let related = records.element(record.pointee.related), related.pointee.preferred == RegisterUse.noHint {
      related.pointee.preferred = register
    }
  }

  /// Assigns a segment a register that is free now, up to where it is blocked or the segment ends; the rest is queued or spilled.
  private mutating func assign(
    _ segment: UInt32, _ register: UInt8, upTo limit: UInt32, _ function: borrowing MachineFunction
  ) {
    let (from, to) = (segments[segment].from, segments[segment].to)
    _ = freeUntil(register, from, states.elements)
    let blocked = min(limit, states[Int(register)].blockedFrom)
    guard blocked < to else { return assign(segment, register) }
    var (lastPosition, lastEnd) = (from, from)
    var split = blocked
    var use = segments[segment].firstUse
    while use != LiveSegment.none, uses[use].position < blocked {
      if uses[use].end > blocked {
        split = uses[use].position
        break
      }
      (lastPosition, lastEnd) = (uses[use].position, uses[use].end)
      use = uses[use].next
    }
    guard split > from else { return spillUntilUse(segment, after: blocked, heldFrom: from, to: from, function) }
    split = splitPosition(before: split, behind: lastEnd, lastUse: lastPosition, from: from)
    let tail = self.split(segment, at: split)
    assign(segment, register)
    let isUsedBefore = use != LiveSegment.none && uses[use].position < blocked
    if !isMovePosition(split) || !isUsedBefore && isDestroyed(everyRegisterOf: segment, at: blocked, function) {
      spillUntilUse(tail, after: blocked, heldFrom: from, to: split, function)
    } else {
      enqueue(tail)
    }
  }

  /// Where to split a value that must leave its register at `limit` at the latest: before a loop that does not use it; otherwise at the
  /// last position where moves are possible; otherwise at the limit, where it can only be dropped, since its slot is already written.
  private mutating func splitPosition(before limit: UInt32, behind end: UInt32, lastUse: UInt32, from: UInt32) -> UInt32
  {
    if let loop = outermostLoop(around: limit - 1, without: lastUse), loops[loop].start >= end, loops[loop].start > from
    {
      return loops[loop].start
    }
    if isMovePosition(limit) { return limit }
    let earlier = limit & ~3 + 1
    return earlier < limit && earlier >= end && earlier > from ? earlier : limit
  }

  /// Whether moves can happen immediately before a position.
  @inline(__always)
  mutating func isMovePosition(_ position: UInt32) -> Bool {
    position & 3 == 1 || position & 3 == 0 && isBlockStart(position)
  }

  @inline(__always)
  mutating func isBlockStart(_ position: UInt32) -> Bool {
    blocks[blockOfInstruction[position >> 2]].start == position
  }

  /// The outermost loop that contains a position but not an earlier one.
  @inline(__always)
  private mutating func outermostLoop(around position: UInt32, without earlier: UInt32) -> UInt32? {
    var loop = blocks[blockOfInstruction[position >> 2]].loop
    var result: UInt32?
    while loop != LiveSegment.none, loops[loop].start > earlier {
      result = loop
      loop = loops[loop].parent
    }
    return result
  }

  /// Splits a segment; returns the part from the position on.
  private mutating func split(_ segment: UInt32, at position: UInt32) -> UInt32 {
    let record = segments[segment]
    assert(position > record.from && position < record.to)
    var use = record.firstUse
    while use != LiveSegment.none, uses[use].position < position { use = uses[use].next }
    let tail = UInt32(segments.count)
    var new = LiveSegment(from: position, to: record.to, register: record.register, next: record.next)
    new.firstUse = use
    new.nextUse = use
    segments.append(new)
    segments[segment].to = position
    segments[segment].next = tail
    return tail
  }

  // MARK: Spilling

  private mutating func spill(_ segment: UInt32) {
    segments[segment].place = LiveSegment.spilled
    let register = segments[segment].register
    if !records[register].flags.contains(.isSpilled) {
      records[register].flags.insert(.isSpilled)
      slots.spilled.append(register)
    }
  }

  /// Leaves a segment in its slot until a register pays off again, at a position after `after`. The value was in a register from
  /// `heldFrom` to `to`.
  private mutating func spillUntilUse(
    _ segment: UInt32, after: UInt32, heldFrom: UInt32, to heldTo: UInt32, _ function: borrowing MachineFunction
  ) {
    let end = segments[segment].to
    let block = blockOfInstruction[after >> 2]
    var use = segments[segment].firstUse
    while use != LiveSegment.none, uses[use].position < end {
      let candidate = uses[use]
      if candidate.position > after {
        if candidate.kind.isRequired {
          let reload =
            reloadPosition(after, use: candidate, heldFrom: heldFrom, to: heldTo, function) ?? candidate.position
          return spill(segment, upTo: reload)
        }
        if candidate.weight > blocks[block].weight,
          let reload = reloadPosition(after, use: candidate, heldFrom: heldFrom, to: heldTo, function)
        {
          return spill(segment, upTo: reload)
        }
      }
      use = candidate.next
    }
    spill(segment)
  }

  private mutating func spill(_ segment: UInt32, upTo reload: UInt32) {
    let tail = split(segment, at: reload)
    spill(segment)
    enqueue(tail)
  }

  /// A better position to reload a value than immediately before its use: before a loop that contains the use, or at a merge of paths on
  /// some of which it is still in a register.
  private mutating func reloadPosition(
    _ after: UInt32, use: RegisterUse, heldFrom: UInt32, to heldTo: UInt32, _ function: borrowing MachineFunction
  ) -> UInt32? {
    let (first, last) = (blockOfInstruction[after >> 2], blockOfInstruction[use.position >> 2])
    guard first != last else { return nil }
    var result: UInt32?
    var limit = last
    if let loop = outermostLoop(around: use.position, without: after) {
      result = loops[loop].start
      limit = loops[loop].header
    }
    guard heldFrom < heldTo else { return result }
    limit = min(limit, first + 12)
    var block = first
    while block < limit {
      block += 1
      guard blocks[block].weight <= use.weight + 1 else { continue }
      let record = function.blocks[block]
      for index in record.firstPredecessor..<record.firstPredecessor + record.predecessorCount {
        let end = blocks[function.predecessors[index]].end
        if end > heldFrom, end <= heldTo { return blocks[block].start }
      }
    }
    return result
  }

  // MARK: Eviction

  /// The register whose value is cheapest to evict, if that is cheaper than leaving the segment without a register. With `freeUntil`, a
  /// register is free up to there, so the victim must be much cheaper, and last longer.
  private mutating func findVictim(
    for demand: Demand, _ from: UInt32, _ candidates: FlatSlice<UInt8>, freeUntil: UInt32
  ) -> UInt8? {
    var victim: UInt8?
    var (weight, position) = (demand.weight, demand.position)
    if freeUntil > 0 {
      weight = weight > 2 ? weight - 2 : 0
      position = .max
    } else if demand.requiredEnd > 0 {
      (weight, position) = (.max, 0)
    }
    let needed = max(demand.requiredEnd, demand.position + 1, freeUntil + 1)
    let states = states.elements
    for register in candidates {
      let state = states[Int(register)]
      guard state.blockedFrom > from, state.blockedFrom >= needed, state.end > from else { continue }
      guard let (itsWeight, itsPosition) = nextUse(of: state.segment, at: from) else { continue }
      if itsWeight < weight || itsWeight == weight && itsPosition > position {
        (victim, weight, position) = (register, itsWeight, itsPosition)
      }
    }
    return victim
  }

  /// The weight and position of the next use of a segment that has a register. Nil if it must stay in a register now.
  private mutating func nextUse(of segment: UInt32, at from: UInt32) -> (weight: UInt8, position: UInt32)? {
    var record = segments[segment]
    let uses = uses.elements
    while let next = uses.element(record.nextUse), next.pointee.position < from {
      record.lastUse = record.nextUse
      record.nextUse = next.pointee.next
    }
    segments[segment] = record
    if let last = uses.element(record.lastUse), last.pointee.end > from { return nil }
    var use = record.nextUse
    while let next = uses.element(use), next.pointee.position == from {
      if next.pointee.kind.isRequired { return nil }
      use = next.pointee.next
    }
    if record.lastUse != LiveSegment.none {
      // It is used in a loop around which it is live: the loop's end is the next use at the latest.
      var loop = blocks[blockOfInstruction[from >> 2]].loop
      let last = uses[record.lastUse].position
      var depth = 0
      while loop != LiveSegment.none, depth < 4 {
        let bounds = loops[loop]
        if record.from <= bounds.start, last >= bounds.start, record.to >= bounds.end {
          let next = record.nextUse
          if next == LiveSegment.none || uses[next].position >= min(bounds.end, record.to) {
            return (blocks[bounds.header].weight, bounds.end)
          }
          break
        }
        loop = bounds.parent
        depth += 1
      }
    }
    guard record.nextUse != LiveSegment.none, uses[record.nextUse].position < record.to else { return (0, record.to) }
    return (uses[record.nextUse].weight, uses[record.nextUse].position)
  }

  /// Evicts the value from a register; it is queued for its next use.
  private mutating func evict(_ register: UInt8, _ from: UInt32, _ function: borrowing MachineFunction) {
    let segment = states[Int(register)].segment
    let record = segments[segment]
    var (lastPosition, lastEnd) = (record.from, record.from)
    if record.lastUse != LiveSegment.none {
      (lastPosition, lastEnd) = (uses[record.lastUse].position, uses[record.lastUse].end)
    }
    let position =
      from > record.from ? splitPosition(before: from, behind: lastEnd, lastUse: lastPosition, from: record.from) : from
    states[Int(register)].end = 0
    if record.lastUse == LiveSegment.none {
      // The register was not used so far.
      spillUntilUse(segment, after: from, heldFrom: from, to: from, function)
    } else {
      let tail = split(segment, at: position)
      spillUntilUse(tail, after: from, heldFrom: record.from, to: position, function)
    }
  }
}
