;; Objects that become garbage at once: measures the rate of allocation.
(module
  (type $pair (struct (field i32) (field i32)))
  (func (export "run") (param $count i32) (result i32)
    (local $last (ref null $pair))
    (loop $again
      (local.set $last (struct.new $pair (local.get $count) (local.get $count)))
      (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (struct.get $pair 0 (local.get $last))))
