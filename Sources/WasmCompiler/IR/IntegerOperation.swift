import WebAssembly

/// An integer instruction without its width, so that rules for both widths are written once.
enum IntegerOperation: UInt8, BitwiseCopyable {
  case add, sub, mul, divS, divU, remS, remU, and, or, xor, shl, shrS, shrU, rotl, rotr
  case eqz, eq, ne, ltS, ltU, gtS, gtU, leS, leU, geS, geU
  case clz, ctz, popcnt, extend8S, extend16S

  /// Whether a ∘ b == b ∘ a.
  var isCommutative: Bool {
    switch self {
    case .add, .mul, .and, .or, .xor, .eq, .ne: true
    default: false
    }
  }

  var isComparison: Bool { rawValue >= IntegerOperation.eqz.rawValue && rawValue <= IntegerOperation.geU.rawValue }
  var isUnary: Bool { self == .eqz || rawValue >= IntegerOperation.clz.rawValue }

  /// The comparison that is true exactly when this one is false: !(a < b) == (a >= b).
  var negated: IntegerOperation? {
    switch self {
    case .eq: .ne
    case .ne: .eq
    case .ltS: .geS
    case .ltU: .geU
    case .gtS: .leS
    case .gtU: .leU
    case .leS: .gtS
    case .leU: .gtU
    case .geS: .ltS
    case .geU: .ltU
    default: nil
    }
  }

  /// The comparison with swapped operands: (a < b) == (b > a).
  var mirrored: IntegerOperation? {
    switch self {
    case .eq, .ne: self
    case .ltS: .gtS
    case .ltU: .gtU
    case .gtS: .ltS
    case .gtU: .ltU
    case .leS: .geS
    case .leU: .geU
    case .geS: .leS
    case .geU: .leU
    default: nil
    }
  }
}

/// Maps opcodes to integer operations, and back.
struct IntegerOperations: @unchecked Sendable {
  static let shared = IntegerOperations()

  private static let rows: [(operation: IntegerOperation, narrow: Opcode, wide: Opcode)] = [
    (.add, .i32Add, .i64Add), (.sub, .i32Sub, .i64Sub), (.mul, .i32Mul, .i64Mul), (.divS, .i32DivS, .i64DivS),
    (.divU, .i32DivU, .i64DivU), (.remS, .i32RemS, .i64RemS), (.remU, .i32RemU, .i64RemU),
    (.and, .i32And, .i64And), (.or, .i32Or, .i64Or), (.xor, .i32Xor, .i64Xor), (.shl, .i32Shl, .i64Shl),
    (.shrS, .i32ShrS, .i64ShrS), (.shrU, .i32ShrU, .i64ShrU), (.rotl, .i32Rotl, .i64Rotl),
    (.rotr, .i32Rotr, .i64Rotr), (.eqz, .i32Eqz, .i64Eqz), (.eq, .i32Eq, .i64Eq), (.ne, .i32Ne, .i64Ne),
    (.ltS, .i32LtS, .i64LtS), (.ltU, .i32LtU, .i64LtU), (.gtS, .i32GtS, .i64GtS), (.gtU, .i32GtU, .i64GtU),
    (.leS, .i32LeS, .i64LeS), (.leU, .i32LeU, .i64LeU), (.geS, .i32GeS, .i64GeS), (.geU, .i32GeU, .i64GeU),
    (.clz, .i32Clz, .i64Clz), (.ctz, .i32Ctz, .i64Ctz), (.popcnt, .i32Popcnt, .i64Popcnt),
    (.extend8S, .i32Extend8S, .i64Extend8S), (.extend16S, .i32Extend16S, .i64Extend16S),
  ]

  /// By opcode: the operation times two, plus one if it is 64 bits wide; or ``none``.
  private let byOpcode: UnsafePointer<UInt8>
  private let opcodes: UnsafePointer<Opcode>
  private static let none: UInt8 = 0xFF

