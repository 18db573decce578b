;; The first of two out-of-bounds accesses is reported: a load must not be folded into an instruction after another
;; access.
(module
  (memory (export "m0") 1)
  (func (export "sum") (param i32 i32) (result i32)
    (i32.add
      (i32.load offset=4 (local.get 0))
      (i32.mul (i32.load offset=8 (local.get 1)) (i32.const 3))))
  (func (export "comparison") (param i32 i32) (result i32)
    (i32.lt_s (i32.load (local.get 0)) (i32.load offset=4 (local.get 1))))
  (func (export "branch") (param i32 i32 i32) (result i32)
    (if (result i32)
      (i64.eq
        (i64.load (local.get 0))
        (i64.add (i64.load (local.get 1)) (i64.load offset=16 (local.get 2))))
      (then (i32.const 1))
      (else (i32.const 2))))
  (func (export "floats") (param i32 i32) (result f64)
    (f64.mul (f64.load (local.get 0)) (f64.sqrt (f64.load offset=8 (local.get 1)))))
  (func (export "update") (param i32 i32)
    (i32.store offset=12 (local.get 0)
      (i32.add (i32.load offset=12 (local.get 0)) (local.get 1)))))
