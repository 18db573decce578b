import Testing

@testable import WasmCompiler

@Suite("Branch simplification")
struct BranchSimplificationTests {
  @Test(arguments: cases)
  func becomes(_ change: PassCase) throws {
    try change.check { $0.simplifyBranches(&$1) }
  }

  static let cases = [
    PassCase(
      "A branch on a constant is a jump, and what it jumps to, if nothing else leads there, a part of its block",
      """
      block0(v0: i32):
        v1: i32 = const 1
        branch v1, block1(v0), block2
      block1(v2: i32):
        return v2
      block2:
        trap !trap(unreachable)
      """,
      """
      block0(v0: i32):
        v1: i32 = const 1
        return v0
      """),
    PassCase(
      "A switch on a constant is a jump; a number that is too large takes the last way",
      """
      block0(v0: i32, v1: i32):
        v2: i32 = const 9
        switch v2, block1, block2, block3
      block1:
        trap !trap(unreachable)
      block2:
        trap !trap(unreachable)
      block3:
        return v1
      """,
      """
      block0(v0: i32, v1: i32):
        v2: i32 = const 9
        return v1
      """),
    PassCase(
      "A branch with two equal ways is a jump",
      """
      block0(v0: i32):
        branch v0, block1(v0), block1(v0)
      block1(v1: i32):
        return v1
      """,
      """
      block0(v0: i32):
        return v0
      """),
    PassCase(
      unchanged: "A branch with two ways that bring other values is none",
      """
      block0(v0: i32, v1: i32):
        branch v0, block1(v0), block1(v1)
      block1(v2: i32):
        return v2
      """),
    PassCase(
      "A jump to a jump goes where that goes, with what that brings",
      """
      block0(v0: i32, v1: i32):
        branch v0, block1, block2
      block1:
        jump block3(v1)
      block2:
        call f1 t0 ()
        jump block3(v0)
      block3(v2: i32):
        return v2
      """,
      """
      block0(v0: i32, v1: i32):
        branch v0, block3(v1), block2
      block2:
        call f1 t0 ()
        jump block3(v0)
      block3(v2: i32):
        return v2
      """),
    PassCase(
      unchanged: "The block in front of a loop stays",
      """
      block0(v0: i32):
        branch v0, block1, block3
      block1:
        jump block2
      block2:
        branch v0, block2, block3
      block3:
        return
      """),
    PassCase(
      unchanged: "A loop that does nothing stays",
      """
      block0:
        jump block1
      block1:
        jump block1
      """),
  ]
}
