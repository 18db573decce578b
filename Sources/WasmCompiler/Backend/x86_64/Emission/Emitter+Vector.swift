extension Emitter {
  // MARK: Vectors

  mutating func emitVectorShift(_ instruction: MachineInstruction) {
    assembler.emit(
      shift: instruction.encoding, register(instruction, 0), register(instruction, 1), by: UInt8(instruction.constant))
  }

  mutating func emitVectorToInteger(_ instruction: MachineInstruction) {
    assembler.emit(
      vector: instruction.encoding, register(instruction, 1), register(instruction, 0),
      size: MachineDetail(bits: instruction.detail).size, immediate: UInt8(instruction.constant))
  }

  mutating func emitVectorTest(_ instruction: MachineInstruction) {
    let (result, operand) = (register(instruction, 0), register(instruction, 1))
    assembler.emit(.xor, .dword, result, result)
    assembler.emit(vector: .ptest, operand, operand)
    assembler.emit(set: MachineDetail(bits: instruction.detail).condition, result)
  }

  mutating func emitVectorStore(_ instruction: MachineInstruction) {
    let address = address(instruction, 1)
    assembler.emit(
      vector: instruction.encoding, address, register(instruction, 0),
      size: MachineDetail(bits: instruction.detail).size, immediate: UInt8(instruction.constant))
  }

  // MARK: 128-bit products

  mutating func emitMultiplyWide(_ instruction: MachineInstruction) {
    if let memory = memorySource(instruction, 3) {
      assembler.emit(instruction.encoding, .qword, memory)
    } else {
      assembler.emit(instruction.encoding, .qword, register(instruction, 3))
    }
  }
}
