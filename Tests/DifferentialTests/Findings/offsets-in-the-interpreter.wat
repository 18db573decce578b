;; A fused instruction has the offset of its last part: a load that computes its address, a call whose argument is a
;; copy of a copy.
(module
  (memory (export "m0") 1)
  (func (export "scaled") (param i32) (result i32)
    (i32.load offset=0x7fff0000 (i32.shl (local.get 0) (i32.const 2))))
  (func (export "indexed") (param i32 i32) (result i32)
    (i32.load offset=0xfff0 (i32.add (local.get 0) (local.get 1))))
  (func (export "called") (param i32 i32) (result i32)
    (local i32 i32)
    (local.set 2 (local.get 0))
    (local.set 3 (local.get 1))
    (call $callee (local.get 2) (local.get 3)))
  (func $callee (param i32 i32) (result i32)
    (local i32)
    (local.set 2 (i32.div_u (local.get 0) (i32.and (local.get 1) (i32.const 1))))
    (call $fails (local.get 2)))
  (func $fails (param i32) (result i32) (unreachable)))
