import Testing

@testable import WasmCompiler

@Suite("Loop-invariant code motion")
struct LoopInvariantTests {
  @Test(arguments: cases + loads + checks)
  func becomes(_ change: PassCase) throws {
    try change.check { $0.hoistInvariants(&$1) }
  }

  static let cases = [
    PassCase(
      "What does not change in a loop is computed in front of it",
      """
      block0(v0: i32, v1: i32):
        jump block1(v0)
      block1(v2: i32):
        v3: i32 = i32.mul v0, v1
        v4: i32 = i32.add v2, v3
        branch v4, block1(v4), block2
      block2:
        return v4
      """,
      """
      block0(v0: i32, v1: i32):
        v3: i32 = i32.mul v0, v1
        jump block1(v0)
      block1(v2: i32):
        v4: i32 = i32.add v2, v3
        branch v4, block1(v4), block2
      block2:
        return v4
      """),
    PassCase(
      "It leaves as many loops as it can, and takes its constants along",
      """
      block0(v0: i32):
        jump block1
      block1:
        jump block2(v0)
      block2(v1: i32):
        v2: i32 = const 3
        v3: i32 = i32.mul v0, v2
        v4: i32 = i32.add v1, v3
        branch v4, block2(v4), block3
      block3:
        branch v4, block1, block4
      block4:
        return
      """,
      """
      block0(v0: i32):
        v5: i32 = const 3
        v3: i32 = i32.mul v0, v5
        jump block1
      block1:
        jump block2(v0)
      block2(v1: i32):
        v2: i32 = const 3
        v4: i32 = i32.add v1, v3
        branch v4, block2(v4), block3
      block3:
        branch v4, block1, block4
      block4:
        return
      """),
    PassCase(
      unchanged: "What traps stays where it is",
      """
      block0(v0: f32, v1: i32):
        jump block1
      block1:
        v2: i32 = i32.trunc_f32_s v0 !trap(integerOverflow)
        trap_if v1 !trap(unreachable)
        branch v2, block1, block2
      block2:
        return
      """),
    PassCase(
      unchanged: "What needs a check in front of it stays behind the check",
      """
      block0(v0: i32, v1: i32, v4: i64):
        jump block1
      block1:
        i32.store [v4], v0 !memory
        v2: i32 = i32.eqz v1
        trap_if v2 !trap(integerDivideByZero)
        v3: i32 = i32.div_u v0, v1 !guarded
        branch v3, block1, block2
      block2:
        return
      """),
    PassCase(
      unchanged: "Comparisons stay with their branches",
      """
      block0(v0: i32, v1: i32):
        jump block1
      block1:
        v2: i32 = i32.lt_s v0, v1
        branch v2, block1, block2
      block2:
        return
      """),
    PassCase(
      unchanged: "Nothing leaves a loop's cold part",
      """
      block0(v0: i32, v1: i32):
        jump block1
      block1:
        branch v1, block1, block2
      block2 !cold:
        v2: i32 = i32.mul v0, v1
        branch v2, block1, block3
      block3:
        return
      """),
  ]

  static let checks = [
    PassCase(
      "A check at a loop's beginning that is always the same is made in front of it, with what works behind it only",
      """
      block0(v0: i64, v1: i32, v2: i32):
        jump block1(v1)
      block1(v3: i32):
        v4: i32 = i64.eqz v0
        trap_if v4 !trap(nullReference)
        v5: i32 = i32.load [v0 + 4] !header !guarded
        v6: i32 = i32.eqz v2
        trap_if v6 !trap(integerDivideByZero)
        v7: i32 = i32.div_u v3, v2 !guarded
        v8: i32 = i32.add v7, v5
        branch v8, block1(v8), block2
      block2:
        return v8
      """,
      """
      block0(v0: i64, v1: i32, v2: i32):
        v4: i32 = i64.eqz v0
        trap_if v4 !trap(nullReference)
        v5: i32 = i32.load [v0 + 4] !header !guarded
        v6: i32 = i32.eqz v2
        trap_if v6 !trap(integerDivideByZero)
        jump block1(v1)
      block1(v3: i32):
        v7: i32 = i32.div_u v3, v2 !guarded
        v8: i32 = i32.add v7, v5
        branch v8, block1(v8), block2
      block2:
        return v8
      """),
    PassCase(
      unchanged: "Not behind what can be seen from outside",
      """
      block0(v0: i64, v1: i32):
        jump block1(v1)
      block1(v3: i32):
        i32.store [v0 + 4], v3 !memory
        v4: i32 = i64.eqz v0
        trap_if v4 !trap(nullReference)
        v5: i32 = i32.load [v0 + 4] !header !guarded
        branch v5, block1(v5), block2
      block2:
        return v5
      """),
    PassCase(
      unchanged: "Nor behind a check that may trap first",
      """
      block0(v0: i64, v1: i32, v2: i32):
        jump block1(v1)
      block1(v3: i32):
        v6: i32 = i32.eqz v3
        trap_if v6 !trap(integerDivideByZero)
        v4: i32 = i64.eqz v0
        trap_if v4 !trap(nullReference)
        v7: i32 = i32.div_u v2, v3 !guarded
        branch v7, block1(v7), block2
      block2:
        return v7
      """),
    PassCase(
      unchanged: "Nor where the loop may not come",
      """
      block0(v0: i64, v1: i32):
        jump block1(v1)
      block1(v3: i32):
        branch v3, block2, block3
      block2:
        v4: i32 = i64.eqz v0
        trap_if v4 !trap(nullReference)
        v5: i32 = i32.load [v0 + 4] !header !guarded
        jump block1(v5)
      block3:
        return v3
      """),
  ]

  static let loads = [
    PassCase(
      "A global that the loop does not write is read in front of it",
      """
      block0(v0: i64, v1: i32):
        jump block1
      block1:
        v2: i32 = i32.load [v0 + 64] !globals
        i32.store [v0 + v2], v1 !memory !trap(outOfBoundsMemoryAccess)
        branch v2, block1, block2
      block2:
        return
      """,
      """
      block0(v0: i64, v1: i32):
        v2: i32 = i32.load [v0 + 64] !globals
        jump block1
      block1:
        i32.store [v0 + v2], v1 !memory !trap(outOfBoundsMemoryAccess)
        branch v2, block1, block2
      block2:
        return
      """),
    PassCase(
      unchanged: "One that an inner loop writes is read in each turn of both",
      """
      block0(v0: i64, v1: i32):
        jump block1
      block1:
        v2: i32 = i32.load [v0 + 64] !globals
        jump block2
      block2:
        v3: i32 = i32.load [v0 + 64] !globals
        i32.store [v0 + 80], v1 !globals
        branch v3, block2, block3
      block3:
        branch v2, block1, block4
      block4:
        return
      """),
    PassCase(
      unchanged: "A load that may trap stays",
      """
      block0(v0: i64, v1: i32):
        jump block1
      block1:
        v2: i32 = i32.load [v0 + v1] !memory !trap(outOfBoundsMemoryAccess)
        branch v2, block1, block2
      block2:
        return
      """),
  ]
}
