import Testing

@testable import WasmCompiler

@Suite("Checks for interruption")
struct InterruptionCheckTests {
  private static func loop(
    from start: Int, _ step: String, while comparison: String, _ body: String = "", check: Bool
  ) -> String {
    """
    block0(v0: i32):
      v1: i32 = const \(start)
      jump block1(v1)
    block1(v2: i32):
      \(check ? "check_interruption !trap(interrupted)" : "")
      \(body)
      \(step)
      \(comparison)
      branch v8, block1(v4), block2
    block2:
      return
    """.split(separator: "\n").filter { $0.contains { $0 != " " } }.joined(separator: "\n")
  }

  private static let increment = "v3: i32 = const 1\n  v4: i32 = i32.add v2, v3"
  private static func compare(_ opcode: String, _ bound: Int, _ left: String = "v4") -> String {
    "v7: i32 = const \(bound)\n  v8: i32 = \(opcode) \(left), v7"
  }

  static let shortLoops: [(start: Int, step: String, comparison: String)] = [
    (0, increment, compare("i32.ne", 1000)), (0, increment, compare("i32.lt_s", 1000)),
    (0, increment, compare("i32.lt_u", 1000, "v2")), (5, increment, compare("i32.le_s", 1000)),
    (1000, "v3: i32 = const -1\n  v4: i32 = i32.add v2, v3", compare("i32.gt_s", 0)),
    (1000, "v3: i32 = const 10\n  v4: i32 = i32.sub v2, v3", compare("i32.ne", 0)),
  ]

  @Test("A short loop needs none", arguments: shortLoops)
  func short(start: Int, step: String, comparison: String) throws {
    let before = Self.loop(from: start, step, while: comparison, check: true)
    let after = Self.loop(from: start, step, while: comparison, check: false)
    try PassCase("", before, after).check { $0.removeInterruptionChecks(&$1) }
  }

  static let longLoops: [(start: Int, step: String, comparison: String, body: String)] = [
    // Too many iterations, in the loop or by a wrap-around.
    (0, increment, compare("i32.ne", 100_000_000), ""), (0, increment, compare("i32.ne", -1), ""),
    (0, "v3: i32 = const 3\n  v4: i32 = i32.add v2, v3", compare("i32.ne", 1000), ""),
    (10, increment, compare("i32.ne", 5), ""), (0, increment, compare("i32.lt_s", 0x7FFF_FFFF), ""),
    (0, increment, compare("i32.lt_u", -1), ""),
    (0, "v3: i32 = const 0\n  v4: i32 = i32.add v2, v3", compare("i32.lt_s", 10), ""),
    (1000, "v3: i32 = const 1\n  v4: i32 = i32.sub v2, v3", compare("i32.ge_u", 0), ""),
    // Unknown numbers of iterations.
    (0, "v3: i32 = i32.add v2, v0\n  v4: i32 = i32.add v3, v3", compare("i32.ne", 1000), ""),
    (0, increment, "v8: i32 = i32.ne v4, v0", ""), (0, increment, compare("i32.eq", 1), ""),
    // A call.
    (0, increment, compare("i32.ne", 1000), "call f0 t0 ()"),
  ]

  @Test("Other loops keep theirs", arguments: longLoops)
  func long(start: Int, step: String, comparison: String, body: String) throws {
    let text = Self.loop(from: start, step, while: comparison, body, check: true)
    try PassCase("", text, text).check { $0.removeInterruptionChecks(&$1) }
  }

  /// Loops from 0 to 200,000, one after the other.
  private static func sequence(checks: [Bool]) -> String {
    var lines = ["block0(v0: i32):", "  v1: i32 = const 0", "  v2: i32 = const 1", "  v3: i32 = const 200000"]
    lines.append("  jump block1(v1)")
    for (index, check) in checks.enumerated() {
      let value = 4 + 3 * index
      lines.append("block\(index + 1)(v\(value): i32):")
      if check { lines.append("  check_interruption !trap(interrupted)") }
      lines.append("  v\(value + 1): i32 = i32.add v\(value), v2")
      lines.append("  v\(value + 2): i32 = i32.ne v\(value + 1), v3")
      let next = index + 1 == checks.count ? "block\(index + 2)" : "block\(index + 2)(v1)"
      lines.append("  branch v\(value + 2), block\(index + 1)(v\(value + 1)), \(next)")
    }
    lines += ["block\(checks.count + 1):", "  return"]
    return lines.joined(separator: "\n")
  }

  @Test("Of many short loops, one after the other, only the first need none")
  func sum() throws {
    let before = Self.sequence(checks: Array(repeating: true, count: 4))
    let after = Self.sequence(checks: [false, false, true, true])
    try PassCase("", before, after).check { $0.removeInterruptionChecks(&$1) }
  }

  @Test("Accesses to a memory count as much work, since each may need a new page", arguments: [1, 30])
  func accesses(count: Int) throws {
    let store = "i32.store [v9 + v2], v2 !memory !trap(outOfBoundsMemoryAccess)"
    let stores = (["v9: i64 = const 4096"] + Array(repeating: store, count: count)).joined(separator: "\n  ")
    let before = Self.loop(from: 0, Self.increment, while: Self.compare("i32.ne", 1000), stores, check: true)
    let after = Self.loop(from: 0, Self.increment, while: Self.compare("i32.ne", 1000), stores, check: count > 20)
    try PassCase("", before, after).check { $0.removeInterruptionChecks(&$1) }
  }
}
