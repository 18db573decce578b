import Testing
import WasmText

/// Number literals are exact to the bit.
@Suite struct NumberTests {
  /// The bits of `f32.const literal` and `f64.const literal`.
  private func bits32(_ literal: String) throws -> UInt32 {
    try constant("f32", literal, 4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  private func bits64(_ literal: String) throws -> UInt64 {
    try constant("f64", literal, 8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func constant(_ type: String, _ literal: String, _ size: Int) throws -> [UInt8] {
    let bytes = try assemble("(global \(type) (\(type).const \(literal)))")
    return Array(bytes[(bytes.count - 1 - size)..<(bytes.count - 1)])
  }

  @Test(
    arguments: [
      ("0x1.000001p0", 0x3F80_0000), ("0x1.00000100000000000001p0", 0x3F80_0001), ("0x1.000003p0", 0x3F80_0002),
      ("0x1p-149", 1), ("0x1p-150", 0), ("0x1.000000000000000001p-150", 1), ("0x1.8p-149", 2), ("0x0.8p-149", 0),
      ("0x1.fffffep-127", 0x0080_0000), ("0x1.fffffcp-127", 0x007F_FFFF), ("0x1.fffffep127", 0x7F7F_FFFF),
      ("0x1.fffffeffffffp127", 0x7F7F_FFFF), ("0x0p99999999999999999999", 0), ("-0x0.0p0", 0x8000_0000),
      ("0x1000000000000000000000000p-96", 0x3F80_0000), ("0x0.000000000000000000000001p96", 0x3F80_0000),
      ("0x1p-99999999999999999999", 0), ("inf", 0x7F80_0000), ("-nan", 0xFFC0_0000), ("nan:0x1", 0x7F80_0001),
      ("nan:0x7f_ffff", 0x7FFF_FFFF), ("1_000.5", 0x447A_2000), ("1e-46", 0), ("1.e1", 0x4120_0000),
      ("3.4028235677973366163753939545814e38", 0x7F7F_FFFF), ("16777217", 0x4B80_0000), ("16777219", 0x4B80_0002),
    ] as [(String, UInt32)])
  func floatsRoundToNearestEven(_ literal: String, _ expected: UInt32) throws {
    #expect(try bits32(literal) == expected)
  }

  @Test(
    arguments: [
      ("0x1.00000000000008p0", 0x3FF0_0000_0000_0000), ("0x1.000000000000080001p0", 0x3FF0_0000_0000_0001),
      ("0x1p-1074", 1), ("0x1p-1075", 0), ("0x1.8p-1075", 1), ("0x1.fffffffffffffp1023", 0x7FEF_FFFF_FFFF_FFFF),
      ("0x123456789abcdef01p0", 0x43F2_3456_789A_BCDF), ("4.9406564584124654e-324", 1),
      ("2.4703282292062327e-324", 0), ("1e-400", 0), ("9007199254740993", 0x4340_0000_0000_0000),
      ("nan:0xf_ffff_ffff_ffff", 0x7FFF_FFFF_FFFF_FFFF), ("0.1", 0x3FB9_9999_9999_999A),
    ] as [(String, UInt64)])
  func doublesRoundToNearestEven(_ literal: String, _ expected: UInt64) throws {
    #expect(try bits64(literal) == expected)
  }

  @Test(arguments: [
    "f32.const 0x1.ffffffp127", "f32.const 3.4028235677973366163753939545815e38", "f32.const 0x1p128",
    "f32.const nan:0x0", "f32.const nan:0x80_0000", "f64.const 0x1.fffffffffffff8p1023", "f64.const 1e400",
    "f64.const nan:0x10_0000_0000_0000", "i32.const 4294967296", "i32.const -2147483649",
    "i64.const 18446744073709551616", "i64.const -9223372036854775809",
  ])
  func numbersOutOfRangeAreRefused(_ instruction: String) {
    #expect { try assemble("(func \(instruction))") } throws: {
      ($0 as? ParseError)?.message.hasPrefix("constant out of range: expected") == true
    }
  }

  @Test(
    "The message says the range",
    arguments: [
      (
        "(func i32.const 4294967296)",
        "constant out of range: expected an integer from -2147483648 to 4294967295, found '4294967296'"
      ),
      (
        "(func v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 -129)",
        "constant out of range: expected an integer from -128 to 255, found '-129'"
      ),
      ("(func local.get 4294967296)", "i32 constant out of range: expected 0 to 4294967295, found '4294967296'"),
      (
        "(func i32.load offset=18446744073709551616)",
        "i64 constant out of range: expected 0 to 18446744073709551615, found 'offset=18446744073709551616'"
      ),
      ("(func i8x16.shuffle 256)", "i8 constant out of range: expected 0 to 255, found '256'"),
    ])
  func ranges(_ text: String, _ message: String) {
    #expect { try assemble(text) } throws: { ($0 as? ParseError)?.message == message }
  }

  @Test func longLiteralsTakeLinearTime() throws {
    let digits = String(repeating: "123456789", count: 20_000)
    #expect(try bits64("0.\(digits)") == 0.123456789123456789.bitPattern)
    let expected = try bits64("0x1.23456789123456789p-4")
    #expect(try bits64("0x\(digits)p-720000") == expected)
  }
}
