import WebAssembly

// Vector instructions: the common families, and helpers for all. Sequences use a separate virtual register for each step, so that the
// allocator sees them; with AVX results go to any register, without it to the first operand's.

extension Selector {
  /// A vector instruction of the standard, or one with two results.
  mutating func lowerVector(_ value: Value) {
    let rule = VectorTable.shared.rules[Int(graph[value].opcode.rawValue)]
    if rule.family == .none { return lowerWide(value) }
    let result = register(of: value)
    switch rule.family {
    case .none: break
    case .unary:
      // All 16 bytes of a memory operand must exist, even if the instruction needs only half of them.
      let isPartial = rule.first.has(.partial)
      let source = isPartial ? .register(vector(graph[value].a)) : vectorSource(graph[value].a)
      unary(rule.first, source, rule.constant, into: result)
    case .unaryOfHigh: unary(rule.first, .register(highHalf(vector(graph[value].a))), into: result)
    case .binary: lowerBinaryVector(value, rule)
    case .swapped:
      let second = vectorSource(graph[value].a)
      binary(rule.first, vector(graph[value].b), second, rule.constant, into: result)
    case .negated, .negatedSwapped:
      let isSwapped = rule.family == .negatedSwapped
      let second = vectorSource(isSwapped ? graph[value].a : graph[value].b)
      let first = vector(isSwapped ? graph[value].b : graph[value].a)
      invert(binary(rule.first, first, second), into: result)
    case .extremum, .negatedExtremum:
      let first = vector(graph[value].a)
      let extremum = binary(rule.first, first, vectorSource(graph[value].b))
      if rule.family == .extremum {
        binary(rule.second, extremum, .register(first), into: result)
      } else {
        invert(binary(rule.second, extremum, .register(first)), into: result)
      }
    case .negation: binary(rule.first, zero(), vectorSource(graph[value].a), into: result)
    case .mask: binary(rule.first, vector(graph[value].a), pattern(rule.pattern), into: result)
    case .not: invert(vector(graph[value].a), into: result)
    case .bitselect: lowerBitselect(value)
    case .shift, .shiftBytesLeft, .shiftBytesRight, .shiftBytesRightSigned, .shiftRightSigned64:
      lowerVectorShift(value, rule)
    case .splat, .splatFloat, .extract, .extractSigned, .extractFloat, .replace, .replaceFloat: lowerLane(value, rule)
    case .allTrue, .anyTrue, .bitmask, .bitmask16: lowerVectorTest(value, rule)
    case .shuffle: lowerShuffle(value)
    case .swizzle: lowerSwizzle(value)
    case .greater64, .less64, .lessOrEqual64, .greaterOrEqual64: lowerComparison64(value, rule)
    case .minimum, .maximum, .multiplyAdd, .multiplySubtract, .truncateSigned32, .truncateUnsigned32, .truncateSigned64,
      .truncateUnsigned64, .convertUnsigned32, .convertUnsigned64:
      lowerVectorFloat(value, rule)
    default: lowerVectorArithmetic(value, rule)
    }
  }

  var usesAVX: Bool { features.contains(.avx) }

  private mutating func lowerBinaryVector(_ value: Value, _ rule: VectorRule) {
    var (left, right) = (graph.resolve(graph[value].a), graph.resolve(graph[value].b))
    // A foldable operand comes second, and one that ends here comes first.
    if rule.first.has(.commutative), !canTakeIn(right), canTakeIn(left) || isUsedOnce(right) && !isUsedOnce(left) {
      swap(&left, &right)
    }
    let second = vectorSource(right)
    binary(rule.first, vector(left), second, rule.constant, into: register(of: value))
  }

  /// bitselect(a, b, c) == (a & c) | (b & ~c).
  private mutating func lowerBitselect(_ value: Value) {
    let mask = vector(graph[value].c)
    let chosen = binary(.pand, vector(graph[value].a), .register(mask))
    let others = binary(.pandn, mask, vectorSource(graph[value].b))
    binary(.por, chosen, .register(others), into: register(of: value))
  }

  // MARK: Operands

  /// The register of a vector.
  mutating func vector(_ value: Value) -> VirtualRegister { register(using: value) }

  /// A vector as the last operand of an instruction: a register, spill slot, memory or constant.
  mutating func vectorSource(_ value: Value) -> Source {
    let value = graph.resolve(value)
    if graph[value].operation == .constant, !isTrivial(value) {
      return pattern(graph[value].immediate, graph.vectorHighs[Int(graph[value].index)])
    }
    if canTakeIn(value) { return .memory(fold(value)) }
    return .register(register(using: value))
  }

  /// Whether a value can be a memory operand. Without AVX it would have to be aligned.
  private mutating func canTakeIn(_ value: Value) -> Bool {
    if graph[value].operation == .constant { return !isTrivial(value) }
    return usesAVX && isFoldableLoad(value, .v128Load)
  }

