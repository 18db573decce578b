;; A list of 100 MB that stays alive, then garbage until several collections have run: measures the time of collections.
(module
  (type $node (struct (field i32) (field (ref null $node))))
  (type $pair (struct (field i32) (field i32)))
  (func (export "run") (param $count i32) (result i32)
    (local $list (ref null $node)) (local $i i32) (local $last (ref null $pair))
    (loop $again
      (local.set $list (struct.new $node (local.get $i) (local.get $list)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4200000))))
    (loop $garbage
      (local.set $last (struct.new $pair (local.get $count) (local.get $count)))
      (br_if $garbage (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (struct.get $node 0 (local.get $list))))
