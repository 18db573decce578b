;; Copies standard input to standard output, as `cat` does.
;;
;;     $ needletail --stdin Examples/add.wat --stdout null Examples/cat.wat
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param $descriptor i32) (param $vectors i32) (param $count i32) (param $read i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $descriptor i32) (param $vectors i32) (param $count i32) (param $written i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param $status i32)))

  ;; Address 0 holds a table with one buffer (address, count); address 8 the number of bytes transferred. The buffer
  ;; starts at 65536.
  (memory (export "memory") 3)

  (func $fail_if (param $error i32)
    (if (local.get $error) (then (call $proc_exit (i32.const 1)))))

  (func (export "_start") (local $from i32) (local $end i32)
    (loop $next
      (i32.store (i32.const 0) (i32.const 65536))
      (i32.store (i32.const 4) (i32.const 131072))
      (call $fail_if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $from (i32.const 65536))
      (local.set $end (i32.add (local.get $from) (i32.load (i32.const 8))))
      (if (i32.eq (local.get $from) (local.get $end)) (then (return)))
      ;; A write may be partial.
      (loop $rest
        (i32.store (i32.const 0) (local.get $from))
        (i32.store (i32.const 4) (i32.sub (local.get $end) (local.get $from)))
        (call $fail_if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (br_if $rest
          (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.load (i32.const 8)))) (local.get $end))))
      (br $next)))
)
