import WebAssembly

// Instructions that are added for deterministic and interruptible engines.

extension Lowering {
  /// Emits a check for interruption, at the beginning of functions and loops.
  mutating func emitInterruptionCheck() {
    if interpreter.options.isInterruptible { emit(.checkInterruption) }
  }

  /// Canonicalizes an instruction's result if it may be another NaN than the canonical one.
  mutating func canonicalizeResult(of opcode: Opcode) {
    guard interpreter.options.isDeterministic, let canonicalization = opcode.canonicalization else {
      return
    }
    let operand = pop()
    let isInAccumulator = isInAccumulator(operand)
    let number = isInAccumulator ? handlers.number(optional: canonicalization, .accumulator) : nil
    emit(number ?? handlers.number(canonicalization))
    let position = code.position
    code.append(top, operand.slot)
    pushResult(operand.kind, operandsAt: position)
  }
}

extension Opcode {
  /// The instruction that canonicalizes NaN results. Instructions that only move bits or change the sign (`abs`, `neg`, `copysign`,
  /// `pmin`, loads, reinterpretations) have none: they pass NaNs on unchanged by definition.
  fileprivate var canonicalization: Auxiliary? {
    switch self {
    case .f32Add, .f32Sub, .f32Mul, .f32Div, .f32Min, .f32Max, .f32Sqrt, .f32Ceil, .f32Floor, .f32Trunc, .f32Nearest,
      .f32DemoteF64:
      .canonicalizeFloat32
    case .f64Add, .f64Sub, .f64Mul, .f64Div, .f64Min, .f64Max, .f64Sqrt, .f64Ceil, .f64Floor, .f64Trunc, .f64Nearest,
      .f64PromoteF32:
      .canonicalizeFloat64
    case .f32x4Add, .f32x4Sub, .f32x4Mul, .f32x4Div, .f32x4Min, .f32x4Max, .f32x4Sqrt, .f32x4Ceil, .f32x4Floor,
      .f32x4Trunc, .f32x4Nearest, .f32x4DemoteF64x2Zero, .f32x4RelaxedMadd, .f32x4RelaxedNmadd, .f32x4RelaxedMin,
      .f32x4RelaxedMax:
      .canonicalizeFloat32Lanes
    case .f64x2Add, .f64x2Sub, .f64x2Mul, .f64x2Div, .f64x2Min, .f64x2Max, .f64x2Sqrt, .f64x2Ceil, .f64x2Floor,
      .f64x2Trunc, .f64x2Nearest, .f64x2PromoteLowF32x4, .f64x2RelaxedMadd, .f64x2RelaxedNmadd, .f64x2RelaxedMin,
      .f64x2RelaxedMax:
      .canonicalizeFloat64Lanes
    default: nil
    }
  }
}
