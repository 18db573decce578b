extension Assembler {
  // MARK: Two operands

  /// `encoding` destination, source: `add`, `mov`, `movzxByte`, `imul`, `lzcnt`, `cmov`, …
  mutating func emit(
    _ encoding: Encoding, _ size: OperandSize, _ destination: PhysicalRegister, _ source: PhysicalRegister
  ) {
    putInstruction(encoding, size, reg: destination.code, rm: source.code)
  }

  mutating func emit(
    _ encoding: Encoding, _ size: OperandSize, _ destination: PhysicalRegister, _ source: MemoryOperand
  ) {
    putInstruction(encoding, size, reg: destination.code, source)
  }

  /// With memory as the destination (or as the first operand of a comparison): also `xadd`, `cmpxchg`, `xchg`.
  mutating func emit(
    _ encoding: Encoding, _ size: OperandSize, _ destination: MemoryOperand, _ source: PhysicalRegister
  ) {
    var encoding = encoding
    if encoding.has(.directional) { encoding.opcode &= ~2 }
    putInstruction(encoding, size, reg: source.code, destination)
  }

  // MARK: One operand

  mutating func emit(_ encoding: Encoding, _ size: OperandSize, _ operand: PhysicalRegister) {
    putInstruction(encoding, size, reg: encoding.digit, isRegister: false, rm: operand.code)
  }

  mutating func emit(_ encoding: Encoding, _ size: OperandSize, _ operand: MemoryOperand) {
    putInstruction(encoding, size, reg: encoding.digit, isRegister: false, operand)
  }

  // MARK: With a constant

  /// With a constant as the second operand, which is sign-extended to the instruction's size.
  mutating func emit(_ encoding: Encoding, _ size: OperandSize, _ operand: PhysicalRegister, immediate: Int32) {
    if encoding.immediateForm == .multiply {
      return emit(encoding, size, operand, operand, immediate: immediate)
    }
    let form = encoding.immediateForm(size, immediate)
    putInstruction(form.encoding, size, reg: form.encoding.digit, isRegister: false, rm: operand.code)
    putImmediate(immediate, count: form.count)
  }

  mutating func emit(_ encoding: Encoding, _ size: OperandSize, _ operand: MemoryOperand, immediate: Int32) {
    let form = encoding.immediateForm(size, immediate)
    putInstruction(
      form.encoding, size, reg: form.encoding.digit, isRegister: false, operand, trailing: form.count)
    putImmediate(immediate, count: form.count)
  }

  /// `imul` destination, source, constant.
  mutating func emit(
    _ encoding: Encoding, _ size: OperandSize, _ destination: PhysicalRegister, _ source: PhysicalRegister,
    immediate: Int32
  ) {
    let form = encoding.immediateForm(size, immediate)
    putInstruction(form.encoding, size, reg: destination.code, rm: source.code)
    putImmediate(immediate, count: form.count)
  }

  mutating func emit(
    _ encoding: Encoding, _ size: OperandSize, _ destination: PhysicalRegister, _ source: MemoryOperand,
    immediate: Int32
  ) {
    let form = encoding.immediateForm(size, immediate)
    putInstruction(form.encoding, size, reg: destination.code, source, trailing: form.count)
    putImmediate(immediate, count: form.count)
  }

  private mutating func putImmediate(_ immediate: Int32, count: Int) {
    switch count {
    case 1: put(UInt8(truncatingIfNeeded: immediate))
    case 2:
      put(UInt8(truncatingIfNeeded: immediate))
      put(UInt8(truncatingIfNeeded: immediate >> 8))
    default: put32(immediate)
    }
  }

  /// Loads a constant into a register, by the shortest encoding that preserves the flags.
  mutating func move(_ value: UInt64, to register: PhysicalRegister) {
    reserve()
    let code = register.code
    if value >> 32 == 0 {
      if code > 7 { put(0x41) }
      put(0xB8 | code & 7)
      put32(Int32(truncatingIfNeeded: value))
    } else if let short = Int32(exactly: Int64(bitPattern: value)) {
      emit(.mov, .qword, register, immediate: short)
    } else {
      put(0x48 | code >> 3)
      put(0xB8 | code & 7)
      put64(value)
    }
  }

  // MARK: Others

  mutating func emit(set condition: Condition, _ destination: PhysicalRegister) {
    putInstruction(.set(condition), .dword, reg: 0, isRegister: false, rm: destination.code)
  }

  mutating func push(_ register: PhysicalRegister) {
    reserve()
    if register.code > 7 { put(0x41) }
    put(0x50 | register.code & 7)
  }

  mutating func pop(_ register: PhysicalRegister) {
    reserve()
    if register.code > 7 { put(0x41) }
    put(0x58 | register.code & 7)
  }

  mutating func bswap(_ size: OperandSize, _ register: PhysicalRegister) {
    reserve()
    let rex: UInt8 = (size == .qword ? 8 : 0) | register.code >> 3
    if rex != 0 { put(0x40 | rex) }
    put(0x0F)
    put(0xC8 | register.code & 7)
  }

  /// Sign-extends `rax` into `rdx`: `cdq`, `cqo`.
  mutating func extendSignOfRAX(_ size: OperandSize) {
    reserve()
    if size == .qword { put(0x48) }
    put(0x99)
  }

  /// Makes the next instruction, on memory, atomic.
  mutating func lock() {
    reserve()
    put(0xF0)
  }

  mutating func mfence() {
    reserve()
    put(0x0F)
    put(0xAE)
    put(0xF0)
  }

  mutating func cpuid() {
    reserve()
    put(0x0F)
    put(0xA2)
  }

  mutating func xgetbv() {
    reserve()
    put(0x0F)
    put(0x01)
    put(0xD0)
  }

  // MARK: BMI

  /// `andn`, `mulx` (high, low, operand) and others: destination, the VEX register, operand.
  mutating func emitVEX(
    _ encoding: Encoding, _ size: OperandSize, _ destination: PhysicalRegister, _ second: PhysicalRegister,
    _ operand: PhysicalRegister
  ) {
    putVEXInstruction(encoding, size, reg: destination.code, second: second.code, rm: operand.code)
  }

  mutating func emitVEX(
    _ encoding: Encoding, _ size: OperandSize, _ destination: PhysicalRegister, _ second: PhysicalRegister,
    _ operand: MemoryOperand
  ) {
    putVEXInstruction(encoding, size, reg: destination.code, second: second.code, operand)
  }

  /// `shlx`, `shrx`, `sarx`, `bzhi`, `bextr`.
  mutating func emitVEX(
    _ encoding: Encoding, _ size: OperandSize, _ destination: PhysicalRegister, _ operand: PhysicalRegister,
    count: PhysicalRegister
  ) {
    putVEXInstruction(encoding, size, reg: destination.code, second: count.code, rm: operand.code)
  }

  mutating func emitVEX(
    _ encoding: Encoding, _ size: OperandSize, _ destination: PhysicalRegister, _ operand: MemoryOperand,
    count: PhysicalRegister
  ) {
    putVEXInstruction(encoding, size, reg: destination.code, second: count.code, operand)
  }

  /// `blsr`, `blsi`, `blsmsk`.
  mutating func emitVEX(
    _ encoding: Encoding, _ size: OperandSize, _ destination: PhysicalRegister, _ operand: PhysicalRegister
  ) {
    putVEXInstruction(encoding, size, reg: encoding.digit, second: destination.code, rm: operand.code)
  }

  mutating func rorx(
    _ size: OperandSize, _ destination: PhysicalRegister, _ operand: PhysicalRegister, count: UInt8
  ) {
    putVEXInstruction(.rorx, size, reg: destination.code, second: 0, rm: operand.code)
    put(count)
  }
}
