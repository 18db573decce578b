import WasmInterpreter

// Instructions that options of the interpreter add.

extension LoweringCase {
  static let optional: [LoweringCase] = [
    LoweringCase(
      "Deterministic engines canonicalize NaN results",
      "(func (param f32) (result f32) (f32.neg (f32.sqrt (local.get 0))))",
      options: InterpreterOptions(isDeterministic: true),
      """
      0: enter frameSlots=12 firstCleared=s4 clearedCount=0
      2: f32.sqrt destination=s4 operand=s0
      4: canonicalizeFloat32 accumulator destination=s4 operand=s4
      6: f32.neg accumulator destination=s4 operand=s4
      8: returnFloat32 accumulator header=1 value=s4
      """),
    LoweringCase(
      "Interruptible engines check in loops; functions compare the stack's limit",
      "(func (loop (br 0)))",
      options: InterpreterOptions(isInterruptible: true),
      """
      0: enter frameSlots=11 firstCleared=s3 clearedCount=0
      2: checkInterruption
      3: br target=@2
      """),
  ]
}
