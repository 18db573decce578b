/// The state that the flags reflect at the current position, so that a comparison can be omitted: the register whose sign and zero they
/// reflect, or the comparison of two registers, or of a register with a constant.
struct FlagsState: BitwiseCopyable {
  private var register: PhysicalRegister?
  private var size = OperandSize.dword
  private var comparison: RegisterComparison?

  /// A comparison of a register with another, or with a constant.
  struct RegisterComparison: Hashable, BitwiseCopyable {
    var kind: MachineDetail.Comparison
    var size: OperandSize
    var left: PhysicalRegister
    /// Nil for a constant.
    var right: PhysicalRegister?
    var constant: Int32
  }

  mutating func forget() {
    register = nil
    comparison = nil
  }

  /// Records that an instruction set the flags by its result.
  mutating func tell(_ register: PhysicalRegister, _ size: OperandSize) {
    self.register = register
    self.size = size
    comparison = nil
  }

  /// Records that a comparison set the flags; nil if it cannot be reused.
  mutating func tell(_ comparison: RegisterComparison?) {
    register = nil
    self.comparison = comparison
  }

  /// Records that a register was written without changing the flags.
  mutating func write(_ register: PhysicalRegister) {
    if self.register == register { self.register = nil }
    if comparison?.left == register || comparison?.right == register { comparison = nil }
  }

  /// Whether the flags equal those of a `test` of the register, as far as a condition needs. Overflow and carry are those of the
  /// instruction.
  func answer(_ condition: Condition, of register: PhysicalRegister, _ size: OperandSize) -> Bool {
    guard self.register == register, self.size == size else { return false }
    return condition == .equal || condition == .notEqual || condition == .sign || condition == .noSign
  }

  /// Whether the flags are those of a comparison.
  func answer(_ comparison: RegisterComparison) -> Bool { self.comparison == comparison }
}

extension Emitter {
  /// Updates ``flags`` after an instruction was written.
  @inline(__always)
  mutating func noteFlags(_ instruction: MachineInstruction) {
    switch instruction.machineOpcode {
    case .binary where instruction.encoding.setsFlagsByResult, .addition where !isAddress(instruction):
      flags.tell(register(instruction, 0), MachineDetail(bits: instruction.detail).size)
    case .addition, .address: flags.write(register(instruction, 0))
    case .store, .storeConstant: break
    // A known comparison was not repeated: then the flags may be those of an arithmetic instruction, which are less precise.
    case .compareTrap: if !isKnown(instruction, 0) { flags.tell(registerComparison(instruction, 0)) }
    case .compareMask:
      if !isKnown(instruction, 2) { flags.tell(registerComparison(instruction, 2)) }
      flags.write(register(instruction, 0))
    default: flags.forget()
    }
  }

  /// Whether an addition is emitted as `lea`.
  private mutating func isAddress(_ instruction: MachineInstruction) -> Bool {
    let result = register(instruction, 0)
    if result == register(instruction, 1) { return false }
    return MachineDetail(bits: instruction.detail).sourceKind == .constant || result != register(instruction, 2)
  }

  /// The comparison whose operands begin at `index`, if it compares integer registers.
  private mutating func registerComparison(
    _ instruction: MachineInstruction, _ index: Int
  ) -> FlagsState.RegisterComparison? {
    let detail = MachineDetail(bits: instruction.detail)
    // A memory operand is not tracked.
    guard detail.comparison == .cmp || detail.comparison == .test,
      detail.sourceKind == .constant || detail.sourceKind == .register,
      let left = allocation(instruction, index).register
    else { return nil }
    switch detail.sourceKind {
    case .constant:
      return FlagsState.RegisterComparison(
        kind: detail.comparison, size: detail.size, left: left, right: nil, constant: instruction.constant)
    case .register:
      guard let right = allocation(instruction, index + 1).register else { return nil }
      return FlagsState.RegisterComparison(
        kind: detail.comparison, size: detail.size, left: left, right: right, constant: 0)
    case .memory, .memoryAndConstant: return nil
    }
  }

  /// Whether the flags already have the result of the comparison whose operands begin at `index`.
  mutating func isKnown(_ instruction: MachineInstruction, _ index: Int) -> Bool {
    let detail = MachineDetail(bits: instruction.detail)
    if let comparison = registerComparison(instruction, index), flags.answer(comparison) { return true }
    guard detail.comparison == .test, detail.sourceKind == .register,
      allocation(instruction, index) == allocation(instruction, index + 1)
    else { return false }
    return flags.answer(detail.condition, of: register(instruction, index), detail.size)
  }
}

extension Encoding {
  /// Whether the two-operand instruction always sets the zero and sign flags by its result.
  fileprivate var setsFlagsByResult: Bool {
    self == .add || self == .sub || self == .and || self == .or || self == .xor
  }
}
