// Float and vector instructions: with VEX if the machine has AVX, else in their older form. What is written is the same for both, where
// registers permit it.

extension Assembler {
  // MARK: Two operands

  /// Result, operand: `movaps`, `sqrtps`, `pshufd`, `cvttsd2si`, `ucomiss`, … `size` matters where integer registers take part.
  mutating func emit(
    vector encoding: Encoding, _ result: PhysicalRegister, _ operand: PhysicalRegister,
    size: OperandSize = .dword, immediate: UInt8 = 0
  ) {
    if isVEX(encoding) {
      // What merges takes the lanes that mean nothing from a register that must be waited for anyway.
      let second =
        !encoding.has(.merges) ? 0 : operand.registerClass == .vector ? operand.code : result.code
      putVEXInstruction(encoding, width(encoding, size), reg: result.code, second: second, rm: operand.code)
    } else {
      putInstruction(encoding, width(encoding, size), reg: result.code, rm: operand.code)
    }
    putImmediateByte(encoding, immediate)
  }

  mutating func emit(
    vector encoding: Encoding, _ result: PhysicalRegister, _ operand: MemoryOperand,
    size: OperandSize = .dword, immediate: UInt8 = 0
  ) {
    let trailing = encoding.has(.immediateByte) ? 1 : 0
    if isVEX(encoding) {
      let second = encoding.has(.merges) ? result.code : 0
      putVEXInstruction(encoding, width(encoding, size), reg: result.code, second: second, operand, trailing: trailing)
    } else {
      putInstruction(encoding, width(encoding, size), reg: result.code, operand, trailing: trailing)
    }
    putImmediateByte(encoding, immediate)
  }

  /// Where the vector register is the source: `movupsStore`, `movdStore`, `pextrb`, …
  mutating func emit(
    vector encoding: Encoding, _ destination: MemoryOperand, _ source: PhysicalRegister,
    size: OperandSize = .dword, immediate: UInt8 = 0
  ) {
    emit(vector: encoding, source, destination, size: size, immediate: immediate)
  }

  // MARK: Three operands

  /// Result, first, second. Without VEX, result and first should be the same: if they are not, the first is copied, and then the
  /// result must not be the second, but in commutative instructions.
  mutating func emit(
    vector encoding: Encoding, _ result: PhysicalRegister, _ first: PhysicalRegister,
    _ second: PhysicalRegister, size: OperandSize = .dword, immediate: UInt8 = 0
  ) {
    if isVEX(encoding) {
      if encoding.has(.commutative), second.code > 7, first.code <= 7 {
        // A register beyond 7 costs a byte in ModR/M only.
        putVEXInstruction(encoding, width(encoding, size), reg: result.code, second: second.code, rm: first.code)
      } else {
        putVEXInstruction(encoding, width(encoding, size), reg: result.code, second: first.code, rm: second.code)
      }
    } else if result == second, result != first {
      precondition(encoding.has(.commutative), "the result would overwrite the second operand")
      putInstruction(encoding, width(encoding, size), reg: result.code, rm: first.code)
    } else {
      copy(first, to: result)
      putInstruction(encoding, width(encoding, size), reg: result.code, rm: second.code)
    }
    putImmediateByte(encoding, immediate)
  }

  mutating func emit(
    vector encoding: Encoding, _ result: PhysicalRegister, _ first: PhysicalRegister,
    _ second: MemoryOperand, size: OperandSize = .dword, immediate: UInt8 = 0
  ) {
    let trailing = encoding.has(.immediateByte) ? 1 : 0
    if isVEX(encoding) {
      putVEXInstruction(
        encoding, width(encoding, size), reg: result.code, second: first.code, second, trailing: trailing)
    } else {
      copy(first, to: result)
      putInstruction(encoding, width(encoding, size), reg: result.code, second, trailing: trailing)
    }
    putImmediateByte(encoding, immediate)
  }

  /// A shift by a constant.
  mutating func emit(
    shift encoding: Encoding, _ result: PhysicalRegister, _ operand: PhysicalRegister, by count: UInt8
  ) {
    if isVEX(encoding) {
      putVEXInstruction(encoding, .dword, reg: encoding.digit, second: result.code, rm: operand.code)
    } else {
      copy(operand, to: result)
      putInstruction(encoding, .dword, reg: encoding.digit, isRegister: false, rm: result.code)
    }
    put(count)
  }

  /// `vblendvps` and its kind, with VEX: lanes of `second` where the sign of `mask` is set, else of `first`.
  mutating func emit(
    blend encoding: Encoding, _ result: PhysicalRegister, _ first: PhysicalRegister, _ second: PhysicalRegister,
    mask: PhysicalRegister
  ) {
    emit(vector: encoding, result, first, second, immediate: mask.code << 4)
  }

  // MARK: Moves

  /// A whole vector register to another, if it is not the same one.
  mutating func copy(_ source: PhysicalRegister, to destination: PhysicalRegister) {
    if source != destination { emit(vector: .movaps, destination, source) }
  }

  /// Clears a vector register.
  mutating func clear(_ register: PhysicalRegister) {
    emit(vector: .xorps, register, register, register)
  }

  /// Sets all bits of a vector register.
  mutating func setAllBits(_ register: PhysicalRegister) {
    emit(vector: .pcmpeqd, register, register, register)
  }

  @inline(__always)
  private func isVEX(_ encoding: Encoding) -> Bool { usesVEX || encoding.has(.onlyVEX) }

  /// What W says: only of integers a size, since others would be a byte longer for nothing.
  @inline(__always)
  private func width(_ encoding: Encoding, _ size: OperandSize) -> OperandSize {
    encoding.has(.integerOperand) ? size : .dword
  }

  @inline(__always)
  private mutating func putImmediateByte(_ encoding: Encoding, _ immediate: UInt8) {
    if encoding.has(.immediateByte) { put(immediate) }
  }
}
