import WebAssembly

extension Selector {
  /// An instruction of the standard.
  mutating func lowerWasm(_ value: Value) {
    let rule = rules[Int(graph[value].opcode.rawValue)]
    switch rule.family {
    case .vector: lowerVector(value)
    case .binary: lowerBinary(value, rule)
    case .and: lowerAnd(value, rule)
    case .xor: lowerXor(value, rule)
    case .addition: lowerAddition(value, rule)
    case .subtraction: lowerSubtraction(value, rule)
    case .multiplication: lowerMultiplication(value, rule)
    case .quotient, .remainder: lowerDivision(value, rule)
    case .shift, .rotateLeft: lowerShift(value, rule)
    case .leadingZeros, .trailingZeros, .population: lowerCount(value, rule)
    case .transfer: lowerTransfer(value, rule)
    case .rename: lowerRename(value)
    case .comparison, .zeroTest, .floatComparison: lowerTest(value)
    case .floatBinary: lowerFloatBinary(value, rule)
    case .floatUnary, .rounding: lowerFloatUnary(value, rule)
    case .minimum, .maximum: lowerMinimum(value, rule)
    case .absolute, .negation: lowerSign(value, rule)
    case .copysign: lowerCopysign(value, rule)
    case .reinterpretFloat, .reinterpretInteger: lowerReinterpretation(value, rule)
    case .convertSigned, .convertUnsigned: lowerConversion(value, rule)
    case .truncate: lowerTruncation(value, rule)
    }
  }

  // MARK: Two operands

  /// The operands of a commutative instruction: a foldable one comes second, and one that ends here comes first.
  private mutating func operands(ofCommutative value: Value, _ size: OperandSize) -> (Value, Value) {
    let left = graph.resolve(graph[value].a)
    let right = graph.resolve(graph[value].b)
    if shortConstant(right, size) != nil { return (left, right) }
    if shortConstant(left, size) != nil { return (right, left) }
    let load = size == .qword ? Opcode.i64Load : .i32Load
    if isFoldableLoad(right, load) { return (left, right) }
    if isFoldableLoad(left, load) || isUsedOnce(right) && !isUsedOnce(left) { return (right, left) }
    return (left, right)
  }

  private mutating func lowerBinary(_ value: Value, _ rule: SelectionRule) {
    let (left, right) = operands(ofCommutative: value, rule.size)
    emitBinary(value, rule.encoding, rule.size, left, right)
  }

  private mutating func emitBinary(
    _ value: Value, _ encoding: Encoding, _ size: OperandSize, _ left: Value, _ right: Value, isCommutative: Bool = true
  ) {
    let second = source(right, size)
    let first = register(using: left)
    begin(.binary, size, encoding)
    defineInPlace(register(of: value))
    use(first)
    use(second)
    instruction.isCommutative = isCommutative && second.kind == .register
  }

  private mutating func lowerAnd(_ value: Value, _ rule: SelectionRule) {
    let (left, right) = operands(ofCommutative: value, rule.size)
    switch graph.constant(right) {
    case 0xFF: return emitTransfer(value, .movzxByte, .dword, .register(register(using: left)))
    case 0xFFFF: return emitTransfer(value, .movzxWord, .dword, .register(register(using: left)))
    case 0xFFFF_FFFF where rule.size == .qword:
      return emitTransfer(value, .mov, .dword, .register(register(using: left)))
    default: break
    }
    if features.contains(.bmi1), lowerWithBMI(value, rule, left, right) || lowerWithBMI(value, rule, right, left) {
      return
    }
    // A 32-bit mask clears the upper half anyway, with a shorter instruction.
    if rule.size == .qword, let mask = graph.constant(right), mask <= UInt64(UInt32.max) {
      let operand = register(using: left)
      begin(.binary, .dword, rule.encoding)
      defineInPlace(register(of: value))
      use(operand)
      use(.constant(Int32(truncatingIfNeeded: mask)))
      return
    }
    emitBinary(value, rule.encoding, rule.size, left, right)
  }

