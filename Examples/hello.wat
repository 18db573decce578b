;; A WASI program: prints a line.   needletail Examples/hello.wat
(module $hello
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $descriptor i32) (param $vectors i32) (param $count i32) (param $written i32) (result i32)))
  (memory (export "memory") 1)
  ;; One vector: address and length of the text.
  (data (i32.const 0) "\10\00\00\00\0e\00\00\00")
  (data (i32.const 16) "Hello, world!\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
