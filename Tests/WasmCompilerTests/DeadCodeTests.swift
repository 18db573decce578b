import Testing

@testable import WasmCompiler

@Suite("Dead code elimination")
struct DeadCodeTests {
  @Test(arguments: cases)
  func becomes(_ change: PassCase) throws {
    try change.check { $0.removeDeadCode(&$1) }
  }

  static let cases = [
    PassCase(
      "A value that nobody needs goes, and what only it needed",
      """
      block0(v0: i32):
        v1: i32 = const 1
        v2: i32 = i32.add v0, v1
        v3: i32 = i32.clz v2
        return v0
      """,
      """
      block0(v0: i32):
        return v0
      """),
    PassCase(
      unchanged: "What may trap stays, though nobody needs its value",
      """
      block0(v0: f32, v1: i32):
        v2: i32 = i32.trunc_f32_s v0 !trap(integerOverflow)
        v3: i64 = memory_base
        v4: i32 = i32.load [v3 + v1] !memory !trap(outOfBoundsMemoryAccess)
        trap_if v1 !trap(unreachable)
        return
      """),
    PassCase(
      "A load that always has memory goes",
      """
      block0:
        v0: i64 = context
        v1: i64 = i64.load [v0 + 16] !constant
        return
      """,
      """
      block0:
        return
      """),
    PassCase(
      unchanged: "Calls, stores and atomic instructions stay",
      """
      block0(v0: i32):
        v1: i64 = memory_base
        v2: i32 = call f1 t0 (v0)
        i32.store [v1 + v0], v0 !memory !trap(outOfBoundsMemoryAccess)
        v3: i32 = i32.atomic.rmw.add [v1], v0 !memory
        return
      """),
    PassCase(
      "A parameter that only feeds itself goes from its block and from all edges",
      """
      block0(v0: i32):
        v1: i32 = const 7
        jump block1(v1, v0)
      block1(v2: i32, v3: i32):
        v4: i32 = i32.add v2, v1
        branch v3, block1(v4, v3), block2
      block2:
        return
      """,
      """
      block0(v0: i32):
        jump block1(v0)
      block1(v3: i32):
        branch v3, block1(v3), block2
      block2:
        return
      """),
    PassCase(
      unchanged: "The function's own parameters stay",
      """
      block0(v0: i32, v1: i64):
        return
      """),
    PassCase(
      unchanged: "All results of a call stay if one is needed",
      """
      block0:
        v0 = call f1 t0 ()
        v1: i32 = result v0, 0
        v2: i32 = result v0, 1
        return v2
      """),
  ]
}
