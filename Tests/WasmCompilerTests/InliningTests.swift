import Testing
import WebAssembly

@testable import WasmCompiler

@Suite("Inlining")
struct InliningTests {
  /// The graph of a module's last function after inlining, as text. It is verified, also after the other passes.
  private static func inlined(_ module: String, _ level: OptimizationLevel, withSources: Bool = false) throws -> String
  {
    let facts = ModuleFacts(try image(try assembled("(module \(module))")))
    var frontEnd = FrontEnd(facts, FrontEndOptions())
    var inliner = Inliner(facts, level)
    var graph = FunctionGraph()
    try frontEnd.build(function: facts.bodyByteCounts.count - 1, into: &graph)
    _ = inliner.run(&graph, &frontEnd)
    var verifier = Verifier(facts)
    try verifier.verify(graph)
    graph.lookThroughCopies()
    let result = graph.printed(withSources: withSources)
    let text = graph.printed(withSources: true)
    #expect(try FunctionGraph(parsing: text).printed(withSources: true) == text)
    var optimizer = Optimizer()
    optimizer.run(&graph, level: .aggressive)
    try verifier.verify(graph)
    return result
  }

  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var level: OptimizationLevel
    var module: String
    var graph: String

    init(_ name: String, _ level: OptimizationLevel = .aggressive, _ module: String, _ graph: String) {
      self.name = name
      self.level = level
      self.module = module
      self.graph = graph
    }

