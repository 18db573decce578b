;; A parallel sum: `run` takes a number of threads and of passes, and adds up an array of 16 MiB once per pass. Each
;; thread (wasi-threads) adds up a part of the array, which the first thread fills with the numbers 0, 1, 2, …
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "env" "memory" (memory 257 257 shared))
  (export "memory" (memory 0))

  ;; Page 0 contains the number of finished threads, the sum, and the parameters of the threads.
  (global $done i32 (i32.const 0))
  (global $sum i32 (i32.const 8))
  (global $passes i32 (i32.const 16))
  (global $partSize i32 (i32.const 20))
  (global $array i32 (i32.const 65536))
  (global $arraySize i32 (i32.const 16777216))

  (func $fill (local $place i32)
    (loop $next
      (i64.store (i32.add (global.get $array) (local.get $place))
        (i64.extend_i32_u (i32.shr_u (local.get $place) (i32.const 3))))
      (br_if $next
        (i32.lt_u (local.tee $place (i32.add (local.get $place) (i32.const 8))) (global.get $arraySize)))))

  (func $sumOf (param $place i32) (param $end i32) (result i64) (local $sum i64)
    (loop $next
      (local.set $sum (i64.add (local.get $sum) (i64.load (local.get $place))))
      (br_if $next (i32.lt_u (local.tee $place (i32.add (local.get $place) (i32.const 8))) (local.get $end))))
    (local.get $sum))

  ;; `part` is the index of the thread's part of the array.
  (func (export "wasi_thread_start") (param $number i32) (param $part i32)
    (local $place i32) (local $passes i32) (local $sum i64)
    (local.set $place (i32.add (global.get $array) (i32.mul (local.get $part) (i32.load (global.get $partSize)))))
    (local.set $passes (i32.load (global.get $passes)))
    (loop $next
      (local.set $sum (i64.add (local.get $sum)
        (call $sumOf (local.get $place) (i32.add (local.get $place) (i32.load (global.get $partSize))))))
      (br_if $next (local.tee $passes (i32.sub (local.get $passes) (i32.const 1)))))
    (drop (i64.atomic.rmw.add (global.get $sum) (local.get $sum)))
    (drop (i32.atomic.rmw.add (global.get $done) (i32.const 1)))
    (drop (memory.atomic.notify (global.get $done) (i32.const -1))))

  ;; The number of threads must be a power of two.
  (func (export "run") (param $threads i32) (param $passes i32) (result i64) (local $part i32) (local $done i32)
    (call $fill)
    (i32.store (global.get $passes) (local.get $passes))
    (i32.store (global.get $partSize) (i32.div_u (global.get $arraySize) (local.get $threads)))
    (loop $next
      (if (i32.lt_s (call $spawn (local.get $part)) (i32.const 0)) (then unreachable))
      (br_if $next (i32.lt_u (local.tee $part (i32.add (local.get $part) (i32.const 1))) (local.get $threads))))
    (loop $next
      (local.set $done (i32.atomic.load (global.get $done)))
      (if (i32.lt_u (local.get $done) (local.get $threads)) (then
        (drop (memory.atomic.wait32 (global.get $done) (local.get $done) (i64.const -1)))
        (br $next))))
    (i64.atomic.load (global.get $sum))))
