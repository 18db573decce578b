import Needletail
import Testing

/// Compiled code with inlined functions has the same outcomes and frames as the interpreter.
@Suite("Inlined functions")
struct InlinedFunctionTests {
  @Test("Outcomes are the same as in the interpreter", arguments: cases)
  func agreement(_ test: EngineAgreement) throws { try test.check() }

  static let cases = [
    EngineAgreement(
      "A trap three functions deep",
      """
      (memory 1)
      (func $load (param i32) (result i32) (i32.load (i32.mul (local.get 0) (i32.const 20000))))
      (func $twice (param i32) (result i32) (i32.add (call $load (i32.const 0)) (call $load (local.get 0))))
      (func $divide (param i32) (result i32) (i32.div_s (i32.const 10) (call $twice (local.get 0))))
      (func (export "run") (param i32) (result i32) (local i32)
        (loop (local.set 1 (i32.add (local.get 1) (call $divide (local.get 0))))
          (br_if 0 (i32.lt_u (local.get 1) (i32.const 100))))
        (local.get 1))
      """),
    EngineAgreement(
      "A call of the host's from inlined functions, which traps in between",
      """
      (import "host" "frames" (func $frames (param i32) (result i32)))
      (func $middle (param i32) (result i32) (i32.add (call $frames (local.get 0)) (i32.const 1)))
      (func $outer (param i32) (result i32) (i32.mul (call $middle (local.get 0)) (i32.const 3)))
      (func $check (param i32) (if (i32.ge_s (local.get 0) (i32.const 3)) (then unreachable)))
      (func (export "nested") (param i32) (result i32) (call $check (local.get 0)) (local.get 0))
      (func (export "run") (param i32) (result i32) (call $outer (local.get 0)))
      """),
    EngineAgreement(
      "Errors of the host's pass through",
      """
      (import "host" "trap" (func $trap (param i32) (result i32)))
      (func $f (param i32) (result i32) (call $trap (local.get 0)))
      (func (export "run") (param i32) (result i32)
        (block $caught (return (try_table (result i32) (catch_all $caught) (call $f (local.get 0)))))
        (i32.const 77))
      """),
    EngineAgreement(
      "Exceptions go to the handler around the call, or out",
      """
      (tag $a (param i32 f64)) (tag $b)
      (func $throw (param i32) (result i32)
        (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a (local.get 0) (f64.const 2.5))))
        (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $b)))
        (i32.div_u (i32.const 100) (local.get 0)))
      (func $through (param i32) (result i32)
        (block $b (try_table (catch $b $b) (return (call $throw (local.get 0)))))
        (call $throw (i32.add (local.get 0) (i32.const -1))))
      (func (export "run") (param i32) (result i32) (local i32)
        (local.set 1 (i32.const 40))
        (block $a (result i32 f64)
          (try_table (catch $a $a)
            (local.set 1 (i32.add (local.get 1) (call $through (local.get 0))))
            (local.set 1 (i32.add (local.get 1) (call $through (i32.sub (i32.const 4) (local.get 0))))))
          (return (call $throw (i32.sub (local.get 0) (i32.const 2)))))
        (drop) (return (i32.add (local.get 1))))
      """),
    EngineAgreement(
      "Exceptions that are thrown on from an inlined handler",
      """
      (tag $a (param i32))
      (func $f (param i32)
        (block $h (result exnref)
          (try_table (catch_all_ref $h) (throw $a (local.get 0)))
          (unreachable))
        (throw_ref))
      (func $g (param i32) (if (local.get 0) (then (call $f (local.get 0)))))
      (func (export "run") (param i32) (result i32)
        (block $h (result i32)
          (if (i32.gt_s (local.get 0) (i32.const 2)) (then (call $g (local.get 0))))
          (try_table (catch $a $h) (call $g (local.get 0)))
          (i32.const 7)))
      """),
    EngineAgreement(
      "The frame of a tail call's caller is gone",
      """
      (func $trap (param i32) (result i32) (i32.div_s (i32.const 12) (local.get 0)))
      (func $tail (param i32) (result i32) (return_call $trap (i32.sub (local.get 0) (i32.const 2))))
      (type $t (func (param i32) (result i32)))
      (table funcref (elem $trap $tail $none))
      (func $none)
      (func $indirect (param i32) (result i32) (return_call_indirect (type $t) (local.get 0) (local.get 0)))
      (func (export "run") (param i32) (result i32)
        (i32.add (call $tail (local.get 0)) (i32.add (call $indirect (local.get 0)) (i32.const 1))))
      """),
    EngineAgreement(
      "A tail call in a handler's reach",
      """
      (tag $a)
      (func $throw (param i32) (result i32 i32) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $a)))
        (local.get 0) (i32.const 5))
      (func $tail (param i32) (result i32 i32)
        (block (try_table (catch_all 0) (return_call $throw (local.get 0)))) (i32.const 8) (i32.const 9))
      (func (export "run") (param i32) (result i32)
        (block $h (try_table (catch_all $h) (return (i32.sub (call $tail (local.get 0))))))
        (i32.const 1000))
      """),
    EngineAgreement(
      "Endless and deep recursion",
      """
      (func $down (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
          (else (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))))
      (func $even (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
      (func $odd (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
      (func (export "run") (param i32) (result i32)
        (if (i32.lt_s (local.get 0) (i32.const 0)) (then (return (i32.const 0))))
        (i32.add (call $down (i32.mul (local.get 0) (i32.const 100))) (call $even (i32.mul (local.get 0) (i32.const 77)))))
      """),
    EngineAgreement(
      "Recursion without an end, at the beginning of a function with locals",
      """
      (func $down (param i32) (result i32) (local i64 f32)
        (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
      (func (export "run") (param i32) (result i32) (call $down (local.get 0)))
      """),
    EngineAgreement(
      "Values of all types, several results, vectors, more than registers",
      """
      (func $many (param i32 i64 f32 f64 v128 i32 i32 i32 i32 i32 i32)
        (result f64 v128 i32 i64 f32 i32 i32 i32 i32 i32)
        (f64.add (local.get 3) (f64.const 0.5))
        (i8x16.shuffle 0 1 2 3 4 5 6 7 31 30 29 28 27 26 25 24 (local.get 4) (v128.const i64x2 1 0x0102030405060708))
        (local.get 0) (local.get 1) (f32.neg (local.get 2)) (local.get 5) (local.get 6) (local.get 7) (local.get 8)
        (i32.add (local.get 9) (local.get 10)))
      (func (export "run") (param i32) (result i32) (local v128 i32)
        (call $many (local.get 0) (i64.const 5) (f32.const 1) (f64.convert_i32_s (local.get 0))
          (i32x4.splat (local.get 0)) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (local.get 0))
        (local.set 2) (local.set 2 (i32.add (local.get 2))) (local.set 2 (i32.add (local.get 2)))
        (local.set 2 (i32.add (local.get 2))) (local.set 2 (i32.mul (local.get 2)))
        (i32.reinterpret_f32) (local.set 2 (i32.add (local.get 2)))
        (i32.wrap_i64) (local.set 2 (i32.add (local.get 2)))
        (local.set 2 (i32.add (local.get 2))) (local.set 1)
        (i32.trunc_f64_s) (local.set 2 (i32.add (local.get 2)))
        (i32.add (local.get 2) (i32x4.extract_lane 3 (local.get 1))))
      """),
    EngineAgreement(
      "References to functions that are known, of other recursion groups and of supertypes",
      """
      (type $general (sub (func (param i32) (result i32))))
      (rec (type $special (sub $general (func (param i32) (result i32)))) (type (struct)))
      (func $f (type $special) (i32.div_u (i32.const 60) (local.get 0)))
      (elem declare func $f)
      (func $apply (param (ref null $general)) (param i32) (result i32) (call_ref $general (local.get 1) (local.get 0)))
      (func (export "run") (param i32) (result i32)
        (i32.add (call_ref $general (local.get 0) (ref.func $f))
          (i32.add (call $apply (ref.func $f) (i32.sub (local.get 0) (i32.const 1)))
            (call $apply (if (result (ref null $general)) (i32.eq (local.get 0) (i32.const 5))
              (then (ref.null $general)) (else (ref.func $f))) (local.get 0)))))
      """),
    EngineAgreement(
      "Objects",
      """
      (type $node (struct (field (mut i32)) (field (mut (ref null $node)))))
      (func $make (param i32) (param (ref null $node)) (result (ref $node))
        (struct.new $node (local.get 0) (local.get 1)))
      (func $value (param (ref null $node)) (result i32) (struct.get $node 0 (local.get 0)))
      (func $next (param (ref null $node)) (result (ref null $node)) (struct.get $node 1 (local.get 0)))
      (func (export "run") (param i32) (result i32) (local (ref null $node)) (local $i i32) (local $sum i32)
        (loop (local.set 1 (call $make (local.get $i) (local.get 1)))
          (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
        (loop (local.set $sum (i32.add (local.get $sum) (call $value (local.get 1))))
          (local.set 1 (call $next (local.get 1)))
          (br_if 0 (i32.gt_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 0))))
        (local.get $sum))
      """),
    EngineAgreement(
      "A function that does not return, between others",
      """
      (func $die (param i32) (result i32) unreachable)
      (func $spin (param i32) (result i32)
        (loop $l (result i32) (br_if $l (i32.lt_s (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 9)))
          (local.get 0)))
      (func $switch (param i32) (result i32)
        (block $c (block $b (block $a (br_table $a $b $c $a (local.get 0))) (return (call $spin (local.get 0))))
          (return (i32.const 11)))
        (call $die (local.get 0)))
      (func (export "run") (param i32) (result i32)
        (i32.add (call $switch (local.get 0)) (call $switch (i32.add (local.get 0) (i32.const -1)))))
      """),
  ]
}
