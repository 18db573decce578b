// Structures, arrays and references.

extension LoweringCase {
  static let references: [LoweringCase] = [
    LoweringCase(
      "A structure with fields of all sizes",
      """
      (type $s (struct (field $a i8) (field $b (mut i32)) (field $c (mut i64)) (field $v v128))) (type $a \
      (array (mut i16))) (type $r (sub (array (mut (ref null $s))))) (func (param i32 v128) (result (ref $s)) \
      (struct.new $s (i32.const 1) (local.get 0) (i64.const 2) (local.get 1)))
      """,
      """
      0: enter frameSlots=15 firstCleared=s6 clearedCount=0
      2: constant destination=s8 value=0x2
      5: constant destination=s6 value=0x1
      8: struct.new destination=s6 stackInUse=11 sizeClass=3 wideCount=1 type=0 size=40 narrowCount=1 otherCount=2 [[16, 8 bytes]=s8, [12, 4 bytes]=s0, [24, 16 bytes]=s1, [8, 1 byte]=s6]
      16: returnInteger accumulator header=3 value=s6
      """),
    LoweringCase(
      "Fields",
      """
      (type $s (struct (field $a i8) (field $b (mut i32)) (field $c (mut i64)) (field $v v128))) (type $a \
      (array (mut i16))) (type $r (sub (array (mut (ref null $s))))) (func (param (ref $s)) (result i32) \
      (struct.set $s $c (local.get 0) (i64.extend_i32_u (struct.get $s $b (local.get 0)))) (struct.get_s $s $a \
      (local.get 0)))
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: structureGet32 value=s5 object=s0 offset=12
      4: i64.extend_i32_u accumulator destination=s5 operand=s5
      6: structureSet64 slotAccumulator value=s5 object=s0 offset=16
      8: structureGet8S value=s4 object=s0 offset=8
      10: returnInteger accumulator header=1 value=s4
      """),
    LoweringCase(
      "A structure of default fields",
      "(type $s (struct (field i64))) (func (result (ref $s)) (struct.new_default $s))",
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: struct.new_default destination=s4 stackInUse=4 sizeClass=0 type=0 size=16
      5: returnInteger accumulator header=1 value=s4
      """),
    LoweringCase(
      "Elements of arrays",
      """
      (type $s (struct (field $a i8) (field $b (mut i32)) (field $c (mut i64)) (field $v v128))) (type $a \
      (array (mut i16))) (type $r (sub (array (mut (ref null $s))))) (func (param (ref $a) i32) (result i32) \
      (array.set $a (local.get 0) (local.get 1) (i32.clz (local.get 1))) (i32.add (array.get_u $a (local.get \
      0) (local.get 1)) (array.len (local.get 0))))
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: i32.clz destination=s7 operand=s1
      4: arraySet16 slotAccumulator value=s7 array=s0 index=s1
      6: arrayGet16U value=s5 array=s0 index=s1
      8: array.len destination=s6 operand=s0
      10: i32.add slotAccumulator destination=s5 first=s5 second=s6
      12: returnInteger accumulator header=2 value=s5
      """),
    LoweringCase(
      "An array of given elements",
      """
      (type $s (struct (field $a i8) (field $b (mut i32)) (field $c (mut i64)) (field $v v128))) (type $a \
      (array (mut i16))) (type $r (sub (array (mut (ref null $s))))) (func (param i32) (result (ref $a)) \
      (array.new_fixed $a 5 (local.get 0) (i32.const 1) (local.get 0) (local.get 0) (local.get 0)))
      """,
      """
      0: enter frameSlots=13 firstCleared=s4 clearedCount=0
      2: constant destination=s5 value=0x1
      5: arrayBulk destination=s4 stackInUse=9 type=1 wordCount=6 instruction=newFixed length=5 [s0, s5, s0, s0, s0]
      11: returnInteger accumulator header=1 value=s4
      """),
    LoweringCase(
      "Instructions on many elements",
      """
      (type $s (struct (field $a i8) (field $b (mut i32)) (field $c (mut i64)) (field $v v128))) (type $a \
      (array (mut i16))) (type $r (sub (array (mut (ref null $s))))) (data $d "abcd") (func (param (ref $a) \
      i32) (array.fill $a (local.get 0) (local.get 1) (local.get 1) (local.get 1)) (array.copy $a $a \
      (local.get 0) (local.get 1) (array.new $a (local.get 1) (local.get 1)) (local.get 1) (local.get 1)) \
      (array.init_data $a $d (local.get 0) (local.get 1) (local.get 1) (local.get 1)) (drop (array.new_data $a \
      $d (local.get 1) (local.get 1))) (drop (array.new_default $a (local.get 1))))
      """,
      """
      0: enter frameSlots=14 firstCleared=s5 clearedCount=0
      2: arrayBulk array=s0 index=s1 value=s1 count=s1 type=1 wordCount=4 instruction=fill
      6: arrayBulk destination=s7 stackInUse=9 value=s1 length=s1 type=1 wordCount=4 instruction=new
      10: arrayBulk array=s0 index=s1 source=s7 sourceIndex=s1 type=1 wordCount=4 instruction=copy count=s1
      14: arrayBulk array=s0 index=s1 start=s1 count=s1 type=1 wordCount=4 instruction=initializeData segment=0
      18: arrayBulk destination=s5 stackInUse=7 start=s1 length=s1 type=1 wordCount=4 instruction=newData segment=0
      22: arrayBulk destination=s5 stackInUse=6 value=s0 length=s1 type=1 wordCount=4 instruction=newDefault
      26: return header=2
      """),
    LoweringCase(
      "Tests, casts and branches on casts",
      """
      (type $s (struct (field $a i8) (field $b (mut i32)) (field $c (mut i64)) (field $v v128))) (type $a \
      (array (mut i16))) (type $r (sub (array (mut (ref null $s))))) (func (param anyref) (result i32) (drop \
      (ref.cast (ref null $a) (local.get 0))) (drop (ref.cast (ref i31) (local.get 0))) (drop (block (result \
      (ref $r)) (br_on_cast 0 anyref (ref $r) (local.get 0)) (return (ref.test (ref $s))))) (i32.const 0))
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: castAggregate destination=s4 reference=s0 type=1 depth=0 isNullable=true
      5: castAbstract destination=s4 reference=s0 type=1 depth=0 isNullable=false
      8: copy destination=s4 source=s0
      10: branchUnlessAggregate target=@15 reference=s4 type=2 depth=0 isNullable=false
      13: br target=@20
      15: testAggregate destination=s4 reference=s4 type=0 depth=0 isNullable=false
      18: returnInteger accumulator header=1 value=s4
      20: returnInteger immediate header=1 value=0
      """),
    LoweringCase(
      "Null references, functions and i31",
      """
      (func (param i31ref funcref) (result i32) (block (br_if 0 (ref.is_null (local.get 0))) (br_on_null 0 \
      (local.get 1)) (drop)) (drop (ref.func 0)) (i31.get_s (ref.i31 (i31.get_u (local.get 0))))) (elem \
      declare func 0)
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: i64.eq branchImmediate target=@8 first=s0 second=0
      4: br_on_non_null target=@8 condition=s1
      6: br target=@8
      8: ref.func destination=s5 function=0
      10: i31.get_u destination=s5 operand=s0
      12: ref.i31 destination=s5 operand=s5
      14: i31.get_s destination=s5 operand=s5
      16: returnInteger accumulator header=2 value=s5
      """),
  ]
}
