;; The factorial of a number, by recursion.
;;
;;     $ needletail --invoke factorial Examples/factorial.wat 20
;;     2432902008176640000
(module $factorial
  (func $factorial (export "factorial") (param $n i64) (result i64)
    (if (result i64) (i64.le_u (local.get $n) (i64.const 1))
      (then (i64.const 1))
      (else
        (i64.mul (local.get $n) (call $factorial (i64.sub (local.get $n) (i64.const 1))))))))
