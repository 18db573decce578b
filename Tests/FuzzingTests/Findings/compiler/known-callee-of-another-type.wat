;; The callee of call_ref is known but has a different type. The call became direct and returned too few results.
(module
  (type $none (func))
  (type $many (func (result i32 i32 i32 i32 i32 i32 i32 i32)))
  (elem declare func $callee)
  (func $callee (type $none))
  (func (export "run") (result i32)
    (call_ref $many (ref.cast (ref $many) (ref.func $callee)))
    drop drop drop drop drop drop drop))
