import Needletail
import Testing

/// Backtraces of traps: whose frames they have, and how they are printed.
@Suite struct BacktraceTests {
  @Test("A trap that a host function throws has the frames of its callers", arguments: TestedEngine.all)
  func hostTrap(tested: TestedEngine) throws {
    let instance = try tested.make().instantiate(
      """
      (import "host" "read" (func $read (param i32)))
      (memory (export "memory") 1)
      (func $inner (param i32) (call $read (local.get 0)))
      (func $outer (export "outer") (param i32) (call $inner (local.get 0)) (nop))
      """
    ) { linker, _ in
      try linker.define("host", "read") { (caller: Caller, address: UInt32) in
        _ = try caller.memory().readBytes(at: UInt64(address), count: 4)
      }
    }
    let outer = try #require(instance.function("outer"))
    try outer.call([.i32(65532)])
    let trap = #expect(throws: Trap.self) { try outer.call([.i32(65533)]) }
    #expect(trap?.code == .outOfBoundsMemoryAccess)
    #expect(trap?.backtrace.map(\.functionName) == ["inner", "outer"])
    // The store can be used again.
    try outer.call([.i32(0)])
  }

  private static func description(_ names: [String]) -> String {
    let frames = names.map { Trap.Frame(functionIndex: 7, functionName: $0, moduleName: nil, offset: nil) }
    return "\(Trap(.unreachable, backtrace: frames))"
  }

  @Test(
    "Frames that repeat are shown once",
    arguments: [
      ("a b c", "0: a, 1: b, 2: c"), ("a b b c", "0: a, 1: b, 2: b, 3: c"),
      ("a b b b c", "0: a, 1: b, … 2 more frames of b, 4: c"),
      ("a b a b a b", "0: a, 1: b, … 4 more frames of a and b"),
      ("a b a b a b c", "0: a, 1: b, … 4 more frames of a and b, 6: c"),
      ("x a b c a b c a b c a", "0: x, 1: a, 2: b, 3: c, … 7 more frames of a and b and c"),
    ])
  func repetitions(names: String, expected: String) {
    let lines = Self.description(names.split(separator: " ").map(String.init)).split(separator: "\n").dropFirst()
    #expect(lines.map { $0.drop { $0 == " " } }.joined(separator: ", ") == expected)
  }

  @Test("Of a long backtrace, the first frames are shown, and the number of the others unless it was cut")
  func length() {
    let names = (0..<100).map { "f\($0)" }
    #expect(Self.description(Array(names.prefix(30))).hasSuffix("\n  23: f23\n  … 6 more frames"))
    #expect(Self.description(names).hasSuffix("\n  23: f23\n  … more frames"))
    #expect(Self.description(Array(repeating: "f", count: 100)).hasSuffix("\n  0: f\n  … more frames of f"))
  }
}
