import Testing
import WasmRuntime
import WebAssembly

@testable import WasmCompiler

/// Functions that begin at a loop which the interpreter runs.
@Suite("Entry at a loop")
struct FrontEndLoopEntryTests {
  @Test("Locals come from the frame, and references are removed from it")
  func locals() throws {
    let text = """
      (module (func (param $n i32) (param $r anyref) (result anyref) (local $x f64)
        (local.set $x (f64.const 5))
        (loop $l
          (local.set $x (f64.add (local.get $x) (local.get $x)))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $r)))
      """
    let found = try graph(of: text) {
      LoopEntry(
        loop: UInt32($0),
        locals: [.slot(0, isReference: false), .slot(1, isReference: true), .slot(5, isReference: false)], operands: [])
    }
    #expect(
      found == """
        function 0 -> i64
        block0(v0: i64):
          v1: i32 = i32.load [v0] !runtime
          v2: i64 = i64.load [v0 + 8] !runtime
          v3: i64 = const 0
          i64.store [v0 + 8], v3 !runtime
          v5: f64 = f64.load [v0 + 40] !runtime
          jump block2
        block1 !cold:
          v7: f64 = const 0x4014000000000000
          jump block3(v7, v1)
        block2:
          jump block3(v5, v1)
        block3(v10: f64, v12: i32):
          v11: f64 = f64.add v10, v10
          v13: i32 = const 1
          v14: i32 = i32.sub v12, v13
          branch v14, block3(v11, v14), block4
        block4:
          return v2

        """)
  }

  @Test("An inner loop is entered through the outer one, with the operands below both")
  func nested() throws {
    let text = """
      (module (func (param $n i32) (result i64) (local $i i32)
        (i64.const 7)
        (loop $outer
          (i64.extend_i32_u (local.get $n))
          (loop $inner
            (br_if $inner (local.tee $i (i32.add (local.get $i) (i32.const 1)))))
          (drop)
          (br_if $outer (local.get $n)))))
      """
    let found = try graph(of: text) {
      LoopEntry(
        loop: UInt32($0), locals: [.slot(0, isReference: false), .slot(4, isReference: false)],
        operands: [.init(.constant(7), .i64), .init(.slot(6, isReference: false), .i64)])
    }
    #expect(
      found == """
        function 0 -> i64
        block0(v0: i64):
          v1: i32 = i32.load [v0] !runtime
          v2: i32 = i32.load [v0 + 32] !runtime
          v3: i64 = const 7
          v4: i64 = i64.load [v0 + 48] !runtime
          jump block2
        block1 !cold:
          v6: i64 = const 7
          v8: i32 = const 0
          jump block3(v8, v2, v6)
        block2:
          v9: i32 = const 1
          v26: i64 = const 7
          jump block3(v9, v2, v26)
        block3(v11: i32, v23: i32, v24: i64):
          branch v11, block4, block5 !unlikely
        block4 !cold:
          jump block6(v23, v4)
        block5:
          v13: i64 = i64.extend_i32_u v1
          jump block6(v23, v13)
        block6(v16: i32, v20: i64):
          v17: i32 = const 1
          v18: i32 = i32.add v16, v17
          branch v18, block6(v18, v20), block7
        block7:
          v22: i32 = const 0
          branch v1, block3(v22, v18, v24), block8
        block8:
          return v24

        """)
  }

  @Test("A loop in unreachable code, or within a legacy catch, has no entry")
  func refusals() throws {
    let entry = { (offset: Int) in
      LoopEntry(loop: UInt32(offset), locals: [.slot(0, isReference: false)], operands: [])
    }
    #expect(throws: FrontEndError.self) {
      try graph(of: "(module (func (param i32) (return) (loop (br 0))))", at: entry)
    }
    #expect(throws: FrontEndError.self) {
      try graph(of: "(module (func (param i32) (try (do) (catch_all (loop (br 0))))))", at: entry)
    }
    // The interpreter has other locals, or other operands.
    #expect(throws: FrontEndError.self) {
      try graph(of: "(module (func (loop (br 0))))", at: entry)
    }
    #expect(throws: FrontEndError.self) {
      try graph(of: "(module (func (param i32) (i32.const 1) (loop (br 0)) (drop)))", at: entry)
    }
  }
}
