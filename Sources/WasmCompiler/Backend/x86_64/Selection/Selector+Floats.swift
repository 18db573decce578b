import WebAssembly

extension Selector {
  // MARK: Operands

  /// Loads a float or vector constant into a register.
  mutating func materializeVector(_ value: Value, _ register: VirtualRegister) {
    let instruction = graph[value]
    if instruction.type == .v128 {
      return materializeVectorConstant(value, into: register)
    }
    if instruction.immediate == 0 {
      begin(.vectorZero)
      define(register)
      return
    }
    begin(.vectorTransfer, instruction.type == .f64 ? .qword : .dword, instruction.type.loadEncoding)
    define(register)
    use(.memory(pool(instruction.immediate)))
  }

  func pool(_ bits: UInt64, isPair: Bool = false) -> Address {
    Address(
      form: isPair ? .poolPair : .pool, displacement: Int32(truncatingIfNeeded: bits >> 32),
      bits: UInt32(truncatingIfNeeded: bits))
  }

  /// The second operand of a float instruction. Constants are read from the pool.
  private mutating func floatSource(_ value: Value, isDouble: Bool) -> Source {
    let value = graph.resolve(value)
    if let bits = graph.constant(value) { return .memory(pool(bits)) }
    return registerOrMemory(value, isDouble ? .f64Load : .f32Load)
  }

  private func signBits(isDouble: Bool) -> UInt64 { isDouble ? 1 << 63 : 0x8000_0000_8000_0000 }

  // MARK: Arithmetic

  mutating func lowerFloatBinary(_ value: Value, _ rule: SelectionRule) {
    var (left, right) = (graph.resolve(graph[value].a), graph.resolve(graph[value].b))
    let load: Opcode = rule.isDouble ? .f64Load : .f32Load
    if rule.encoding.has(.commutative), graph.constant(right) == nil, !isFoldableLoad(right, load) {
      let isBetter = graph.constant(left) != nil || isFoldableLoad(left, load) || isUsedOnce(right) && !isUsedOnce(left)
      if isBetter { swap(&left, &right) }
    }
    let second = floatSource(right, isDouble: rule.isDouble)
    let first = register(using: left)
    begin(.vectorBinary, rule.size, rule.encoding)
    defineVector(register(of: value), over: first)
    use(second)
    instruction.isCommutative =
      second.kind == .register && rule.encoding.has(.commutative) && !features.contains(.avx)
  }

  /// Square roots, roundings, conversions between floats. The operand is in a register, since the unused lanes come from it too: taken
  /// from the result's old value, they would be a false dependency.
  mutating func lowerFloatUnary(_ value: Value, _ rule: SelectionRule) {
    let operand = register(using: graph[value].a)
    begin(.vectorTransfer, rule.size, rule.encoding, constant: rule.mode)
    define(register(of: value))
    use(operand)
  }

  mutating func lowerMinimum(_ value: Value, _ rule: SelectionRule) {
    let first = register(using: graph[value].a)
    let second = register(using: graph[value].b)
    begin(.vectorExtremum, rule.size, rule.encoding, constant: rule.family == .maximum ? 1 : 0)
    defineInPlace(register(of: value))
    use(first)
    use(second)
  }

  mutating func lowerSign(_ value: Value, _ rule: SelectionRule) {
    let sign = signBits(isDouble: rule.isDouble)
    let operand = register(using: graph[value].a)
    begin(.vectorBinary, rule.size, rule.encoding)
    defineVector(register(of: value), over: operand)
    use(.memory(pool(rule.family == .absolute ? ~sign : sign, isPair: true)))
  }

  mutating func lowerCopysign(_ value: Value, _ rule: SelectionRule) {
    let sign = signBits(isDouble: rule.isDouble)
    let magnitude = emit(rule, register(using: graph[value].a), masking: ~sign, graph[value].type)
    let signed = emit(rule, register(using: graph[value].b), masking: sign, graph[value].type)
    begin(.vectorBinary, rule.size, rule.isDouble ? .orpd : .orps)
    defineVector(register(of: value), over: magnitude)
    use(.register(signed))
  }

  private mutating func emit(
    _ rule: SelectionRule, _ operand: VirtualRegister, masking mask: UInt64, _ type: IRType
  ) -> VirtualRegister {
    let result = machine.makeRegister(type)
    begin(.vectorBinary, rule.size, rule.encoding)
    defineVector(result, over: operand)
    use(.memory(pool(mask, isPair: true)))
    return result
  }

  // MARK: Integers

  mutating func lowerReinterpretation(_ value: Value, _ rule: SelectionRule) {
    let operand = graph.resolve(graph[value].a)
    let isWide = rule.size == .qword
    if rule.family == .reinterpretFloat {
      if isFoldableLoad(operand, isWide ? .f64Load : .f32Load) {
        return emitTransfer(value, .mov, rule.size, .memory(fold(operand)))
      }
      let source = register(using: operand)
      begin(.vectorToInteger, rule.size, rule.encoding)
      define(register(of: value))
      use(source)
    } else {
      let source = registerOrMemory(operand, isWide ? .i64Load : .i32Load)
      // There is a shorter encoding for memory.
      let isMemory = source.kind == .memory
      begin(.vectorTransfer, rule.size, isMemory ? graph[value].type.loadEncoding : rule.encoding)
      define(register(of: value))
      use(source)
    }
  }

  mutating func lowerConversion(_ value: Value, _ rule: SelectionRule) {
    let isUnsigned = rule.family == .convertUnsigned
    let operand = register(using: graph[value].a)
    if isUnsigned, rule.size == .qword {
      begin(.convertUnsigned64, rule.size, rule.encoding)
    } else {
      // An unsigned 32-bit integer is a signed 64-bit one.
      begin(.convertInteger, isUnsigned ? .qword : rule.size, rule.encoding)
    }
    define(register(of: value))
    use(operand)
  }

  mutating func lowerTruncation(_ value: Value, _ rule: SelectionRule) {
    var kind: Truncation = []
    if rule.isSigned { kind.insert(.signed) }
    if rule.isSaturating { kind.insert(.saturating) }
    if rule.isDouble { kind.insert(.fromDouble) }
    let operand = register(using: graph[value].a)
    begin(.truncate, rule.size, rule.encoding, constant: kind.rawValue)
    define(register(of: value))
    use(operand)
  }
}
