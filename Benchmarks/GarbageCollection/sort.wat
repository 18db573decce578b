;; Shell sort of an array of boxed numbers. The comparison casts its operands, as in a dynamic language.
(module
  (type $value (sub (struct)))
  (type $number (sub $value (struct (field f64))))
  (type $array (array (mut (ref null $value))))

  (func $less (param $a (ref null $value)) (param $b (ref null $value)) (result i32)
    (f64.lt
      (struct.get $number 0 (ref.cast (ref $number) (local.get $a)))
      (struct.get $number 0 (ref.cast (ref $number) (local.get $b)))))

  (func (export "run") (param $count i32) (result i32)
    (local $array (ref $array)) (local $seed i32) (local $i i32) (local $j i32) (local $gap i32) (local $sum i32)
    (local $value (ref null $value))
    (local.set $array (array.new_default $array (local.get $count)))
    (local.set $seed (i32.const 42))
    (loop $fill
      (local.set $seed (i32.add (i32.mul (local.get $seed) (i32.const 1664525)) (i32.const 1013904223)))
      (array.set $array (local.get $array) (local.get $i) (struct.new $number (f64.convert_i32_u (local.get $seed))))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (local.set $gap (i32.shr_u (local.get $count) (i32.const 1)))
    (loop $gaps
      (local.set $i (local.get $gap))
      (loop $insert
        (local.set $value (array.get $array (local.get $array) (local.get $i)))
        (local.set $j (local.get $i))
        (block $placed
          (loop $shift
            (br_if $placed (i32.lt_u (local.get $j) (local.get $gap)))
            (br_if $placed
              (i32.eqz
                (call $less (local.get $value)
                  (array.get $array (local.get $array) (i32.sub (local.get $j) (local.get $gap))))))
            (array.set $array (local.get $array) (local.get $j)
              (array.get $array (local.get $array) (i32.sub (local.get $j) (local.get $gap))))
            (local.set $j (i32.sub (local.get $j) (local.get $gap)))
            (br $shift)))
        (array.set $array (local.get $array) (local.get $j) (local.get $value))
        (br_if $insert (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
      (br_if $gaps (local.tee $gap (i32.shr_u (local.get $gap) (i32.const 1)))))
    ;; Checks the order, and adds up some of the numbers.
    (local.set $i (i32.const 1))
    (loop $check
      (if (call $less
            (array.get $array (local.get $array) (local.get $i))
            (array.get $array (local.get $array) (i32.sub (local.get $i) (i32.const 1))))
        (then (return (i32.const -1))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31))
        (i32.trunc_sat_f64_u (struct.get $number 0
          (ref.cast (ref $number) (array.get $array (local.get $array) (local.get $i)))))))
      (br_if $check (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (local.get $sum)))
