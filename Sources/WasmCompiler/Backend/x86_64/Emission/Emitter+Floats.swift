import WasmRuntime

extension Emitter {
  // MARK: Families

  mutating func emitVectorTransfer(_ instruction: MachineInstruction) {
    let size = MachineDetail(bits: instruction.detail).size
    let result = register(instruction, 0)
    let immediate = UInt8(truncatingIfNeeded: instruction.constant)
    if let memory = memorySource(instruction, 1) {
      assembler.emit(vector: instruction.encoding, result, memory, size: size, immediate: immediate)
    } else {
      let operand = register(instruction, 1)
      assembler.emit(vector: instruction.encoding, result, operand, size: size, immediate: immediate)
    }
  }

  mutating func emitVectorBinary(_ instruction: MachineInstruction) {
    let (result, left) = (register(instruction, 0), register(instruction, 1))
    let size = MachineDetail(bits: instruction.detail).size
    let immediate = UInt8(truncatingIfNeeded: instruction.constant)
    if let memory = memorySource(instruction, 2) {
      assembler.emit(vector: instruction.encoding, result, left, memory, size: size, immediate: immediate)
    } else {
      let right = register(instruction, 2)
      assembler.emit(vector: instruction.encoding, result, left, right, size: size, immediate: immediate)
    }
  }

  /// `minss` returns its second operand for NaNs, and for zeros of different sign.
  mutating func emitVectorExtremum(_ instruction: MachineInstruction) {
    let isDouble = MachineDetail(bits: instruction.detail).size == .qword
    let (result, right) = (register(instruction, 0), register(instruction, 2))
    let (differ, unordered, end) = (assembler.makeLabel(), assembler.makeLabel(), assembler.makeLabel())
    assembler.emit(vector: isDouble ? .ucomisd : .ucomiss, result, right)
    assembler.jumpShort(.notEqual, differ)
    assembler.jumpShort(.parity, unordered)
    // Equal operands: the sign bits are combined by `or` for the minimum, by `and` for the maximum.
    assembler.emit(vector: instruction.constant == 1 ? .andps : .orps, result, result, right)
    assembler.jumpShort(end)
    assembler.bind(unordered)
    assembler.emit(vector: isDouble ? .addsd : .addss, result, result, right)
    assembler.jumpShort(end)
    assembler.bind(differ)
    assembler.emit(vector: instruction.encoding, result, result, right)
    assembler.bind(end)
  }

  // MARK: From integers

  mutating func emitConvertInteger(_ instruction: MachineInstruction) {
    let size = MachineDetail(bits: instruction.detail).size
    let result = register(instruction, 0)
    // The other lanes of the result are kept: clearing it breaks the false dependency on their last writer.
    assembler.clear(result)
    assembler.emit(vector: instruction.encoding, result, result, register(instruction, 1), size: size)
  }

  /// A number that does not fit in 63 bits is halved, with the lost bit kept for rounding, converted and doubled: f(x) == 2 · f((x >> 1)
  /// | (x & 1)).
  mutating func emitConvertUnsigned64(_ instruction: MachineInstruction) {
    let (result, operand) = (register(instruction, 0), register(instruction, 1))
    let scratch = RegisterConvention.scratch
    let (large, even, end) = (assembler.makeLabel(), assembler.makeLabel(), assembler.makeLabel())
    assembler.clear(result)
    assembler.emit(.test, .qword, operand, operand)
    assembler.jumpShort(.sign, large)
    assembler.emit(vector: instruction.encoding, result, result, operand, size: .qword)
    assembler.jumpShort(end)
    assembler.bind(large)
    assembler.emit(.mov, .qword, scratch, operand)
    assembler.emit(.shr, .qword, scratch, immediate: 1)
    assembler.jumpShort(.aboveOrEqual, even)
    assembler.emit(.or, .qword, scratch, immediate: 1)
    assembler.bind(even)
    assembler.emit(vector: instruction.encoding, result, result, scratch, size: .qword)
    let isDouble = instruction.encoding == .cvtsi2sd
    assembler.emit(vector: isDouble ? .addsd : .addss, result, result, result)
    assembler.bind(end)
  }

  // MARK: To integers

  mutating func emitTruncation(_ instruction: MachineInstruction) {
    let isWide = MachineDetail(bits: instruction.detail).size == .qword
    let kind = Truncation(rawValue: instruction.constant)
    let truncation = TruncationSequence(
      instruction: instruction, result: register(instruction, 0), operand: register(instruction, 1), kind: kind)
    switch (isWide, kind.contains(.signed)) {
    case (false, _): emitNarrowTruncation(truncation)
    case (true, true): emitSignedTruncation(truncation)
    case (true, false): emitUnsignedTruncation(truncation)
    }
  }

  private struct TruncationSequence {
    let instruction: MachineInstruction
    let result: PhysicalRegister
    let operand: PhysicalRegister
    let kind: Truncation

