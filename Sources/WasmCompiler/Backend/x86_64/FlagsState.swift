/// Which register's value the flags tell the sign of, and whether it is zero, where emission has come to: a test of that register
/// need not be made.
struct FlagsState: BitwiseCopyable {
  private var register: PhysicalRegister?
  private var size = OperandSize.dword

  mutating func forget() { register = nil }

  /// An instruction has set the flags by its result.
  mutating func tell(_ register: PhysicalRegister, _ size: OperandSize) {
    self.register = register
    self.size = size
  }

  /// A register was written, and the flags left as they were.
  mutating func write(_ register: PhysicalRegister) {
    if self.register == register { self.register = nil }
  }

  /// Whether they say what a `test` of the register would, as far as a condition asks. Overflow and carry are those of the instruction.
  func answer(_ condition: Condition, of register: PhysicalRegister, _ size: OperandSize) -> Bool {
    guard self.register == register, self.size == size else { return false }
    return condition == .equal || condition == .notEqual || condition == .sign || condition == .noSign
  }
}

extension Emitter {
  /// Keeps ``flags`` true behind an instruction that was written.
  @inline(__always)
  mutating func noteFlags(_ instruction: MachineInstruction) {
    switch instruction.machineOpcode {
    case .binary where instruction.encoding.setsFlagsByResult, .addition where !isAddress(instruction):
      flags.tell(register(instruction, 0), MachineDetail(bits: instruction.detail).size)
    case .addition, .address: flags.write(register(instruction, 0))
    case .store, .storeConstant: break
    default: flags.forget()
    }
  }

  /// Whether a sum is made by the instruction that computes addresses.
  private mutating func isAddress(_ instruction: MachineInstruction) -> Bool {
    let result = register(instruction, 0)
    if result == register(instruction, 1) { return false }
    return MachineDetail(bits: instruction.detail).sourceKind == .constant || result != register(instruction, 2)
  }

  /// Whether a comparison is a test of one register, and the flags tell its outcome already.
  mutating func isKnown(_ instruction: MachineInstruction) -> Bool {
    let detail = MachineDetail(bits: instruction.detail)
    guard detail.comparison == .test, detail.sourceKind == .register,
      allocation(instruction, 0) == allocation(instruction, 1)
    else { return false }
    return flags.answer(detail.condition, of: register(instruction, 0), detail.size)
  }
}

extension Encoding {
  /// Whether the instruction, of two operands, sets the flags for zero and sign by its result, always.
  fileprivate var setsFlagsByResult: Bool {
    self == .add || self == .sub || self == .and || self == .or || self == .xor
  }
}
