/// The bits of an integer that have the same value in every execution. An `i32` also has 64 bits: its upper half is zero, as in a register.
package struct KnownBits: BitwiseCopyable, Equatable {
  /// The bits known to be 0, and those known to be 1. No bit is in both.
  var zeros: UInt64
  var ones: UInt64

  init(zeros: UInt64, ones: UInt64) {
    self.zeros = zeros
    self.ones = ones
  }

  init(constant: UInt64) { self.init(zeros: ~constant, ones: constant) }

  /// A number with at most as many bits as `maximum`.
  init(maximum: UInt64) { self.init(zeros: ~(UInt64.max >> UInt64(maximum.leadingZeroBitCount)), ones: 0) }

  /// The bits known for every value of a type.
  @inline(__always)
  init(_ type: IRType) { self.init(zeros: type == .i32 ? Self.upperHalf : 0, ones: 0) }

  /// Marks a value that has not been analysed.
  static let unseen = KnownBits(zeros: .max, ones: .max)
  static let upperHalf: UInt64 = 0xFFFF_FFFF_0000_0000

  /// The bounds as unsigned numbers.
  var minimum: UInt64 { ones }
  var maximum: UInt64 { ~zeros }
  /// The value, if only one is possible.
  var constant: UInt64? { zeros == ~ones ? ones : nil }

  /// The bits known in both.
  func meet(_ other: KnownBits) -> KnownBits { KnownBits(zeros: zeros & other.zeros, ones: ones & other.ones) }

  /// Adds bits that are known from another source.
  mutating func add(_ other: KnownBits) {
    zeros |= other.zeros
    ones |= other.ones
  }

  /// A mask of the bits below the lowest one that may be 1.
  var trailingZeros: UInt64 { ~zeros == 0 ? .max : (~zeros & (0 &- ~zeros)) &- 1 }

  /// The number of upper bits of a number of this width that are certainly equal: at least 1.
  func signBitCount(width: Int) -> Int {
    let shift = UInt64(64 - width)
    return max(1, (~(zeros << shift)).leadingZeroBitCount, (~(ones << shift)).leadingZeroBitCount)
  }
}

// MARK: Results of operations

extension KnownBits {
  /// The known bits of the result of an operation, by those of its operands.
  static func result(_ operation: IntegerOperation, _ a: KnownBits, _ b: KnownBits, isWide: Bool) -> KnownBits {
    let bits = wideResult(operation, a, b, isWide)
    return isWide ? bits : KnownBits(zeros: bits.zeros | upperHalf, ones: bits.ones & ~upperHalf)
  }

  /// The same; the upper half is undefined unless the operation is wide.
  private static func wideResult(
    _ operation: IntegerOperation, _ a: KnownBits, _ b: KnownBits, _ isWide: Bool
  ) -> KnownBits {
    switch operation {
    case .add: return sum(a, b, carry: 0)
    case .sub: return sum(a, KnownBits(zeros: b.ones, ones: b.zeros), carry: 1)
    case .mul: return product(a, b)
    case .and: return KnownBits(zeros: a.zeros | b.zeros, ones: a.ones & b.ones)
    case .or: return KnownBits(zeros: a.zeros & b.zeros, ones: a.ones | b.ones)
    case .xor:
      return KnownBits(
        zeros: a.zeros & b.zeros | a.ones & b.ones, ones: a.zeros & b.ones | a.ones & b.zeros)
    case .shl, .shrU, .shrS: return shift(operation, a, b, isWide)
    case .divU: return KnownBits(maximum: b.minimum > 1 ? a.maximum / b.minimum : a.maximum)
    case .remU: return KnownBits(maximum: b.maximum == 0 ? a.maximum : min(a.maximum, b.maximum - 1))
    case .eqz: return test(a.minimum != 0 ? 0 : a.maximum == 0 ? 1 : nil)
    case .eq, .ne, .ltU, .gtU, .leU, .geU, .ltS, .gtS, .leS, .geS: return comparison(operation, a, b, isWide)
    case .clz, .ctz, .popcnt: return KnownBits(maximum: isWide ? 64 : 32)
    case .extend8S: return a.extended(from: 8)
    case .extend16S: return a.extended(from: 16)
    case .divS, .remS, .rotl, .rotr: return KnownBits(zeros: 0, ones: 0)
    }
  }

  /// Sign extension: the upper bits are copies of the highest bit below `width`.
  func extended(from width: UInt64) -> KnownBits {
    func extend(_ bits: UInt64) -> UInt64 {
      UInt64(bitPattern: Int64(bitPattern: bits << (64 - width)) >> (64 - width))
    }
    return KnownBits(zeros: extend(zeros), ones: extend(ones))
  }

