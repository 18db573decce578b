import WebAssembly

// Vector instructions on integers for which there is no single machine instruction.

extension Selector {
  mutating func lowerVectorArithmetic(_ value: Value, _ rule: VectorRule) {
    let result = register(of: value)
    switch rule.family {
    case .absolute64:
      // abs(a) == (a ^ sign) - sign, where sign == a >>s 63.
      let operand = vector(graph[value].a)
      let sign = signs64(operand)
      binary(.psubq, binary(.pxor, operand, sign), sign, into: result)
    case .multiply64: lowerMultiplication64(value, into: result)
    case .population: lowerVectorPopulation(value, into: result)
    case .multiplyRounded:
      // Only -1 × -1 yields the least number, which must become the greatest.
      let product = binary(.pmulhrsw, vector(graph[value].a), vectorSource(graph[value].b))
      let isLeast = binary(.pcmpeqw, product, pattern(0x8000_8000_8000_8000))
      binary(.pxor, product, isLeast, into: result)
    case .multiplyExtended8:
      let (first, second) = (vector(graph[value].a), vector(graph[value].b))
      let isHigh = rule.pattern != 0
      let left = unary(rule.first, .register(isHigh ? highHalf(first) : first))
      let right = unary(rule.first, .register(isHigh ? highHalf(second) : second))
      binary(.pmullw, left, right, into: result)
    case .multiplyExtended16:
      let (first, second) = (vector(graph[value].a), vector(graph[value].b))
      let low = binary(.pmullw, first, second)
      let high = binary(rule.first, first, second)
      binary(rule.second, low, high, into: result)
    case .multiplyExtended32:
      let left = unary(.pshufd, vectorSource(graph[value].a), rule.constant)
      let right = unary(.pshufd, vectorSource(graph[value].b), rule.constant)
      binary(rule.first, left, right, into: result)
    case .addPairs8Signed:
      // The first operand of `pmaddubsw` is unsigned.
      let ones = constantVector(0x0101_0101_0101_0101)
      binary(.pmaddubsw, ones, vectorSource(graph[value].a), into: result)
    case .addPairs8Unsigned: binary(.pmaddubsw, vector(graph[value].a), pattern(0x0101_0101_0101_0101), into: result)
    case .addPairs16Signed: binary(.pmaddwd, vector(graph[value].a), pattern(0x0001_0001_0001_0001), into: result)
    case .addPairs16Unsigned:
      // Unsigned x == signed (x ^ 2¹⁵) + 2¹⁵: signed sums of the lowered words, plus 2¹⁶.
      let lowered = binary(.pxor, vector(graph[value].a), pattern(0x8000_8000_8000_8000))
      let sums = binary(.pmaddwd, lowered, pattern(0x0001_0001_0001_0001))
      binary(.paddd, sums, pattern(0x0001_0000_0001_0000), into: result)
    case .relaxedDot: relaxedDot(value, into: result)
    case .relaxedDotAdd:
      let sums = binary(.pmaddwd, relaxedDot(value), pattern(0x0001_0001_0001_0001))
      binary(.paddd, sums, vectorSource(graph[value].c), into: result)
    default: preconditionFailure("a vector instruction without selection")
    }
  }

  /// The saturated sums of products of adjacent signed bytes.
  @discardableResult
  private mutating func relaxedDot(_ value: Value, into result: VirtualRegister? = nil) -> VirtualRegister {
    let (first, second) = (vector(graph[value].a), vector(graph[value].b))
    let low = binary(.pmaddwd, unary(.pmovsxbw, .register(first)), unary(.pmovsxbw, .register(second)))
    let high = binary(
      .pmaddwd, unary(.pmovsxbw, .register(highHalf(first))), unary(.pmovsxbw, .register(highHalf(second))))
    return binary(.packssdw, low, high, into: result)
  }

  /// The low 64 bits of products: a · b == low · low + ((high · low + low · high) << 32).
  private mutating func lowerMultiplication64(_ value: Value, into result: VirtualRegister) {
    let (first, second) = (vector(graph[value].a), vector(graph[value].b))
    let left = binary(.pmuludq, shift(.psrlqConstant, first, by: 32), second)
    let right = binary(.pmuludq, shift(.psrlqConstant, second, by: 32), first)
    let crossed = shift(.psllqConstant, binary(.paddq, left, right), by: 32)
    binary(.paddq, binary(.pmuludq, first, second), crossed, into: result)
  }

  /// The number of ones in each byte: the sum for its two halves, by a table.
  private mutating func lowerVectorPopulation(_ value: Value, into result: VirtualRegister) {
    let operand = vector(graph[value].a)
    let mask = constantVector(0x0F0F_0F0F_0F0F_0F0F)
    let (low, high) = (UInt64(0x0302_0201_0201_0100), UInt64(0x0403_0302_0302_0201))
    let lowNibbles = binary(.pand, operand, mask)
    let highNibbles = binary(.pand, shift(.psrlwConstant, operand, by: 4), mask)
    let lowCounts = binary(.pshufb, constantVector(low, high), lowNibbles)
    let highCounts = binary(.pshufb, constantVector(low, high), highNibbles)
    binary(.paddb, lowCounts, highCounts, into: result)
  }

  // MARK: 64-bit comparisons

  /// All ones in 64-bit lanes that are negative.
  private mutating func signs64(_ operand: VirtualRegister) -> VirtualRegister {
    if usesAVX { return binary(.pcmpgtq, zero(), operand) }
    return unary(.pshufd, .register(shift(.psradConstant, operand, by: 31)), 0b11_11_01_01)
  }

