// Memories and tables.

extension LoweringCase {
  static let memories: [LoweringCase] = [
    LoweringCase(
      "Loads and stores at a slot plus an offset",
      """
      (memory 1) (func (param i32 i32) (i32.store offset=8 (local.get 0) (i32.load16_u offset=4 (local.get \
      1))))
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: i32.load16_u value=s6 base=s1 offset=4
      4: i32.store slotAccumulator value=s6 base=s0 offset=8
      6: return header=2
      """),
    LoweringCase(
      "Constant addresses",
      """
      (memory 1) (func (param i64) (i64.store offset=16 (i32.const 32) (local.get 0)) (drop (f32.load \
      (i32.const 12))))
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: i64.store immediateSlot value=s0 address=48
      4: f32.load immediate value=s4 address=12
      6: return header=1
      """),
    LoweringCase(
      "A sum as the address",
      """
      (memory 1) (func (param i32 i32) (result i32) (i32.store8 (i32.add (local.get 0) (i32.const -4)) \
      (i32.const 7)) (i32.load offset=2 (i32.add (local.get 0) (local.get 1))))
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: i32.store8 steppedImmediate value=7 base=s0 step=-4
      4: i32.load indexed value=s5 base=s0 index=s1 offset=2
      6: returnInteger accumulator header=2 value=s5
      """),
    LoweringCase(
      "Elements of arrays",
      """
      (memory 1) (func (param i32 i32) (result f64) (f64.add (f64.load offset=1000 (i32.shl (local.get 0) \
      (i32.const 3))) (f64.load (i32.add (i32.shl (local.get 0) (i32.const 3)) (local.get 1)))))
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: f64.load scaled value=s5 index=s0 offset=1000 shift=3
      5: f64.load scaledIndexed value=s6 index=s0 base=s1 offset=0 shift=3
      8: f64.add slotAccumulator destination=s5 first=s5 second=s6
      10: returnFloat64 accumulator header=2 value=s5
      """),
    LoweringCase(
      "Other memories, 64-bit addresses and large offsets",
      """
      (memory 1) (memory i64 1) (func (param i64) (result i32) (i32.store 1 offset=0x100000000 (local.get 0) \
      (i32.const 1)) (i32.load8_s 1 (local.get 0)))
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: constant destination=s5 value=0x1
      5: i32.store far value=s5 address=s0 memory=1 is64=true offset=4294967296
      8: i32.load8_s far value=s4 address=s0 memory=1 is64=true offset=0
      11: returnInteger accumulator header=1 value=s4
      """),
    LoweringCase(
      "Size, growth and bulk instructions",
      """
      (memory 1) (memory i64 1) (data $d "x") (func (param i32) (drop (memory.grow (memory.size))) \
      (memory.fill (local.get 0) (local.get 0) (local.get 0)) (memory.copy 0 1 (local.get 0) (i64.const 0) \
      (local.get 0)) (memory.init $d (local.get 0) (local.get 0) (local.get 0)) (data.drop $d))
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: memory.size destination=s4 memory=0
      4: memory.grow destination=s4 delta=s4 memory=0 is64=false
      6: memory.fill target=s0 source=s0 count=s0 selector=memoryFill targetIndex=0 sourceIndex=0
      9: constant destination=s5 value=0x0
      12: memory.copy target=s0 source=s5 count=s0 selector=memoryCopy.source64 targetIndex=0 sourceIndex=1
      15: memory.init target=s0 source=s0 count=s0 selector=memoryInit targetIndex=0 sourceIndex=0
      18: data.drop segment=0
      20: return header=1
      """),
    LoweringCase(
      "Atomic accesses",
      """
      (memory 1 1 shared) (func (param i32) (result i32) (i32.atomic.store offset=4 (local.get 0) (i32.const \
      1)) (drop (i32.atomic.rmw.cmpxchg (local.get 0) (i32.const 1) (i32.const 2))) (atomic.fence) \
      (memory.atomic.wait32 (local.get 0) (i32.const 0) (i64.const -1)))
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: constant destination=s5 value=0x1
      5: i32.atomic.store destination=s4 base=s0 offset=4 first=s5 second=s0
      8: constant destination=s5 value=0x1
      11: constant destination=s6 value=0x2
      14: i32.atomic.rmw.cmpxchg destination=s4 base=s0 offset=0 first=s5 second=s6
      17: atomic.fence
      18: constant destination=s5 value=0x0
      21: constant destination=s6 value=0xffffffffffffffff
      24: memory.atomic.wait32 far destination=s4 address=s0 memory=0 is64=false offset=0 operand=s5 timeout=s6 instruction=wait32
      28: returnInteger accumulator header=1 value=s4
      """),
    LoweringCase(
      "Tables",
      """
      (table $t 2 externref) (elem $e externref) (func (param i32) (result i32) (table.set $t (local.get 0) \
      (table.get $t (local.get 0))) (drop (table.grow $t (ref.null extern) (local.get 0))) (table.init $t $e \
      (local.get 0) (local.get 0) (local.get 0)) (elem.drop $e) (table.size $t))
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: table.get value=s5 index=s0 table=0 is64=false
      4: table.set value=s5 index=s0 table=0 is64=false
      6: constant destination=s4 value=0x0
      9: table.grow destination=s4 value=s4 delta=s0 is64=false table=0
      12: table.init target=s0 source=s0 count=s0 selector=tableInit targetIndex=0 sourceIndex=0
      15: elem.drop segment=0
      17: table.size destination=s4 table=0
      19: returnInteger accumulator header=1 value=s4
      """),
    LoweringCase(
      "A sum takes its second operand from memory",
      """
      (memory 1) (func (param f64 i32) (result f64)
        (f64.add (local.get 0) (f64.load (i32.add (local.get 1) (i32.const 8))))
        (f64.load offset=16 (local.get 1))
        (f64.add)
        (f64.load (local.get 1))
        (f64.sub))
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: f64AddLoad stepped destination=s5 first=s0 base=s1 step=8
      5: f64AddLoad accumulator destination=s5 first=s5 base=s1 offset=16
      8: f64SubLoad accumulator destination=s5 first=s5 base=s1 offset=0
      11: returnFloat64 accumulator header=2 value=s5
      """),
    LoweringCase(
      "A loaded first operand is not swapped, since a NaN's bits may depend on the order",
      """
      (memory 1) (func (param f32 i32) (result f32)
        (f32.add (f32.load offset=4 (local.get 1)) (local.get 0))
        (f32.sub (f32.load offset=8 (local.get 1)) (local.get 0))
        (f32.add))
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: f32.load value=s5 base=s1 offset=4
      4: f32.add accumulator destination=s5 first=s5 second=s0
      6: f32.load value=s6 base=s1 offset=8
      8: f32.sub accumulator destination=s6 first=s6 second=s0
      10: f32.add slotAccumulator destination=s5 first=s5 second=s6
      12: returnFloat32 accumulator header=2 value=s5
      """),
  ]
}
