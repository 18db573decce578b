extension Emitter {
  // MARK: Comparing

  /// Sets the flags; the operands begin at `index`.
  private mutating func emitComparison(_ instruction: MachineInstruction, _ index: Int) {
    let detail = MachineDetail(bits: instruction.detail)
    if readsGuestMemory(instruction) { recordTrap(instruction.trap, instruction.source) }
    switch detail.comparison {
    case .float32: emitFloatComparison(.ucomiss, instruction, index)
    case .float64: emitFloatComparison(.ucomisd, instruction, index)
    case .cmp: emitIntegerComparison(.cmp, detail, instruction, index)
    case .test: emitIntegerComparison(.test, detail, instruction, index)
    }
  }

  /// Whether a load that can fault is folded into a comparison. Then the comparison itself faults.
  private mutating func readsGuestMemory(_ instruction: MachineInstruction) -> Bool {
    instruction.trap != 0 && instruction.machineOpcode != .compareTrap
  }

  private mutating func emitIntegerComparison(
    _ encoding: Encoding, _ detail: MachineDetail, _ instruction: MachineInstruction, _ index: Int
  ) {
    switch detail.sourceKind {
    case .memoryAndConstant:
      let memory = address(instruction, index)
      assembler.emit(encoding, detail.size, memory, immediate: instruction.constant)
    case .constant:
      // A mask below the byte's sign has the same result on the byte.
      let isByte = encoding == .test && (0...0x7F).contains(instruction.constant)
      assembler.emit(
        encoding, isByte ? .byte : detail.size, register(instruction, index), immediate: instruction.constant)
    case .memory:
      let memory = address(instruction, index + 1)
      assembler.emit(encoding, detail.size, register(instruction, index), memory)
    case .register:
      let left = register(instruction, index)
      if let slot = slot(instruction, index + 1) {
        assembler.emit(encoding, detail.size, left, slot)
      } else {
        assembler.emit(encoding, detail.size, left, register(instruction, index + 1))
      }
    }
  }

  private mutating func emitFloatComparison(_ encoding: Encoding, _ instruction: MachineInstruction, _ index: Int) {
    let left = register(instruction, index)
    if let memory = memorySource(instruction, index + 1) {
      assembler.emit(vector: encoding, left, memory)
    } else {
      assembler.emit(vector: encoding, left, register(instruction, index + 1))
    }
  }

  /// Whether two flags must be tested: floats are equal if "equal" is set and "parity", which means unordered, is not.
  private mutating func needsParity(_ detail: MachineDetail) -> Bool {
    detail.comparison.rawValue >= MachineDetail.Comparison.float32.rawValue
      && (detail.condition == .equal || detail.condition == .notEqual)
  }

  // MARK: Users of flags

  mutating func emitCompareBranch(
    _ instruction: MachineInstruction, _ record: MachineFunction.BlockRecord, _ function: borrowing MachineFunction
  ) {
    let detail = MachineDetail(bits: instruction.detail)
    let then = destination(function.edges[record.firstEdge].target)
    let otherwise = destination(function.edges[record.firstEdge + 1].target)
    if then != otherwise && !isKnown(instruction, 0) || readsGuestMemory(instruction) { emitComparison(instruction, 0) }
    if then == otherwise { return emitJump(to: then) }
    if needsParity(detail) {
      let equal = detail.condition == .equal ? then : otherwise
      let different = detail.condition == .equal ? otherwise : then
      jump(.notEqual, to: different)
      jump(.parity, to: different)
      emitJump(to: equal)
    } else if then == following {
      jump(detail.condition.negated, to: otherwise)
    } else {
      jump(detail.condition, to: then)
      emitJump(to: otherwise)
    }
  }

  /// Jumps to a block, unless it is the next one.
  mutating func emitJump(to block: UInt32) {
    if block != following { jump(to: block) }
  }

  mutating func emitCompareSet(_ instruction: MachineInstruction) {
    let detail = MachineDetail(bits: instruction.detail)
    let result = register(instruction, 0)
    // If the result is cleared first, it needs no extension later; impossible if the comparison reads it.
    var isRead = needsParity(detail)
    for index in 1..<Int(instruction.operandCount) where allocation(instruction, index).register == result {
      isRead = true
    }
    if !isRead { assembler.emit(.xor, .dword, result, result) }
    emitComparison(instruction, 1)
    assembler.emit(set: detail.condition, result)
    if needsParity(detail) {
      let isEqual = detail.condition == .equal
      assembler.emit(set: isEqual ? .noParity : .parity, RegisterConvention.scratch)
      assembler.emit(isEqual ? .and : .or, .dword, result, RegisterConvention.scratch)
    }
    if isRead { assembler.emit(.movzxByte, .dword, result, result) }
  }

  mutating func emitCompareSelect(_ instruction: MachineInstruction) {
    let detail = MachineDetail(bits: instruction.detail)
    emitComparison(instruction, 3)
    emitConditionalMove(detail.condition, instruction)
    // Selection makes sure that floats are tested for "not equal".
    if needsParity(detail) { emitConditionalMove(.parity, instruction) }
  }

  private mutating func emitConditionalMove(_ condition: Condition, _ instruction: MachineInstruction) {
    let size = instruction.selectedType.size
    let result = register(instruction, 0)
    if let slot = slot(instruction, 2) {
      assembler.emit(.cmov(condition), size, result, slot)
    } else {
      assembler.emit(.cmov(condition), size, result, register(instruction, 2))
    }
  }

  /// Nearly always, the flags are already those of the mask's check.
  mutating func emitCompareMask(_ instruction: MachineInstruction) {
    let detail = MachineDetail(bits: instruction.detail)
    let result = register(instruction, 0)
    if isKnown(instruction, 2) {
      // Preserves the flags, unlike `xor`.
      assembler.move(0, to: result)
    } else {
      assembler.emit(.xor, .dword, result, result)
      emitComparison(instruction, 2)
    }
    assembler.emit(.cmov(detail.condition.negated), instruction.selectedType.size, result, register(instruction, 1))
  }

  /// There is no conditional move of vector registers: branches around a move.
  mutating func emitCompareSelectVector(_ instruction: MachineInstruction) {
    let detail = MachineDetail(bits: instruction.detail)
    let result = register(instruction, 0)
    let (move, end) = (assembler.makeLabel(), assembler.makeLabel())
    emitComparison(instruction, 3)
    if needsParity(detail) { assembler.jumpShort(.parity, move) }
    assembler.jumpShort(detail.condition.negated, end)
    assembler.bind(move)
    if let slot = slot(instruction, 2) {
      emitVectorLoad(slot, result, instruction.selectedType)
    } else {
      assembler.copy(register(instruction, 2), to: result)
    }
    assembler.bind(end)
  }

  private mutating func emitVectorLoad(_ memory: MemoryOperand, _ result: PhysicalRegister, _ type: IRType) {
    assembler.emit(vector: type.loadEncoding, result, memory)
  }

  mutating func emitCompareTrap(_ instruction: MachineInstruction) {
    let detail = MachineDetail(bits: instruction.detail)
    if !isKnown(instruction, 0) { emitComparison(instruction, 0) }
    let trap = trapLabel(instruction)
    guard needsParity(detail) else { return assembler.jump(detail.condition, trap) }
    if detail.condition == .notEqual {
      assembler.jump(.notEqual, trap)
      assembler.jump(.parity, trap)
    } else {
      let end = assembler.makeLabel()
      assembler.jump(.parity, end)
      assembler.jump(.equal, trap)
      assembler.bind(end)
    }
  }
}
