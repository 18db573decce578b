// Float and vector instructions, with VEX if the processor has AVX, else in the legacy encoding. The methods are the same for both, as
// far as registers allow.

extension Assembler {
  // MARK: Two operands

  /// Result, operand: `movaps`, `sqrtps`, `pshufd`, `cvttsd2si`, `ucomiss`, … `size` matters only with integer registers.
  mutating func emit(
    vector encoding: Encoding, _ result: PhysicalRegister, _ operand: PhysicalRegister,
    size: OperandSize = .dword, immediate: UInt8 = 0
  ) {
    if isVEX(encoding) {
      // A merging instruction takes the unused lanes from a register that it depends on anyway.
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

  /// The vector register is the source: `movupsStore`, `movdStore`, `pextrb`, …
  mutating func emit(
    vector encoding: Encoding, _ destination: MemoryOperand, _ source: PhysicalRegister,
    size: OperandSize = .dword, immediate: UInt8 = 0
  ) {
    emit(vector: encoding, source, destination, size: size, immediate: immediate)
  }

  // MARK: Three operands

  /// Result, first, second. Without VEX, result and first should be the same: otherwise the first is copied, and then the result must not
  /// be the second, except in commutative instructions.
  mutating func emit(
    vector encoding: Encoding, _ result: PhysicalRegister, _ first: PhysicalRegister,
    _ second: PhysicalRegister, size: OperandSize = .dword, immediate: UInt8 = 0
  ) {
    if isVEX(encoding) {
      if encoding.has(.commutative), second.code > 7, first.code <= 7 {
        // A register above 7 costs an additional prefix byte only in ModR/M.
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

  /// `vblendvps` and similar, with VEX: lanes of `second` where the sign of `mask` is set, else of `first`.
  mutating func emit(
    blend encoding: Encoding, _ result: PhysicalRegister, _ first: PhysicalRegister, _ second: PhysicalRegister,
    mask: PhysicalRegister
  ) {
    emit(vector: encoding, result, first, second, immediate: mask.code << 4)
  }

  // MARK: Moves

  /// Copies a whole vector register to another, if they differ.
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

  /// The size for W: used only for integers, since W would cost other instructions a byte.
  @inline(__always)
  private func width(_ encoding: Encoding, _ size: OperandSize) -> OperandSize {
    encoding.has(.integerOperand) ? size : .dword
  }

  @inline(__always)
  private mutating func putImmediateByte(_ encoding: Encoding, _ immediate: UInt8) {
    if encoding.has(.immediateByte) { put(immediate) }
  }
}
