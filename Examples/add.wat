;; The sum of two numbers.
;;
;;     $ needletail --invoke add Examples/add.wat 1 2
;;     3
(module
  (func $add (export "add") (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    i32.add)
)
