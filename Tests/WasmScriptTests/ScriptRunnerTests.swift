import Needletail
import Testing
import WasmScript

/// Tests of the runner: a script that should fail must fail.
@Suite struct ScriptRunnerTests {
  private static let module = """
    (module
      (func (export "i32") (result i32) (i32.const 1))
      (func (export "zero") (result f32) (f32.const -0))
      (func (export "canonical") (result f32) (f32.const -nan))
      (func (export "arithmetic") (result f32) (f32.const nan:0x600000))
      (func (export "signalling") (result f32) (f32.const nan:0x200000))
      (func (export "double") (result f64) (f64.const nan:0x4000000000000))
      (func (export "vector") (result v128) (v128.const f32x4 1 -0 nan nan:0x600000))
      (func (export "two") (result i32 i64) (i32.const 1) (i64.const 2))
      (func (export "none"))
      (func (export "self") (param externref) (result externref) (local.get 0))
      (func $f (export "function") (result funcref) (ref.func $f))
      (func (export "trap") unreachable)
      (func $deep (export "deep") (call $deep))
      (global (export "global") i64 (i64.const 7)))

    """

  @Test("Assertions can instantiate a definition")
  func instancesInAssertions() {
    let script = """
      (module (global (export "g") i32 (i32.const 0)))
      (register "M")
      (module definition $D (import "M" "g" (func)))
      (assert_unlinkable (module instance $D) "incompatible import")
      (assert_unlinkable (module instance $I $D) "incompatible import")
      (assert_unlinkable (module instance) "incompatible import")
      (module definition $T (func $f (unreachable)) (start $f))
      (assert_trap (module instance $T) "unreachable")
      (assert_trap (module instance $D) "unreachable")
      (assert_trap (module instance $Missing) "unreachable")
      (assert_unlinkable (module instance $T) "incompatible import")
      """
    let report = ScriptRunner().run(Array(script.utf8))
    #expect(report.passed == 7)
    #expect(report.failures.map(\.location.line) == [9, 10, 11])
  }

