;; How LLVM's linker divides the memory into static data, stack and heap. A file may contain only the fields of a
;; module. There is nothing to run; the globals and exports are listed by
;;
;;     $ needletail objdump --details Examples/memory-layout.wat
(memory (;0;) 1 2)
(global $__sack_pointer (mut i32) (i32.const 4096))
(global (;1;) i32 (i32.const 1024))
(global (;2;) i32 (i32.const 3072))
(global (;3;) i32 (i32.const 1024))
(global (;4;) i32 (i32.const 4096))
(global (;5;) i32 (i32.const 0))
(global (;6;) i32 (i32.const 1))
(export "memory" (memory 0))
(export "__data_end" (global 2))
(export "__global_base" (global 3))
(export "__heap_base" (global 4))
(export "__memory_base" (global 5))
