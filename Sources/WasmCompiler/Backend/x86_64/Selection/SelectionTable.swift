import WebAssembly

/// How an instruction of the standard is selected.
struct SelectionRule: BitwiseCopyable {
  enum Family: UInt8 {
    /// Vectors, and instructions with two results: see the selection of vectors.
    case vector
    // Integers.
    case binary, and, xor, addition, subtraction, multiplication
    case quotient, remainder
    case shift, rotateLeft
    case leadingZeros, trailingZeros, population
    /// A sign-extending move, a wrap, or a change of type only.
    case transfer, rename
    // Tests: their result is 0 or 1.
    case comparison, zeroTest, floatComparison
    // Floats.
    case floatBinary, floatUnary, minimum, maximum, absolute, negation, copysign, rounding
    // Between integers and floats.
    case reinterpretFloat, reinterpretInteger
    case convertSigned, convertUnsigned
    case truncate

    @inline(__always)
    var isTest: Bool { rawValue >= Family.comparison.rawValue && rawValue <= Family.floatComparison.rawValue }
  }

  var family = Family.vector
  /// The size of the integers; for float instructions, `dword` or `qword` for single or double.
  var size = OperandSize.dword
  /// The condition of a test.
  var condition = Condition.equal
  /// For divisions and conversions.
  var isSigned = false
  /// For conversions between integers and floats: whether the float is a double.
  var isDouble = false
  /// Whether a truncation saturates instead of trapping.
  var isSaturating = false
  var encoding = Encoding(bits: 0)
  /// The mode of a rounding.
  var mode: Int32 = 0
}

/// The rules of all instructions, by the raw values of their opcodes.
///
/// (`@unchecked Sendable`: nothing changes after `init`.)
final class SelectionTable: @unchecked Sendable {
  static let shared = SelectionTable()

  let rules: UnsafeMutablePointer<SelectionRule>

  private init() {
    let count = Opcode.allCases.count
    rules = .allocate(capacity: count)
    rules.initialize(repeating: SelectionRule(), count: count)
    for (opcode, rule) in Self.integerRules + Self.floatRules + Self.conversionRules {
      rules[Int(opcode.rawValue)] = rule
    }
  }

  deinit { rules.deallocate() }

  private typealias Row = (Opcode, SelectionRule)
  private typealias Rule = SelectionRule

  /// The same rule for 32 and 64 bits.
  private static func both(_ narrow: Opcode, _ wide: Opcode, _ rule: SelectionRule) -> [Row] {
    var wideRule = rule
    wideRule.size = .qword
    return [(narrow, rule), (wide, wideRule)]
  }

  private static let integerRules: [Row] = [
    both(.i32Add, .i64Add, Rule(family: .addition, encoding: .add)),
    both(.i32Sub, .i64Sub, Rule(family: .subtraction, encoding: .sub)),
    both(.i32Mul, .i64Mul, Rule(family: .multiplication, encoding: .imul)),
    both(.i32And, .i64And, Rule(family: .and, encoding: .and)),
    both(.i32Or, .i64Or, Rule(family: .binary, encoding: .or)),
    both(.i32Xor, .i64Xor, Rule(family: .xor, encoding: .xor)),
    both(.i32DivS, .i64DivS, Rule(family: .quotient, isSigned: true)),
    both(.i32DivU, .i64DivU, Rule(family: .quotient)),
    both(.i32RemS, .i64RemS, Rule(family: .remainder, isSigned: true)),
    both(.i32RemU, .i64RemU, Rule(family: .remainder)),
    both(.i32Shl, .i64Shl, Rule(family: .shift, encoding: .shl)),
    both(.i32ShrS, .i64ShrS, Rule(family: .shift, encoding: .sar)),
    both(.i32ShrU, .i64ShrU, Rule(family: .shift, encoding: .shr)),
    both(.i32Rotl, .i64Rotl, Rule(family: .rotateLeft, encoding: .rol)),
    both(.i32Rotr, .i64Rotr, Rule(family: .shift, encoding: .ror)),
    both(.i32Clz, .i64Clz, Rule(family: .leadingZeros, encoding: .lzcnt)),
    both(.i32Ctz, .i64Ctz, Rule(family: .trailingZeros, encoding: .tzcnt)),
    both(.i32Popcnt, .i64Popcnt, Rule(family: .population, encoding: .popcnt)),
    both(.i32Eqz, .i64Eqz, Rule(family: .zeroTest, condition: .equal)),
    both(.i32Eq, .i64Eq, Rule(family: .comparison, condition: .equal)),
    both(.i32Ne, .i64Ne, Rule(family: .comparison, condition: .notEqual)),
    both(.i32LtS, .i64LtS, Rule(family: .comparison, condition: .less)),
    both(.i32LtU, .i64LtU, Rule(family: .comparison, condition: .below)),
    both(.i32GtS, .i64GtS, Rule(family: .comparison, condition: .greater)),
    both(.i32GtU, .i64GtU, Rule(family: .comparison, condition: .above)),
    both(.i32LeS, .i64LeS, Rule(family: .comparison, condition: .lessOrEqual)),
    both(.i32LeU, .i64LeU, Rule(family: .comparison, condition: .belowOrEqual)),
    both(.i32GeS, .i64GeS, Rule(family: .comparison, condition: .greaterOrEqual)),
    both(.i32GeU, .i64GeU, Rule(family: .comparison, condition: .aboveOrEqual)),
    both(.i32Extend8S, .i64Extend8S, Rule(family: .transfer, encoding: .movsxByte)),
    both(.i32Extend16S, .i64Extend16S, Rule(family: .transfer, encoding: .movsxWord)),
    [
      (.i64Extend32S, Rule(family: .transfer, size: .qword, encoding: .movsxd)),
      (.i64ExtendI32S, Rule(family: .transfer, size: .qword, encoding: .movsxd)),
      (.i32WrapI64, Rule(family: .transfer, encoding: .mov)),
      (.i64ExtendI32U, Rule(family: .rename)),
    ],
  ].flatMap { $0 }

