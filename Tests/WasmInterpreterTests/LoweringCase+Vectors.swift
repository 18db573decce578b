import WasmRuntime

// Vector instructions.

extension LoweringCase {
  static let vectors: [LoweringCase] = [
    LoweringCase(
      "Operators on lanes",
      """
      (func (param v128 v128 i32) (result v128) (v128.bitselect (i8x16.add (local.get 0) (local.get 1)) \
      (i32x4.shl (local.get 0) (local.get 2)) (f64x2.sqrt (local.get 1))))
      """,
      """
      0: enter frameSlots=18 firstCleared=s8 clearedCount=0
      2: i8x16.add destination=s8 first=s0 second=s2
      4: i32x4.shl destination=s10 first=s0 second=s4
      6: f64x2.sqrt destination=s12 operand=s2
      8: v128.bitselect destination=s8 first=s8 second=s10 third=s12
      10: copyVector destination=s0 source=s8
      12: return header=5
      """),
    LoweringCase(
      "Lanes",
      """
      (func (param v128 i32) (result i32) (i16x8.extract_lane_s 7 (i32x4.replace_lane 2 (i8x16.splat \
      (local.get 1)) (local.get 1))))
      """,
      """
      0: enter frameSlots=14 firstCleared=s6 clearedCount=0
      2: i8x16.splat destination=s6 operand=s2
      4: i32x4.replace_lane destination=s6 vector=s6 value=s2 lane=2
      6: i16x8.extract_lane_s destination=s6 vector=s6 lane=7
      8: returnInteger accumulator header=3 value=s6
      """),
    LoweringCase(
      "Constants and shuffles",
      """
      (func (param v128) (result v128) (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get 0) \
      (v128.const i64x2 1 2)))
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: constantVector destination=s7 low=0x1 high=0x2
      6: shuffle64 destination=s5 laneCount=2 [0, 7]
      9: copyVector destination=s0 source=s5
      11: return header=2
      """),
    LoweringCase(
      "Shuffles of lanes of 32, 16 and 8 bits",
      """
      (func (param v128 v128) (result v128)
        (i8x16.shuffle 4 5 6 7 0 1 2 3 28 29 30 31 16 17 18 19 (local.get 0) (local.get 1))
        (i8x16.shuffle 2 3 0 1 4 5 6 7 16 17 18 19 20 21 30 31 (local.get 0) (local.get 1))
        (i8x16.shuffle 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 31 (local.get 0) (local.get 1))
        v128.xor v128.xor)
      """,
      """
      0: enter frameSlots=19 firstCleared=s7 clearedCount=0
      2: shuffle32 destination=s7 laneCount=4 [1, 0, 7, 4]
      6: shuffle16 destination=s9 laneCount=8 [1, 0, 2, 3, 8, 9, 10, 15]
      12: i8x16.shuffle destination=s11 laneCount=16 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 31]
      22: v128.xor destination=s9 first=s9 second=s11
      24: v128.xor destination=s7 first=s7 second=s9
      26: copyVector destination=s0 source=s7
      28: return header=4
      """),
    LoweringCase(
      "Loads and stores",
      """
      (memory 1) (memory 1) (func (param i32 v128) (v128.store offset=16 (local.get 0) (v128.load32_splat \
      (local.get 0))) (v128.store16_lane offset=2 3 (local.get 0) (local.get 1)) (v128.store 1 (local.get 0) \
      (v128.load8_lane 1 15 (local.get 0) (local.get 1))))
      """,
      """
      0: enter frameSlots=14 firstCleared=s6 clearedCount=0
      2: v128.load32_splat value=s7 base=s0 offset=0
      4: v128.store value=s7 base=s0 offset=16
      6: v128.store16_lane base=s0 offset=2 vector=s1 lane=3
      9: v128.load8_lane far value=s7 address=s0 memory=1 is64=false offset=0 vector=s1 lane=15
      13: v128.store far value=s7 address=s0 memory=1 is64=false offset=0
      16: return header=3
      """),
    LoweringCase(
      "Globals and selects",
      """
      (global $g (mut v128) (v128.const i64x2 0 0)) (func (param v128 i32) (global.set $g (select (local.get \
      0) (global.get $g) (local.get 1))))
      """,
      """
      0: enter frameSlots=15 firstCleared=s6 clearedCount=0
      2: globalGetVector value=s8 place=\(InstanceContext.globalsOffset)
      4: selectVector destination=s6 ifTrue=s0 ifFalse=s8 condition=s2
      6: globalSetVector value=s6 place=\(InstanceContext.globalsOffset)
      8: return header=3
      """),
  ]
}
