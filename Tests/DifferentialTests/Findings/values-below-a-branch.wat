;; A branch with more than two values moved all operands to their slots, including those below its block. On the other
;; path the interpreter read slots that had not been written, and mistook numbers for references.
(module
  (func (export "numbers") (param i32) (result i32 i32 i32)
    (i32.const 1) (i32.const 2)
    (if (local.get 0) (then (br 1 (i32.const 9) (i32.const 8) (i32.const 7))))
    (i32.const 3))
  (func (export "reference") (param i32) (result i32)
    (block (result anyref i32 i32)
      (drop (i64.mul (i64.extend_i32_u (local.get 0)) (i64.const 0x414141414140)))
      (ref.null any) (i32.const 2)
      (if (i32.eqz (local.get 0)) (then (br 1 (ref.null any) (i32.const 8) (i32.const 7))))
      (i32.const 3))
    (drop) (drop) (ref.is_null))
  (func (export "cast") (param i32) (result i32 i32 anyref)
    (i32.const 1) (i32.const 2)
    (if (local.get 0) (then
      (i32.const 9) (i32.const 8) (ref.i31 (i32.const 3))
      (br_on_cast 1 anyref i31ref)
      (drop) (drop) (drop)))
    (ref.null any)))
