import WebAssembly

// 64-bit division and remainder by constants, by the upper half of a product with the reciprocal. (T. Granlund and P. L. Montgomery,
// "Division by Invariant Integers using Multiplication", 1994.)

extension Optimizer {
  /// An unsigned division: x / d == (x * m) >> (64 + s), with the reciprocal m of up to 65 bits.
  mutating func divideWide(_ value: Value, byUnsigned divisor: UInt64, _ graph: inout FunctionGraph) {
    let dividend = graph[value].a
    let reciprocal = WideReciprocal(of: divisor)
    let high = upperProduct(.i64MulWideU, dividend, reciprocal.factor, before: value, &graph)
    guard reciprocal.has65Bits else {
      return become(.i64ShrU, value, high, UInt64(reciprocal.shift), &graph)
    }
    // The 65th bit of the reciprocal adds the dividend once more: (x + high) >> s == (((x - high) >> 1) + high) >> (s - 1). The
    // difference is halved first, so that the sum fits.
    let difference = insertWide(.i64Sub, dividend, high, before: value, &graph)
    let half = insertWide(.i64ShrU, difference, constant: 1, before: value, &graph)
    let sum = insertWide(.i64Add, half, high, before: value, &graph)
    become(.i64ShrU, value, sum, UInt64(reciprocal.shift - 1), &graph)
  }

  /// A signed division, rounded towards zero, by a divisor whose magnitude is at least 2: x / d == ((x * m) >>s (63 + count)) + (x < 0 ?
  /// 1 : 0), negated for a negative divisor.
  mutating func divideWide(_ value: Value, bySigned divisor: Int64, _ graph: inout FunctionGraph) {
    let dividend = graph[value].a
    let magnitude = divisor.magnitude
    // The least integer over 2^(63 + count) / |divisor|, where 2^count ≥ |divisor|. It has 64 bits with the highest set, so as a signed
    // number it is too small by 2⁶⁴; adding the dividend to the upper half of the product corrects that.
    let count = 64 - (magnitude - 1).leadingZeroBitCount
    let factor = magnitude.dividingFullWidth((high: 1 << UInt64(count - 1), low: 0)).quotient + 1
    let high = upperProduct(.i64MulWideS, dividend, factor, before: value, &graph)
    var quotient = insertWide(.i64Add, high, dividend, before: value, &graph)
    if count > 1 { quotient = insertWide(.i64ShrS, quotient, constant: UInt64(count - 1), before: value, &graph) }
    // The shift rounds down: add one to a negative quotient.
    let sign = insertWide(.i64ShrU, dividend, constant: 63, before: value, &graph)
    if divisor > 0 {
      become(.i64Add, value, quotient, sign, &graph)
    } else {
      let negated = insertWide(.i64Add, quotient, sign, before: value, &graph)
      become(.i64Sub, value, graph.makeConstant(.i64, 0, before: value), negated, &graph)
    }
  }

  /// `x % c == x - x / c * c`, where the division becomes a multiplication.
  mutating func reduceWideRemainder(_ value: Value, isSigned: Bool, _ graph: inout FunctionGraph) {
    let (dividend, divisor) = (graph[value].a, graph[value].b)
    let constant = graph[divisor].immediate
    let quotient = insertWide(isSigned ? .i64DivS : .i64DivU, dividend, divisor, before: value, &graph)
    if isSigned {
      divideWide(quotient, bySigned: Int64(bitPattern: constant), &graph)
    } else {
      divideWide(quotient, byUnsigned: constant, &graph)
    }
    let product = insertWide(.i64Mul, quotient, divisor, before: value, &graph)
    become(.i64Sub, value, dividend, product, &graph)
  }

  /// Whether a signed division by this constant has a reciprocal.
  static func isDivisible(by divisor: Int64) -> Bool { divisor != .min && divisor.magnitude > 1 }

  // MARK: Instructions

  private mutating func insertWide(
    _ opcode: Opcode, _ a: Value, _ b: Value, before place: Value, _ graph: inout FunctionGraph
  ) -> Value {
    graph.insert(Instruction(operation: .wasm, type: .i64, opcode: opcode, a: a, b: b), before: place)
  }

  private mutating func insertWide(
    _ opcode: Opcode, _ a: Value, constant: UInt64, before place: Value, _ graph: inout FunctionGraph
  ) -> Value {
    insertWide(opcode, a, graph.makeConstant(.i64, constant, before: place), before: place, &graph)
  }

  /// The upper 64 bits of a 128-bit product.
  private mutating func upperProduct(
    _ opcode: Opcode, _ left: Value, _ factor: UInt64, before place: Value, _ graph: inout FunctionGraph
  ) -> Value {
    var product = Instruction(operation: .wasm, type: .none, opcode: opcode)
    graph.pool.append(left)
    graph.pool.append(graph.makeConstant(.i64, factor, before: place))
    product.listStart = UInt32(graph.pool.count - 2)
    product.listCount = 2
    let wide = graph.insert(product, before: place)
    return graph.insert(Instruction(operation: .result, type: .i64, a: wide, immediate: 1), before: place)
  }

  /// Changes an instruction in place.
  private mutating func become(_ opcode: Opcode, _ value: Value, _ a: Value, _ b: Value, _ graph: inout FunctionGraph) {
    graph[value].opcode = opcode
    graph[value].a = a
    graph[value].b = b
    graph[value].trap = 0
    graph[value].flags.remove(.guarded)
  }

  private mutating func become(
    _ opcode: Opcode, _ value: Value, _ a: Value, _ constant: UInt64, _ graph: inout FunctionGraph
  ) {
    become(opcode, value, a, graph.makeConstant(.i64, constant, before: value), &graph)
  }
}

/// `2^(64 + shift) / divisor`, rounded up, with the smallest sufficient shift: exact enough for all 64-bit dividends.
private struct WideReciprocal {
  /// The lower 64 bits.
  var factor: UInt64
  var shift: Int
  var has65Bits = false

  /// - Parameter divisor: not a power of two.
  init(of divisor: UInt64) {
    let largestShift = 64 - (divisor - 1).leadingZeroBitCount
    for shift in 0..<largestShift {
      let (quotient, remainder) = divisor.dividingFullWidth((high: 1 << UInt64(shift), low: 0))
      if quotient < .max, divisor - remainder <= 1 << UInt64(shift) {
        factor = quotient + 1
        self.shift = shift
        return
      }
    }
    shift = largestShift
    has65Bits = true
    // 2^(64 + shift) may need 129 bits; without the quotient's 65th bit, 128 suffice.
    let rest = (largestShift == 64 ? 0 : 1 << UInt64(largestShift)) &- divisor
    factor = divisor.dividingFullWidth((high: rest, low: 0)).quotient + 1
  }
}
