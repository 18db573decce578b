// Reading an instruction's operands, and emitting the integer families.

extension Emitter {
  // MARK: Operands

  @inline(__always)
  mutating func allocation(_ instruction: MachineInstruction, _ index: Int) -> Allocation {
    operands[Int(instruction.firstOperand) + index].allocation
  }

  /// The register of an operand that must be in one.
  @inline(__always)
  mutating func register(_ instruction: MachineInstruction, _ index: Int) -> PhysicalRegister {
    let bits = allocation(instruction, index).bits
    assert(bits < 64, "the operand is in no register")
    return PhysicalRegister(number: UInt8(truncatingIfNeeded: bits))
  }

  /// The spill slot of an operand, if it is in one.
  @inline(__always)
  mutating func slot(_ instruction: MachineInstruction, _ index: Int) -> MemoryOperand? {
    allocation(instruction, index).slot.map { frame.slot($0) }
  }

  /// The address formed by an instruction's operands from `index` on.
  mutating func address(_ instruction: MachineInstruction, _ index: Int) -> MemoryOperand {
    let detail = MachineDetail(bits: instruction.detail)
    let displacement = instruction.displacement
    switch detail.addressForm {
    case .base: return MemoryOperand(register(instruction, index), displacement)
    case .baseIndex:
      return MemoryOperand(
        register(instruction, index), index: register(instruction, index + 1), scale: detail.scale, displacement)
    case .context: return MemoryOperand(RegisterConvention.context, displacement)
    case .memoryBase: return MemoryOperand(RegisterConvention.memoryBase, displacement)
    case .memoryBaseIndex:
      return MemoryOperand(
        RegisterConvention.memoryBase, index: register(instruction, index), scale: detail.scale, displacement)
    case .pool, .poolPair:
      let low = UInt32(bitPattern: instruction.constant)
      let bits = UInt64(UInt32(bitPattern: displacement)) << 32 | UInt64(low)
      if detail.addressForm == .poolPair { return assembler.constant(bits, bits) }
      return detail.size == .qword ? assembler.constant(bits) : assembler.constant(low)
    case .poolVector:
      let constant = vectorConstants[Int(displacement)]
      return assembler.constant(constant.low, constant.high)
    case .none: preconditionFailure("the instruction has no address")
    }
  }

  /// The source at operand `index`, if it is neither a register nor a constant.
  @inline(__always)
  mutating func memorySource(_ instruction: MachineInstruction, _ index: Int) -> MemoryOperand? {
    switch MachineDetail(bits: instruction.detail).sourceKind {
    case .memory: address(instruction, index)
    case .register: slot(instruction, index)
    default: nil
    }
  }

  // MARK: Families

  mutating func emitBinary(_ instruction: MachineInstruction) {
    let detail = MachineDetail(bits: instruction.detail)
    let result = register(instruction, 0)
    if detail.sourceKind == .constant {
      assembler.emit(instruction.encoding, detail.size, result, immediate: instruction.constant)
    } else if let memory = memorySource(instruction, 2) {
      assembler.emit(instruction.encoding, detail.size, result, memory)
    } else {
      assembler.emit(instruction.encoding, detail.size, result, register(instruction, 2))
    }
  }

  mutating func emitTransfer(_ instruction: MachineInstruction) {
    let size = MachineDetail(bits: instruction.detail).size
    let result = register(instruction, 0)
    if let memory = memorySource(instruction, 1) {
      assembler.emit(instruction.encoding, size, result, memory)
      return
    }
    // Older processors have a false dependency on the result of bit counts, which clearing it breaks.
    let isCount = instruction.encoding.prefix == 2
    if isCount, result != register(instruction, 1) { assembler.emit(.xor, .dword, result, result) }
    assembler.emit(instruction.encoding, size, result, register(instruction, 1))
  }

  mutating func emitConstant(_ instruction: MachineInstruction) {
    let result = register(instruction, 0)
    // Flags are passed from one instruction to the next only in 128-bit sums, whose constants are created before both.
    if instruction.immediate == 0 {
      assembler.emit(.xor, .dword, result, result)
    } else {
      assembler.move(instruction.immediate, to: result)
    }
  }

  mutating func emitAddition(_ instruction: MachineInstruction) {
    let detail = MachineDetail(bits: instruction.detail)
    let (result, left) = (register(instruction, 0), register(instruction, 1))
    if detail.sourceKind == .constant {
      if result == left {
        assembler.emit(.add, detail.size, result, immediate: instruction.constant)
      } else {
        assembler.emit(.lea, detail.size, result, MemoryOperand(left, instruction.constant))
      }
      return
    }
    let right = register(instruction, 2)
    if result == left {
      assembler.emit(.add, detail.size, result, right)
    } else if result == right {
      assembler.emit(.add, detail.size, result, left)
    } else {
      assembler.emit(.lea, detail.size, result, MemoryOperand(left, index: right))
    }
  }