  /// BMI: `andn(x, y) == ~x & y`, `blsr(x) == x & (x - 1)`, `blsi(x) == x & -x`.
  private mutating func lowerWithBMI(_ value: Value, _ rule: SelectionRule, _ left: Value, _ right: Value) -> Bool {
    guard graph[right].operation == .wasm, isUsedOnce(right) else { return false }
    let inner = graph[right]
    let (a, b) = (graph.resolve(inner.a), graph.resolve(inner.b))
    let isWide = rule.size == .qword
    let allOnes = isWide ? UInt64.max : UInt64(UInt32.max)
    if inner.opcode == (isWide ? .i64Xor : .i32Xor), graph.constant(b) == allOnes {
      let (first, second) = (register(using: a), register(using: left))
      begin(.binaryVEX, rule.size, .andn)
      define(register(of: value))
      use(first)
      use(.register(second))
      return true
    }
    let isLess = inner.opcode == (isWide ? .i64Add : .i32Add) && a == left && graph.constant(b) == allOnes
    let isNegative = inner.opcode == (isWide ? .i64Sub : .i32Sub) && b == left && graph.constant(a) == 0
    guard isLess || isNegative else { return false }
    let operand = register(using: left)
    begin(.unaryVEX, rule.size, isLess ? .blsr : .blsi)
    define(register(of: value))
    use(operand)
    return true
  }

  private mutating func lowerXor(_ value: Value, _ rule: SelectionRule) {
    let (left, right) = operands(ofCommutative: value, rule.size)
    if shortConstant(right, rule.size) == -1 { return emitUnary(value, .not, rule.size, left) }
    emitBinary(value, rule.encoding, rule.size, left, right)
  }

  private mutating func emitUnary(_ value: Value, _ encoding: Encoding, _ size: OperandSize, _ operand: Value) {
    let operand = register(using: operand)
    begin(.unary, size, encoding)
    defineInPlace(register(of: value))
    use(operand)
  }

  // MARK: Sums

  private mutating func lowerAddition(_ value: Value, _ rule: SelectionRule) {
    let (left, right) = operands(ofCommutative: value, rule.size)
    let load: Opcode = rule.size == .qword ? .i64Load : .i32Load
    if isFoldableLoad(right, load) { return emitBinary(value, rule.encoding, rule.size, left, right) }
    if lowerToAddress(value, rule.size, left, right) { return }
    let first = register(using: left)
    let second: Source
    if let constant = shortConstant(right, rule.size) {
      second = .constant(constant)
    } else {
      second = .register(register(using: right))
    }
    begin(.addition, rule.size, rule.encoding)
    define(register(of: value))
    use(first)
    var detail = MachineDetail(bits: instruction.detail)
    detail.sourceKind = second.kind
    instruction.detail = detail.bits
    if second.kind == .constant { instruction.constant = second.constant } else { use(second.register) }
  }

  /// Sums with a shifted operand, and of three terms, by one `lea`.
  private mutating func lowerToAddress(_ value: Value, _ size: OperandSize, _ left: Value, _ right: Value) -> Bool {
    let opcode: Opcode = size == .qword ? .i64Add : .i32Add
    var address = Address(form: .baseIndex)
    var (base, index) = (left, right)
    if let constant = shortConstant(right, size) {
      // A sum of two values, plus a constant.
      guard graph.isWasm(left, opcode), isUsedOnce(left) else { return false }
      address.displacement = constant
      (base, index) = (graph.resolve(graph[left].a), graph.resolve(graph[left].b))
      if graph.constant(base) != nil || graph.constant(index) != nil { return false }
      if shiftAmount(base) != nil, shiftAmount(index) == nil { swap(&base, &index) }
    } else {
      if shiftAmount(index) == nil { swap(&base, &index) }
      guard shiftAmount(index) != nil else { return false }
      if graph.isWasm(base, opcode), isUsedOnce(base),
        let constant = shortConstant(graph.resolve(graph[base].b), size)
      {
        address.displacement = constant
        base = graph.resolve(graph[base].a)
      }
    }
    // The shift has the width of the sum: bits lost at the top are lost in any case.
    if let amount = shiftAmount(index), graph[index].type == (size == .qword ? .i64 : .i32) {
      address.scale = amount
      index = graph.resolve(graph[index].a)
    }
    address.base = register(using: base)
    address.index = register(using: index)
    begin(.address, MachineDetail(size))
    define(register(of: value))
    use(address)
    return true
  }

