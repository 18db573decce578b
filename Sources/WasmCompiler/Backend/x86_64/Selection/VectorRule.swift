import WebAssembly

/// How a vector instruction of the standard is selected.
struct VectorRule: BitwiseCopyable {
  enum Family: UInt8 {
    /// Not in this table.
    case none
    /// first(a).
    case unary
    /// first(the high half of a).
    case unaryOfHigh
    /// first(a, b).
    case binary
    /// first(b, a).
    case swapped
    /// not first(a, b).
    case negated
    /// not first(b, a).
    case negatedSwapped
    /// second(first(a, b), a): true where a is the extremum.
    case extremum
    /// not second(first(a, b), a).
    case negatedExtremum
    /// first(0, a).
    case negation
    /// first(a, `pattern` in both halves).
    case mask
    /// (a & b) | (c & d) of some kind.
    case not, bitselect
    /// Shifts by an `i32`: by `first` a register's count, by `second` a constant. `pattern`: the bits of a lane.
    case shift
    case shiftBytesLeft, shiftBytesRight, shiftBytesRightSigned, shiftRightSigned64
    /// By the base-2 logarithm of a lane's size in bytes, which is `pattern`; `first` moves it.
    case splat, splatFloat
    case extract, extractSigned, extractFloat
    case replace, replaceFloat
    /// first(a, 0) is false in all lanes.
    case allTrue
    case anyTrue
    /// first(a), of all lanes; 16-bit lanes are narrowed to bytes before.
    case bitmask, bitmask16
    case shuffle, swizzle
    // Comparisons of 64-bit lanes, which the baseline lacks: a > b; a < b; and their negations.
    case greater64, less64, lessOrEqual64, greaterOrEqual64
    case absolute64, multiply64
    case population
    /// Rounded 16-bit products; extended products of 8, 16 and 32 bits, of the half in `pattern`.
    case multiplyRounded
    case multiplyExtended8, multiplyExtended16, multiplyExtended32
    case addPairs8Signed, addPairs8Unsigned, addPairs16Signed, addPairs16Unsigned
    case relaxedDot, relaxedDotAdd
    case minimum, maximum
    case multiplyAdd, multiplySubtract
    case truncateSigned32, truncateUnsigned32, truncateSigned64, truncateUnsigned64
    case convertUnsigned32, convertUnsigned64
  }

  var family = Family.none
  var first = Encoding(bits: 0)
  var second = Encoding(bits: 0)
  /// The constant of `first`.
  var constant: UInt8 = 0
  var pattern: UInt64 = 0
}

/// The rules of the vector instructions, by the raw values of their opcodes.
///
/// (`@unchecked Sendable`: nothing changes after `init`.)
final class VectorTable: @unchecked Sendable {
  static let shared = VectorTable()

  let rules: UnsafeMutablePointer<VectorRule>

  private init() {
    let count = Opcode.allCases.count
    rules = .allocate(capacity: count)
    rules.initialize(repeating: VectorRule(), count: count)
    for row in Self.integers + Self.wideIntegers + Self.floats + Self.lanes + Self.relaxed {
      rules[Int(row.0.rawValue)] = row.1
    }
  }

  deinit { rules.deallocate() }

  private typealias Row = (Opcode, VectorRule)
  private typealias Rule = VectorRule

  private static func row(
    _ opcode: Opcode, _ family: Rule.Family, _ first: Encoding = Encoding(bits: 0),
    _ second: Encoding = Encoding(bits: 0),
    constant: UInt8 = 0, pattern: UInt64 = 0
  ) -> Row {
    (opcode, Rule(family: family, first: first, second: second, constant: constant, pattern: pattern))
  }

