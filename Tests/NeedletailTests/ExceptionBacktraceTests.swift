import Needletail
import Testing

/// Uncaught exceptions have the same frames and offsets on all engines.
@Suite("Backtraces of exceptions")
struct ExceptionBacktraceTests {
  @Test("Backtraces are the same as in the interpreter", arguments: cases)
  func agreement(_ test: EngineAgreement) throws { try test.check() }

  static let cases = [
    EngineAgreement(
      "Through handlers without clauses, and those of other tags",
      """
      (tag $a (param i32)) (tag $b)
      (func $throw (param i32) (if (i32.gt_s (local.get 0) (i32.const 0)) (then (throw $a (local.get 0)))))
      (func $call (param i32) (call $throw (local.get 0)) (call $throw (i32.add (local.get 0) (i32.const 1))))
      (func $without (param i32) (try_table (call $call (local.get 0))) (try_table (nop)))
      (func $other (param i32) (block $h (try_table (catch $b $h) (call $without (local.get 0)))))
      (func $nested (param i32)
        (try_table (try_table (block $h (try_table (catch $b $h) (call $other (local.get 0)))))))
      (func (export "run") (param i32) (result i32)
        (call $nested (i32.sub (local.get 0) (i32.const 2))) (local.get 0))
      """),
    EngineAgreement(
      "Thrown and not caught in one function",
      """
      (tag $a (param i32)) (tag $b)
      (func (export "run") (param i32) (result i32)
        (block $h (try_table (catch $b $h)
          (if (i32.eqz (local.get 0)) (then (throw $b)))
          (try_table (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a (i32.const 3)))))
          (throw $a (i32.const 4))))
        (i32.const 5))
      """),
    EngineAgreement(
      "Thrown again, at once or later, in a handler's reach or not",
      """
      (tag $a (param i32)) (tag $b)
      (func $leaf (param i32) (throw $a (local.get 0)))
      (func $middle (param i32) (call $leaf (i32.add (local.get 0) (i32.const 1))))
      (func $catch (param i32) (result exnref)
        (block $h (result exnref) (try_table (catch_all_ref $h) (call $middle (local.get 0))) (unreachable)))
      (func $later (param exnref) (nop) (throw_ref (local.get 0)))
      (func $within (param exnref)
        (block $h (try_table (catch $b $h) (try_table (nop) (throw_ref (local.get 0))))))
      (func $around (param i32) (param exnref)
        (if (i32.eqz (local.get 0)) (then (throw_ref (local.get 1))))
        (if (i32.eq (local.get 0) (i32.const 1)) (then (call $later (local.get 1))))
        (if (i32.eq (local.get 0) (i32.const 2)) (then (call $within (local.get 1))))
        (if (i32.eq (local.get 0) (i32.const 3)) (then (try_table (call $within (local.get 1)))))
        (if (i32.eq (local.get 0) (i32.const 4)) (then (throw_ref (ref.null exn)))))
      (func (export "run") (param i32) (result i32)
        (call $around (local.get 0) (call $catch (i32.const 6))) (local.get 0))
      """),
    EngineAgreement(
      "By all forms of calls",
      """
      (type $f (func (param i32) (result i32)))
      (tag $a (param i32)) (tag $b)
      (func $leaf (type $f) (throw $a (local.get 0)))
      (func $call (type $f) (i32.add (call $leaf (local.get 0)) (i32.const 1)))
      (func $tail (type $f) (return_call $call (local.get 0)))
      (func $tailReference (type $f) (return_call_ref $f (local.get 0) (ref.func $call)))
      (func $tailIndirect (type $f) (return_call_indirect (type $f) (local.get 0) (i32.const 1)))
      (func $reference (type $f) (i32.add (call_ref $f (local.get 0) (ref.func $tail)) (i32.const 1)))
      (table funcref (elem $leaf $call $tail $tailReference $tailIndirect $reference))
      (func (export "run") (param i32) (result i32)
        (block $h (return
          (try_table (result i32) (catch $b $h)
            (call_indirect (type $f) (i32.const 9) (i32.add (local.get 0) (i32.const 1))))))
        (i32.const 0))
      """),
    EngineAgreement(
      "From the host, and through it",
      """
      (import "host" "tag" (tag $t (param i32))) (import "host" "exception" (func $exception (param i32) (result i32)))
      (import "host" "frames" (func $frames (param i32) (result i32)))
      (tag $b)
      (func $host (param i32) (result i32) (i32.add (call $exception (local.get 0)) (i32.const 1)))
      (func $without (param i32) (result i32) (try_table (result i32) (call $host (local.get 0))))
      (func $inner (export "nested") (param i32) (result i32)
        (if (i32.eq (local.get 0) (i32.const 5)) (then (throw $b)))
        (i32.add (call $without (local.get 0)) (i32.const 1)))
      (func (export "run") (param i32) (result i32)
        (block $h
          (return (try_table (result i32) (catch $b $h)
            (if (result i32) (i32.gt_s (local.get 0) (i32.const 2))
              (then (call $frames (local.get 0))) (else (call $inner (local.get 0)))))))
        (i32.const 77))
      """),
    EngineAgreement(
      "Of the legacy instructions",
      """
      (tag $a (param i32)) (tag $b)
      (func $throw (param i32) (if (i32.ge_s (local.get 0) (i32.const 0)) (then (throw $a (local.get 0)))))
      (func $again (param i32) (try (do (call $throw (local.get 0))) (catch_all (nop) (rethrow 0))))
      (func $other (param i32) (try (do (call $throw (local.get 0))) (catch $b (nop))))
      (func $two (param i32) (try (do (call $other (local.get 0))) (catch $b) (catch $a (drop) (throw $b))))
      (func $delegate (param i32)
        (try $l (do (try (do (call $again (local.get 0))) (delegate $l))) (catch $b)))
      (func $within (param i32)
        (try $l (do (call $throw (local.get 0))) (catch_all (try (do (rethrow $l)) (catch $b)))))
      (func (export "run") (param i32) (result i32)
        (block $4 (block $3 (block $2 (block $1 (block $0
          (br_table $0 $1 $2 $3 $4 (local.get 0)))
          (call $again (i32.const 0))) (call $other (i32.const 1))) (call $two (i32.const 2)))
          (call $delegate (i32.const 3))) (call $within (i32.sub (local.get 0) (i32.const 5)))
        (i32.const 5))
      """),
    EngineAgreement(
      "More frames than are told, in front of handlers and behind them",
      """
      (tag $a) (tag $b)
      (func $deep (param i32)
        (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (throw $a))))
      (func $handlers (param i32 i32)
        (if (local.get 0)
          (then (block $h (try_table (catch $b $h) (call $handlers (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))))
          (else (call $deep (local.get 1)))))
      (func (export "run") (param i32) (result i32)
        (local.set 0 (i32.rem_u (local.get 0) (i32.const 6)))
        (call $handlers (i32.mul (local.get 0) (i32.const 24)) (i32.mul (i32.sub (i32.const 5) (local.get 0)) (i32.const 24)))
        (i32.const 0))
      """),
  ]
}
