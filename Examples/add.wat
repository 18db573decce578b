;; The sum of two numbers.
;;
;;     $ needletail Examples/add.wat --invoke add 1 2
;;     3
(module
  (func $add (export "add") (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    i32.add)
)
