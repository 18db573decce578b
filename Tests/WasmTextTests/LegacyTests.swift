import Testing
import WasmText

/// Pre-standard texts, and the examples in the documents on which the project is based.
@Suite struct LegacyTests {
  private static let legacy = WatOptions(legacyDialect: true, emitNames: false)

  @Test func oldMnemonicsAssembleToTheSameBytes() throws {
    let old = """
      (memory 1) (table 0 anyfunc) (global $g (mut i32) (i32.const 0))
      (func (param $x i64) (result i32) (local $y i32)
        (set_local $y (tee_local $y (get_local $y))) (set_global $g (get_global $g))
        (drop (current_memory)) (drop (grow_memory (i32.const 0))) (drop (i64.extend_u/i32 (get_local $y)))
        (i32.wrap/i64 (get_local $x)))
      """
    let new = """
      (memory 1) (table 0 funcref) (global $g (mut i32) (i32.const 0))
      (func (param $x i64) (result i32) (local $y i32)
        (local.set $y (local.tee $y (local.get $y))) (global.set $g (global.get $g))
        (drop (memory.size)) (drop (memory.grow (i32.const 0))) (drop (i64.extend_i32_u (local.get $y)))
        (i32.wrap_i64 (local.get $x)))
      """
    #expect(try assemble(old, options: Self.legacy) == assemble(new, options: Self.legacy))
    #expect(throws: ParseError.self) { try assemble(old) }
  }

  @Test func anIndirectCallMayNameItsTypeAlone() throws {
    let old = "(type $t (func)) (table 1 anyfunc) (func (call_indirect $t (i32.const 0)))"
    let new = "(type $t (func)) (table 1 funcref) (func (call_indirect (type $t) (i32.const 0)))"
    #expect(try assemble(old, options: Self.legacy) == assemble(new, options: Self.legacy))
  }

  @Test(arguments: [
    """
    (module
     (table 0 anyfunc)
     (memory $0 1)
     (data (i32.const 16) "hello world!\\00")
     (export "memory" (memory $0))
     (export "hello" (func $hello))
     (func $hello (; 0 ;) (result i32)
      (i32.const 16)
     )
    )
    """,
    """
    (module
     (type $FUNCSIG$i (func (result i32)))
     (type $FUNCSIG$iii (func (param i32 i32) (result i32)))
     (import "env" "concat" (func $concat (param i32 i32) (result i32)))
     (table 0 anyfunc)
     (memory $0 1)
     (data (i32.const 16) "hello \\00")
     (export "memory" (memory $0))
     (export "hello" (func $hello))
     (func $hello (; 1 ;) (param $0 i32) (result i32)
      (call $concat
       (i32.const 16)
       (get_local $0)
      )
     )
    )
    """,
  ])
  func examplesOfTheDocumentsAssembleInTheLegacyDialect(_ text: String) throws {
    #expect(try assemble(text, options: Self.legacy).count > 40)
    #expect(throws: ParseError.self) { try assemble(text) }
  }

  @Test(arguments: [
    """
    ;; WebAssembly文本格式示例
    (module
      (func $add (param $a i32) (param $b i32) (result i32)
        local.get $a
        local.get $b
        i32.add)
      (export "add" (func $add))
    )
    """,
    """
    ;; default-memory-layout.wat ;;
    (memory (;0;) 1 2)
    (global $__sack_pointer (mut i32) (i32.const 4096))
    (global (;1;) i32 (i32.const 1024))
    (global (;2;) i32 (i32.const 3072))
    (global (;3;) i32 (i32.const 1024))
    (global (;4;) i32 (i32.const 4096))
    (global (;5;) i32 (i32.const 0))
    (global (;6;) i32 (i32.const 1))
    (export "memory" (memory 0))
    (export "__data_end" (global 2))
    (export "__global_base" (global 3))
    (export "__heap_base" (global 4))
    (export "__memory_base" (global 5))
    """,
  ])
  func examplesOfTheDocumentsAssembleAsTheyStand(_ text: String) throws {
    #expect(try assemble(text).count > 40)
  }
}
