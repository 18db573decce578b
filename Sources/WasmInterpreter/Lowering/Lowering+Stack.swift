import WebAssembly

// The operand stack.

extension Lowering {
  /// The slot that the next operand will own.
  var top: Int {
    if let last = stack.last { return last.slot + last.kind.slotCount }
    return controls.first?.base ?? 0
  }

  /// Pushes an operand that is, or will be, in its own slot.
  @discardableResult
  mutating func push(_ kind: ValueKind, _ location: Operand.Location = .own) -> Operand {
    let operand = Operand(kind: kind, location: location, slot: top)
    stack.append(operand)
    if case .local(let local) = location { localUses[local] += 1 }
    frameSlots = max(frameSlots, operand.slot + kind.slotCount)
    return operand
  }

  mutating func pop() -> Operand {
    let operand = stack.removeLast()
    if case .local(let local) = operand.location { localUses[local] -= 1 }
    return operand
  }

  mutating func truncateStack(to height: Int) {
    while stack.count > height { _ = pop() }
  }

  /// The slot in which an operand can be read. A constant is put into its own first, which costs an instruction.
  mutating func readableSlot(_ operand: Operand) -> Int {
    switch operand.location {
    case .own: return operand.slot
    case .local(let local): return locals[local].slot
    case .constant(let bits):
      emitConstant(bits, operand.kind, to: operand.slot)
      return operand.slot
    }
  }

  /// Whether an operand is in the accumulator of its kind.
  func isInAccumulator(_ operand: Operand) -> Bool {
    guard let accumulator, accumulator.class == operand.kind.accumulatorClass else { return false }
    switch operand.location {
    case .own: return operand.slot == accumulator.slot
    case .local(let local): return locals[local].slot == accumulator.slot
    case .constant: return false
    }
  }

  /// Writes an operand into a slot, unless it is there.
  mutating func move(_ operand: Operand, to slot: Int) {
    switch operand.location {
    case .constant(let bits): emitConstant(bits, operand.kind, to: slot)
    case .own, .local:
      let source = operand.location == .own ? operand.slot : readableSlot(operand)
      if source != slot { emitCopy(operand.kind, from: source, to: slot) }
    }
  }

  /// Brings the operand at this index of the stack into its own slot.
  mutating func settle(at index: Int) {
    let operand = stack[index]
    guard operand.location != .own else { return }
    move(operand, to: operand.slot)
    if case .local(let local) = operand.location { localUses[local] -= 1 }
    stack[index].location = .own
  }

  /// Brings operands that stand for a local, which is about to be written, into their own slots.
  mutating func settleUses(of local: Int) {
    guard localUses[local] > 0 else { return }
    for index in stack.indices.reversed() where stack[index].location == .local(local) {
      settle(at: index)
      if localUses[local] == 0 { return }
    }
  }

  /// Brings all operands that stand for locals into their own slots: where control splits, since only one of the paths
  /// may write the local.
  mutating func settleLocals() {
    for index in stack.indices {
      if case .local = stack[index].location { settle(at: index) }
    }
  }

  mutating func emitCopy(_ kind: ValueKind, from source: Int, to target: Int) {
    switch kind {
    case .vector: emit(.copyVector)
    case .float32: emit(.copyFloat32)
    default: emit(.copy)
    }
    code.append(target, source)
    switch kind {
    case .vector: break
    case .float32: accumulator = (target, .float32)
    // The bits go through the integers' accumulator.
    case .float64: break
    default: accumulator = (target, .integer)
    }
  }

  mutating func emitConstant(_ bits: UInt64, _ kind: ValueKind, to target: Int) {
    emit(.constant)
    code.append(target)
    code.append(bits)
    if kind.accumulatorClass == .integer { accumulator = (target, .integer) }
  }
}