  mutating func lowerComparison64(_ value: Value, _ rule: VectorRule) {
    let (left, right) = (vector(graph[value].a), vector(graph[value].b))
    let result = register(of: value)
    switch rule.family {
    case .greater64: greater64(left, right, into: result)
    case .less64: greater64(right, left, into: result)
    case .lessOrEqual64: invert(greater64(left, right), into: result)
    default: invert(greater64(right, left), into: result)
    }
  }

  @discardableResult
  private mutating func greater64(
    _ left: VirtualRegister, _ right: VirtualRegister, into result: VirtualRegister? = nil
  ) -> VirtualRegister {
    if usesAVX { return binary(.pcmpgtq, left, right, into: result) }
    // The upper halves decide; if they are equal, the upper half of right - left is the borrow of the lower halves.
    let difference = binary(.psubq, right, left)
    let ifEqual = binary(.pand, binary(.pcmpeqd, left, right), difference)
    let decided = binary(.por, ifEqual, binary(.pcmpgtd, left, right))
    return unary(.pshufd, .register(decided), 0b11_11_01_01, into: result)
  }

  // MARK: Shifts

  mutating func lowerVectorShift(_ value: Value, _ rule: VectorRule) {
    let constant = graph.constant(graph.resolve(graph[value].b)).map(Int.init(truncatingIfNeeded:))
    let operand = vector(graph[value].a)
    let result = register(of: value)
    switch rule.family {
    case .shift:
      let mask = Int(rule.pattern) - 1
      if let constant {
        shift(rule.second, operand, by: constant & mask, into: result)
      } else {
        binary(rule.first, operand, shiftCount(graph[value].b, mask), into: result)
      }
    case .shiftBytesLeft, .shiftBytesRight:
      shiftBytes(operand, graph[value].b, constant, isLeft: rule.family == .shiftBytesLeft, into: result)
    case .shiftBytesRightSigned: shiftBytesSigned(operand, graph[value].b, constant, into: result)
    default: shiftSigned64(operand, graph[value].b, constant, into: result)
    }
  }

  /// A shift count as the instructions need it: in a vector register, and modulo the width of a lane.
  private mutating func shiftCount(_ count: Value, _ mask: Int, plus addend: Int32 = 0) -> VirtualRegister {
    let masked = machine.makeRegister(.i32)
    let operand = register(using: count)
    begin(.binary, .dword, .and)
    defineInPlace(masked)
    use(operand)
    use(.constant(Int32(mask)))
    guard addend != 0 else { return unary(.movd, .register(masked)) }
    let sum = machine.makeRegister(.i32)
    begin(.binary, .dword, .add)
    defineInPlace(sum)
    use(masked)
    use(.constant(addend))
    return unary(.movd, .register(sum))
  }

  /// Bytes are shifted as words. Bits that would cross from one byte to another are cleared: before a left shift, after a right shift.
  private mutating func shiftBytes(
    _ operand: VirtualRegister, _ amount: Value, _ constant: Int?, isLeft: Bool, into result: VirtualRegister
  ) {
    if let count = constant.map({ $0 & 7 }) {
      let mask = UInt64(0xFF >> count) &* 0x0101_0101_0101_0101
      if isLeft {
        shift(.psllwConstant, binary(.pand, operand, pattern(mask)), by: count, into: result)
      } else {
        binary(.pand, shift(.psrlwConstant, operand, by: count), pattern(mask), into: result)
      }
      return
    }
    let count = shiftCount(amount, 7)
    // 0xFF >> count, in each word, then in each byte.
    let words = binary(.psrlw, shift(.psrlwConstant, ones(), by: 8), count)
    let mask = binary(.packuswb, words, words)
    if isLeft {
      binary(.psllw, binary(.pand, operand, mask), count, into: result)
    } else {
      binary(.pand, binary(.psrlw, operand, count), mask, into: result)
    }
  }

  /// Bytes become the upper halves of words, are shifted there, and are packed again.
  private mutating func shiftBytesSigned(
    _ operand: VirtualRegister, _ amount: Value, _ constant: Int?, into result: VirtualRegister
  ) {
    let low = binary(.punpcklbw, operand, operand)
    let high = binary(.punpckhbw, operand, operand)
    if let constant {
      let count = (constant & 7) + 8
      binary(
        .packsswb, shift(.psrawConstant, low, by: count), shift(.psrawConstant, high, by: count), into: result)
    } else {
      let count = shiftCount(amount, 7, plus: 8)
      binary(.packsswb, binary(.psraw, low, count), binary(.psraw, high, count), into: result)
    }
  }

  /// x >>s n == ((x >>u n) ^ s) - s, where s == 2⁶³ >>u n.
  private mutating func shiftSigned64(
    _ operand: VirtualRegister, _ amount: Value, _ constant: Int?, into result: VirtualRegister
  ) {
    if let constant {
      let count = constant & 63
      let shifted = shift(.psrlqConstant, operand, by: count)
      let sign = UInt64(1) << UInt64(63 - count)
      binary(.psubq, binary(.pxor, shifted, pattern(sign)), pattern(sign), into: result)
    } else {
      let count = shiftCount(amount, 63)
      let shifted = binary(.psrlq, operand, count)
      let sign = binary(.psrlq, constantVector(1 << 63), count)
      binary(.psubq, binary(.pxor, shifted, sign), sign, into: result)
    }
  }
}
