import WebAssembly

// Instructions with two results: 128-bit sums, differences and products.

extension Selector {
  mutating func lowerWide(_ value: Value) {
    let operands = graph.list(value)
    guard isResultNeeded(ofWide: value) else { return }
    let (low, high) = (wideResult(value, 0), wideResult(value, 1))
    switch graph[value].opcode {
    case .i64Add128: chain(.add, .adc, operands, low, high)
    case .i64Sub128: chain(.sub, .sbb, operands, low, high)
    case .i64MulWideS: multiplyWide(.imulWide, operands, low, high)
    case .i64MulWideU: multiplyWide(.mul, operands, low, high)
    default: preconditionFailure("an instruction without selection")
    }
  }

  /// The register of a result, which may be unused.
  private mutating func wideResult(_ value: Value, _ index: UInt64) -> VirtualRegister {
    var next = graph[value].next
    while isResult(next, of: value) {
      if graph[next].immediate == index, isNeeded(next) { return register(of: next) }
      next = graph[next].next
    }
    return machine.makeRegister(.i64)
  }

  private mutating func isResultNeeded(ofWide value: Value) -> Bool {
    var next = graph[value].next
    while isResult(next, of: value) {
      if isNeeded(next) { return true }
      next = graph[next].next
    }
    return false
  }

  private mutating func isResult(_ value: Value, of wide: Value) -> Bool {
    !value.isNone && graph[value].operation == .result && graph[value].a == wide
  }

  /// Operates on the low halves, then on the high halves with the carry. The moves between the two instructions preserve the flags.
  private mutating func chain(
    _ first: Encoding, _ second: Encoding, _ operands: FlatSlice<Value>, _ low: VirtualRegister,
    _ high: VirtualRegister
  ) {
    let (rightLow, rightHigh) = (source(operands[2], .qword), source(operands[3], .qword))
    let (leftLow, leftHigh) = (register(using: operands[0]), register(using: operands[1]))
    begin(.binary, .qword, first)
    defineInPlace(low)
    use(leftLow)
    use(rightLow)
    begin(.binary, .qword, second)
    defineInPlace(high)
    use(leftHigh)
    use(rightHigh)
  }

  private mutating func multiplyWide(
    _ encoding: Encoding, _ operands: FlatSlice<Value>, _ low: VirtualRegister, _ high: VirtualRegister
  ) {
    let right = registerOrMemory(operands[1], .i64Load)
    let left = register(using: operands[0])
    begin(.multiplyWide, .qword, encoding)
    define(low, in: .rax)
    define(high, in: .rdx)
    use(left, in: .rax)
    use(right)
  }
}
