import WebAssembly

/// The kind of an atomic instruction.
enum AtomicAction: UInt8 {
  case fence, load, store, add, subtract, and, or, xor, exchange, compareExchange
}

extension Selector {
  /// Atomic instructions are sequentially consistent: plain loads are on x86-64, stores are exchanges, and the others are locked.
  mutating func lowerAtomic(_ value: Value) {
    let opcode = graph[value].opcode
    guard opcode != .atomicFence else { return begin(.fence) }
    let (action, size) = Self.atomicForms[Int(opcode.rawValue - Opcode.i32AtomicLoad.rawValue)]
    let instruction = graph[value]
    switch action {
    case .fence: break
    case .load:
      let address = atomicAddress(value)
      loadAtomic(address, size, into: register(of: value))
    case .store, .exchange: exchange(value, .xchg, size, register(using: instruction.b))
    case .add, .subtract: lowerAtomicAddition(value, action, size)
    case .and: lowerAtomicLogic(value, .and, size)
    case .or: lowerAtomicLogic(value, .or, size)
    case .xor: lowerAtomicLogic(value, .xor, size)
    case .compareExchange: lowerCompareExchange(value, size)
    }
  }

  /// By the opcodes from `i32AtomicLoad` on: the kind, and the size in memory.
  private static let atomicForms: [(AtomicAction, OperandSize)] = {
    let loadSizes: [OperandSize] = [.dword, .qword, .byte, .word, .byte, .word, .dword]
    // Each kind has the full sizes first, then the narrow ones of i32, then those of i64.
    let actions: [AtomicAction] = [.load, .store, .add, .subtract, .and, .or, .xor, .exchange, .compareExchange]
    return actions.flatMap { action in loadSizes.map { (action, $0) } }
  }()

  private mutating func atomicAddress(_ value: Value) -> Address {
    let instruction = graph[value]
    var address = address(instruction.a, .none, displacement(instruction.immediate))
    address.trap = instruction.trap
    address.source = instruction.source
    return address
  }

  private mutating func loadAtomic(_ address: Address, _ size: OperandSize, into result: VirtualRegister) {
    switch size {
    case .byte: begin(.transfer, .dword, .movzxByte)
    case .word: begin(.transfer, .dword, .movzxWord)
    case .dword, .qword: begin(.transfer, size, .mov)
    }
    define(result)
    use(.memory(address))
  }

  /// Whether the previous value in memory is used.
  private mutating func isResultNeeded(_ value: Value) -> Bool { graph[value].type != .none && isNeeded(value) }

  /// Exchanges or adds `operand`; the result is the previous value. Narrow forms change only the low bits.
  private mutating func exchange(_ value: Value, _ encoding: Encoding, _ size: OperandSize, _ operand: VirtualRegister)
  {
    let address = atomicAddress(value)
    let needsExtension = isResultNeeded(value) && (size == .byte || size == .word)
    let isResult = isResultNeeded(value) && !needsExtension
    let old = isResult ? register(of: value) : machine.makeRegister(machine.types[operand.number])
    begin(.atomicExchange, size, encoding)
    defineInPlace(old)
    use(operand)
    use(address)
    guard needsExtension else { return }
    begin(.transfer, .dword, size == .byte ? .movzxByte : .movzxWord)
    define(register(of: value))
    use(.register(old))
  }

  private mutating func lowerAtomicAddition(_ value: Value, _ action: AtomicAction, _ size: OperandSize) {
    guard isResultNeeded(value) else { return update(value, action == .add ? .add : .sub, size) }
    var operand = register(using: graph[value].b)
    if action == .subtract {
      let negated = machine.makeRegister(machine.types[operand.number])
      begin(.unary, size == .qword ? .qword : .dword, .neg)
      defineInPlace(negated)
      use(operand)
      operand = negated
    }
    exchange(value, .xadd, size, operand)
  }

  private mutating func lowerAtomicLogic(_ value: Value, _ encoding: Encoding, _ size: OperandSize) {
    guard isResultNeeded(value) else { return update(value, encoding, size) }
    let operand = register(using: graph[value].b)
    let address = atomicAddress(value)
    begin(.atomicLoop, size, encoding)
    defineEarly(register(of: value), in: .rax)
    use(operand)
    use(address)
  }

  /// Updates memory without reading the previous value.
  private mutating func update(_ value: Value, _ encoding: Encoding, _ size: OperandSize) {
    let operand = register(using: graph[value].b)
    let address = atomicAddress(value)
    begin(.atomicUpdate, size, encoding)
    use(operand)
    use(address)
  }

  /// The front end has truncated the expected value to the width. So `rax` has no other bits afterwards either: it is unchanged if the
  /// values were equal, and its low bits are replaced if not.
  private mutating func lowerCompareExchange(_ value: Value, _ size: OperandSize) {
    let expected = register(using: graph[value].b)
    let replacement = register(using: graph[value].c)
    let address = atomicAddress(value)
    let isResult = isResultNeeded(value)
    begin(.atomicCompareExchange, size, .cmpxchg)
    define(isResult ? register(of: value) : machine.makeRegister(machine.types[expected.number]), in: .rax)
    use(expected, in: .rax)
    use(replacement)
    use(address)
  }
}