  private init() {
    let byOpcode = UnsafeMutablePointer<UInt8>.allocate(capacity: Opcode.allCases.count)
    byOpcode.initialize(repeating: Self.none, count: Opcode.allCases.count)
    let opcodes = UnsafeMutablePointer<Opcode>.allocate(capacity: 2 * Self.rows.count)
    for row in Self.rows {
      let number = 2 * row.operation.rawValue
      byOpcode[Int(row.narrow.rawValue)] = number
      byOpcode[Int(row.wide.rawValue)] = number + 1
      (opcodes + Int(number)).initialize(to: row.narrow)
      (opcodes + Int(number) + 1).initialize(to: row.wide)
    }
    self.byOpcode = UnsafePointer(byOpcode)
    self.opcodes = UnsafePointer(opcodes)
  }

  /// The operation, and whether its operands have 64 bits.
  @inline(__always)
  func operation(_ opcode: Opcode) -> (operation: IntegerOperation, isWide: Bool)? {
    let number = byOpcode[Int(opcode.rawValue)]
    guard number != Self.none else { return nil }
    return (IntegerOperation(rawValue: number >> 1).unsafelyUnwrapped, number & 1 != 0)
  }

  @inline(__always)
  func opcode(_ operation: IntegerOperation, isWide: Bool) -> Opcode {
    opcodes[2 * Int(operation.rawValue) + (isWide ? 1 : 0)]
  }
}

extension IntegerOperation {
  /// The result for constant operands, with upper bits clear; nil if it traps.
  /// (Core specification 3.0, 4.3.2 "Integer Operations".)
  func evaluate(_ a: UInt64, _ b: UInt64, isWide: Bool) -> UInt64? {
    if isWide { return evaluate(a, b).map { UInt64($0) } }
    return evaluate(UInt32(truncatingIfNeeded: a), UInt32(truncatingIfNeeded: b)).map { UInt64($0) }
  }

  private func evaluate<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ b: T) -> T? {
    let signBit = T(1) << (T.bitWidth - 1)
    /// Maps the order of signed numbers to that of unsigned ones: (a <s b) == (biased(a) <u biased(b)).
    func biased(_ x: T) -> T { x ^ signBit }
    func extended(_ x: T, from bits: Int) -> T {
      let sign = T(1) << (bits - 1)
      return ((x & (sign &* 2 &- 1)) ^ sign) &- sign
    }
    switch self {
    case .add: return a &+ b
    case .sub: return a &- b
    case .mul: return a &* b
    case .divU: return b == 0 ? nil : a / b
    case .remU: return b == 0 ? nil : a % b
    case .divS, .remS: return divided(a, b, signBit: signBit)
    case .and: return a & b
    case .or: return a | b
    case .xor: return a ^ b
    case .shl: return a &<< b
    case .shrU: return a &>> b
    case .shrS: return a & signBit == 0 ? a &>> b : ~(~a &>> b)
    case .rotl: return a &<< b | a &>> (0 &- b)
    case .rotr: return a &>> b | a &<< (0 &- b)
    case .eqz: return a == 0 ? 1 : 0
    case .eq: return a == b ? 1 : 0
    case .ne: return a != b ? 1 : 0
    case .ltU: return a < b ? 1 : 0
    case .gtU: return a > b ? 1 : 0
    case .leU: return a <= b ? 1 : 0
    case .geU: return a >= b ? 1 : 0
    case .ltS: return biased(a) < biased(b) ? 1 : 0
    case .gtS: return biased(a) > biased(b) ? 1 : 0
    case .leS: return biased(a) <= biased(b) ? 1 : 0
    case .geS: return biased(a) >= biased(b) ? 1 : 0
    case .clz: return T(a.leadingZeroBitCount)
    case .ctz: return T(a.trailingZeroBitCount)
    case .popcnt: return T(a.nonzeroBitCount)
    case .extend8S: return extended(a, from: 8)
    case .extend16S: return extended(a, from: 16)
    }
  }

  private func divided<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ b: T, signBit: T) -> T? {
    guard b != 0 else { return nil }
    func magnitude(_ x: T) -> T { x & signBit == 0 ? x : 0 &- x }
    if self == .remS {
      let remainder = magnitude(a) % magnitude(b)
      return a & signBit == 0 ? remainder : 0 &- remainder
    }
    guard !(a == signBit && b == T.max) else { return nil }
    let quotient = magnitude(a) / magnitude(b)
    return (a ^ b) & signBit == 0 ? quotient : 0 &- quotient
  }
}
