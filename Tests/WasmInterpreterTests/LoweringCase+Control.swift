// Branches, calls and exceptions.

extension LoweringCase {
  static let branches: [LoweringCase] = [
    LoweringCase(
      "A loop that counts to zero has one instruction",
      "(func (param i32) (loop (br_if 0 (local.tee 0 (i32.add (local.get 0) (i32.const -1))))))",
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: i32.ne stepBranchImmediate target=@2 first=s0 second=0 step=-1
      5: return header=1
      """),
    LoweringCase(
      "A comparison becomes part of a branch",
      """
      (func (param i32 i32) (block (br_if 0 (i32.lt_u (local.get 0) (local.get 1))) (br_if 0 (i32.eq \
      (local.get 0) (i32.const 7)))))
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: i32.lt_u branch target=@6 first=s0 second=s1
      4: i32.eq branchImmediate target=@6 first=s0 second=7
      6: return header=2
      """),
    LoweringCase(
      "A comparison with a wide immediate is computed",
      "(func (param i32) (block (br_if 0 (i32.eq (local.get 0) (i32.const 70000)))))",
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: i32.eq immediate destination=s4 first=s0 second=70000
      4: br_if accumulator target=@6 condition=s4
      6: return header=1
      """),
    LoweringCase(
      "A loop adds, compares and branches in one instruction",
      """
      (func (param i32 i32) (loop (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br_if 0 (i32.lt_s \
      (local.get 0) (local.get 1)))))
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: i32.lt_s stepBranch target=@2 first=s0 second=s1 step=1
      5: return header=2
      """),
    LoweringCase(
      "Float comparisons branch if they do not hold",
      "(func (param f32 f32) (if (f32.lt (local.get 0) (local.get 1)) (then unreachable)))",
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: f32.lt branchUnless target=@6 first=s0 second=s1
      4: unreachable
      6: return header=2
      """),
    LoweringCase(
      "A test of common bits",
      "(func (param i64) (block (br_if 0 (i64.eqz (i64.and (local.get 0) (i64.const 8))))))",
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: branchCommonBit64 branchUnlessImmediate target=@4 first=s0 second=8
      4: return header=1
      """),
    LoweringCase(
      "A test of common bits with a constant of more than 16 bits",
      "(func (param i64) (block (br_if 0 (i64.eqz (i64.and (local.get 0) (i64.const -65536))))))",
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: i64.and immediate destination=s4 first=s0 second=-65536
      4: branchCommonBit64 branchUnlessAccumulatorImmediate target=@6 first=s4 second=-1
      6: return header=1
      """),
    LoweringCase(
      "A comparison selects",
      """
      (func (param i32 i32) (result i32) (select (local.get 0) (local.get 1) (i32.gt_s (local.get 0) \
      (i32.const 100000))))
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: i32.gt_s selectImmediate destination=s5 ifTrue=s0 ifFalse=s1 first=s0 second=100000
      5: returnInteger accumulator header=2 value=s5
      """),
    LoweringCase(
      "A table has a stub for a label that takes a value elsewhere",
      """
      (func (param i32) (result i32) (block (result i32) (drop (block (result i32) (i32.const 5) (br_table 0 1 \
      0 (local.get 0)))) (i32.const 6)))
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: br_table index=s0 count=2 [@6, @11, @6]
      6: constant destination=s4 value=0x5
      9: br target=@16
      11: constant destination=s4 value=0x5
      14: br target=@19
      16: constant destination=s4 value=0x6
      19: returnInteger header=1 value=s4
      """),
    LoweringCase(
      "A branch that carries many values",
      """
      (func (param i32 i64 i64 i64) (result i64 i64 i64) (block (result i64 i64 i64) (i64.const 1) (local.get \
      1) (local.get 2) (local.get 3) (br_if 0 (local.get 0)) (drop) (drop) (drop) (drop) (i64.const 2) \
      (i64.const 3) (i64.const 4)))
      """,
      """
      0: enter frameSlots=16 firstCleared=s7 clearedCount=0
      2: constant destination=s7 value=0x1
      5: copyTwo destination=s8 source=s1 secondDestination=s9 secondSource=s2
      7: copy destination=s10 source=s3
      9: branchIfZero target=@15 condition=s0
      11: copySlots destination=s7 source=s8 count=3
      13: br target=@24
      15: constant destination=s7 value=0x2
      18: constant destination=s8 value=0x3
      21: constant destination=s9 value=0x4
      24: copySlots destination=s0 source=s7 count=3
      26: return header=4
      """),
    LoweringCase(
      "A copy and a branch",
      """
      (func (param i32 i32) (result i32) (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get \
      0))))
      """,
      """
      0: enter frameSlots=13 firstCleared=s5 clearedCount=0
      2: branchIfZero target=@6 condition=s0
      4: copyBranch target=@8 destination=s5 source=s1
      6: copy destination=s5 source=s0
      8: returnInteger header=2 value=s5
      """),
  ]

  static let calls: [LoweringCase] = [
    LoweringCase(
      "A call of a function of the module",
      """
      (func (param i32) (result i32) (i32.add (call 1 (local.get 0)) (i32.const 1))) (func (param i32) (result \
      i32) (local.get 0))
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: copy destination=s4 source=s0
      4: call function=1 firstArgument=s4 header=1
      7: i32.add accumulatorImmediate destination=s4 first=s4 second=1
      9: returnInteger accumulator header=1 value=s4
      """),
    LoweringCase(
      "A call of an imported function",
      """
      (import "m" "f" (func (param i32 i32) (result f64))) (func (result f64) (call 0 (i32.const 1) (i32.const \
      2)))
      """,
      """
      0: enter frameSlots=13 firstCleared=s4 clearedCount=0
      2: constant destination=s4 value=0x1
      5: constant destination=s5 value=0x2
      8: callImport firstArgument=s4 header=2 function=0
      10: returnFloat64 accumulator header=1 value=s4
      """),
    LoweringCase(
      "A call through a table",
      """
      (type $t (sub (func (param i32)))) (table i64 2 funcref) (func (param i64) (call_indirect (type $t) \
      (i32.const 1) (local.get 0)))
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: constant destination=s4 value=0x1
      5: call_indirect firstArgument=s4 header=1 index=s0 table=0 type=0 is64=true hasSubtypes=true
      8: return header=1
      """),
    LoweringCase(
      "A call of a reference",
      "(type $t (func (result i32))) (func (param (ref $t)) (result i32) (call_ref $t (local.get 0)))",
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: call_ref firstArgument=s4 header=1 function=s0
      4: returnInteger accumulator header=1 value=s4
      """),
    LoweringCase(
      "Tail calls",
      """
      (type $t (func (param i32) (result i32))) (table 1 funcref) (func (param i32) (result i32) (if \
      (local.get 0) (then (return_call 1 (local.get 0)))) (if (local.get 0) (then (return_call_indirect (type \
      $t) (local.get 0) (i32.const 0)))) (return_call_ref $t (local.get 0) (ref.func 1))) (func (type $t) \
      (local.get 0)) (elem declare func 1)
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: branchIfZero target=@9 condition=s0
      4: copy destination=s4 source=s0
      6: return_call firstArgument=s4 header=1 function=1 ownHeader=1 argumentSlots=1
      9: branchIfZero target=@20 condition=s0
      11: constant destination=s5 value=0x0
      14: copy destination=s4 source=s0
      16: return_call_indirect firstArgument=s4 header=1 index=s5 table=0 type=0 is64=false hasSubtypes=false ownHeader=1 argumentSlots=1
      20: ref.func destination=s5 function=1
      22: copy destination=s4 source=s0
      24: return_call_ref firstArgument=s4 header=1 function=s5 ownHeader=1 argumentSlots=1
      """),
    LoweringCase(
      "A function returns a constant, or a float from the accumulator",
      """
      (func (param i32) (result f32) (if (local.get 0) (then (return (f32.const 1)))) (f32.neg \
      (f32.convert_i32_s (local.get 0))))
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: branchIfZero target=@9 condition=s0
      4: constant destination=s4 value=0x3f800000
      7: returnFloat32 header=1 value=s4
      9: f32.convert_i32_s destination=s4 operand=s0
      11: f32.neg accumulator destination=s4 operand=s4
      13: returnFloat32 accumulator header=1 value=s4
      """),
    LoweringCase(
      "A function without results",
      "(func (nop))",
      """
      0: enter frameSlots=11 firstCleared=s3 clearedCount=0
      2: return header=0
      """),
  ]

  static let exceptions: [LoweringCase] = [
    LoweringCase(
      "A throw and a catch with payload and reference",
      """
      (tag $e (param i32 i64)) (func (param i32) (block $h (result i32 i64 exnref) (try_table (catch_ref $e \
      $h) (throw $e (local.get 0) (i64.const 1))) (return)) (throw_ref))
      """,
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: copy destination=s4 source=s0
      4: constant destination=s5 value=0x1
      7: throw instruction=new payload=s4 tag=0
      9: throw instruction=reference payload=s6 tag=0
      region 0: @2..<@9
        catch tag=0 target=@9 payload=s4 reference=s6
      """),
    LoweringCase(
      "Nested regions",
      """
      (tag $e) (func (block $all (try_table (catch_all $all) (block $one (try_table (catch $e $one) (call 0))) \
      (call 0))))
      """,
      """
      0: enter frameSlots=11 firstCleared=s3 clearedCount=0
      2: call function=0 firstArgument=s3 header=0
      5: call function=0 firstArgument=s3 header=0
      8: return header=0
      region 0: @2..<@8
        catch all target=@8
      region 1: @2..<@5 next=0
        catch tag=0 target=@5 payload=s3
      """),
    LoweringCase(
      "A legacy try with rethrow",
      "(tag $e) (func (try (do (call 0)) (catch $e (rethrow 0))))",
      """
      0: enter frameSlots=11 firstCleared=s3 clearedCount=0
      2: call function=0 firstArgument=s3 header=0
      5: br target=@9
      7: throw instruction=reference payload=s3 tag=0
      9: return header=0
      region 0: @2..<@7
        catch tag=0 target=@7 payload=s4 reference=s3
      """),
  ]
}
