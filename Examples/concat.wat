;; Strings between guest and host: `hello` takes the address of a name and returns that of a greeting. The host
;; concatenates the strings. It reads and writes the exported memory:
;;
;;     linker.define("env", "concat") { (caller: Caller, a: Int32, b: Int32) -> Int32 in … }
;;
;; Strings end with a zero byte, as in C. Without such a host, the module cannot run, but it can be looked at:
;;
;;     $ needletail print --folded Examples/concat.wat
(module
  (import "env" "concat" (func $concat (param $a i32) (param $b i32) (result i32)))

  (memory (export "memory") 1)
  (data $greeting (i32.const 16) "hello \00")

  (func $hello (export "hello") (param $name i32) (result i32)
    (call $concat (i32.const 16) (local.get $name)))
)