  /// A bit of a sum is known if both operand bits and the carry into it are known. A carry is known if the largest and the smallest
  /// possible sums have the same carry there.
  private static func sum(_ a: KnownBits, _ b: KnownBits, carry: UInt64) -> KnownBits {
    let largest = a.maximum &+ b.maximum &+ carry
    let smallest = a.minimum &+ b.minimum &+ carry
    let carryZeros = ~(largest ^ a.zeros ^ b.zeros)
    let carryOnes = smallest ^ a.ones ^ b.ones
    let known = (a.zeros | a.ones) & (b.zeros | b.ones) & (carryZeros | carryOnes)
    return KnownBits(zeros: ~largest & known, ones: smallest & known)
  }

  /// A product has at least as many trailing zeros as its factors together, and is at most the product of their maximums.
  private static func product(_ a: KnownBits, _ b: KnownBits) -> KnownBits {
    let (largest, overflow) = a.maximum.multipliedReportingOverflow(by: b.maximum)
    let zeros = (~a.zeros).trailingZeroBitCount + (~b.zeros).trailingZeroBitCount
    let low: UInt64 = zeros >= 64 ? .max : (1 << UInt64(zeros)) - 1
    return KnownBits(zeros: low | (overflow ? 0 : KnownBits(maximum: largest).zeros), ones: 0)
  }

  private static func shift(_ operation: IntegerOperation, _ a: KnownBits, _ b: KnownBits, _ isWide: Bool) -> KnownBits
  {
    guard let constant = b.constant else { return shiftByUnknown(operation, a) }
    let count = constant & (isWide ? 63 : 31)
    switch operation {
    case .shl: return KnownBits(zeros: ~(~a.zeros << count), ones: a.ones << count)
    case .shrU: return KnownBits(zeros: ~(~a.zeros >> count), ones: a.ones >> count)
    default:
      let wide = isWide ? a : a.extended(from: 32)
      func shift(_ bits: UInt64) -> UInt64 { UInt64(bitPattern: Int64(bitPattern: bits) >> Int64(count)) }
      return KnownBits(zeros: shift(wide.zeros), ones: shift(wide.ones))
    }
  }

  private static func shiftByUnknown(_ operation: IntegerOperation, _ a: KnownBits) -> KnownBits {
    switch operation {
    // A left shift keeps trailing zeros.
    case .shl:
      let count = (~a.zeros).trailingZeroBitCount
      return KnownBits(zeros: count >= 64 ? .max : (1 << UInt64(count)) - 1, ones: 0)
    case .shrU: return KnownBits(maximum: a.maximum)
    default: return KnownBits(zeros: 0, ones: 0)
    }
  }

  // MARK: Tests

  private static func test(_ result: UInt64?) -> KnownBits {
    result.map { KnownBits(constant: $0) } ?? KnownBits(maximum: 1)
  }

  private static func comparison(
    _ operation: IntegerOperation, _ a: KnownBits, _ b: KnownBits, _ isWide: Bool
  ) -> KnownBits {
    switch operation {
    case .eq, .ne:
      // Numbers that differ in a known bit are not equal. (Fully known numbers were folded as constants.)
      let differ = a.zeros & b.ones | a.ones & b.zeros != 0
      return test(differ ? (operation == .ne ? 1 : 0) : nil)
    case .ltU: return test(isLess(a, b))
    case .gtU: return test(isLess(b, a))
    case .geU: return test(isLess(a, b).map { 1 - $0 })
    case .leU: return test(isLess(b, a).map { 1 - $0 })
    default: break
    }
    let (a, b) = (a.biased(isWide), b.biased(isWide))
    switch operation {
    case .ltS: return test(isLess(a, b))
    case .gtS: return test(isLess(b, a))
    case .geS: return test(isLess(a, b).map { 1 - $0 })
    default: return test(isLess(b, a).map { 1 - $0 })
    }
  }

  /// Whether one unsigned number is less than the other, as 0 or 1; nil if unknown.
  private static func isLess(_ a: KnownBits, _ b: KnownBits) -> UInt64? {
    a.maximum < b.minimum ? 1 : a.minimum >= b.maximum ? 0 : nil
  }

  /// The known bits with the sign flipped, so that signed order becomes unsigned order.
  private func biased(_ isWide: Bool) -> KnownBits {
    let sign: UInt64 = isWide ? 1 << 63 : 1 << 31
    return KnownBits(zeros: zeros & ~sign | ones & sign, ones: ones & ~sign | zeros & sign)
  }
}
