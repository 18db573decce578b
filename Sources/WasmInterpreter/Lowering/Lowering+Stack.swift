import WebAssembly

// The operand stack.

extension Lowering {
  /// The slot of the next operand.
  @inline(__always)
  var top: Int {
    if let last = stack.last { return last.slot + last.kind.slotCount }
    return controls.first?.base ?? 0
  }

  /// Pushes an operand that is, or will be, in its own slot.
  @discardableResult
  mutating func push(_ kind: ValueKind, _ location: Operand.Location = .own) -> Operand {
    let operand = Operand(kind: kind, location: location, slot: top)
    stack.append(operand)
    if let local = operand.local { localUses[local] += 1 }
    frameSlots = max(frameSlots, operand.slot + kind.slotCount)
    return operand
  }

  mutating func pop() -> Operand {
    let operand = stack.removeLast()
    settledCount = min(settledCount, stack.count)
    ownCount = min(ownCount, stack.count)
    if let local = operand.local { localUses[local] -= 1 }
    return operand
  }

  mutating func truncateStack(to height: Int) {
    while stack.count > height { _ = pop() }
  }

  /// The slot in which an operand can be read. A constant or sum is first stored in its own slot, which costs an instruction.
  mutating func readableSlot(_ operand: Operand) -> Int {
    switch operand.location {
    case .own: return operand.slot
    case .local(let local): return locals[local].slot
    case .constant(let bits):
      emitConstant(bits, operand.kind, to: operand.slot)
      return operand.slot
    case .sum(let local, let constant):
      emitSum(local, constant, to: operand.slot)
      return operand.slot
    }
  }

  /// Whether an operand is in the accumulator of its kind. Must be called after ``readableSlot(_:)``.
  @inline(__always)
  func isInAccumulator(_ operand: Operand) -> Bool {
    guard let accumulator, accumulator.class == operand.kind.accumulatorClass else { return false }
    switch operand.location {
    case .own, .sum: return operand.slot == accumulator.slot
    case .local(let local): return locals[local].slot == accumulator.slot
    case .constant: return false
    }
  }

  /// Writes an operand to a slot, unless it is there.
  mutating func move(_ operand: Operand, to slot: Int) {
    switch operand.location {
    case .constant(let bits): emitConstant(bits, operand.kind, to: slot)
    case .sum(let local, let constant): emitSum(local, constant, to: slot)
    case .own, .local:
      let source = operand.location == .own ? operand.slot : readableSlot(operand)
      if source != slot { emitCopy(operand.kind, from: source, to: slot) }
    }
  }

  /// Moves the operand at this index of the stack into its own slot.
  mutating func settle(at index: Int) {
    let operand = stack[index]
    guard operand.location != .own else { return }
    move(operand, to: operand.slot)
    if let local = operand.local { localUses[local] -= 1 }
    stack[index].location = .own
  }

  /// Moves all operands of the innermost structured instruction into their own slots. Operands below it were settled before it: code
  /// emitted here is not executed on all paths to its end, after which they are used. Amortised O(1) for each operand.
  mutating func settleFrame() {
    for index in ownCount..<stack.count { settle(at: index) }
    ownCount = stack.count
  }

  /// Moves operands that refer to a local, which is about to be written, into their own slots.
  mutating func settleUses(of local: Int) {
    guard localUses[local] > 0 else { return }
    for index in stack.indices.reversed() where stack[index].local == local {
      settle(at: index)
      if localUses[local] == 0 { return }
    }
  }

  /// Moves all operands that refer to locals into their own slots: where control flow splits, since only one of the paths may write the
  /// local.
  mutating func settleLocals() {
    for index in settledCount..<stack.count where stack[index].local != nil { settle(at: index) }
    settledCount = stack.count
  }

  mutating func emitCopy(_ kind: ValueKind, from source: Int, to target: Int) {
    if kind != .vector, kind != .float32 { return emitPlainCopy(kind, from: source, to: target) }
    let instruction = CopyFormat(destination: code.narrow(target), source: code.narrow(source))
    switch kind {
    case .vector: emit(.copyVector, instruction)
    default: emit(.copyFloat32, instruction)
    }
    if kind == .float32 { accumulator = (target, .float32) }
  }

  /// Copies 64 bits, fused with the copy emitted last, if any.
  private mutating func emitPlainCopy(_ kind: ValueKind, from source: Int, to target: Int) {
    if let first = copy {
      code.truncate(to: first.start)
      emit(
        .copyTwo,
        CopyTwoFormat(
          destination: code.narrow(first.target), source: code.narrow(first.source),
          secondDestination: code.narrow(target), secondSource: code.narrow(source)))
    } else {
      let start = emit(.copy, CopyFormat(destination: code.narrow(target), source: code.narrow(source)))
      copy = EmittedCopy(source: source, target: target, start: start)
    }
    // The bits of a double are moved through the integer accumulator.
    if kind != .float64 { accumulator = (target, .integer) }
  }

  private mutating func emitSum(_ local: Int, _ constant: Int32, to target: Int) {
    let source = locals[local].slot
    let isInAccumulator = accumulator?.class == .integer && accumulator?.slot == source
    let start = emit(
      handlers.number(.i32Add, isInAccumulator ? .accumulatorImmediate : .immediate)!,
      BinaryImmediate(destination: code.narrow(target), first: code.narrow(source), second: Immediate(constant)))
    accumulator = (target, .integer)
    if source == target { step = EmittedStep(slot: target, constant: constant, start: start, end: code.position) }
  }

  mutating func emitConstant(_ bits: UInt64, _ kind: ValueKind, to target: Int) {
    emit(.constant, ConstantFormat(destination: code.narrow(target), value: WideImmediate(bits)))
    if kind.accumulatorClass == .integer { accumulator = (target, .integer) }
  }
}
