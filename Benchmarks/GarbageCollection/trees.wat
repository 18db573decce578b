;; Binary trees of depth 16: a long-lived one, and many short-lived ones. (After the benchmark of that name by Hans Boehm.)
(module
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree))))

  (func $make (param $depth i32) (result (ref $tree))
    (if (result (ref $tree)) (i32.eqz (local.get $depth))
      (then (struct.new $tree (ref.null $tree) (ref.null $tree)))
      (else
        (struct.new $tree
          (call $make (i32.sub (local.get $depth) (i32.const 1)))
          (call $make (i32.sub (local.get $depth) (i32.const 1)))))))

  (func $check (param $tree (ref null $tree)) (result i32)
    (if (result i32) (ref.is_null (local.get $tree))
      (then (i32.const 0))
      (else
        (i32.add (i32.const 1)
          (i32.add
            (call $check (struct.get $tree $left (local.get $tree)))
            (call $check (struct.get $tree $right (local.get $tree))))))))

  ;; Returns the number of visited nodes.
  (func (export "run") (param $rounds i32) (result i32)
    (local $long (ref null $tree)) (local $sum i32)
    (local.set $long (call $make (i32.const 16)))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $check (call $make (i32.const 16)))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.add (local.get $sum) (call $check (local.get $long)))))
