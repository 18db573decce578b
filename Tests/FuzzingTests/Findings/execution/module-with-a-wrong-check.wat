;; A mutation of a generated module, whose own check is wrong now. No engine is.
(module
  (import "host" "wrong" (func $wrong (param i32)))
  (func (export "f0") (call $wrong (i32.const 3))))
