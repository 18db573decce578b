;; The bits of a label's only type were taken for a position in the pool of types: the validator read beyond its end.
(module
  (func (param i32) (result i32)
    (block (result i32) (br_table 0 0 (i32.const 1) (local.get 0)))))
