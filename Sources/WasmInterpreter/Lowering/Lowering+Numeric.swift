import WasmRuntime
import WebAssembly

// Numeric and vector instructions.

extension Lowering {
  /// An instruction whose operand and result types are in the table, and whose only immediate, if any, is a lane.
  mutating func lowerFixed(_ opcode: Opcode, _ definition: InstructionDefinition) throws {
    let signature = definition.signature!
    defer { canonicalizeResult(of: opcode) }
    switch (signature.operandCount, definition.immediates) {
    case (1, .none): try lowerUnary(opcode, ValueKind(code: signature.result(0)))
    case (2, .none) where hasForm(opcode, .immediate): try lowerBinary(opcode, signature)
    default: try lowerPlain(opcode, definition)
    }
  }

  private mutating func lowerUnary(_ opcode: Opcode, _ result: ValueKind) throws {
    let operand = pop()
    let slot = readableSlot(operand)
    let form: Form = isInAccumulator(operand) && hasForm(opcode, .accumulator) ? .accumulator : .slots
    try emitResult(result, opcode, form, UnaryFormat(destination: code.narrow(top), operand: code.narrow(slot)))
  }

  /// `i32.wrap_i64` emits nothing: readers of an i32 use only the low half of the slot.
  mutating func lowerWrap() {
    let operand = pop()
    let wasInAccumulator = accumulator
    if case .constant(let bits) = operand.location {
      push(.integer32, .constant(bits & 0xFFFF_FFFF))
    } else {
      push(.integer32, operand.location)
    }
    accumulator = wasInAccumulator
    // The computed value has more bits than the result.
    binary = nil
    comparison = nil
  }

  mutating func lowerEqualZero(_ comparison: Opcode) throws {
    if let last = self.comparison, let operand = stack.last, operand.location == .own, operand.slot == last.slot {
      switch last.test {
      case .integer(let opcode):
        _ = pop()
        takeBack(last.binary)
        var inverted = last.binary
        inverted.opcode = opcode.inverseComparison!
        try emitAgain(inverted)
        return
      case .float, .commonBit32, .commonBit64:
        push(.integer32, .constant(0))
        try lowerBinary(comparison, InstructionTable.shared[comparison].signature!)
        var negated = last
        negated.isNegated.toggle()
        negated.binary.slot = stack[stack.count - 1].slot
        self.comparison = negated
        return
      }
    }
    push(stack[stack.count - 1].kind, .constant(0))
    try lowerBinary(comparison, InstructionTable.shared[comparison].signature!)
  }

  private mutating func lowerBinary(_ original: Opcode, _ signature: Signature) throws {
    var opcode = original
    var b = pop()
    var a = pop()
    if case .constant = a.location {
      if case .constant = b.location {
        move(a, to: a.slot)
        a.location = .own
      } else if let mirrored = opcode.mirroredComparison {
        opcode = mirrored
        swap(&a, &b)
      } else if opcode.isCommutative {
        swap(&a, &b)
      } else if !hasForm(opcode, .immediateSlot) {
        move(a, to: a.slot)
        a.location = .own
      }
    }
    if let sum = sum(opcode, a, b) {
      push(.integer32, sum)
      return
    }
    if let bits = immediateBits(b) { return try emitBinary(opcode, a, immediate: bits, signature) }
    if let bits = immediateBits(a), hasForm(opcode, .immediateSlot) {
      return try emitReversed(opcode, b, immediate: bits, signature)
    }
    if try emitFused(opcode, a, b, signature) { return }
    let bSlot = readableSlot(b)
    let aSlot = readableSlot(a)
    let form: Form = isInAccumulator(a) ? .accumulator : isInAccumulator(b) ? .slotAccumulator : .slots
    try finishBinary(opcode, form, aSlot, bSlot, nil, signature)
  }

  /// A local plus a constant needs no instruction yet.
  @inline(__always)
  private func sum(_ opcode: Opcode, _ a: Operand, _ b: Operand) -> Operand.Location? {
    guard opcode == .i32Add || opcode == .i32Sub, case .constant(let bits) = b.location else { return nil }
    let value = Int32(truncatingIfNeeded: bits)
    let constant = opcode == .i32Add ? value : 0 &- value
    switch a.location {
    case .local(let local): return .sum(local: local, constant: constant)
    case .sum(let local, let first): return .sum(local: local, constant: first &+ constant)
    case .own, .constant: return nil
    }
  }

  /// A constant operand as an immediate, if it fits: 32 bits, sign-extended, for integers; all bits for floats.
  @inline(__always)
  private func immediateBits(_ operand: Operand) -> UInt64? {
    guard case .constant(let bits) = operand.location else { return nil }
    if operand.kind == .integer64, Int32(exactly: Int64(bitPattern: bits)) == nil { return nil }
    return bits
  }

  private mutating func emitBinary(
    _ opcode: Opcode, _ a: Operand, immediate bits: UInt64, _ signature: Signature
  ) throws {
    let slot = readableSlot(a)
    let form: Form = isInAccumulator(a) ? .accumulatorImmediate : .immediate
    if a.kind == .float32 || a.kind == .float64 {
      try emitResult(
        ValueKind(code: signature.result(0)), opcode, form,
        BinaryWideImmediate(
          destination: code.narrow(top), first: code.narrow(slot), second: WideImmediate(bits)))
    } else {
      try finishBinary(opcode, form, slot, 0, Int32(truncatingIfNeeded: bits), signature)
    }
  }

