import Testing

@testable import WasmCompiler

@Suite("Value numbering")
struct ValueNumberingTests {
  @Test(arguments: computations + checks + parameters)
  func becomes(_ change: PassCase) throws {
    try change.check { $0.numberValues(&$1) }
  }

  static let computations = [
    PassCase(
      "Equal computations happen once",
      """
      block0(v0: i32, v1: i32):
        v2: i32 = i32.mul v0, v1
        v3: i32 = i32.mul v0, v1
        v4: i32 = i32.add v2, v3
        return v4
      """,
      """
      block0(v0: i32, v1: i32):
        v2: i32 = i32.mul v0, v1
        v4: i32 = i32.add v2, v2
        return v4
      """),
    PassCase(
      "A computation that dominates an equal one stands for it",
      """
      block0(v0: i32, v1: i32):
        v2: i32 = i32.mul v0, v1
        branch v0, block1, block2
      block1:
        v3: i32 = i32.mul v0, v1
        return v3
      block2:
        return v2
      """,
      """
      block0(v0: i32, v1: i32):
        v2: i32 = i32.mul v0, v1
        branch v0, block1, block2
      block1:
        return v2
      block2:
        return v2
      """),
    PassCase(
      unchanged: "One that does not dominate, does not",
      """
      block0(v0: i32, v1: i32):
        branch v0, block1, block2
      block1:
        v2: i32 = i32.mul v0, v1
        return v2
      block2:
        v3: i32 = i32.mul v0, v1
        return v3
      """),
    PassCase(
      unchanged: "Equal operands of other instructions make other values",
      """
      block0(v0: i32, v1: i32):
        v2: i32 = i32.shr_s v0, v1
        v3: i32 = i32.shr_u v0, v1
        v4: i32 = i32.or v2, v3
        return v4
      """),
    PassCase(
      "What traps is not tried twice",
      """
      block0(v0: f32):
        v1: i32 = i32.trunc_f32_s v0 !trap(integerOverflow)
        v2: i32 = i32.trunc_f32_s v0 !trap(integerOverflow)
        v4: i32 = i32.add v1, v2
        return v4
      """,
      """
      block0(v0: f32):
        v1: i32 = i32.trunc_f32_s v0 !trap(integerOverflow)
        v4: i32 = i32.add v1, v1
        return v4
      """),
  ]

  static let checks = [
    PassCase(
      "A check that was made is not made again",
      """
      block0(v0: i32):
        trap_if v0 !trap(nullReference)
        trap_if v0 !trap(integerDivideByZero)
        return
      """,
      """
      block0(v0: i32):
        trap_if v0 !trap(nullReference)
        return
      """),
    PassCase(
      "A check that cannot fail is not made",
      """
      block0(v0: i32):
        v1: i32 = const 0
        trap_if v1 !trap(nullReference)
        return v0
      """,
      """
      block0(v0: i32):
        v1: i32 = const 0
        return v0
      """),
    PassCase(
      unchanged: "A check on another way is made",
      """
      block0(v0: i32):
        branch v0, block1, block2
      block1:
        trap_if v0 !trap(nullReference)
        jump block2
      block2:
        trap_if v0 !trap(nullReference)
        return
      """),
  ]

  static let parameters = [
    PassCase(
      "A parameter that gets the same value on each edge is that value",
      """
      block0(v0: i32, v1: i32):
        branch v0, block1, block2
      block1:
        jump block3(v1)
      block2:
        jump block3(v1)
      block3(v2: i32):
        return v2
      """,
      """
      block0(v0: i32, v1: i32):
        branch v0, block1, block2
      block1:
        jump block3
      block2:
        jump block3
      block3:
        return v1
      """),
    PassCase(
      "A loop's parameter that goes round unchanged is what came in",
      """
      block0(v0: i32, v1: i32):
        jump block1(v1)
      block1(v2: i32):
        branch v0, block1(v2), block2
      block2:
        return v2
      """,
      """
      block0(v0: i32, v1: i32):
        jump block1
      block1:
        branch v0, block1, block2
      block2:
        return v1
      """),
  ]
}
