extension Emitter {
  mutating func emitAtomicExchange(_ instruction: MachineInstruction) {
    let address = address(instruction, 2)
    // With memory, `xchg` is locked anyway.
    if instruction.encoding == .xadd { assembler.lock() }
    assembler.emit(instruction.encoding, size(instruction), address, register(instruction, 0))
  }

  mutating func emitAtomicUpdate(_ instruction: MachineInstruction) {
    let address = address(instruction, 1)
    assembler.lock()
    assembler.emit(instruction.encoding, size(instruction), address, register(instruction, 0))
  }

  /// Tries until nobody changed memory in between.
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

  /// What is expected may be larger than what memory can hold: then it is only read.
  mutating func emitAtomicCompareExchangeInFull(_ instruction: MachineInstruction) {
    let size = size(instruction)
    let address = address(instruction, 3)
    let scratch = RegisterConvention.scratch
    let (differs, end) = (assembler.makeLabel(), assembler.makeLabel())
    switch size {
    case .byte: assembler.emit(.movzxByte, .dword, scratch, .rax)
    case .word: assembler.emit(.movzxWord, .dword, scratch, .rax)
    case .dword, .qword: assembler.emit(.mov, size, scratch, .rax)
    }
    assembler.emit(.cmp, .qword, scratch, .rax)
    assembler.jump(.notEqual, differs)
    recordAccess(instruction)
    assembler.lock()
    assembler.emit(.cmpxchg, size, address, register(instruction, 2))
    assembler.jump(end)
    assembler.bind(differs)
    recordAccess(instruction)
    emitExtendingLoad(.rax, address, size)
    assembler.bind(end)
  }

  private mutating func emitExtendingLoad(_ result: PhysicalRegister, _ address: MemoryOperand, _ size: OperandSize) {
    switch size {
    case .byte: assembler.emit(.movzxByte, .dword, result, address)
    case .word: assembler.emit(.movzxWord, .dword, result, address)
    case .dword, .qword: assembler.emit(.mov, size, result, address)
    }
  }

  /// Says that the next instruction may fault, of a sequence that does not begin with it.
  private mutating func recordAccess(_ instruction: MachineInstruction) {
    if instruction.trap != 0 { recordTrap(instruction.trap, instruction.source) }
  }

  private mutating func size(_ instruction: MachineInstruction) -> OperandSize {
    MachineDetail(bits: instruction.detail).size
  }
}
