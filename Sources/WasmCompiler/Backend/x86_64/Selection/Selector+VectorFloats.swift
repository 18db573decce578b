import WebAssembly

// Vector instructions on floats for which there is no single machine instruction.

extension Selector {
  mutating func lowerVectorFloat(_ value: Value, _ rule: VectorRule) {
    let result = register(of: value)
    switch rule.family {
    case .minimum: lowerVectorMinimum(value, rule, into: result)
    case .maximum: lowerVectorMaximum(value, rule, into: result)
    case .multiplyAdd:
      let product = binary(rule.first, vector(graph[value].a), vectorSource(graph[value].b))
      binary(rule.second, product, vectorSource(graph[value].c), into: result)
    case .multiplySubtract:
      let product = binary(rule.first, vector(graph[value].a), vectorSource(graph[value].b))
      binary(rule.second, vector(graph[value].c), product, into: result)
    case .truncateSigned32: truncateSigned32(vector(graph[value].a), into: result)
    case .truncateUnsigned32: truncateUnsigned32(vector(graph[value].a), into: result)
    case .truncateSigned64: truncateSigned64(vector(graph[value].a), into: result)
    case .truncateUnsigned64: truncateUnsigned64(vector(graph[value].a), into: result)
    case .convertUnsigned32: convertUnsigned32(vector(graph[value].a), into: result)
    default:
      // x becomes the low bits of the float 2⁵² + x, from which 2⁵² is subtracted.
      let wide = binary(.unpcklps, vector(graph[value].a), pattern(0x4330_0000_4330_0000))
      binary(.subpd, wide, pattern(0x4330_0000_0000_0000), into: result)
    }
  }

  // MARK: Minimum and maximum

  /// The packed `or`, `xor`, … for an instruction's floats, the comparison, and the shift count that keeps only the payload of a NaN.
  private typealias FloatForms = (
    or: Encoding, xor: Encoding, subtract: Encoding, compare: Encoding, andNot: Encoding, shift: Encoding, bits: Int
  )

  private func floatForms(_ encoding: Encoding) -> FloatForms {
    encoding.prefix == Encoding.minps.prefix
      ? (.orps, .xorps, .subps, .cmpps, .andnps, .psrldConstant, 10)
      : (.orpd, .xorpd, .subpd, .cmppd, .andnpd, .psrlqConstant, 13)
  }

  /// `minps` returns its second operand if one is NaN or both are zero; so it is computed in both orders. `or` of the results is -0 if
  /// one zero is negative; with a NaN it is a NaN, whose payload is then cleared.
  private mutating func lowerVectorMinimum(_ value: Value, _ rule: VectorRule, into result: VirtualRegister) {
    let forms = floatForms(rule.first)
    let (left, right) = (vector(graph[value].a), vector(graph[value].b))
    let first = binary(rule.first, left, right)
    let second = binary(rule.first, right, left)
    let either = binary(forms.or, first, second)
    let isNaN = binary(forms.compare, first, .register(second), FloatPredicate.unordered.rawValue)
    let allOnes = binary(forms.or, either, isNaN)
    binary(forms.andNot, shift(forms.shift, isNaN, by: forms.bits), allOnes, into: result)
  }

  /// The same for the maximum, where +0 is preferred: 0 - -0 if the two results differ, and x - 0 otherwise.
  private mutating func lowerVectorMaximum(_ value: Value, _ rule: VectorRule, into result: VirtualRegister) {
    let forms = floatForms(rule.first)
    let (left, right) = (vector(graph[value].a), vector(graph[value].b))
    let first = binary(rule.first, left, right)
    let second = binary(rule.first, right, left)
    let difference = binary(forms.xor, first, second)
    let either = binary(forms.or, first, difference)
    let greatest = binary(forms.subtract, either, difference)
    let isNaN = binary(forms.compare, either, .register(either), FloatPredicate.unordered.rawValue)
    binary(forms.andNot, shift(forms.shift, isNaN, by: forms.bits), greatest, into: result)
  }

  // MARK: Conversions

  /// `cvttps2dq` returns 0x8000_0000 for numbers out of range.
  private mutating func truncateSigned32(_ operand: VirtualRegister, into result: VirtualRegister) {
    let isNumber = binary(.cmpps, operand, .register(operand), FloatPredicate.equal.rawValue)
    let number = binary(.andps, operand, isNumber)
    // For a number, the complement of its bits: the sign is set if the number is positive.
    let complement = binary(.pxor, isNumber, number)
    let converted = unary(.cvttps2dq, .register(number))
    // Positive, but converted to a negative number: 0x8000_0000 is changed to 0x7FFF_FFFF.
    let overflows = shift(.psradConstant, binary(.pand, complement, converted), by: 31)
    binary(.pxor, converted, overflows, into: result)
  }

  /// The sum of two signed conversions: of x, which yields 0x8000_0000 from 2³¹ on, and of max(x - 2³¹, 0).
  private mutating func truncateUnsigned32(_ operand: VirtualRegister, into result: VirtualRegister) {
    // NaN becomes 0, the second operand.
    let number = binary(.maxps, operand, zero())
    let limit = constantVector(0x4F00_0000_4F00_0000)
    let rest = binary(.subps, number, limit)
    let overflows = binary(.cmpps, limit, .register(rest), FloatPredicate.lessOrEqual.rawValue)
    let converted = binary(.pxor, unary(.cvttps2dq, .register(rest)), overflows)
    let upper = binary(.pmaxsd, converted, zero())
    binary(.paddd, unary(.cvttps2dq, .register(number)), upper, into: result)
  }

  /// Numbers that are too small become 0x8000_0000 anyway.
  private mutating func truncateSigned64(_ operand: VirtualRegister, into result: VirtualRegister) {
    let isNumber = binary(.cmppd, operand, .register(operand), FloatPredicate.equal.rawValue)
    // 2³¹ - 1; for NaN 0, which the minimum then returns.
    let limit = binary(.andpd, isNumber, pattern(0x41DF_FFFF_FFC0_0000))
    unary(.cvttpd2dq, .register(binary(.minpd, operand, limit)), into: result)
  }

  /// x becomes the low bits of the float 2⁵² + x.
  private mutating func truncateUnsigned64(_ operand: VirtualRegister, into result: VirtualRegister) {
    let zero = zero()
    let number = binary(.maxpd, operand, zero)
    // 2³² - 1.
    let bounded = binary(.minpd, number, pattern(0x41EF_FFFF_FFE0_0000))
    let whole = unary(.roundpd, .register(bounded), 11)
    let sum = binary(.addpd, whole, pattern(0x4330_0000_0000_0000))
    binary(.shufps, sum, .register(zero), 0b10_00_10_00, into: result)
  }

  /// The sum of the converted halves, each of which is exact.
  private mutating func convertUnsigned32(_ operand: VirtualRegister, into result: VirtualRegister) {
    let low = binary(.pblendw, zero(), .register(operand), 0b0101_0101)
    let high = binary(.psubd, operand, low)
    let lowFloat = unary(.cvtdq2ps, .register(low))
    let halfOfHigh = unary(.cvtdq2ps, .register(shift(.psrldConstant, high, by: 1)))
    binary(.addps, binary(.addps, halfOfHigh, halfOfHigh), lowFloat, into: result)
  }
}
