import WebAssembly

// Selection writes an instruction in this order: first its operands (which may create instructions themselves, as for constants), then
// the instruction, then the list of its operands.

extension Selector {
  /// An address as an operand.
  struct Address: BitwiseCopyable {
    var form = MachineDetail.AddressForm.base
    var scale = 0
    var base = Selector.noRegister
    var index = Selector.noRegister
    var displacement: Int32 = 0
    /// For a constant after the code, its lower half; the upper half is the displacement.
    var bits: UInt32 = 0
    /// The trap of a faulting access, and its position in the module's binary.
    var trap: UInt8 = 0
    var source: UInt32 = 0
  }

  /// An operand that need not be in a register.
  struct Source: BitwiseCopyable {
    var kind: MachineDetail.SourceKind
    var register = Selector.noRegister
    var constant: Int32 = 0
    var address = Address()

    static func register(_ register: VirtualRegister) -> Source { Source(kind: .register, register: register) }
    static func constant(_ constant: Int32) -> Source { Source(kind: .constant, constant: constant) }
    static func memory(_ address: Address) -> Source { Source(kind: .memory, address: address) }
  }

  // MARK: Instructions

  @inline(__always)
  mutating func begin(_ opcode: MachineOpcode, _ detail: MachineDetail = MachineDetail(bits: 0), immediate: UInt64 = 0)
  {
    reversed.append(
      MachineInstruction(
        opcode: opcode.rawValue, detail: detail.bits, firstOperand: UInt32(machine.operands.count),
        immediate: immediate,
        source: source))
  }

  /// Begins an instruction of a family.
  @inline(__always)
  mutating func begin(_ opcode: MachineOpcode, _ size: OperandSize, _ encoding: Encoding, constant: Int32 = 0) {
    begin(
      opcode, MachineDetail(size), immediate: UInt64(encoding.bits) << 32 | UInt64(UInt32(bitPattern: constant)))
  }

  /// The instruction that was begun last.
  @inline(__always)
  var instruction: MachineInstruction {
    nonmutating _modify { yield &reversed[reversed.count - 1] }
    get { reversed[reversed.count - 1] }
  }

  @inline(__always)
  private mutating func put(_ operand: MachineOperand) {
    machine.operands.append(operand)
    instruction.operandCount += 1
  }

  // MARK: Operands

  @inline(__always)
  mutating func define(_ register: VirtualRegister) {
    put(MachineOperand(register: register, role: .definition, constraint: .register))
  }

  /// A result in the register of the next operand.
  @inline(__always)
  mutating func defineInPlace(_ register: VirtualRegister) {
    let next = instruction.operandCount + 1
    put(MachineOperand(register: register, role: .definition, constraint: .sameAs, detail: next))
  }

  @inline(__always)
  mutating func define(_ register: VirtualRegister, in fixed: PhysicalRegister) {
    put(MachineOperand(register: register, role: .definition, constraint: .fixed, detail: fixed.number))
  }

  /// A result or temporary that shares a register with no operand.
  @inline(__always)
  mutating func defineEarly(_ register: VirtualRegister) {
    put(MachineOperand(register: register, role: .earlyDefinition, constraint: .register))
  }

  @inline(__always)
  mutating func defineEarly(_ register: VirtualRegister, in fixed: PhysicalRegister) {
    put(MachineOperand(register: register, role: .earlyDefinition, constraint: .fixed, detail: fixed.number))
  }

  @inline(__always)
  mutating func use(_ register: VirtualRegister) {
    put(MachineOperand(register: register, role: .use, constraint: .register))
  }

  /// A register or a spill slot.
  @inline(__always)
  mutating func useAnywhere(_ register: VirtualRegister) {
    put(MachineOperand(register: register, role: .use, constraint: .any))
  }

  @inline(__always)
  mutating func use(_ register: VirtualRegister, in fixed: PhysicalRegister) {
    put(MachineOperand(register: register, role: .use, constraint: .fixed, detail: fixed.number))
  }

  mutating func use(_ address: Address) {
    if address.base != Self.noRegister { use(address.base) }
    if address.index != Self.noRegister { use(address.index) }
    var detail = MachineDetail(bits: instruction.detail)
    detail.addressForm = address.form
    detail.scale = address.scale
    instruction.detail = detail.bits
    instruction.displacement = address.displacement
    if address.form == .pool || address.form == .poolPair {
      instruction.constant = Int32(bitPattern: address.bits)
    }
    if address.trap != 0 {
      instruction.trap = address.trap
      instruction.source = address.source
    }
  }

  mutating func use(_ operand: Source) {
    var detail = MachineDetail(bits: instruction.detail)
    detail.sourceKind = operand.kind
    instruction.detail = detail.bits
    switch operand.kind {
    case .register: useAnywhere(operand.register)
    case .constant: instruction.constant = operand.constant
    case .memory: use(operand.address)
    case .memoryAndConstant:
      instruction.constant = operand.constant
      use(operand.address)
    }
  }

  /// A result, and the operand that it overwrites if there are no three-operand instructions.
  @inline(__always)
  mutating func defineVector(_ register: VirtualRegister, over left: VirtualRegister) {
    if features.contains(.avx) { define(register) } else { defineInPlace(register) }
    use(left)
  }

  // MARK: Values

  /// The register of a value. Constants are rematerialized for each use, which is cheaper than keeping a register for them.
  @inline(__always)
  mutating func register(using value: Value) -> VirtualRegister {
    let value = graph.resolve(value)
    switch graph[value].operation {
    case .constant, .context, .memoryBase: return materialize(value)
    default: return register(of: value)
    }
  }

  @inline(never)
  private mutating func materialize(_ value: Value) -> VirtualRegister {
    let register = machine.makeRegister(graph[value].type)
    switch graph[value].operation {
    case .context: begin(.context)
    case .memoryBase: begin(.memoryBase)
    default:
      if graph[value].type.isFloatOrVector {
        materializeVector(value, register)
        return register
      }
      begin(.constant, immediate: graph[value].immediate)
    }
    define(register)
    return register
  }

  /// A new register with a constant.
  mutating func makeConstant(_ type: IRType, _ bits: UInt64) -> VirtualRegister {
    let register = machine.makeRegister(type)
    begin(.constant, immediate: bits)
    define(register)
    return register
  }
}