  private mutating func lowerSubtraction(_ value: Value, _ rule: SelectionRule) {
    let left = graph.resolve(graph[value].a)
    let right = graph.resolve(graph[value].b)
    if graph.constant(left) == 0 { return emitUnary(value, .neg, rule.size, right) }
    if let constant = shortConstant(right, rule.size), constant != .min {
      let first = register(using: left)
      begin(.addition, rule.size, .add, constant: -constant)
      var detail = MachineDetail(rule.size)
      detail.sourceKind = .constant
      instruction.detail = detail.bits
      define(register(of: value))
      use(first)
      return
    }
    emitBinary(value, rule.encoding, rule.size, left, right, isCommutative: false)
  }

  // MARK: Products

  private mutating func lowerMultiplication(_ value: Value, _ rule: SelectionRule) {
    let (left, right) = operands(ofCommutative: value, rule.size)
    guard let constant = shortConstant(right, rule.size) else {
      return emitBinary(value, rule.encoding, rule.size, left, right)
    }
    switch constant {
    case 3, 5, 9:
      let operand = register(using: left)
      begin(.address, MachineDetail(rule.size))
      define(register(of: value))
      use(Address(form: .baseIndex, scale: (constant - 1).trailingZeroBitCount, base: operand, index: operand))
    case let power where power > 1 && power & (power - 1) == 0:
      emitShift(value, .shl, rule.size, left, by: power.trailingZeroBitCount)
    default:
      let operand = registerOrMemory(left, rule.size == .qword ? .i64Load : .i32Load)
      begin(.multiplyByConstant, rule.size, rule.encoding, constant: constant)
      define(register(of: value))
      use(operand)
    }
  }

  /// The front end has checked for zero and overflow. The remainder of a division by -1 is computed without dividing.
  private mutating func lowerDivision(_ value: Value, _ rule: SelectionRule) {
    let dividend = register(using: graph[value].a)
    let divisor = register(using: graph[value].b)
    let type = graph[value].type
    if rule.family == .quotient {
      begin(rule.isSigned ? .divideSigned : .divideUnsigned, MachineDetail(rule.size))
      define(register(of: value), in: .rax)
      use(dividend, in: .rax)
      defineEarly(machine.makeRegister(type), in: .rdx)
      use(divisor)
    } else {
      begin(rule.isSigned ? .remainderSigned : .remainderUnsigned, MachineDetail(rule.size))
      defineEarly(register(of: value), in: .rdx)
      use(dividend, in: .rax)
      use(divisor)
      instruction.clobber = RegisterConvention.raxClobber
    }
  }

  // MARK: Shifts

  private mutating func lowerShift(_ value: Value, _ rule: SelectionRule) {
    let operand = graph.resolve(graph[value].a)
    let count = graph.resolve(graph[value].b)
    if let amount = graph.constant(count) {
      return emitShift(value, rule.encoding, rule.size, operand, by: Int(amount & (rule.size == .qword ? 63 : 31)))
    }
    let first = register(using: operand)
    let second = register(using: withoutMask(count, rule.size))
    if features.contains(.bmi2), let encoding = encodingVEX(rule.encoding) {
      begin(.shiftVEX, rule.size, encoding)
      define(register(of: value))
      useAnywhere(first)
      use(second)
      return
    }
    begin(.shiftByRegister, rule.size, rule.encoding)
    defineInPlace(register(of: value))
    use(first)
    use(second, in: .rcx)
  }

  private func encodingVEX(_ encoding: Encoding) -> Encoding? {
    switch encoding {
    case .shl: .shlx
    case .shr: .shrx
    case .sar: .sarx
    default: nil
    }
  }

  /// Shifts use only as many bits of the count as they need: x << (c & (w - 1)) == x << c.
  private mutating func withoutMask(_ count: Value, _ size: OperandSize) -> Value {
    let mask: UInt64 = size == .qword ? 63 : 31
    let instruction = graph[count]
    guard graph.isWasm(count, .i32And) || graph.isWasm(count, .i64And),
      let constant = graph.constant(graph.resolve(instruction.b)), constant & mask == mask
    else { return count }
    return graph.resolve(instruction.a)
  }

