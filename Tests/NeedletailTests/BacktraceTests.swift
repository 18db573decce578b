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

  private static func description(_ names: [String], omitting count: Int, after gap: Int) -> String {
    var frames = names.map { Trap.Frame(functionIndex: 7, functionName: $0, moduleName: nil, offset: nil) }
    frames[gap].omittedCallerCount = count
    return "\(Trap(.unreachable, backtrace: frames))".split(separator: "\n").dropFirst()
      .map { String($0.drop { $0 == " " }) }.joined(separator: ", ")
  }

  @Test("Of a long backtrace, the innermost and the outermost frames are shown, and the number of the others")
  func length() {
    let names = (0..<100).map { "f\($0)" }
    let text = Self.description(Array(names.prefix(30)))
    #expect(text.contains("\n  14: f14\n  … 7 frames left out …\n  22: f22\n"))
    #expect(text.hasSuffix("\n  29: f29") && text.split(separator: "\n").count == 25)
    #expect(
      Self.description(names).hasSuffix(
        "\n  14: f14\n  … 77 frames left out …\n\((92...99).map { "  \($0): f\($0)" }.joined(separator: "\n"))"))
    #expect(Self.description(Array(names.prefix(24))).hasSuffix("\n  23: f23"))
  }

  @Test("Frames next to a gap that repeat are left out, too")
  func gap() {
    #expect(
      Self.description(["a", "b", "c", "d"], omitting: 9876, after: 1)
        == "0: a, 1: b, … 9,876 frames left out …, 9878: c, 9879: d")
    let endless = Array(repeating: "f", count: 100)
    #expect(Self.description(endless, omitting: 1000, after: 49) == "0: f, … 1,098 frames left out …, 1099: f")
    #expect(
      Self.description(["x"] + endless + ["y"], omitting: 7, after: 50)
        == "0: x, 1: f, … 105 frames left out …, 107: f, 108: y")
  }

  /// The number of frames, the names of the outermost ones, and the description, of the error of a call.
  private static func frames(_ instance: Instance, _ name: String, _ arguments: [Value]) -> (
    count: Int, outermost: [String], text: String
  ) {
    do {
      try instance.function(name)!.call(arguments)
      return (0, [], "")
    } catch {
      let frames = (error as? Trap)?.backtrace ?? (error as? Exception)?.backtrace ?? []
      return (
        frames.reduce(0) { $0 + 1 + $1.omittedCallerCount }, frames.suffix(3).map { $0.functionName ?? "" }, "\(error)"
      )
    }
  }

  private static let recursions = """
    (import "host" "call" (func $host (param i32)))
    (type $f (func (param i32)))
    (tag $e)
    (table funcref (elem $a $trap $throw $b $fault))
    (memory 1)
    (func $trap (param i32) (unreachable))
    (func $throw (param i32) (throw $e))
    (func $fault (param i32) (drop (i32.load offset=65536 (local.get 0))))
    (func $a (param i32)
      (if (i32.eqz (local.get 0)) (then (call_indirect (type $f) (local.get 0) (global.get $end))))
      (call $b (i32.sub (local.get 0) (i32.const 1))))
    (func $b (type $f) (call_indirect (type $f) (local.get 0) (i32.const 0)))
    (global $end (mut i32) (i32.const 0))
    (func $outer (param i32) (call $a (local.get 0)) (nop))
    (func (export "run") (param $end i32) (param $depth i32)
      (global.set $end (local.get $end)) (call $outer (local.get $depth)) (nop))
    (func (export "through-host") (param $end i32) (param $depth i32)
      (global.set $end (local.get $end)) (call $host (local.get $depth)) (nop))
    (func $entered (export "entered") (param i32) (call $a (local.get 0)) (nop))
    """

  @Test("A deep recursion keeps its innermost and outermost frames, and counts the others", arguments: TestedEngine.all)
  func deepRecursion(tested: TestedEngine) throws {
    let instance = try tested.make().instantiate(Self.recursions) { linker, _ in
      try linker.define("host", "call") { (caller: Caller, depth: Int32) in
        try caller.instance!.function("entered")!.call([.i32(depth)])
      }
    }
    for end in [1, 2, 4] as [Int32] {
      for depth in [3, 24, 25, 49, 50, 1000] as [Int32] {
        // $a and $b alternate; then there are the trapping function, $outer and "run".
        let (count, outermost, text) = Self.frames(instance, "run", [.i32(end), .i32(depth)])
        #expect(count == 2 * Int(depth) + 4 && outermost == ["a", "outer", "run"], "\(end) \(depth): \(text)")
        let nested = Self.frames(instance, "through-host", [.i32(end), .i32(depth)])
        #expect(
          nested.count == 2 * Int(depth) + 4 && nested.outermost == ["a", "entered", "through-host"],
          "\(end) \(depth): \(nested.text)")
      }
    }
    let (_, _, text) = Self.frames(instance, "run", [.i32(1), .i32(5000)])
    #expect(text.contains("  0: trap at ") && text.contains("\n  … 9,996 frames left out …\n  10000: b at "), "\(text)")
    #expect(text.contains("\n  10002: outer at ") && text.contains("\n  10003: run at "), "\(text)")
  }

  @Test("Stack overflow shows the outermost frames", arguments: TestedEngine.all)
  func stackOverflow(tested: TestedEngine) throws {
    let instance = try tested.make().instantiate(
      """
      (func $endless (param i32) (result i32) (i32.add (call $endless (local.get 0)) (i32.const 1)))
      (func $start (export "start") (result i32) (i32.add (call $endless (i32.const 1)) (i32.const 1)))
      """)
    let (count, outermost, text) = Self.frames(instance, "start", [])
    #expect(count > 1000 && outermost == ["endless", "endless", "start"], "\(text)")
    #expect(text.contains("trap: call stack exhausted") && text.contains(" frames left out …\n"), "\(text)")
    #expect(text.contains("\n  \(count - 1): start at "), "\(text)")
  }

  @Test("Two functions with one name are told apart by their indices", arguments: TestedEngine.all)
  func ambiguousNames(tested: TestedEngine) throws {
    let instance = try tested.make().instantiate(
      """
      $calc
      (func $div (export "other") (unreachable))
      (func (export "div") (call 0) (nop))
      (func $once (export "once") (call 1) (nop))
      """)
    let text = Self.frames(instance, "once", []).text
    for part in ["calc!div[0] at ", "calc!div[1] at ", "calc!once at "] { #expect(text.contains(part), "\(text)") }
  }
}
