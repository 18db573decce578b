;; A text of the years before the standard, as compilers wrote it then. It needs the option for that:
;;
;;     $ needletail --legacy-text Examples/legacy/hello.wat --invoke hello
;;     16
;;     $ needletail print --legacy-text Examples/legacy/hello.wat
;;
;; The second command turns it into today's text.
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
