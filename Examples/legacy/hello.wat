;; A pre-standard (2015-2017) text, as written by compilers. It needs an option:
;;
;;     $ needletail --legacy-text Examples/legacy/hello.wat --invoke hello
;;     16
;;     $ needletail print --legacy-text Examples/legacy/hello.wat
;;
;; The second command converts it to the current text format.
(module
 (table 0 anyfunc)
 (memory $0 1)
 (data (i32.const 16) "hello world!\00")
 (export "memory" (memory $0))
 (export "hello" (func $hello))
 (func $hello (; 0 ;) (result i32)
  (i32.const 16)
 )
)