  private static let integers: [Row] = [
    row(.v128Not, .not), row(.v128And, .binary, .pand), row(.v128Andnot, .swapped, .pandn), row(.v128Or, .binary, .por),
    row(.v128Xor, .binary, .pxor), row(.v128Bitselect, .bitselect),

    row(.i8x16Eq, .binary, .pcmpeqb), row(.i8x16Ne, .negated, .pcmpeqb), row(.i8x16GtS, .binary, .pcmpgtb),
    row(.i8x16LtS, .swapped, .pcmpgtb), row(.i8x16LeS, .extremum, .pminsb, .pcmpeqb),
    row(.i8x16GeS, .extremum, .pmaxsb, .pcmpeqb), row(.i8x16LeU, .extremum, .pminub, .pcmpeqb),
    row(.i8x16GeU, .extremum, .pmaxub, .pcmpeqb), row(.i8x16GtU, .negatedExtremum, .pminub, .pcmpeqb),
    row(.i8x16LtU, .negatedExtremum, .pmaxub, .pcmpeqb),

    row(.i16x8Eq, .binary, .pcmpeqw), row(.i16x8Ne, .negated, .pcmpeqw), row(.i16x8GtS, .binary, .pcmpgtw),
    row(.i16x8LtS, .swapped, .pcmpgtw), row(.i16x8LeS, .extremum, .pminsw, .pcmpeqw),
    row(.i16x8GeS, .extremum, .pmaxsw, .pcmpeqw), row(.i16x8LeU, .extremum, .pminuw, .pcmpeqw),
    row(.i16x8GeU, .extremum, .pmaxuw, .pcmpeqw), row(.i16x8GtU, .negatedExtremum, .pminuw, .pcmpeqw),
    row(.i16x8LtU, .negatedExtremum, .pmaxuw, .pcmpeqw),

    row(.i32x4Eq, .binary, .pcmpeqd), row(.i32x4Ne, .negated, .pcmpeqd), row(.i32x4GtS, .binary, .pcmpgtd),
    row(.i32x4LtS, .swapped, .pcmpgtd), row(.i32x4LeS, .extremum, .pminsd, .pcmpeqd),
    row(.i32x4GeS, .extremum, .pmaxsd, .pcmpeqd), row(.i32x4LeU, .extremum, .pminud, .pcmpeqd),
    row(.i32x4GeU, .extremum, .pmaxud, .pcmpeqd), row(.i32x4GtU, .negatedExtremum, .pminud, .pcmpeqd),
    row(.i32x4LtU, .negatedExtremum, .pmaxud, .pcmpeqd),

    row(.i64x2Eq, .binary, .pcmpeqq), row(.i64x2Ne, .negated, .pcmpeqq), row(.i64x2GtS, .greater64),
    row(.i64x2LtS, .less64), row(.i64x2LeS, .lessOrEqual64), row(.i64x2GeS, .greaterOrEqual64),

    row(.i8x16Abs, .unary, .pabsb), row(.i8x16Neg, .negation, .psubb), row(.i8x16Popcnt, .population),
    row(.i8x16Add, .binary, .paddb), row(.i8x16Sub, .binary, .psubb), row(.i8x16AddSatS, .binary, .paddsb),
    row(.i8x16AddSatU, .binary, .paddusb), row(.i8x16SubSatS, .binary, .psubsb), row(.i8x16SubSatU, .binary, .psubusb),
    row(.i8x16AvgrU, .binary, .pavgb), row(.i8x16MinS, .binary, .pminsb), row(.i8x16MinU, .binary, .pminub),
    row(.i8x16MaxS, .binary, .pmaxsb), row(.i8x16MaxU, .binary, .pmaxub), row(.i8x16Shl, .shiftBytesLeft),
    row(.i8x16ShrU, .shiftBytesRight), row(.i8x16ShrS, .shiftBytesRightSigned),
    row(.i8x16NarrowI16x8S, .binary, .packsswb), row(.i8x16NarrowI16x8U, .binary, .packuswb),

    row(.i16x8Abs, .unary, .pabsw), row(.i16x8Neg, .negation, .psubw), row(.i16x8Add, .binary, .paddw),
    row(.i16x8Sub, .binary, .psubw), row(.i16x8Mul, .binary, .pmullw), row(.i16x8AddSatS, .binary, .paddsw),
    row(.i16x8AddSatU, .binary, .paddusw), row(.i16x8SubSatS, .binary, .psubsw), row(.i16x8SubSatU, .binary, .psubusw),
    row(.i16x8AvgrU, .binary, .pavgw), row(.i16x8MinS, .binary, .pminsw), row(.i16x8MinU, .binary, .pminuw),
    row(.i16x8MaxS, .binary, .pmaxsw), row(.i16x8MaxU, .binary, .pmaxuw),
    row(.i16x8Shl, .shift, .psllw, .psllwConstant, pattern: 16),
    row(.i16x8ShrU, .shift, .psrlw, .psrlwConstant, pattern: 16),
    row(.i16x8ShrS, .shift, .psraw, .psrawConstant, pattern: 16), row(.i16x8Q15mulrSatS, .multiplyRounded),
    row(.i16x8NarrowI32x4S, .binary, .packssdw), row(.i16x8NarrowI32x4U, .binary, .packusdw),
    row(.i16x8ExtaddPairwiseI8x16S, .addPairs8Signed), row(.i16x8ExtaddPairwiseI8x16U, .addPairs8Unsigned),
  ]

