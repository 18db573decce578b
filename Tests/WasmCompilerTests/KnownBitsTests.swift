import ModuleGenerator
import Testing

@testable import WasmCompiler

@Suite("Known bits")
struct KnownBitsTests {
  /// The known bits of a result are correct for all operands that match the known bits of the operands.
  @Test(arguments: 0..<UInt64(31))
  func resultsFit(_ number: UInt64) throws {
    let operation = try #require(IntegerOperation(rawValue: UInt8(number)))
    var random = RandomSource(seed: number)
    for round in 0..<4000 {
      let isWide = round & 1 != 0
      let a = Self.bits(isWide, &random)
      let b = Self.bits(isWide, &random)
      let known = KnownBits.result(operation, a, operation.isUnary ? a : b, isWide: isWide)
      for _ in 0..<4 {
        let (x, y) = (Self.member(a, &random), Self.member(b, &random))
        guard let result = operation.evaluate(x, y, isWide: isWide) else { continue }
        #expect(
          result & known.zeros == 0 && ~result & known.ones == 0,
          "\(operation) \(isWide) of \(x) in \(a), \(y) in \(b) is \(result), not in \(known)")
      }
    }
  }

  private static func bits(_ isWide: Bool, _ random: inout RandomSource) -> KnownBits {
    let mask: UInt64 = isWide ? .max : 0xFFFF_FFFF
    // Often only a few adjacent bits are unknown, or all, or none.
    var open = random.next() & random.next() & mask
    switch random.next() % 6 {
    case 0: open = 0
    case 1: open = mask
    case 2: open &= random.next() & random.next()
    case 3: open = (mask >> (random.next() % 64)) << (random.next() % 64) & mask
    case 4: open = mask >> (random.next() % 64)
    default: break
    }
    var value = random.next() & mask & ~open
    if random.next() & 1 == 0 { value &= 0xFF }
    return KnownBits(zeros: ~open & ~value, ones: value)
  }

  private static func member(_ bits: KnownBits, _ random: inout RandomSource) -> UInt64 {
    let open = ~(bits.zeros | bits.ones)
    return bits.ones | random.next() & open
  }

  @Test func signBits() {
    #expect(KnownBits(maximum: 0xFF).signBitCount(width: 32) == 24)
    #expect(KnownBits(maximum: 0xFF).signBitCount(width: 64) == 56)
    #expect(KnownBits(constant: 0xFFFF_FFFE).signBitCount(width: 32) == 31)
    #expect(KnownBits(.i32).signBitCount(width: 32) == 1)
  }

  @Test(arguments: extensions + masks + tests + selections + divisions + ways + addresses)
  func becomes(_ change: PassCase) throws {
    try change.check { optimizer, graph in
      optimizer.numberValues(&graph)
      optimizer.removeDeadCode(&graph)
    }
  }

  private static func function(_ lines: String, returns: String = "v9", type: String = "i32") -> String {
    "block0(v0: \(type), v1: \(type), v2: i64):\n\(lines)\nreturn \(returns)"
  }

  static let extensions = [
    PassCase(
      "A sign that was extended is not extended again",
      function("v3: i32 = i32.load8_s [v2] !memory \n v4: i32 = i32.extend8_s v3 \n v9: i32 = i32.extend16_s v4"),
      function("v9: i32 = i32.load8_s [v2] !memory")),
    PassCase(
      unchanged: "A sign of 16 bits is not one of 8",
      function("v3: i32 = i32.load16_s [v2] !memory \n v9: i32 = i32.extend8_s v3")),
    PassCase(
      "What has no sign is extended with zeros",
      function("v3: i32 = i32.load16_u [v2] !memory \n v9: i64 = i64.extend_i32_s v3"),
      function("v3: i32 = i32.load16_u [v2] !memory \n v9: i64 = i64.extend_i32_u v3")),
    PassCase(
      "Half of a number that is all of it needs no extension",
      function("v3: i64 = i64.load32_u [v2] !memory \n v4: i32 = i32.wrap_i64 v3 \n v9: i64 = i64.extend_i32_u v4"),
      function("v9: i64 = i64.load32_u [v2] !memory")),
    PassCase(
      "Neither does one with a sign",
      function("v3: i64 = i64.load32_s [v2] !memory \n v4: i32 = i32.wrap_i64 v3 \n v9: i64 = i64.extend_i32_s v4"),
      function("v9: i64 = i64.load32_s [v2] !memory")),
    PassCase(
      unchanged: "A number with a sign is not what its half is without one",
      function("v3: i64 = i64.load32_s [v2] !memory \n v4: i32 = i32.wrap_i64 v3 \n v9: i64 = i64.extend_i32_u v4")),
    PassCase(
      "A right shift brings signs",
      function("v3: i64 = const 40 \n v4: i64 = i64.shr_s v2, v3 \n v9: i64 = i64.extend32_s v4"),
      function("v3: i64 = const 40 \n v9: i64 = i64.shr_s v2, v3")),
  ]

  static let masks = [
    PassCase(
      "A mask of what is not there changes nothing",
      function("v3: i32 = i32.load8_u [v2] !memory \n v4: i32 = const 511 \n v9: i32 = i32.and v3, v4"),
      function("v9: i32 = i32.load8_u [v2] !memory")),
    PassCase(
      "Nor does one of the lower half of a number that was extended",
      function("v3: i64 = i64.extend_i32_u v0 \n v4: i64 = const 0xffffffff \n v9: i64 = i64.and v3, v4"),
      function("v9: i64 = i64.extend_i32_u v0")),
    PassCase(
      "Bits that cannot be set are zero",
      function(
        "v3: i32 = const 4 \n v4: i32 = i32.shl v0, v3 \n v5: i32 = const 12 \n v6: i32 = i32.and v4, v5 \n v9: i32 = i32.add v1, v6"
      ),
      function("", returns: "v1")),
    PassCase(
      "A union with what is there changes nothing",
      function(
        "v3: i32 = const 7 \n v4: i32 = i32.or v0, v3 \n v5: i32 = const 5 \n v9: i32 = i32.or v5, v4"),
      function("v3: i32 = const 7 \n v9: i32 = i32.or v0, v3")),
    PassCase(
      "A union with a constant that never meets is a sum",
      function(
        "v3: i32 = const 2 \n v4: i32 = i32.shl v0, v3 \n v5: i32 = const 3 \n v9: i32 = i32.or v4, v5"),
      function("v3: i32 = const 2 \n v4: i32 = i32.shl v0, v3 \n v5: i32 = const 3 \n v9: i32 = i32.add v4, v5")),
    PassCase(
      "The other bit of a condition is its opposite",
      function(
        "v3: i32 = i32.lt_s v0, v1 \n v4: i32 = const 1 \n v5: i32 = i32.xor v3, v4 \n v9: i32 = i32.and v5, v4"),
      function("v9: i32 = i32.ge_s v0, v1")),
  ]

  static let tests = [
    PassCase(
      "A comparison with what is out of reach is known",
      function("v3: i32 = i32.load8_u [v2] !memory \n v4: i32 = const 256 \n v9: i32 = i32.lt_u v3, v4"),
      function("v9: i32 = const 1")),
    PassCase(
      "So is one of numbers that differ in a bit",
      function(
        "v3: i32 = const 1 \n v4: i32 = i32.or v0, v3 \n v5: i32 = const 8 \n v9: i32 = i32.eq v4, v5"),
      function("v9: i32 = const 0")),
    PassCase(
      "Comparisons without signs are unsigned",
      function("v3: i32 = i32.load8_u [v2] !memory \n v4: i32 = const 7 \n v9: i32 = i32.lt_s v3, v4"),
      function("v3: i32 = i32.load8_u [v2] !memory \n v4: i32 = const 7 \n v9: i32 = i32.lt_u v3, v4")),
    PassCase(
      unchanged: "With signs, they are not",
      function("v3: i32 = i32.load8_s [v2] !memory \n v4: i32 = const 7 \n v9: i32 = i32.lt_s v3, v4")),
    PassCase(
      "A condition that is compared with 1 is itself",
      function("v3: i32 = i32.lt_s v0, v1 \n v4: i32 = const 1 \n v9: i32 = i32.eq v3, v4"),
      function("v9: i32 = i32.lt_s v0, v1")),
  ]

  static let selections = [
    PassCase(
      "What selects 1 by a condition, else 0, is the condition",
      function(
        "v3: i32 = i32.lt_s v0, v1 \n v4: i32 = const 1 \n v5: i32 = const 0 \n v9: i32 = select v4, v5, v3"),
      function("v9: i32 = i32.lt_s v0, v1")),
    PassCase(
      "The other way round, it is the opposite",
      function(
        "v3: i32 = i32.lt_s v0, v1 \n v4: i32 = const 1 \n v5: i32 = const 0 \n v9: i32 = select v5, v4, v3"),
      function("v9: i32 = i32.ge_s v0, v1")),
    PassCase(
      unchanged: "What is not 0 need not be 1",
      function("v4: i32 = const 1 \n v5: i32 = const 0 \n v9: i32 = select v4, v5, v0")),
  ]

  static let divisions = [
    PassCase(
      "A division of what has no sign by a power of two is a shift",
      function("v3: i32 = i32.load16_u [v2] !memory \n v4: i32 = const 8 \n v9: i32 = i32.div_s v3, v4"),
      function("v3: i32 = i32.load16_u [v2] !memory \n v4: i32 = const 3 \n v9: i32 = i32.shr_u v3, v4")),
    PassCase(
      "Its remainder is a mask",
      function("v3: i32 = i32.load16_u [v2] !memory \n v4: i32 = const 8 \n v9: i32 = i32.rem_s v3, v4"),
      function("v3: i32 = i32.load16_u [v2] !memory \n v4: i32 = const 7 \n v9: i32 = i32.and v3, v4")),
    PassCase(
      "A shift with zeros does, too",
      function("v3: i32 = i32.load16_u [v2] !memory \n v9: i32 = i32.shr_s v3, v0"),
      function("v3: i32 = i32.load16_u [v2] !memory \n v9: i32 = i32.shr_u v3, v0")),
  ]

  static let ways = [
    PassCase(
      "What is known on each way is known where they meet",
      """
      block0(v0: i32, v1: i64):
        branch v0, block1, block2
      block1:
        v2: i32 = i32.load8_u [v1] !memory
        jump block3(v2)
      block2:
        v3: i32 = const 64
        jump block3(v3)
      block3(v4: i32):
        v5: i32 = const 127
        v6: i32 = const 255
        v7: i32 = i32.and v4, v6
        v8: i32 = i32.and v7, v5
        return v8
      """,
      """
      block0(v0: i32, v1: i64):
        branch v0, block1, block2
      block1:
        v2: i32 = i32.load8_u [v1] !memory
        jump block3(v2)
      block2:
        v3: i32 = const 64
        jump block3(v3)
      block3(v4: i32):
        v5: i32 = const 127
        v8: i32 = i32.and v4, v5
        return v8
      """),
    PassCase(
      "A loop's end is looked at, too",
      """
      block0(v0: i64):
        v1: i32 = const 0
        jump block1(v1)
      block1(v2: i32):
        v3: i32 = const 255
        v4: i32 = i32.and v2, v3
        v5: i32 = i32.load8_u [v0 + v4] !memory
        branch v5, block1(v5), block2
      block2:
        return v4
      """,
      """
      block0(v0: i64):
        v1: i32 = const 0
        jump block1(v1)
      block1(v2: i32):
        v5: i32 = i32.load8_u [v0 + v2] !memory
        branch v5, block1(v5), block2
      block2:
        return v2
      """),
    PassCase(
      "What starts and goes on by multiples of 16 stays one, so that 8 more never wraps",
      """
      block0(v0: i32):
        v1: i32 = const 32
        v2: i64 = memory_base
        v10: i32 = const 4
        v11: i32 = i32.shl v0, v10
        jump block1(v1, v11)
      block1(v3: i32, v12: i32):
        v4: i32 = const 8
        v5: i32 = i32.add v3, v4
        v6: i32 = i32.load [v2 + v5] !memory !trap(outOfBoundsMemoryAccess)
        v7: i32 = const 48
        v8: i32 = i32.add v3, v7
        v13: i32 = i32.add v12, v8
        v14: i32 = const 15
        v15: i32 = i32.and v13, v14
        v16: i32 = i32.add v15, v6
        branch v16, block1(v8, v13), block2
      block2:
        return v16
      """,
      """
      block0(v0: i32):
        v1: i32 = const 32
        v2: i64 = memory_base
        jump block1(v1)
      block1(v3: i32):
        v6: i32 = i32.load [v2 + v3 + 8] !memory !trap(outOfBoundsMemoryAccess)
        v7: i32 = const 48
        v8: i32 = i32.add v3, v7
        branch v6, block1(v8), block2
      block2:
        return v6
      """),
    PassCase(
      unchanged: "What does not go on so may wrap",
      """
      block0(v0: i32):
        v1: i32 = const 32
        v2: i64 = memory_base
        jump block1(v1, v1)
      block1(v3: i32, v9: i32):
        v4: i32 = const 8
        v5: i32 = i32.add v3, v4
        v6: i32 = i32.load [v2 + v5] !memory !trap(outOfBoundsMemoryAccess)
        v10: i32 = const 4
        v11: i32 = i32.add v9, v10
        branch v6, block1(v9, v11), block2
      block2:
        return v6
      """),
    PassCase(
      unchanged: "A number that grows in a loop has no known bits",
      """
      block0(v0: i64):
        v1: i32 = const 0
        jump block1(v1)
      block1(v2: i32):
        v3: i32 = const 255
        v4: i32 = i32.and v2, v3
        v5: i32 = const 1
        v6: i32 = i32.add v2, v5
        branch v4, block1(v6), block2
      block2:
        return v4
      """),
  ]

  static let addresses = [
    PassCase(
      "A constant in an address that cannot wrap becomes part of the offset",
      """
      block0(v0: i32):
        v1: i64 = memory_base
        v2: i32 = const 255
        v3: i32 = i32.and v0, v2
        v4: i32 = const 1024
        v5: i32 = i32.add v3, v4
        v6: i32 = i32.load [v1 + v5 + 16] !memory !trap(outOfBoundsMemoryAccess)
        i32.store8 [v1 + v5] , v6 !memory !trap(outOfBoundsMemoryAccess)
        return
      """,
      """
      block0(v0: i32):
        v1: i64 = memory_base
        v2: i32 = const 255
        v3: i32 = i32.and v0, v2
        v6: i32 = i32.load [v1 + v3 + 1040] !memory !trap(outOfBoundsMemoryAccess)
        i32.store8 [v1 + v3 + 1024] , v6 !memory !trap(outOfBoundsMemoryAccess)
        return
      """),
    PassCase(
      unchanged: "One that may wrap does not",
      """
      block0(v0: i32):
        v1: i64 = memory_base
        v4: i32 = const 1024
        v5: i32 = i32.add v0, v4
        v6: i32 = i32.load [v1 + v5 + 16] !memory !trap(outOfBoundsMemoryAccess)
        return v6
      """),
    PassCase(
      unchanged: "Nor one that the offset has no room for",
      """
      block0(v0: i32):
        v1: i64 = memory_base
        v2: i32 = const 255
        v3: i32 = i32.and v0, v2
        v4: i32 = const 1024
        v5: i32 = i32.add v3, v4
        v6: i32 = i32.load [v1 + v5 + 2147483000] !memory !trap(outOfBoundsMemoryAccess)
        return v6
      """),
  ]
}