  /// Assertions about the module above, and whether they hold.
  private static let assertions: [(text: String, holds: Bool)] = [
    (#"(assert_return (invoke "i32") (i32.const 1))"#, true),
    (#"(assert_return (invoke "i32") (i32.const 2))"#, false),
    (#"(assert_return (invoke "i32") (i64.const 1))"#, false),
    (#"(assert_return (invoke "i32"))"#, false),
    (#"(assert_return (invoke "i32") (either (i32.const 2) (i32.const 1)))"#, true),
    (#"(assert_return (invoke "i32") (either (i32.const 2) (i32.const 3)))"#, false),
    (#"(assert_return (invoke "zero") (f32.const -0))"#, true),
    (#"(assert_return (invoke "zero") (f32.const 0))"#, false),
    (#"(assert_return (invoke "canonical") (f32.const nan:canonical))"#, true),
    (#"(assert_return (invoke "canonical") (f32.const nan:arithmetic))"#, true),
    (#"(assert_return (invoke "canonical") (f32.const nan))"#, false),
    (#"(assert_return (invoke "arithmetic") (f32.const nan:canonical))"#, false),
    (#"(assert_return (invoke "arithmetic") (f32.const nan:arithmetic))"#, true),
    (#"(assert_return (invoke "signalling") (f32.const nan:arithmetic))"#, false),
    (#"(assert_return (invoke "signalling") (f32.const nan:0x200000))"#, true),
    (#"(assert_return (invoke "double") (f64.const nan:arithmetic))"#, false),
    (#"(assert_return (invoke "double") (f64.const nan:0x4000000000000))"#, true),
    (#"(assert_return (invoke "vector") (v128.const f32x4 1 -0 nan:canonical nan:arithmetic))"#, true),
    (#"(assert_return (invoke "vector") (v128.const f32x4 1 0 nan:canonical nan:arithmetic))"#, false),
    (#"(assert_return (invoke "vector") (v128.const f32x4 1 -0 nan:canonical nan:canonical))"#, false),
    (#"(assert_return (invoke "two") (i32.const 1) (i64.const 2))"#, true),
    (#"(assert_return (invoke "two") (i32.const 1))"#, false),
    (#"(assert_return (invoke "none"))"#, true),
    (#"(assert_return (invoke "none") (i32.const 1))"#, false),
    (#"(assert_return (invoke "self" (ref.extern 1)) (ref.extern 1))"#, true),
    (#"(assert_return (invoke "self" (ref.extern 1)) (ref.extern 2))"#, false),
    (#"(assert_return (invoke "self" (ref.extern 1)) (ref.extern))"#, true),
    (#"(assert_return (invoke "self" (ref.extern 1)) (ref.null))"#, false),
    (#"(assert_return (invoke "self" (ref.null extern)) (ref.null))"#, true),
    (#"(assert_return (invoke "self" (ref.null extern)) (ref.null extern))"#, true),
    (#"(assert_return (invoke "self" (ref.null extern)) (ref.null func))"#, false),
    (#"(assert_return (invoke "function") (ref.func))"#, true),
    (#"(assert_return (invoke "function") (ref.null))"#, false),
    (#"(assert_return (get "global") (i64.const 7))"#, true),
    (#"(assert_return (get "global") (i64.const 8))"#, false),
    (#"(assert_return (get "i32") (i32.const 1))"#, false),
    (#"(assert_return (invoke "missing"))"#, false),
    (#"(assert_return (invoke $missing "i32") (i32.const 1))"#, false),
    (#"(assert_return (invoke "trap"))"#, false),
    (#"(assert_return (invoke "i32" (i32.const 1)) (i32.const 1))"#, false),
    (#"(assert_trap (invoke "trap") "unreachable")"#, true),
    (#"(assert_trap (invoke "trap") "unreach")"#, true),
    (#"(assert_trap (invoke "trap") "unreachable executed")"#, false),
    (#"(assert_trap (invoke "trap") "integer overflow")"#, false),
    (#"(assert_trap (invoke "none") "unreachable")"#, false),
    (#"(assert_trap (invoke "deep") "call stack exhausted")"#, false),
    (#"(assert_exhaustion (invoke "deep") "call stack exhausted")"#, true),
    (#"(assert_exhaustion (invoke "trap") "unreachable")"#, false),
    (#"(assert_exhaustion (invoke "none") "call stack exhausted")"#, false),
    (#"(assert_exception (invoke "trap"))"#, false),
    (#"(assert_exception (invoke "none"))"#, false),
    (#"(assert_trap (module (func unreachable) (start 0)) "unreachable")"#, true),
    (#"(assert_trap (module (func) (start 0)) "unreachable")"#, false),
    (#"(assert_trap (module (import "no" "no" (func))) "unknown import")"#, false),
    (#"(assert_malformed (module quote "(func nonsense)") "unknown operator")"#, true),
    (#"(assert_malformed (module quote "(func nonsense)") "unexpected token")"#, false),
    (#"(assert_malformed (module quote "(func)") "unknown operator")"#, false),
    (#"(assert_malformed (module quote "(func (i32.const 1))") "type mismatch")"#, false),
    (#"(assert_malformed (module binary "") "unexpected end")"#, true),
    (#"(assert_malformed (module binary "\00asm\01\00\00\00") "unexpected end")"#, false),
    (#"(assert_invalid (module (func (i32.const 1))) "type mismatch")"#, true),
    (#"(assert_invalid (module (func (i32.const 1))) "unknown type")"#, false),
    (#"(assert_invalid (module (func)) "type mismatch")"#, false),
    (#"(assert_invalid (module quote "(func nonsense)") "unknown operator")"#, false),
    (#"(assert_invalid (module binary "") "unexpected end")"#, false),
    (#"(assert_unlinkable (module (import "no" "no" (func))) "unknown import")"#, true),
    (#"(assert_unlinkable (module (import "spectest" "print" (func (param i32)))) "incompatible import type")"#, true),
    (#"(assert_unlinkable (module (import "spectest" "print" (func (param i32)))) "unknown import")"#, false),
    (#"(assert_unlinkable (module (import "spectest" "print" (func))) "unknown import")"#, false),
    (#"(assert_unlinkable (module (func unreachable) (start 0)) "unreachable")"#, false),
  ]

  @Test("An assertion that holds counts as passed, any other as failed", arguments: assertions.indices)
  func assertion(index: Int) {
    let (text, holds) = Self.assertions[index]
    let report = ScriptRunner().run(text: Self.module + text)
    #expect(report.passed == (holds ? 2 : 1), "\(text): \(report.failures)")
    #expect(report.failed == (holds ? 0 : 1), "\(text)")
    #expect(report.notRun.isEmpty)
  }

  @Test("A failure has the line of its command, and the expected and actual results")
  func failureMessages() {
    let report = ScriptRunner().run(
      text: """
        (module (func (export "f") (result i32) (i32.const 1)))

        (assert_return (invoke "f")
          (i32.const 2))
        (assert_trap (invoke "f") "unreachable")
        """)
    #expect(report.failures.map(\.location.line) == [3, 5])
    #expect(
      report.failures.map(\.message) == [
        "expected i32 2, found i32 1", "expected a trap \"unreachable\", found no error",
      ])
  }

  @Test("After a module fails, actions do not use the previous one")
  func failedModule() {
    let report = ScriptRunner().run(
      text: """
        (module (func (export "f")))
        (module (func (i32.const 1)))
        (assert_return (invoke "f"))
        """)
    #expect(report.passed == 1)
    #expect(report.failures.map(\.location.line) == [2, 3])
  }

  @Test("Bare actions count only if they fail")
  func actions() {
    let report = ScriptRunner().run(
      text: #"(module (func (export "f")) (func (export "g") unreachable)) (invoke "f") (invoke "g")"#)
    #expect(report.passed == 1)
    #expect(report.failed == 1)
  }

  @Test("Instances are linked by their registered names")
  func register() {
    let report = ScriptRunner().run(
      text: """
        (module $a (func (export "f") (result i32) (i32.const 1)))
        (register "a")
        (module $b (import "a" "f" (func (result i32))) (export "g" (func 0)))
        (register "b" $b)
        (module (import "b" "g" (func (result i32))) (export "h" (func 0)))
        (assert_return (invoke "h") (i32.const 1))
        (assert_return (invoke $a "f") (i32.const 1))
        """)
    #expect(report.passed == 5)
    #expect(report.failures.isEmpty)
  }

  @Test("A definition can be instantiated several times")
  func definitions() {
    let report = ScriptRunner().run(
      text: """
        (module definition $m
          (global $g (mut i32) (i32.const 0))
          (func (export "next") (result i32)
            (global.set $g (i32.add (global.get $g) (i32.const 1)))
            (global.get $g)))
        (module instance $a $m)
        (module instance $b $m)
        (assert_return (invoke $a "next") (i32.const 1))
        (assert_return (invoke $a "next") (i32.const 2))
        (assert_return (invoke $b "next") (i32.const 1))
        """)
    #expect(report.passed == 4)
    #expect(report.failures.isEmpty)
  }

  @Test("A malformed script is one failure with its line")
  func malformedScript() {
    let report = ScriptRunner().run(text: "(module)\n(assert_nothing)")
    #expect(report.passed == 0)
    #expect(report.failures.map(\.location.line) == [2])
  }

  @Test("The module spectest exports everything that the suite's scripts import")
  func spectest() {
    let report = ScriptRunner().run(
      text: """
        (module
          (import "spectest" "print_i32_f32" (func (param i32 f32)))
          (import "spectest" "global_f32" (global f32))
          (import "spectest" "global_i64" (global i64))
          (import "spectest" "table" (table 10 20 funcref))
          (import "spectest" "table64" (table i64 10 20 funcref))
          (import "spectest" "memory" (memory 1 2))
          (export "f32" (global 0)) (export "i64" (global 1)))
        (assert_return (get "f32") (f32.const 666.6))
        (assert_return (get "i64") (i64.const 666))
        """)
    #expect(report.passed == 3, "\(report.failures)")
  }

  @Test(
    "The name of a folder enables the proposal",
    arguments: [
      ("suite/i32.wast", Features.standard), ("legacy/throw.wast", [.standard, .legacyExceptions]),
      ("suite/proposals/custom-descriptors/x.wast", [.standard, .customDescriptors]),
      ("custom-descriptors.wast", .standard),
    ] as [(String, Features)])
  func features(path: String, features: Features) {
    #expect(ScriptRunner.features(forScriptAt: path) == features)
  }
}