  /// Whether a constant is all zeros or all ones, which need no memory.
  private mutating func isTrivial(_ value: Value) -> Bool {
    let (low, high) = (graph[value].immediate, graph.vectorHighs[Int(graph[value].index)])
    return low == high && (low == 0 || low == .max)
  }

  /// A constant in memory, with equal halves or different ones.
  mutating func pattern(_ low: UInt64, _ high: UInt64? = nil) -> Source {
    guard let high, high != low else { return .memory(pool(low, isPair: true)) }
    return .memory(Address(form: .poolVector, displacement: vectorConstants.add(low, high)))
  }

  /// The same in a register, for a constant first operand.
  mutating func constantVector(_ low: UInt64, _ high: UInt64? = nil, into result: VirtualRegister? = nil)
    -> VirtualRegister
  {
    unary(.movups, pattern(low, high), into: result)
  }

  /// Loads the vector constant `value`.
  mutating func materializeVectorConstant(_ value: Value, into result: VirtualRegister) {
    let (low, high) = (graph[value].immediate, graph.vectorHighs[Int(graph[value].index)])
    if isTrivial(value) {
      _ = fill(low == 0 ? .vectorZero : .vectorOnes, into: result)
    } else {
      _ = constantVector(low, high, into: result)
    }
  }

  // MARK: Steps

  /// result = encoding(source). With a memory operand, the trap is the address's.
  @discardableResult
  mutating func unary(
    _ encoding: Encoding, _ source: Source, _ constant: UInt8 = 0, size: OperandSize = .dword, type: IRType = .v128,
    into target: VirtualRegister? = nil
  ) -> VirtualRegister {
    let result = target ?? machine.makeRegister(type)
    begin(.vectorTransfer, size, encoding, constant: Int32(constant))
    define(result)
    useVector(source)
    return result
  }

  /// result = encoding(first, second).
  @discardableResult
  mutating func binary(
    _ encoding: Encoding, _ first: VirtualRegister, _ second: Source, _ constant: UInt8 = 0, size: OperandSize = .dword,
    into target: VirtualRegister? = nil
  ) -> VirtualRegister {
    let result = target ?? machine.makeRegister(.v128)
    begin(.vectorBinary, size, encoding, constant: Int32(constant))
    defineVector(result, over: first)
    useVector(second)
    return result
  }

  @discardableResult
  mutating func binary(
    _ encoding: Encoding, _ first: VirtualRegister, _ second: VirtualRegister, _ constant: UInt8 = 0,
    size: OperandSize = .dword, into target: VirtualRegister? = nil
  ) -> VirtualRegister {
    binary(encoding, first, .register(second), constant, size: size, into: target)
  }

  /// result = operand, shifted by a constant.
  @discardableResult
  mutating func shift(
    _ encoding: Encoding, _ operand: VirtualRegister, by count: Int, into target: VirtualRegister? = nil
  ) -> VirtualRegister {
    let result = target ?? machine.makeRegister(.v128)
    begin(.vectorShift, .dword, encoding, constant: Int32(count))
    defineVector(result, over: operand)
    return result
  }

  /// An integer from a vector, by an encoding with the integer first.
  @discardableResult
  mutating func integer(_ encoding: Encoding, _ operand: VirtualRegister, into result: VirtualRegister)
    -> VirtualRegister
  {
    begin(.vectorTransfer, .dword, encoding)
    define(result)
    use(operand)
    return result
  }

  private mutating func fill(_ opcode: MachineOpcode, into target: VirtualRegister? = nil) -> VirtualRegister {
    let result = target ?? machine.makeRegister(.v128)
    begin(opcode)
    define(result)
    return result
  }

  mutating func zero() -> VirtualRegister { fill(.vectorZero) }
  mutating func ones() -> VirtualRegister { fill(.vectorOnes) }

  @discardableResult
  mutating func invert(_ operand: VirtualRegister, into result: VirtualRegister? = nil) -> VirtualRegister {
    let ones = ones()
    return binary(.pxor, operand, ones, into: result)
  }

  mutating func highHalf(_ operand: VirtualRegister) -> VirtualRegister {
    unary(.pshufd, .register(operand), 0b11_10_11_10)
  }

  /// Only whole vectors may be in spill slots if all 16 bytes are read. An instruction with an immediate has no space for the bits of a
  /// pool constant.
  private mutating func useVector(_ source: Source) {
    if source.kind == .memory, source.address.form == .poolPair, instruction.encoding.has(.immediateByte) {
      let bits = UInt64(source.address.bits) | UInt64(UInt32(bitPattern: source.address.displacement)) << 32
      return use(.memory(Address(form: .poolVector, displacement: vectorConstants.add(bits, bits))))
    }
    if source.kind == .register, machine.types[source.register.number].isFloatOrVector,
      machine.types[source.register.number] != .v128
    {
      var detail = MachineDetail(bits: instruction.detail)
      detail.sourceKind = .register
      instruction.detail = detail.bits
      use(source.register)
    } else {
      use(source)
    }
  }
}