  private static let wideIntegers: [Row] = [
    row(.i32x4Abs, .unary, .pabsd), row(.i32x4Neg, .negation, .psubd), row(.i32x4Add, .binary, .paddd),
    row(.i32x4Sub, .binary, .psubd), row(.i32x4Mul, .binary, .pmulld), row(.i32x4MinS, .binary, .pminsd),
    row(.i32x4MinU, .binary, .pminud), row(.i32x4MaxS, .binary, .pmaxsd), row(.i32x4MaxU, .binary, .pmaxud),
    row(.i32x4Shl, .shift, .pslld, .pslldConstant, pattern: 32),
    row(.i32x4ShrU, .shift, .psrld, .psrldConstant, pattern: 32),
    row(.i32x4ShrS, .shift, .psrad, .psradConstant, pattern: 32), row(.i32x4DotI16x8S, .binary, .pmaddwd),
    row(.i32x4ExtaddPairwiseI16x8S, .addPairs16Signed), row(.i32x4ExtaddPairwiseI16x8U, .addPairs16Unsigned),

    row(.i64x2Abs, .absolute64), row(.i64x2Neg, .negation, .psubq), row(.i64x2Add, .binary, .paddq),
    row(.i64x2Sub, .binary, .psubq), row(.i64x2Mul, .multiply64),
    row(.i64x2Shl, .shift, .psllq, .psllqConstant, pattern: 64),
    row(.i64x2ShrU, .shift, .psrlq, .psrlqConstant, pattern: 64),
    row(.i64x2ShrS, .shiftRightSigned64),

    row(.i16x8ExtendLowI8x16S, .unary, .pmovsxbw), row(.i16x8ExtendHighI8x16S, .unaryOfHigh, .pmovsxbw),
    row(.i16x8ExtendLowI8x16U, .unary, .pmovzxbw), row(.i16x8ExtendHighI8x16U, .unaryOfHigh, .pmovzxbw),
    row(.i32x4ExtendLowI16x8S, .unary, .pmovsxwd), row(.i32x4ExtendHighI16x8S, .unaryOfHigh, .pmovsxwd),
    row(.i32x4ExtendLowI16x8U, .unary, .pmovzxwd), row(.i32x4ExtendHighI16x8U, .unaryOfHigh, .pmovzxwd),
    row(.i64x2ExtendLowI32x4S, .unary, .pmovsxdq), row(.i64x2ExtendHighI32x4S, .unaryOfHigh, .pmovsxdq),
    row(.i64x2ExtendLowI32x4U, .unary, .pmovzxdq), row(.i64x2ExtendHighI32x4U, .unaryOfHigh, .pmovzxdq),

    // The instruction that extends bytes.
    row(.i16x8ExtmulLowI8x16S, .multiplyExtended8, .pmovsxbw),
    row(.i16x8ExtmulLowI8x16U, .multiplyExtended8, .pmovzxbw),
    row(.i16x8ExtmulHighI8x16S, .multiplyExtended8, .pmovsxbw, pattern: 1),
    row(.i16x8ExtmulHighI8x16U, .multiplyExtended8, .pmovzxbw, pattern: 1),
    // The instructions that compute the high halves of the products, and that combine the halves.
    row(.i32x4ExtmulLowI16x8S, .multiplyExtended16, .pmulhw, .punpcklwd),
    row(.i32x4ExtmulHighI16x8S, .multiplyExtended16, .pmulhw, .punpckhwd),
    row(.i32x4ExtmulLowI16x8U, .multiplyExtended16, .pmulhuw, .punpcklwd),
    row(.i32x4ExtmulHighI16x8U, .multiplyExtended16, .pmulhuw, .punpckhwd),
    // The lanes that are moved to the even positions.
    row(.i64x2ExtmulLowI32x4S, .multiplyExtended32, .pmuldq, constant: 0b01_01_00_00),
    row(.i64x2ExtmulHighI32x4S, .multiplyExtended32, .pmuldq, constant: 0b11_11_10_10),
    row(.i64x2ExtmulLowI32x4U, .multiplyExtended32, .pmuludq, constant: 0b01_01_00_00),
    row(.i64x2ExtmulHighI32x4U, .multiplyExtended32, .pmuludq, constant: 0b11_11_10_10),
  ]

