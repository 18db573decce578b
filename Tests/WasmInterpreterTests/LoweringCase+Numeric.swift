import WasmRuntime

// Numeric instructions and variables.

extension LoweringCase {
  static let numeric: [LoweringCase] = [
    LoweringCase(
      "Operands are in slots",
      "(func (param i32 i32 i32) (result i32) (i32.sub (local.get 0) (i32.mul (local.get 1) (local.get 2))))",
      """
      0: enter frameSlots=14 firstCleared=s6 clearedCount=0
      2: i32.mul destination=s7 first=s1 second=s2
      4: i32.sub slotAccumulator destination=s6 first=s0 second=s7
      6: returnInteger accumulator header=3 value=s6
      """),
    LoweringCase(
      "The first operand is the result of the instruction before",
      "(func (param i32 i32) (result i32) (i32.div_s (i32.popcnt (local.get 0)) (local.get 1)))",
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: i32.popcnt destination=s5 operand=s0
      4: i32.div_s accumulator destination=s5 first=s5 second=s1
      6: returnInteger accumulator header=2 value=s5
      """),
    LoweringCase(
      "Constants are immediates",
      """
      (func (param i32 i64) (result i64) (i64.add (i64.extend_i32_u (i32.rotl (local.get 0) (i32.const 5))) \
      (i64.const -2)))
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: i32.rotl immediate destination=s5 first=s0 second=5
      4: i64.extend_i32_u accumulator destination=s5 operand=s5
      6: i64.add accumulatorImmediate destination=s5 first=s5 second=-2
      8: returnInteger accumulator header=2 value=s5
      """),
    LoweringCase(
      "A constant first operand of an operator that does not commute",
      "(func (param i32) (result i32) (i32.sub (i32.const 10) (local.get 0)))",
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: i32.sub immediateSlot destination=s4 second=s0 first=10
      4: returnInteger accumulator header=1 value=s4
      """),
    LoweringCase(
      "A 64-bit constant that does not fit an immediate has a slot",
      "(func (param i64) (result i64) (i64.add (local.get 0) (i64.const 0x100000000)))",
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: constant destination=s5 value=0x100000000
      5: i64.add destination=s4 first=s0 second=s5
      7: returnInteger accumulator header=1 value=s4
      """),
    LoweringCase(
      "Float immediates have 64 bits",
      "(func (param f64) (result f64) (f64.div (f64.const 1) (f64.add (local.get 0) (f64.const 0.5))))",
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: f64.add immediate destination=s5 first=s0 second=0x3fe0000000000000
      5: f64.div immediateAccumulator destination=s4 second=s5 first=0x3ff0000000000000
      8: returnFloat64 accumulator header=1 value=s4
      """),
    LoweringCase(
      "Pairs of instructions are fused",
      """
      (func (param i32 i32 f64) (result f64) (f64.add (f64.mul (local.get 2) (local.get 2)) (f64.convert_i32_s \
      (i32.xor (i32.shl (local.get 0) (i32.const 3)) (local.get 1)))))
      """,
      """
      0: enter frameSlots=14 firstCleared=s6 clearedCount=0
      2: f64.mul destination=s6 first=s2 second=s2
      4: i32ShlXor immediate destination=s7 first=s0 second=3 third=s1
      6: f64.convert_i32_s accumulator destination=s7 operand=s7
      8: f64.add slotAccumulator destination=s6 first=s6 second=s7
      10: returnFloat64 accumulator header=3 value=s6
      """),
    LoweringCase(
      "An addition to a local is written to the local",
      "(func (param i32) (result i32) (local.set 0 (i32.add (local.get 0) (i32.const 3))) (local.get 0))",
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: i32.add immediate destination=s0 first=s0 second=3
      4: returnInteger accumulator header=1 value=s0
      """),
    LoweringCase(
      "Wide arithmetic has two results",
      """
      (func (param i64 i64 i64 i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 1) (local.get 2) \
      (local.get 3)))
      """,
      """
      0: enter frameSlots=15 firstCleared=s7 clearedCount=0
      2: i64.add128 destination=s7 firstLow=s0 firstHigh=s1 secondLow=s2 secondHigh=s3
      5: copyTwo destination=s0 source=s7 secondDestination=s1 secondSource=s8
      7: return header=4
      """),
    LoweringCase(
      "Globals, select and locals",
      """
      (global $g (mut i32) (i32.const 0)) (func (param i32) (local i64 i64 i64 v128) (global.set $g (select \
      (global.get $g) (local.get 0) (i32.eqz (local.get 0)))))
      """,
      """
      0: enterClearing frameSlots=17 firstCleared=s4 clearedCount=5
      2: global.get value=s9 place=\(InstanceContext.globalsOffset)
      4: i32.eq selectImmediate destination=s9 ifTrue=s9 ifFalse=s0 first=s0 second=0
      7: global.set accumulator value=s9 place=\(InstanceContext.globalsOffset)
      9: return header=1
      """),
    LoweringCase(
      "Imported globals",
      "(import \"m\" \"g\" (global (mut f64))) (func (result f64) (global.get 0))",
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: global.get far value=s4 place=0
      4: returnFloat64 header=1 value=s4
      """),
  ]
}