  private static let floatRules: [Row] = [
    floats(.f32Add, .addss, .f64Add, .addsd, .floatBinary),
    floats(.f32Sub, .subss, .f64Sub, .subsd, .floatBinary),
    floats(.f32Mul, .mulss, .f64Mul, .mulsd, .floatBinary),
    floats(.f32Div, .divss, .f64Div, .divsd, .floatBinary),
    floats(.f32Min, .minss, .f64Min, .minsd, .minimum),
    floats(.f32Max, .maxss, .f64Max, .maxsd, .maximum),
    floats(.f32Sqrt, .sqrtss, .f64Sqrt, .sqrtsd, .floatUnary),
    floats(.f32Abs, .andps, .f64Abs, .andpd, .absolute),
    floats(.f32Neg, .xorps, .f64Neg, .xorpd, .negation),
    floats(.f32Copysign, .andps, .f64Copysign, .andpd, .copysign),
    // Modes of `roundss`, with the inexact exception masked.
    floats(.f32Nearest, .roundss, .f64Nearest, .roundsd, .rounding, mode: 8),
    floats(.f32Floor, .roundss, .f64Floor, .roundsd, .rounding, mode: 9),
    floats(.f32Ceil, .roundss, .f64Ceil, .roundsd, .rounding, mode: 10),
    floats(.f32Trunc, .roundss, .f64Trunc, .roundsd, .rounding, mode: 11),
    // `ucomiss` sets "below" for NaNs, so comparisons that are false for NaN use "above", with swapped operands if necessary.
    floats(.f32Eq, .ucomiss, .f64Eq, .ucomisd, .floatComparison, .equal),
    floats(.f32Ne, .ucomiss, .f64Ne, .ucomisd, .floatComparison, .notEqual),
    floats(.f32Gt, .ucomiss, .f64Gt, .ucomisd, .floatComparison, .above),
    floats(.f32Ge, .ucomiss, .f64Ge, .ucomisd, .floatComparison, .aboveOrEqual),
    floats(.f32Lt, .ucomiss, .f64Lt, .ucomisd, .floatComparison, .below),
    floats(.f32Le, .ucomiss, .f64Le, .ucomisd, .floatComparison, .belowOrEqual),
  ].flatMap { $0 }

  private static func floats(
    _ single: Opcode, _ singleEncoding: Encoding, _ double: Opcode, _ doubleEncoding: Encoding,
    _ family: Rule.Family, _ condition: Condition = .equal, mode: Int32 = 0
  ) -> [Row] {
    let rule = Rule(family: family, condition: condition, encoding: singleEncoding, mode: mode)
    let doubleRule = Rule(
      family: family, size: .qword, condition: condition, isDouble: true, encoding: doubleEncoding, mode: mode)
    return [(single, rule), (double, doubleRule)]
  }

  private static let conversionRules: [Row] = [
    both(.i32ReinterpretF32, .i64ReinterpretF64, Rule(family: .reinterpretFloat, encoding: .movdStore)),
    both(.f32ReinterpretI32, .f64ReinterpretI64, Rule(family: .reinterpretInteger, encoding: .movd)),
    [
      (.f32DemoteF64, Rule(family: .floatUnary, size: .qword, encoding: .cvtsd2ss)),
      (.f64PromoteF32, Rule(family: .floatUnary, encoding: .cvtss2sd)),
    ],
    both(.f32ConvertI32S, .f32ConvertI64S, Rule(family: .convertSigned, isSigned: true, encoding: .cvtsi2ss)),
    both(
      .f64ConvertI32S, .f64ConvertI64S,
      Rule(family: .convertSigned, isSigned: true, isDouble: true, encoding: .cvtsi2sd)),
    both(.f32ConvertI32U, .f32ConvertI64U, Rule(family: .convertUnsigned, encoding: .cvtsi2ss)),
    both(.f64ConvertI32U, .f64ConvertI64U, Rule(family: .convertUnsigned, isDouble: true, encoding: .cvtsi2sd)),
    both(.i32TruncF32S, .i64TruncF32S, Rule(family: .truncate, isSigned: true, encoding: .cvttss2si)),
    both(.i32TruncF64S, .i64TruncF64S, Rule(family: .truncate, isSigned: true, isDouble: true, encoding: .cvttsd2si)),
    both(.i32TruncF32U, .i64TruncF32U, Rule(family: .truncate, encoding: .cvttss2si)),
    both(.i32TruncF64U, .i64TruncF64U, Rule(family: .truncate, isDouble: true, encoding: .cvttsd2si)),
    both(
      .i32TruncSatF32S, .i64TruncSatF32S,
      Rule(family: .truncate, isSigned: true, isSaturating: true, encoding: .cvttss2si)),
    both(
      .i32TruncSatF64S, .i64TruncSatF64S,
      Rule(family: .truncate, isSigned: true, isDouble: true, isSaturating: true, encoding: .cvttsd2si)),
    both(.i32TruncSatF32U, .i64TruncSatF32U, Rule(family: .truncate, isSaturating: true, encoding: .cvttss2si)),
    both(
      .i32TruncSatF64U, .i64TruncSatF64U,
      Rule(family: .truncate, isDouble: true, isSaturating: true, encoding: .cvttsd2si)),
  ].flatMap { $0 }
}