  private static let floats: [Row] =
    [
      floats(.f32x4Add, .addps, .f64x2Add, .addpd, .binary), floats(.f32x4Sub, .subps, .f64x2Sub, .subpd, .binary),
      floats(.f32x4Mul, .mulps, .f64x2Mul, .mulpd, .binary), floats(.f32x4Div, .divps, .f64x2Div, .divpd, .binary),
      floats(.f32x4Sqrt, .sqrtps, .f64x2Sqrt, .sqrtpd, .unary),
      // `minps` returns the second operand unless the first is less (`maxps`: greater), which is the standard's definition with swapped
      // operands.
      floats(.f32x4Pmin, .minps, .f64x2Pmin, .minpd, .swapped),
      floats(.f32x4Pmax, .maxps, .f64x2Pmax, .maxpd, .swapped),
      floats(.f32x4Min, .minps, .f64x2Min, .minpd, .minimum), floats(.f32x4Max, .maxps, .f64x2Max, .maxpd, .maximum),
      floats(.f32x4RelaxedMin, .minps, .f64x2RelaxedMin, .minpd, .minimum),
      floats(.f32x4RelaxedMax, .maxps, .f64x2RelaxedMax, .maxpd, .maximum),
      floats(.f32x4Nearest, .roundps, .f64x2Nearest, .roundpd, .unary, constant: 8),
      floats(.f32x4Floor, .roundps, .f64x2Floor, .roundpd, .unary, constant: 9),
      floats(.f32x4Ceil, .roundps, .f64x2Ceil, .roundpd, .unary, constant: 10),
      floats(.f32x4Trunc, .roundps, .f64x2Trunc, .roundpd, .unary, constant: 11),
      comparison(.f32x4Eq, .f64x2Eq, .equal), comparison(.f32x4Ne, .f64x2Ne, .notEqual),
      comparison(.f32x4Lt, .f64x2Lt, .less), comparison(.f32x4Le, .f64x2Le, .lessOrEqual),
      comparison(.f32x4Gt, .f64x2Gt, .less, .swapped), comparison(.f32x4Ge, .f64x2Ge, .lessOrEqual, .swapped),
    ].flatMap { $0 } + [
      row(.f32x4Abs, .mask, .andps, pattern: 0x7FFF_FFFF_7FFF_FFFF),
      row(.f32x4Neg, .mask, .xorps, pattern: 0x8000_0000_8000_0000),
      row(.f64x2Abs, .mask, .andpd, pattern: 0x7FFF_FFFF_FFFF_FFFF),
      row(.f64x2Neg, .mask, .xorpd, pattern: 0x8000_0000_0000_0000),
      row(.f32x4DemoteF64x2Zero, .unary, .cvtpd2ps), row(.f64x2PromoteLowF32x4, .unary, .cvtps2pd),
      row(.f32x4ConvertI32x4S, .unary, .cvtdq2ps), row(.f32x4ConvertI32x4U, .convertUnsigned32),
      row(.f64x2ConvertLowI32x4S, .unary, .cvtdq2pd), row(.f64x2ConvertLowI32x4U, .convertUnsigned64),
      row(.i32x4TruncSatF32x4S, .truncateSigned32), row(.i32x4TruncSatF32x4U, .truncateUnsigned32),
      row(.i32x4TruncSatF64x2SZero, .truncateSigned64), row(.i32x4TruncSatF64x2UZero, .truncateUnsigned64),
    ]