  private mutating func emitShift(
    _ value: Value, _ encoding: Encoding, _ size: OperandSize, _ operand: Value, by amount: Int
  ) {
    let operand = register(using: operand)
    let isRotation = encoding == .rol || encoding == .ror
    if isRotation, features.contains(.bmi2) {
      let width = size == .qword ? 64 : 32
      let right = encoding == .ror ? amount : (width - amount) % width
      begin(.rotateVEX, size, .rorx, constant: Int32(right))
      define(register(of: value))
      use(operand)
      return
    }
    begin(.shiftByConstant, size, encoding, constant: Int32(amount))
    defineInPlace(register(of: value))
    use(operand)
  }

  // MARK: One operand

  private mutating func lowerCount(_ value: Value, _ rule: SelectionRule) {
    let hasInstruction =
      switch rule.family {
      case .leadingZeros: features.contains(.lzcnt)
      case .trailingZeros: features.contains(.bmi1)
      default: features.contains(.popcnt)
      }
    if hasInstruction {
      let operand = registerOrMemory(graph[value].a, rule.size == .qword ? .i64Load : .i32Load)
      return emitTransfer(value, rule.encoding, rule.size, operand)
    }
    if rule.family == .population { return lowerPopulation(value, rule.size) }
    let operand = register(using: graph[value].a)
    begin(rule.family == .leadingZeros ? .leadingZeros : .trailingZeros, MachineDetail(rule.size))
    defineEarly(register(of: value))
    use(operand)
  }

  /// Counts bits by adding adjacent fields: bits, pairs, groups of four; a multiplication adds the bytes.
  private mutating func lowerPopulation(_ value: Value, _ size: OperandSize) {
    let type = graph[value].type
    let isWide = size == .qword
    func mask(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 & (isWide ? .max : 0xFFFF_FFFF) }
    var number = register(using: graph[value].a)
    let half = emit(masking: emit(shifting: number, by: 1, size, type), mask(0x55), size, type)
    number = emit(.sub, number, half, size, type)
    let low = emit(masking: number, mask(0x33), size, type)
    let high = emit(masking: emit(shifting: number, by: 2, size, type), mask(0x33), size, type)
    number = emit(.add, low, high, size, type)
    number = emit(.add, number, emit(shifting: number, by: 4, size, type), size, type)
    number = emit(masking: number, mask(0x0F), size, type)
    number = emit(.imul, number, makeConstant(type, mask(1)), size, type)
    begin(.shiftByConstant, size, .shr, constant: isWide ? 56 : 24)
    defineInPlace(register(of: value))
    use(number)
  }

  private mutating func emit(
    _ encoding: Encoding, _ left: VirtualRegister, _ right: VirtualRegister, _ size: OperandSize, _ type: IRType
  ) -> VirtualRegister {
    let result = machine.makeRegister(type)
    begin(.binary, size, encoding)
    defineInPlace(result)
    use(left)
    use(.register(right))
    return result
  }

  private mutating func emit(
    masking operand: VirtualRegister, _ mask: UInt64, _ size: OperandSize, _ type: IRType
  ) -> VirtualRegister {
    emit(.and, operand, makeConstant(type, mask), size, type)
  }

  private mutating func emit(
    shifting operand: VirtualRegister, by amount: Int32, _ size: OperandSize, _ type: IRType
  ) -> VirtualRegister {
    let result = machine.makeRegister(type)
    begin(.shiftByConstant, size, .shr, constant: amount)
    defineInPlace(result)
    use(operand)
    return result
  }

  private mutating func lowerTransfer(_ value: Value, _ rule: SelectionRule) {
    // The low bits of a spilled register come first in its slot.
    emitTransfer(value, rule.encoding, rule.size, .register(register(using: graph[value].a)))
  }

  mutating func emitTransfer(_ value: Value, _ encoding: Encoding, _ size: OperandSize, _ operand: Source) {
    begin(.transfer, size, encoding)
    define(register(of: value))
    use(operand)
  }

  /// The upper half of an `i32`'s register is zero already.
  private mutating func lowerRename(_ value: Value) {
    let operand = register(using: graph[value].a)
    begin(.rename)
    defineInPlace(register(of: value))
    use(operand)
  }
}
