;; A queue as a linked list of fixed length: each step appends a node and drops the oldest.
(module
  (type $node (struct (field $value i32) (field $next (mut (ref null $node)))))

  (func (export "run") (param $count i32) (result i32)
    (local $first (ref null $node)) (local $last (ref null $node)) (local $new (ref null $node))
    (local $index i32) (local $sum i32)
    (local.set $first (struct.new $node (i32.const 0) (ref.null $node)))
    (local.set $last (local.get $first))
    (loop $again
      (local.set $new (struct.new $node (local.get $index) (ref.null $node)))
      (struct.set $node $next (local.get $last) (local.get $new))
      (local.set $last (local.get $new))
      (if (i32.ge_u (local.get $index) (i32.const 100000))
        (then
          (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31))
            (struct.get $node $value (local.get $first))))
          (local.set $first (struct.get $node $next (local.get $first)))))
      (br_if $again
        (i32.lt_u (local.tee $index (i32.add (local.get $index) (i32.const 1))) (local.get $count))))
    (local.get $sum)))
