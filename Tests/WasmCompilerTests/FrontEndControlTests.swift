import Testing

@testable import WasmCompiler

/// Labels, locals and branches.
@Suite("Control flow and locals in SSA form")
struct FrontEndControlTests {
  @Test("A loop has parameters only for the locals that it changes")
  func loop() throws {
    let text = """
      (module (func (param $count i32) (param $step i32) (result i32) (local $sum i32)
        (loop $again
          (local.set $sum (i32.add (local.get $sum) (local.get $step)))
          (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
        (local.get $sum)))
      """
    #expect(
      try graph(of: text) == """
        function 0 -> i32
        block0(v0: i32, v1: i32):
          v9: i32 = const 0
          jump block1(v9, v0)
        block1(v3: i32, v5: i32):
          v4: i32 = i32.add v3, v1
          v6: i32 = const 1
          v7: i32 = i32.sub v5, v6
          branch v7, block1(v4, v7), block2
        block2:
          return v4

        """)
  }

  @Test("A local with the same value on all paths to a label has no parameter there")
  func sameValue() throws {
    let text = """
      (module (func (param $a i32) (param $b i32) (result i32)
        (if (local.get $a) (then (local.set $a (local.get $b))) (else (local.set $a (local.get $b))))
        (local.get $a)))
      """
    #expect(
      try graph(of: text) == """
        function 0 -> i32
        block0(v0: i32, v1: i32):
          branch v0, block1, block2
        block1:
          jump block3
        block2:
          jump block3
        block3:
          return v1

        """)
  }

  @Test("A parameter that a loop passes on unchanged is removed")
  func trivialParameter() throws {
    let text = """
      (module (func (param $a i32) (param $b i32) (result i32)
        (block $out
          (loop $again
            (br_if $again (i32.load8_u (local.get $a)))
            (local.set $a (i32.const 5))
            (br_if $out (local.get $b))
            (local.set $a (i32.const 6))))
        (local.get $a)) (memory 1))
      """
    #expect(
      try graph(of: text) == """
        function 0 -> i32
        block0(v0: i32, v1: i32):
          jump block1
        block1:
          v4: i64 = memory_base
          v5: i32 = i32.load8_u [v4 + v0] !memory !trap(outOfBoundsMemoryAccess)
          branch v5, block1, block2
        block2:
          v7: i32 = const 5
          branch v1, block3(v7), block4
        block3(v11: i32):
          return v11
        block4:
          v9: i32 = const 6
          jump block3(v9)

        """)
  }

  @Test("Results of blocks are parameters only if branches pass different values")
  func blockResults() throws {
    let text = """
      (module (func (param i32 i32) (result i32 i32)
        (block $out (result i32 i32)
          (br_if $out (local.get 0) (local.get 1) (local.get 0))
          (drop)
          (drop)
          (i32.const 7)
          (local.get 1))))
      """
    #expect(
      try graph(of: text) == """
        function 0 -> i32, i32
        block0(v0: i32, v1: i32):
          branch v0, block1(v0), block2
        block1(v5: i32):
          return v5, v1
        block2:
          v3: i32 = const 7
          jump block1(v3)

        """)
  }

  @Test("A br_table has an edge for each entry")
  func branchTable() throws {
    let text = """
      (module (func (param i32) (result i32)
        (block $a (block $b (br_table $a $b $a $b (local.get 0))) (return (i32.const 1)))
        (i32.const 2)))
      """
    #expect(try graph(of: text).contains("switch v0, block3, block4, block3, block4\n"))
  }

  @Test("Entries of a br_table for the same label pass values from one place")
  func branchTableValues() throws {
    let text = """
      (module (func (param i32 i32) (result i32)
        (block $a (result i32)
          (drop (br_if $a (i32.const 9) (local.get 1)))
          (br_table $a $a (i32.const 5) (local.get 0)))))
      """
    let printed = try graph(of: text)
    #expect(printed.contains("switch v0, block3, block3\n"))
    #expect(printed.contains("block3:\n  jump block1("))
  }

  @Test("Branch hints mark unlikely edges")
  func hints() throws {
    let text = """
      (module (func (param i32)
        (@metadata.code.branch_hint "\\00") (if (local.get 0) (then (unreachable)))))
      """
    #expect(try graph(of: text).contains("branch v0, block1, block2 !unlikely"))
  }

  @Test(
    "Loops and tail calls of functions check for interruption, if configured",
    arguments: ["(loop (br 0))", "(return_call 0)"])
  func interruption(body: String) throws {
    let text = "(module (func \(body)))"
    let printed = try graph(of: text, options: FrontEndOptions(isInterruptible: true))
    #expect(printed.split(separator: "\n").count { $0.contains("check_interruption") } == 1)
    #expect(!(try graph(of: text)).contains("check_interruption"))
  }
}
