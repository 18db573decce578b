import WebAssembly

// Fused pairs of instructions, chosen by counts over real programs: array elements, sums of products, hashes.

extension Lowering {
  /// Two instructions where the first computes an operand of the second.
  private struct Pair: Hashable {
    var inner: Opcode
    var outer: Opcode
    /// Whether it is the second instruction's first operand.
    var isFirst: Bool
  }

  /// The pairs that have a fused instruction.
  private static let fusions: [Pair: Auxiliary] = {
    var fusions: [Pair: Auxiliary] = [
      Pair(inner: .f64Mul, outer: .f64Sub, isFirst: true): .f64MulSub,
      Pair(inner: .f64Mul, outer: .f64Sub, isFirst: false): .f64SubMul,
      Pair(inner: .f32Mul, outer: .f32Sub, isFirst: true): .f32MulSub,
      Pair(inner: .f32Mul, outer: .f32Sub, isFirst: false): .f32SubMul,
    ]
    let commutative: [(Opcode, Opcode, Auxiliary)] = [
      (.f64Mul, .f64Add, .f64MulAdd), (.f32Mul, .f32Add, .f32MulAdd), (.i32Mul, .i32Add, .i32MulAdd),
      (.i32Shl, .i32Add, .i32ShlAdd), (.i32Shl, .i32Xor, .i32ShlXor), (.i32ShrU, .i32Xor, .i32ShrUXor),
      (.i32Rotl, .i32Xor, .i32RotlXor), (.i64Shl, .i64Xor, .i64ShlXor), (.i64ShrU, .i64Xor, .i64ShrUXor),
      (.i64Rotl, .i64Xor, .i64RotlXor), (.i32And, .i32Add, .i32AndAdd), (.i32And, .i32Xor, .i32AndXor),
      (.i32Add, .i32Add, .i32AddAdd), (.i64Mul, .i64Add, .i64MulAdd), (.i64Add, .i64Add, .i64AddAdd),
      (.i64And, .i64Add, .i64AndAdd),
    ]
    for (inner, outer, fused) in commutative {
      fusions[Pair(inner: inner, outer: outer, isFirst: true)] = fused
      fusions[Pair(inner: inner, outer: outer, isFirst: false)] = fused
    }
    return fusions
  }()

  /// The last instruction, if it computed this operand and the operand has no other user.
  @inline(__always)
  func producer(of operand: Operand) -> EmittedBinary? {
    guard let binary, operand.location == .own, operand.slot == binary.slot else { return nil }
    return binary
  }

  /// Emits a binary instruction fused with the producer of one of its operands, if such a pair exists.
  ///
  /// - Returns: whether it emitted anything.
  mutating func emitFused(_ opcode: Opcode, _ a: Operand, _ b: Operand, _ signature: Signature) throws -> Bool {
    if emitWithLoad(opcode, a, b, signature) { return true }
    if try emitFused(opcode, producerOf: b, other: a, isFirst: false, signature) { return true }
    return try emitFused(opcode, producerOf: a, other: b, isFirst: true, signature)
  }

  /// The instructions that can take their second operand from memory: sums over arrays. The sum stays in the accumulator, which a load of
  /// its own would overwrite.
  private static let loadedOperands: [Opcode: Auxiliary] = [
    .f64Add: .f64AddLoad, .f64Sub: .f64SubLoad, .f32Add: .f32AddLoad, .f32Sub: .f32SubLoad,
  ]

  /// Emits a binary instruction fused with the load of its second operand.
  ///
  /// - Returns: whether it emitted anything.
  private mutating func emitWithLoad(_ opcode: Opcode, _ a: Operand, _ b: Operand, _ signature: Signature) -> Bool {
    guard let load, let fused = Self.loadedOperands[opcode] else { return false }
    guard b.location == .own, b.slot == load.slot else { return false }
    let first: Int
    switch a.location {
    case .own: first = a.slot
    case .local(let local): first = locals[local].slot
    case .constant, .sum: return false
    }
    code.truncate(to: load.start)
    forgetLastInstruction()
    accumulator = load.accumulatorBefore
    let isInAccumulator = isInAccumulator(a)
    // A trap is that of the load.
    code.recordSource(load.source)
    defer { code.recordSource(start) }
    let kind = ValueKind(code: signature.result(0))
    let destination: Destination = code.narrow(top)
    if load.isStepped {
      emitResult(
        kind, fused, isInAccumulator ? .steppedValueAccumulator : .stepped,
        SteppedLoadedOperand(
          destination: destination, first: code.narrow(first), base: code.narrow(load.base),
          step: Immediate(Int32(bitPattern: load.constant))))
    } else {
      emitResult(
        kind, fused, isInAccumulator ? .accumulator : .slots,
        LoadedOperand(
          destination: destination, first: code.narrow(first), base: code.narrow(load.base), offset: load.constant))
    }
    return true
  }

  private mutating func emitFused(
    _ opcode: Opcode, producerOf operand: Operand, other: Operand, isFirst: Bool, _ signature: Signature
  ) throws -> Bool {
    guard let producer = producer(of: operand), producer.scale == nil,
      let fused = Self.fusions[Pair(inner: producer.opcode, outer: opcode, isFirst: isFirst)]
    else { return false }
    let otherSlot: Int
    switch other.location {
    case .own: otherSlot = other.slot
    case .local(let local): otherSlot = locals[local].slot
    case .constant, .sum: return false
    }
    let form: Form
    var immediate: ShortImmediate?
    if let wide = producer.immediate {
      guard let short = Int16(exactly: wide) else { return false }
      immediate = ShortImmediate(short)
      form = producer.form == .accumulatorImmediate ? .accumulatorImmediate : .immediate
    } else {
      form = producer.form == .accumulator ? .accumulator : .slots
    }
    guard let number = handlers.number(optional: fused, form) else { return false }
    takeBack(producer)
    let slot = top
    let position: Int
    if let immediate {
      position = emitTernary(number, producer.a, immediate, otherSlot, signature)
    } else {
      position = emitTernary(number, producer.a, code.narrow(producer.b, to: SlotOperand.self), otherSlot, signature)
    }
    if fused == .i32ShlAdd {
      binary = EmittedBinary(
        opcode: .i32Add, form: .slots, a: producer.a, b: otherSlot, immediate: nil, start: position,
        accumulatorBefore: producer.accumulatorBefore, slot: slot, scale: producer.immediate)
    }
    return true
  }

  private mutating func emitTernary<Second: OperandField>(
    _ number: HandlerTable.Number, _ first: Int, _ second: Second, _ third: Int, _ signature: Signature
  ) -> Int {
    let instruction = TernaryFormat(
      destination: code.narrow(top), first: code.narrow(first), second: second, third: code.narrow(third))
    let position = emit(number, instruction)
    pushResult(ValueKind(code: signature.result(0)), of: TernaryFormat<Second>.self, at: position)
    return position
  }
}
