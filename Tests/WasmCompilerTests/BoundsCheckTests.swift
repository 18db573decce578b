import Testing

@testable import WasmCompiler

/// The sizes of memories and the counts of tables are at offset 8 of their cells.
@Suite("Bounds check elimination")
struct BoundsCheckTests {
  @Test(arguments: memories + tables)
  func becomes(_ change: PassCase) throws {
    try change.check { $0.removeBoundsChecks(&$1) }
  }

  @Test("A second run of the pass changes nothing", arguments: memories + tables)
  func idempotence(_ change: PassCase) throws {
    try PassCase(unchanged: change.name, change.after).check { $0.removeBoundsChecks(&$1) }
  }

  static let memories = [
    PassCase(
      "What reaches less far is not checked again, whatever was called in between",
      """
      block0(v0: i64, v1: i32):
        v2: i64 = i64.extend_i32_u v1
        v3: i64 = const 8
        v4: i64 = i64.add v2, v3
        v5: i64 = i64.load [v0 + 8] !memoryCells
        v6: i32 = i64.gt_u v4, v5
        trap_if v6 !trap(outOfBoundsMemoryAccess)
        call f0 t0 ()
        v7: i64 = const 4
        v8: i64 = i64.add v2, v7
        v9: i64 = i64.load [v0 + 8] !memoryCells
        v10: i32 = i64.gt_u v8, v9
        trap_if v10 !trap(outOfBoundsMemoryAccess)
        return
      """,
      """
      block0(v0: i64, v1: i32):
        v2: i64 = i64.extend_i32_u v1
        v3: i64 = const 8
        v4: i64 = i64.add v2, v3
        v5: i64 = i64.load [v0 + 8] !memoryCells
        v6: i32 = i64.gt_u v4, v5
        trap_if v6 !trap(outOfBoundsMemoryAccess)
        call f0 t0 ()
        v7: i64 = const 4
        v8: i64 = i64.add v2, v7
        v9: i64 = i64.load [v0 + 8] !memoryCells
        v10: i32 = i64.gt_u v8, v9
        return
      """),
    PassCase(
      unchanged: "What reaches further is",
      """
      block0(v0: i64, v1: i32):
        v2: i64 = i64.extend_i32_u v1
        v3: i64 = const 4
        v4: i64 = i64.add v2, v3
        v5: i64 = i64.load [v0 + 8] !memoryCells
        v6: i32 = i64.gt_u v4, v5
        trap_if v6 !trap(outOfBoundsMemoryAccess)
        v7: i64 = const 8
        v8: i64 = i64.add v2, v7
        v9: i32 = i64.gt_u v8, v5
        trap_if v9 !trap(outOfBoundsMemoryAccess)
        return
      """),
    PassCase(
      unchanged: "Other memories have other sizes",
      """
      block0(v0: i64, v1: i64, v2: i32):
        v3: i64 = i64.extend_i32_u v2
        v4: i64 = i64.load [v0 + 8] !memoryCells
        v5: i32 = i64.gt_u v3, v4
        trap_if v5 !trap(outOfBoundsMemoryAccess)
        v6: i64 = i64.load [v1 + 8] !memoryCells
        v7: i32 = i64.gt_u v3, v6
        trap_if v7 !trap(outOfBoundsMemoryAccess)
        return
      """),
    PassCase(
      unchanged: "A check on another way does not count",
      """
      block0(v0: i64, v1: i64, v2: i32):
        branch v2, block1, block2
      block1:
        v3: i64 = i64.load [v0 + 8] !memoryCells
        v4: i32 = i64.gt_u v1, v3
        trap_if v4 !trap(outOfBoundsMemoryAccess)
        jump block2
      block2:
        v5: i64 = i64.load [v0 + 8] !memoryCells
        v6: i32 = i64.gt_u v1, v5
        trap_if v6 !trap(outOfBoundsMemoryAccess)
        return
      """),
    PassCase(
      "Addresses of 64 bits are checked for wrapping, and that once, too",
      """
      block0(v0: i64, v1: i64):
        v2: i64 = const 16
        v3: i64 = i64.add v1, v2
        v4: i32 = i64.lt_u v3, v2
        trap_if v4 !trap(outOfBoundsMemoryAccess)
        v5: i64 = i64.load [v0 + 8] !memoryCells
        v6: i32 = i64.gt_u v3, v5
        trap_if v6 !trap(outOfBoundsMemoryAccess)
        v7: i64 = const 8
        v8: i64 = i64.add v1, v7
        v9: i32 = i64.lt_u v8, v7
        trap_if v9 !trap(outOfBoundsMemoryAccess)
        v10: i32 = i64.gt_u v8, v5
        trap_if v10 !trap(outOfBoundsMemoryAccess)
        return
      """,
      """
      block0(v0: i64, v1: i64):
        v2: i64 = const 16
        v3: i64 = i64.add v1, v2
        v4: i32 = i64.lt_u v3, v2
        trap_if v4 !trap(outOfBoundsMemoryAccess)
        v5: i64 = i64.load [v0 + 8] !memoryCells
        v6: i32 = i64.gt_u v3, v5
        trap_if v6 !trap(outOfBoundsMemoryAccess)
        v7: i64 = const 8
        v8: i64 = i64.add v1, v7
        v9: i32 = i64.lt_u v8, v7
        v10: i32 = i64.gt_u v8, v5
        return
      """),
    PassCase(
      unchanged: "A sum that may have wrapped tells nothing of a smaller one",
      """
      block0(v0: i64, v1: i64):
        v2: i64 = const 16
        v3: i64 = i64.add v1, v2
        v4: i64 = i64.load [v0 + 8] !memoryCells
        v5: i32 = i64.gt_u v3, v4
        trap_if v5 !trap(outOfBoundsMemoryAccess)
        v6: i64 = const 8
        v7: i64 = i64.add v1, v6
        v8: i32 = i64.gt_u v7, v4
        trap_if v8 !trap(outOfBoundsMemoryAccess)
        return
      """),
  ]

  static let tables = [
    PassCase(
      "An index that was in a table still is",
      """
      block0(v0: i64, v1: i64, v2: i64):
        v3: i64 = i64.load [v0 + 8] !tables
        v4: i32 = i64.ge_u v1, v3
        trap_if v4 !trap(outOfBoundsTableAccess)
        i64.store [v2], v1 !tables
        v5: i64 = i64.load [v0 + 8] !tables
        v6: i32 = i64.ge_u v1, v5
        trap_if v6 !trap(outOfBoundsTableAccess)
        return
      """,
      """
      block0(v0: i64, v1: i64, v2: i64):
        v3: i64 = i64.load [v0 + 8] !tables
        v4: i32 = i64.ge_u v1, v3
        trap_if v4 !trap(outOfBoundsTableAccess)
        i64.store [v2], v1 !tables
        v5: i64 = i64.load [v0 + 8] !tables
        v6: i32 = i64.ge_u v1, v5
        return
      """)
  ]
}
