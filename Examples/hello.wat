;; A WASI program that writes a line.
;;
;;     $ needletail Examples/hello.wat
;;     Hello, world!
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $descriptor i32) (param $pieces i32) (param $count i32) (param $written i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param $status i32)))

  (memory (export "memory") 1)
  ;; A list with one buffer: its address and length.
  (data (i32.const 0) "\10\00\00\00" "\0e\00\00\00")
  (data (i32.const 16) "Hello, world!\n")

  (func (export "_start")
    ;; Standard output is descriptor 1. The number of bytes written goes to address 8.
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (then (call $proc_exit (i32.const 1)))))
)