  mutating func emitMultiplyByConstant(_ instruction: MachineInstruction) {
    let size = MachineDetail(bits: instruction.detail).size
    let result = register(instruction, 0)
    if let memory = memorySource(instruction, 1) {
      assembler.emit(instruction.encoding, size, result, memory, immediate: instruction.constant)
    } else {
      assembler.emit(
        instruction.encoding, size, result, register(instruction, 1), immediate: instruction.constant)
    }
  }

  mutating func emitShiftVEX(_ instruction: MachineInstruction) {
    let size = MachineDetail(bits: instruction.detail).size
    let (result, count) = (register(instruction, 0), register(instruction, 2))
    if let slot = slot(instruction, 1) {
      assembler.emitVEX(instruction.encoding, size, result, slot, count: count)
    } else {
      assembler.emitVEX(instruction.encoding, size, result, register(instruction, 1), count: count)
    }
  }

  mutating func emitBinaryVEX(_ instruction: MachineInstruction) {
    let size = MachineDetail(bits: instruction.detail).size
    let (result, second) = (register(instruction, 0), register(instruction, 1))
    if let memory = memorySource(instruction, 2) {
      assembler.emitVEX(instruction.encoding, size, result, second, memory)
    } else {
      assembler.emitVEX(instruction.encoding, size, result, second, register(instruction, 2))
    }
  }

  /// `bsr` returns the index of the highest set bit, and is undefined for 0.
  mutating func emitLeadingZeros(_ instruction: MachineInstruction) {
    let size = MachineDetail(bits: instruction.detail).size
    let (result, operand) = (register(instruction, 0), register(instruction, 1))
    let width: UInt64 = size == .qword ? 64 : 32
    assembler.move(2 * width - 1, to: RegisterConvention.scratch)
    assembler.emit(.bsr, size, result, operand)
    assembler.emit(.cmov(.equal), size, result, RegisterConvention.scratch)
    // width - 1 - index, which is `width` for the index 2 · width - 1.
    assembler.emit(.xor, size, result, immediate: Int32(width - 1))
  }

  mutating func emitTrailingZeros(_ instruction: MachineInstruction) {
    let size = MachineDetail(bits: instruction.detail).size
    let (result, operand) = (register(instruction, 0), register(instruction, 1))
    assembler.move(size == .qword ? 64 : 32, to: RegisterConvention.scratch)
    assembler.emit(.bsf, size, result, operand)
    assembler.emit(.cmov(.equal), size, result, RegisterConvention.scratch)
  }

  mutating func emitDivision(_ instruction: MachineInstruction) {
    let size = MachineDetail(bits: instruction.detail).size
    switch instruction.machineOpcode {
    case .divideUnsigned, .remainderUnsigned:
      let divisor = register(instruction, instruction.machineOpcode == .divideUnsigned ? 3 : 2)
      assembler.emit(.xor, .dword, .rdx, .rdx)
      assembler.emit(.div, size, divisor)
    case .divideSigned:
      assembler.extendSignOfRAX(size)
      assembler.emit(.idiv, size, register(instruction, 3))
    default:
      // The processor faults when it divides the least number by -1.
      let divisor = register(instruction, 2)
      let (divide, end) = (assembler.makeLabel(), assembler.makeLabel())
      assembler.emit(.cmp, size, divisor, immediate: -1)
      assembler.jumpShort(.notEqual, divide)
      assembler.emit(.xor, .dword, .rdx, .rdx)
      assembler.jumpShort(end)
      assembler.bind(divide)
      assembler.extendSignOfRAX(size)
      assembler.emit(.idiv, size, divisor)
      assembler.bind(end)
    }
  }

  // MARK: Memory

  mutating func emitStore(_ instruction: MachineInstruction) {
    let size = MachineDetail(bits: instruction.detail).size
    let stored = register(instruction, 0)
    let memory = address(instruction, 1)
    if stored.registerClass == .vector {
      assembler.emit(vector: instruction.encoding, memory, stored)
    } else {
      assembler.emit(instruction.encoding, size, memory, stored)
    }
  }

  mutating func emitStoreConstant(_ instruction: MachineInstruction) {
    let size = MachineDetail(bits: instruction.detail).size
    let memory = address(instruction, 0)
    assembler.emit(instruction.encoding, size, memory, immediate: instruction.constant)
  }
}
