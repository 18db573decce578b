// The one path for instructions with a ModR/M byte, with legacy prefixes and with VEX.

extension Assembler {
  // MARK: Legacy prefixes

  /// Prefixes and opcode. `rex` holds the bits W, R, X, B; `needsREX`: an operand is a byte register that requires a REX prefix.
  @inline(__always)
  private mutating func putOpcode(_ encoding: Encoding, _ size: OperandSize, rex: UInt8, needsREX: Bool) {
    reserve()
    if size == .word { put(0x66) }
    switch encoding.prefix {
    case 1: put(0x66)
    case 2: put(0xF3)
    case 3: put(0xF2)
    default: break
    }
    let rex = size == .qword || encoding.has(.wide) ? rex | 8 : rex
    if rex != 0 || needsREX { put(0x40 | rex) }
    if encoding.map != 0 { put(0x0F) }
    if encoding.map == 2 { put(0x38) }
    if encoding.map == 3 { put(0x3A) }
    put(encoding.has(.sized) && size == .byte ? encoding.opcode & ~1 : encoding.opcode)
  }

  /// - Parameter isRegister: whether `reg` is a register rather than an opcode extension.
  mutating func putInstruction(
    _ encoding: Encoding, _ size: OperandSize, reg: UInt8, isRegister: Bool = true, rm: UInt8
  ) {
    let isByte = encoding.has(.sized) && size == .byte
    let needsREX = (isByte && isRegister && reg & 0xC == 4) || ((isByte || encoding.has(.byteSource)) && rm & 0xC == 4)
    putOpcode(encoding, size, rex: (reg & 8) >> 1 | rm >> 3, needsREX: needsREX)
    put(0xC0 | (reg & 7) << 3 | rm & 7)
  }

  /// - Parameter trailing: the size in bytes of the constant that follows.
  mutating func putInstruction(
    _ encoding: Encoding, _ size: OperandSize, reg: UInt8, isRegister: Bool = true, _ memory: MemoryOperand,
    trailing: Int = 0
  ) {
    let needsREX = encoding.has(.sized) && size == .byte && isRegister && reg & 0xC == 4
    putOpcode(encoding, size, rex: (reg & 8) >> 1 | memory.extensionBits, needsREX: needsREX)
    putMemory(memory, reg: reg, trailing: trailing)
  }

  // MARK: VEX

  /// The VEX prefix (two bytes if they suffice) and the opcode. `extensionBits`: R, X, B as in REX.
  @inline(__always)
  private mutating func putVEX(_ encoding: Encoding, _ size: OperandSize, extensionBits: UInt8, second: UInt8) {
    reserve()
    let wide: UInt8 = size == .qword || encoding.has(.wide) ? 0x80 : 0
    let rest = (~second & 0xF) << 3 | encoding.prefix
    if extensionBits & 3 == 0, wide == 0, encoding.map == 1 {
      put(0xC5)
      put((extensionBits & 4 != 0 ? 0 : 0x80) | rest)
    } else {
      put(0xC4)
      put((~extensionBits & 7) << 5 | encoding.map)
      put(wide | rest)
    }
    put(encoding.opcode)
  }

  /// `second` is the VEX.vvvv register; 0 if there is none.
  mutating func putVEXInstruction(_ encoding: Encoding, _ size: OperandSize, reg: UInt8, second: UInt8, rm: UInt8) {
    putVEX(encoding, size, extensionBits: (reg & 8) >> 1 | rm >> 3, second: second)
    put(0xC0 | (reg & 7) << 3 | rm & 7)
  }

  mutating func putVEXInstruction(
    _ encoding: Encoding, _ size: OperandSize, reg: UInt8, second: UInt8, _ memory: MemoryOperand, trailing: Int = 0
  ) {
    putVEX(encoding, size, extensionBits: (reg & 8) >> 1 | memory.extensionBits, second: second)
    putMemory(memory, reg: reg, trailing: trailing)
  }

  // MARK: Addresses

  /// ModR/M, SIB and displacement of an address.
  private mutating func putMemory(_ memory: MemoryOperand, reg: UInt8, trailing: Int) {
    let reg = (reg & 7) << 3
    if let label = memory.label {
      put(0x05 | reg)
      putDistance(to: label, addend: memory.displacement, trailing: trailing)
      return
    }
    let sib = memory.scale << 6 | (memory.hasIndex ? memory.indexCode & 7 : 4) << 3
    guard memory.hasBase else {
      put(0x04 | reg)
      put(sib | 5)
      put32(memory.displacement)
      return
    }
    let base = memory.baseCode & 7
    // rbp and r13 always need a displacement; rsp and r12 always need SIB.
    let displacement = memory.displacement
    let mod: UInt8 =
      displacement == 0 && base != 5 ? 0 : Int32(Int8(truncatingIfNeeded: displacement)) == displacement ? 0x40 : 0x80
    if memory.hasIndex || base == 4 {
      put(mod | reg | 4)
      put(sib | base)
    } else {
      put(mod | reg | base)
    }
    if mod == 0x40 { put(UInt8(truncatingIfNeeded: displacement)) }
    if mod == 0x80 { put32(displacement) }
  }
}
