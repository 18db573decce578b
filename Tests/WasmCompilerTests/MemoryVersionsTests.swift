import Testing

@testable import WasmCompiler

/// Value numbering of loads.
@Suite("Redundant loads")
struct MemoryVersionsTests {
  @Test(arguments: cases + controlFlow)
  func becomes(_ change: PassCase) throws {
    try change.check { $0.numberValues(&$1) }
  }

  static let cases = [
    PassCase(
      "A second load of an address finds what the first one did",
      """
      block0(v0: i64, v1: i32):
        v2: i32 = i32.load [v0 + v1] !memory !trap(outOfBoundsMemoryAccess)
        v3: i32 = i32.load [v0 + v1] !memory !trap(outOfBoundsMemoryAccess)
        v4: i32 = i32.add v2, v3
        return v4
      """,
      """
      block0(v0: i64, v1: i32):
        v2: i32 = i32.load [v0 + v1] !memory !trap(outOfBoundsMemoryAccess)
        v4: i32 = i32.add v2, v2
        return v4
      """),
    PassCase(
      unchanged: "A load of another offset, or of another width, is another one",
      """
      block0(v0: i64, v1: i32):
        v2: i32 = i32.load [v0 + v1] !memory !trap(outOfBoundsMemoryAccess)
        v3: i32 = i32.load [v0 + v1 + 4] !memory !trap(outOfBoundsMemoryAccess)
        v4: i32 = i32.load8_u [v0 + v1] !memory !trap(outOfBoundsMemoryAccess)
        return v2, v3, v4
      """),
    PassCase(
      "What was stored is what a load finds",
      """
      block0(v0: i64, v1: i32):
        i32.store [v0 + v1 + 8], v1 !memory !trap(outOfBoundsMemoryAccess)
        v2: i32 = i32.load [v0 + v1 + 8] !memory !trap(outOfBoundsMemoryAccess)
        return v2
      """,
      """
      block0(v0: i64, v1: i32):
        i32.store [v0 + v1 + 8], v1 !memory !trap(outOfBoundsMemoryAccess)
        return v1
      """),
    PassCase(
      unchanged: "A part of it is not",
      """
      block0(v0: i64, v1: i32):
        i32.store8 [v0 + v1], v1 !memory !trap(outOfBoundsMemoryAccess)
        v2: i32 = i32.load8_u [v0 + v1] !memory !trap(outOfBoundsMemoryAccess)
        return v2
      """),
    PassCase(
      unchanged: "A store disturbs loads of its region",
      """
      block0(v0: i64, v1: i32, v2: i32):
        v3: i32 = i32.load [v0 + v1] !memory !trap(outOfBoundsMemoryAccess)
        i32.store [v0 + v2], v1 !memory !trap(outOfBoundsMemoryAccess)
        v4: i32 = i32.load [v0 + v1] !memory !trap(outOfBoundsMemoryAccess)
        return v3, v4
      """),
    PassCase(
      "A store does not disturb other regions",
      """
      block0(v0: i64, v1: i32):
        v2: i32 = i32.load [v0 + 64] !globals
        i32.store [v0 + v1], v1 !memory !trap(outOfBoundsMemoryAccess)
        v3: i32 = i32.load [v0 + 64] !globals
        return v2, v3
      """,
      """
      block0(v0: i64, v1: i32):
        v2: i32 = i32.load [v0 + 64] !globals
        i32.store [v0 + v1], v1 !memory !trap(outOfBoundsMemoryAccess)
        return v2, v2
      """),
    PassCase(
      "A call disturbs all but what is constant",
      """
      block0(v0: i64):
        v1: i32 = i32.load [v0 + 64] !globals
        v2: i64 = i64.load [v0 + 8] !constant
        call f1 t0 ()
        v3: i32 = i32.load [v0 + 64] !globals
        v4: i64 = i64.load [v0 + 8] !constant
        return v1, v2, v3, v4
      """,
      """
      block0(v0: i64):
        v1: i32 = i32.load [v0 + 64] !globals
        v2: i64 = i64.load [v0 + 8] !constant
        call f1 t0 ()
        v3: i32 = i32.load [v0 + 64] !globals
        return v1, v2, v3, v2
      """),
    PassCase(
      unchanged: "What other threads may write is loaded each time",
      """
      block0(v0: i64, v1: i32):
        v2: i32 = i32.load [v0 + v1] !memory !shared !trap(outOfBoundsMemoryAccess)
        v3: i32 = i32.load [v0 + v1] !memory !shared !trap(outOfBoundsMemoryAccess)
        return v2, v3
      """),
  ]

  static let controlFlow = [
    PassCase(
      unchanged: "A store on one of two ways disturbs loads where they meet",
      """
      block0(v0: i64, v1: i32):
        v2: i32 = i32.load [v0] !memory !trap(outOfBoundsMemoryAccess)
        branch v1, block1, block2
      block1:
        i32.store [v0 + 4], v1 !memory !trap(outOfBoundsMemoryAccess)
        jump block2
      block2:
        v3: i32 = i32.load [v0] !memory !trap(outOfBoundsMemoryAccess)
        return v2, v3
      """),
    PassCase(
      unchanged: "A store in a loop disturbs the loop's loads in front of it",
      """
      block0(v0: i64, v1: i32):
        v2: i32 = i32.load [v0] !memory !trap(outOfBoundsMemoryAccess)
        jump block1
      block1:
        v3: i32 = i32.load [v0] !memory !trap(outOfBoundsMemoryAccess)
        i32.store [v0 + 4], v3 !memory !trap(outOfBoundsMemoryAccess)
        branch v3, block1, block2
      block2:
        return v2
      """),
    PassCase(
      "A loop that stores nothing finds what was loaded before it",
      """
      block0(v0: i64, v1: i32):
        v2: i32 = i32.load [v0] !memory !trap(outOfBoundsMemoryAccess)
        jump block1
      block1:
        v3: i32 = i32.load [v0] !memory !trap(outOfBoundsMemoryAccess)
        branch v3, block1, block2
      block2:
        return v2
      """,
      """
      block0(v0: i64, v1: i32):
        v2: i32 = i32.load [v0] !memory !trap(outOfBoundsMemoryAccess)
        jump block1
      block1:
        branch v2, block1, block2
      block2:
        return v2
      """),
  ]
}