    var isDouble: Bool { kind.contains(.fromDouble) }
    var compare: Encoding { isDouble ? .ucomisd : .ucomiss }
    var subtract: Encoding { isDouble ? .subsd : .subss }
    /// 2⁶³ and -2⁶³ as floats.
    var limit: UInt64 { isDouble ? 0x43E0_0000_0000_0000 : 0x5F00_0000 }
    var lowest: UInt64 { isDouble ? 0xC3E0_0000_0000_0000 : 0xDF00_0000 }
  }

  private mutating func pool(_ sequence: TruncationSequence, _ bits: UInt64) -> MemoryOperand {
    sequence.isDouble ? assembler.constant(bits) : assembler.constant(UInt32(truncatingIfNeeded: bits))
  }

  /// Jumps to the trap for NaN, or to the one for a number out of range.
  private mutating func emitTruncationTrap(_ sequence: TruncationSequence) {
    let source = sequence.instruction.source
    assembler.emit(vector: sequence.compare, sequence.operand, sequence.operand)
    assembler.jump(.parity, trapLabel(UInt8(TrapCode.invalidConversionToInteger.rawValue), source))
    assembler.jump(trapLabel(UInt8(TrapCode.integerOverflow.rawValue), source))
  }

  /// Truncates to 32 bits through 64 bits, which represent all valid results, and one other number for all invalid ones.
  private mutating func emitNarrowTruncation(_ sequence: TruncationSequence) {
    let (result, scratch) = (sequence.result, RegisterConvention.scratch)
    let isSigned = sequence.kind.contains(.signed)
    let end = assembler.makeLabel()
    assembler.emit(vector: sequence.instruction.encoding, result, sequence.operand, size: .qword)
    assembler.emit(isSigned ? .movsxd : .mov, isSigned ? .qword : .dword, scratch, result)
    assembler.emit(.cmp, .qword, scratch, result)
    assembler.jump(.equal, end)
    if sequence.kind.contains(.saturating) {
      emitSaturation(sequence, low: isSigned ? 0x8000_0000 : 0, high: isSigned ? 0x7FFF_FFFF : 0xFFFF_FFFF)
    } else {
      emitTruncationTrap(sequence)
    }
    assembler.bind(end)
    if isSigned { assembler.emit(.mov, .dword, result, result) }
  }

  /// Sets the result to 0 for NaN, else to the limit with the operand's sign.
  private mutating func emitSaturation(_ sequence: TruncationSequence, low: UInt64, high: UInt64) {
    let done = assembler.makeLabel()
    let scratch = RegisterConvention.vectorScratch
    assembler.clear(scratch)
    assembler.move(high, to: sequence.result)
    assembler.emit(vector: sequence.compare, sequence.operand, scratch)
    assembler.jump(.above, done)
    assembler.move(low, to: sequence.result)
    if low != 0 {
      assembler.jump(.noParity, done)
      assembler.move(0, to: sequence.result)
    }
    assembler.bind(done)
  }

  private mutating func emitSignedTruncation(_ sequence: TruncationSequence) {
    let end = assembler.makeLabel()
    assembler.emit(vector: sequence.instruction.encoding, sequence.result, sequence.operand, size: .qword)
    // The least number means an invalid operand; it is the only one that overflows when 1 is subtracted.
    assembler.emit(.cmp, .qword, sequence.result, immediate: 1)
    assembler.jump(.noOverflow, end)
    if sequence.kind.contains(.saturating) {
      emitSaturation(sequence, low: 1 << 63, high: (1 << 63) - 1)
    } else {
      let lowest = pool(sequence, sequence.lowest)
      let wrong = assembler.makeLabel()
      assembler.emit(vector: sequence.compare, sequence.operand, lowest)
      assembler.jump(.notEqual, wrong)
      assembler.jump(.noParity, end)
      assembler.bind(wrong)
      emitTruncationTrap(sequence)
    }
    assembler.bind(end)
  }

  /// Truncates to unsigned 64 bits: from 2⁶³ on, by truncating x - 2⁶³.
  private mutating func emitUnsignedTruncation(_ sequence: TruncationSequence) {
    let (result, encoding) = (sequence.result, sequence.instruction.encoding)
    let (large, wrong, end) = (assembler.makeLabel(), assembler.makeLabel(), assembler.makeLabel())
    let limit = pool(sequence, sequence.limit)
    assembler.emit(vector: sequence.compare, sequence.operand, limit)
    assembler.jump(.aboveOrEqual, large)
    assembler.emit(vector: encoding, result, sequence.operand, size: .qword)
    assembler.emit(.test, .qword, result, result)
    assembler.jump(.noSign, end)
    assembler.jump(wrong)
    assembler.bind(large)
    let rest = RegisterConvention.vectorScratch
    assembler.emit(vector: sequence.subtract, rest, sequence.operand, limit)
    assembler.emit(vector: encoding, result, rest, size: .qword)
    assembler.move(1 << 63, to: RegisterConvention.scratch)
    assembler.emit(.xor, .qword, result, RegisterConvention.scratch)
    assembler.jump(.sign, end)
    assembler.bind(wrong)
    if sequence.kind.contains(.saturating) {
      emitSaturation(sequence, low: 0, high: .max)
    } else {
      emitTruncationTrap(sequence)
    }
    assembler.bind(end)
  }
}