    var testDescription: String { name }
  }

  @Test("Inlined calls", arguments: cases)
  func becomes(_ test: Case) throws {
    let found = try Self.inlined(test.module, test.level)
    #expect(found == test.graph + "\n")
  }

  static let cases = [
    Case(
      "A body of one block takes the place of the call", .basic,
      """
      (func $f (param i32 i32) (result i32) (i32.add (local.get 1) (i32.mul (local.get 0) (i32.const 3))))
      (func (param i32) (result i32) (i32.sub (call $f (local.get 0) (i32.const 1)) (local.get 0)))
      """,
      """
      function 1 -> i32
      block0(v0: i32):
        v1: i32 = const 1
        v5: i32 = const 3
        v6: i32 = i32.mul v0, v5
        v7: i32 = i32.add v1, v6
        v3: i32 = i32.sub v7, v0
        return v3
      """),
    Case(
      "Several results are values, too", .basic,
      """
      (func $swap (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
      (func (param i32 i64) (result i64 i32) (call $swap (local.get 0) (local.get 1)))
      """,
      """
      function 1 -> i64, i32
      block0(v0: i32, v1: i64):
        return v1, v0
      """),
    Case(
      "Ways out of the callee meet behind the call", .aggressive,
      """
      (func $f (param i32) (result i32)
        (if (local.get 0) (then (return (i32.const 7)))) (i32.popcnt (local.get 0)))
      (func (param i32) (result i32) (i32.clz (call $f (local.get 0))))
      """,
      """
      function 1 -> i32
      block0(v0: i32):
        branch v0, block2, block3
      block1(v4: i32):
        v2: i32 = i32.clz v4
        return v2
      block2:
        v6: i32 = const 7
        jump block1(v6)
      block3:
        v8: i32 = i32.popcnt v0
        jump block1(v8)
      """),
    Case(
      "Exceptions of the callee's calls go where those of the call went", .aggressive,
      """
      (import "" "" (func $host (param i32)))
      (func $f (param i32) (call $host (local.get 0)) (call $host (i32.const 0)))
      (func (param i32) (result i32)
        (block (try_table (catch_all 0) (call $f (local.get 0))) (return (i32.const 1)))
        (local.get 0))
      """,
      """
      function 2 -> i32
      block0(v0: i32):
        v9: i64 = context
        v10: i64 = i64.load [v9 + 96] !constant
        v11: i64 = i64.load [v10] !constant
        call_reference v11 t0 (v0)
        try_jump block6, block1
      block1 !cold:
        v4: i64 = caught_exception
        jump block4
      block2:
        jump block3
      block3:
        v6: i32 = const 1
        return v6
      block4:
        return v0
      block5:
        jump block2
      block6:
        v14: i32 = const 0
        v15: i64 = i64.load [v9 + 96] !constant
        v16: i64 = i64.load [v15] !constant
        call_reference v16 t0 (v14)
        try_jump block7, block1
      block7:
        jump block5
      """),
    Case(
      "A tail call becomes an ordinary one", .aggressive,
      """
      (import "" "" (func $host (param i32) (result i32)))
      (func $f (param i32) (result i32) (return_call $host (i32.add (local.get 0) (i32.const 1))))
      (func (param i32) (result i32) (i32.mul (call $f (local.get 0)) (local.get 0)))
      """,
      """
      function 2 -> i32
      block0(v0: i32):
        v4: i32 = const 1
        v5: i32 = i32.add v0, v4
        v6: i64 = context
        v7: i64 = i64.load [v6 + 96] !constant
        v8: i64 = i64.load [v7] !constant
        v9: i32 = call_reference v8 t0 (v5)
        jump block1
      block1:
        v2: i32 = i32.mul v9, v0
        return v2
      """),
    Case(
      "A reference to a known function is called as that function, or inlined", .aggressive,
      """
      (type $t (func (param i32) (result i32)))
      (func $f (type $t) (i32.ctz (local.get 0)))
      (elem declare func $f)
      (func (param i32) (result i32) (call_ref $t (local.get 0) (ref.func $f)))
      """,
      """
      function 1 -> i32
      block0(v0: i32):
        v1: i64 = context
        v2: i64 = i64.load [v1 + 96] !constant
        v3: i64 = i64.load [v2] !constant
        v4: i32 = i64.eqz v3
        trap_if v4 !trap(nullFunctionReference)
        v8: i32 = i32.ctz v0
        return v8
      """),
    Case(
      "A function that never returns leaves nothing behind", .aggressive,
      """
      (func $f (param i32) (result i32) unreachable)
      (func (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))
      """,
      """
      function 1 -> i32
      block0(v0: i32):
        trap !trap(unreachable)
      block1(v5: i32):
        v2: i32 = const 1
        v3: i32 = i32.add v5, v2
        return v3
      """),
    Case(
      "A recursive function is inlined once in itself", .aggressive,
      """
      (func $f (param i32) (result i32) (if (result i32) (local.get 0)
        (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 5))))
      """,
      """
      function 0 -> i32
      block0(v0: i32):
        branch v0, block1, block2
      block1:
        v2: i32 = const 1
        v3: i32 = i32.sub v0, v2
        branch v3, block5, block6
      block2:
        v6: i32 = const 5
        jump block3(v6)
      block3(v8: i32):
        return v8
      block4:
        jump block3(v17)
      block5:
        v11: i32 = const 1
        v12: i32 = i32.sub v3, v11
        v13: i32 = call f0 t0 (v12)
        jump block7(v13)
      block6:
        v15: i32 = const 5
        jump block7(v15)
      block7(v17: i32):
        jump block4
      """),
    Case(
      "What is too large, or called where it is seldom needed, is called", .basic,
      """
      (func $f (param i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.mul (local.get 0) (local.get 0)))
        (i32.mul (local.get 0) (i32.mul (local.get 0) (i32.mul (local.get 0) (i32.mul (local.get 0) (local.get 0)))))))
      (func (param i32) (result i32) (call $f (local.get 0)))
      """,
      """
      function 1 -> i32
      block0(v0: i32):
        v1: i32 = call f0 t0 (v0)
        return v1
      """),
    Case(
      "Nothing is inlined without optimization", .none,
      """
      (func $f (param i32) (result i32) (local.get 0))
      (func (param i32) (result i32) (call $f (local.get 0)))
      """,
      """
      function 1 -> i32
      block0(v0: i32):
        v1: i32 = call f0 t0 (v0)
        return v1
      """),
  ]

  @Test("An interpreter's loop inlines less than other loops")
  func interpreters() throws {
    func callsThatRemain(ways: Int) throws -> Int {
      let body = String(repeating: "(i32.mul (local.get 1))", count: 30)
      let calls = (0..<400).map { "(local.set 0 (call $f (local.get 0) (i32.const \($0))))" }.joined()
      let graph = try Self.inlined(
        """
        (func $f (param i32 i32) (result i32) (local.get 0) \(body))
        (func (param i32) (result i32)
          (block $end (loop $next \(calls) (br_table\(String(repeating: " $next", count: ways - 1)) $end (local.get 0))))
          (local.get 0))
        """, .aggressive)
      return graph.split(separator: "\n").count { $0.contains("call f0 ") }
    }
    let (few, many) = (try callsThatRemain(ways: 31), try callsThatRemain(ways: 32))
    #expect(few < many)
    #expect(many < 400)
  }

  @Test("Positions record the function of an instruction and its call sites")
  func positions() throws {
    let text = try Self.inlined(
      """
      (memory 1)
      (func $f (param i32) (result i32) (i32.load (local.get 0)))
      (func $g (param i32) (result i32) (call $f (i32.mul (local.get 0) (i32.const 2))))
      (func (param i32) (result i32) (i32.add (call $g (local.get 0)) (i32.load (local.get 0))))
      """, .aggressive, withSources: true)
    #expect(
      text == """
        function 2 -> i32
        block0(v0: i32):
          v6: i32 = const 2 @0x2a in f1 @0x34
          v7: i32 = i32.mul v0, v6 @0x2c in f1 @0x34
          v10: i64 = memory_base @0x22 in f0 @0x2d in f1 @0x34
          v11: i32 = i32.load [v10 + v7] !memory !trap(outOfBoundsMemoryAccess) @0x22 in f0 @0x2d in f1 @0x34
          jump block1 @0x34
        block1:
          v2: i64 = memory_base @0x38
          v3: i32 = i32.load [v2 + v0] !memory !trap(outOfBoundsMemoryAccess) @0x38
          v4: i32 = i32.add v11, v3 @0x3b
          return v4 @0x3c

        """)
  }
}