  private static func floats(
    _ single: Opcode, _ singleEncoding: Encoding, _ double: Opcode, _ doubleEncoding: Encoding, _ family: Rule.Family,
    constant: UInt8 = 0
  ) -> [Row] {
    [row(single, family, singleEncoding, constant: constant), row(double, family, doubleEncoding, constant: constant)]
  }

  private static func comparison(
    _ single: Opcode, _ double: Opcode, _ predicate: FloatPredicate, _ family: Rule.Family = .binary
  ) -> [Row] {
    floats(single, .cmpps, double, .cmppd, family, constant: predicate.rawValue)
  }

  private static let lanes: [Row] = [
    row(.i8x16Shuffle, .shuffle), row(.i8x16Swizzle, .swizzle), row(.v128AnyTrue, .anyTrue),
    row(.i8x16Splat, .splat, pattern: 0), row(.i16x8Splat, .splat, pattern: 1), row(.i32x4Splat, .splat, pattern: 2),
    row(.i64x2Splat, .splat, pattern: 3), row(.f32x4Splat, .splatFloat, pattern: 2),
    row(.f64x2Splat, .splatFloat, pattern: 3),
    row(.i8x16ExtractLaneS, .extractSigned, .pextrb, .movsxByte, pattern: 0),
    row(.i8x16ExtractLaneU, .extract, .pextrb, pattern: 0),
    row(.i16x8ExtractLaneS, .extractSigned, .pextrw, .movsxWord, pattern: 1),
    row(.i16x8ExtractLaneU, .extract, .pextrw, pattern: 1), row(.i32x4ExtractLane, .extract, .pextrd, pattern: 2),
    row(.i64x2ExtractLane, .extract, .pextrd, pattern: 3), row(.f32x4ExtractLane, .extractFloat, pattern: 2),
    row(.f64x2ExtractLane, .extractFloat, pattern: 3), row(.i8x16ReplaceLane, .replace, .pinsrb, pattern: 0),
    row(.i16x8ReplaceLane, .replace, .pinsrw, pattern: 1), row(.i32x4ReplaceLane, .replace, .pinsrd, pattern: 2),
    row(.i64x2ReplaceLane, .replace, .pinsrd, pattern: 3), row(.f32x4ReplaceLane, .replaceFloat, pattern: 2),
    row(.f64x2ReplaceLane, .replaceFloat, pattern: 3), row(.i8x16AllTrue, .allTrue, .pcmpeqb),
    row(.i16x8AllTrue, .allTrue, .pcmpeqw), row(.i32x4AllTrue, .allTrue, .pcmpeqd),
    row(.i64x2AllTrue, .allTrue, .pcmpeqq),
    row(.i8x16Bitmask, .bitmask, .pmovmskb), row(.i16x8Bitmask, .bitmask16), row(.i32x4Bitmask, .bitmask, .movmskps),
    row(.i64x2Bitmask, .bitmask, .movmskpd),
  ]

  /// Where the standard allows several results, these have the interpreter's result, on every machine.
  private static let relaxed: [Row] = [
    row(.i8x16RelaxedSwizzle, .swizzle), row(.i32x4RelaxedTruncF32x4S, .truncateSigned32),
    row(.i32x4RelaxedTruncF32x4U, .truncateUnsigned32), row(.i32x4RelaxedTruncF64x2SZero, .truncateSigned64),
    row(.i32x4RelaxedTruncF64x2UZero, .truncateUnsigned64), row(.f32x4RelaxedMadd, .multiplyAdd, .mulps, .addps),
    row(.f64x2RelaxedMadd, .multiplyAdd, .mulpd, .addpd), row(.f32x4RelaxedNmadd, .multiplySubtract, .mulps, .subps),
    row(.f64x2RelaxedNmadd, .multiplySubtract, .mulpd, .subpd), row(.i8x16RelaxedLaneselect, .bitselect),
    row(.i16x8RelaxedLaneselect, .bitselect), row(.i32x4RelaxedLaneselect, .bitselect),
    row(.i64x2RelaxedLaneselect, .bitselect), row(.i16x8RelaxedQ15mulrS, .multiplyRounded),
    row(.i16x8RelaxedDotI8x16I7x16S, .relaxedDot), row(.i32x4RelaxedDotI8x16I7x16AddS, .relaxedDotAdd),
  ]
}