  private mutating func emitReversed(
    _ opcode: Opcode, _ b: Operand, immediate bits: UInt64, _ signature: Signature
  ) throws {
    let slot = readableSlot(b)
    let form: Form = isInAccumulator(b) ? .immediateAccumulator : .immediateSlot
    let kind = ValueKind(code: signature.result(0))
    // The result's slot is that of the first operand, the constant.
    if b.kind == .float32 || b.kind == .float64 {
      try emitResult(
        kind, opcode, form,
        WideImmediateBinary(destination: code.narrow(top), second: code.narrow(slot), first: WideImmediate(bits)))
    } else {
      let immediate = Immediate(Int32(truncatingIfNeeded: bits))
      try emitResult(
        kind, opcode, form,
        ImmediateBinary(destination: code.narrow(top), second: code.narrow(slot), first: immediate))
    }
  }

  private mutating func finishBinary(
    _ opcode: Opcode, _ form: Form, _ a: Int, _ b: Int, _ immediate: Int32?, _ signature: Signature
  ) throws {
    let record = EmittedBinary(
      opcode: opcode, form: form, a: a, b: b, immediate: immediate, start: code.position,
      accumulatorBefore: accumulator, slot: top)
    let stepBefore = step
    let kind = ValueKind(code: signature.result(0))
    if let immediate {
      try emitResult(
        kind, opcode, form,
        BinaryImmediate(destination: code.narrow(top), first: code.narrow(a), second: Immediate(immediate)))
    } else {
      try emitResult(
        kind, opcode, form,
        BinarySlots(destination: code.narrow(top), first: code.narrow(a), second: code.narrow(b)))
    }
    binary = record
    comparison = opcode.test.map { EmittedComparison(test: $0, binary: record, step: stepBefore) }
  }

  /// Removes the instruction that was emitted last.
  mutating func takeBack(_ binary: EmittedBinary) {
    code.truncate(to: binary.start)
    forgetLastInstruction()
    accumulator = binary.accumulatorBefore
  }

  /// Emits an instruction again that was removed.
  mutating func emitAgain(_ binary: EmittedBinary) throws {
    try finishBinary(
      binary.opcode, binary.form, binary.a, binary.b, binary.immediate,
      InstructionTable.shared[binary.opcode].signature!)
  }

  /// Instructions with one form only.
  private mutating func lowerPlain(_ opcode: Opcode, _ definition: InstructionDefinition) throws {
    let signature = definition.signature!
    var lane: UInt16?
    var lanes: Vector?
    switch definition.immediates {
    case .lane: lane = UInt16(try reader.readByte())
    case .shuffle: lanes = try reader.readFixed128()
    default: break
    }
    var slots: [Int] = []
    for _ in 0..<signature.operandCount { slots.insert(readableSlot(pop()), at: 0) }
    func slot(_ index: Int) -> SlotOperand { code.narrow(slots[index]) }
    let destination: Destination = code.narrow(top)
    switch (slots.count, lane, lanes) {
    case (1, let lane?, nil):
      try emitPlain(opcode, signature, ExtractLaneFormat(destination: destination, vector: slot(0), lane: lane))
    case (2, let lane?, nil):
      try emitPlain(
        opcode, signature,
        ReplaceLaneFormat(destination: destination, vector: slot(0), value: slot(1), lane: lane))
    case (2, nil, let lanes?): try emitShuffle(reinterpret(lanes), slot(0), slot(1))
    case (2, nil, nil):
      try emitPlain(opcode, signature, BinarySlots(destination: destination, first: slot(0), second: slot(1)))
    case (3, nil, nil):
      try emitPlain(
        opcode, signature,
        TernaryFormat(destination: destination, first: slot(0), second: slot(1), third: slot(2)))
    case (4, nil, nil):
      try emitPlain(
        opcode, signature,
        WideArithmeticFormat(
          destination: destination, firstLow: slot(0), firstHigh: slot(1), secondLow: slot(2), secondHigh: slot(3)))
    default: throw UnsupportedInstruction(opcode: opcode)
    }
  }

  /// Emits a shuffle of the widest lanes that stay together.
  ///
  /// - Parameter indices: for each byte of the result, its index in the concatenation of the operands.
  private mutating func emitShuffle(_ indices: SIMD16<UInt8>, _ first: SlotOperand, _ second: SlotOperand) throws {
    let destination: Destination = code.narrow(top)
    let byteCount = [8, 4, 2].first { movesLanes(indices, byteCount: $0) } ?? 1
    let lanes: [Int: Auxiliary] = [8: .shuffle64, 4: .shuffle32, 2: .shuffle16]
    let handler = try lanes[byteCount].map { handlers.number($0) } ?? number(.i8x16Shuffle)
    let places = stride(from: 0, to: 16, by: byteCount).map { position in
      let index = Int(indices[position])
      return LanePlace(
        slot: index < 16 ? first : second, index: (index & 15) / byteCount, byteCount: byteCount)
    }
    let position = emit(
      handler, ShuffleFormat(destination: destination, laneCount: UInt32(places.count)), elements: places)
    pushResult(.vector, of: ShuffleFormat.self, at: position)
  }

  /// Whether a shuffle moves whole lanes of this size to places of lanes.
  private func movesLanes(_ indices: SIMD16<UInt8>, byteCount: Int) -> Bool {
    (0..<16).allSatisfy { position in
      let first = position & -byteCount
      return Int(indices[first]) % byteCount == 0 && Int(indices[position]) == Int(indices[first]) + position - first
    }
  }

  private mutating func emitPlain<Format: ResultFormat>(
    _ opcode: Opcode, _ signature: Signature, _ instruction: Format
  ) throws where Format.Element == NoElement {
    let position = try emit(opcode, instruction)
    for index in 0..<Int(signature.resultCount) {
      pushResult(ValueKind(code: signature.result(index)), of: Format.self, at: position)
    }
    if signature.resultCount != 1 { forgetLastInstruction() }
  }
}
