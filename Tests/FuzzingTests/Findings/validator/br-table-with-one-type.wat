;; The bits of a label's only type were used as a position in the pool of types. The validator read past its end.
(module
  (func (param i32) (result i32)
    (block (result i32) (br_table 0 0 (i32.const 1) (local.get 0)))))
