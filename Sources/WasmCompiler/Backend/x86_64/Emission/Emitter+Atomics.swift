extension Emitter {
  mutating func emitAtomicExchange(_ instruction: MachineInstruction) {
    let address = address(instruction, 2)
    // With a memory operand `xchg` is always locked.
    if instruction.encoding == .xadd { assembler.lock() }
    assembler.emit(instruction.encoding, size(instruction), address, register(instruction, 0))
  }

  mutating func emitAtomicUpdate(_ instruction: MachineInstruction) {
    let address = address(instruction, 1)
    assembler.lock()
    assembler.emit(instruction.encoding, size(instruction), address, register(instruction, 0))
  }

  /// Retries until no other thread changed memory in between.
  mutating func emitAtomicLoop(_ instruction: MachineInstruction) {
    let (size, operand) = (size(instruction), register(instruction, 1))
    let address = address(instruction, 2)
    let scratch = RegisterConvention.scratch
    let wide: OperandSize = size == .qword ? .qword : .dword
    emitExtendingLoad(.rax, address, size)
    let again = assembler.makeBoundLabel()
    assembler.emit(.mov, wide, scratch, .rax)
    assembler.emit(instruction.encoding, wide, scratch, operand)
    assembler.lock()
    assembler.emit(.cmpxchg, size, address, scratch)
    assembler.jump(.notEqual, again)
  }

  mutating func emitAtomicCompareExchange(_ instruction: MachineInstruction) {
    let address = address(instruction, 3)
    assembler.lock()
    assembler.emit(.cmpxchg, size(instruction), address, register(instruction, 2))
  }

  private mutating func emitExtendingLoad(_ result: PhysicalRegister, _ address: MemoryOperand, _ size: OperandSize) {
    switch size {
    case .byte: assembler.emit(.movzxByte, .dword, result, address)
    case .word: assembler.emit(.movzxWord, .dword, result, address)
    case .dword, .qword: assembler.emit(.mov, size, result, address)
    }
  }

  private mutating func size(_ instruction: MachineInstruction) -> OperandSize {
    MachineDetail(bits: instruction.detail).size
  }
}
