import WebAssembly

/// The comparison that was emitted last, so that a branch on its result can replace it.
struct EmittedComparison {
  enum Test {
    case integer(Opcode)
    case float(Opcode)
    /// `i32.and` or `i64.and`: whether any bit is set in both operands.
    case commonBit32, commonBit64

    /// Whether this yields a 64-bit value, which is not a condition by itself: only `i64.eqz` makes it one.
    var isCommonBit64: Bool {
      if case .commonBit64 = self { true } else { false }
    }
  }

  var test: Test
  /// Whether the condition is that the test fails.
  var isNegated = false
  var binary: EmittedBinary
  /// The step that was emitted immediately before it.
  var step: EmittedStep?

  var slot: Int { binary.slot }
}

/// The binary instruction that was emitted last, so that its user can absorb it.
struct EmittedBinary {
  var opcode: Opcode
  var form: Form
  /// The slots of its operands; one of them may also be in the accumulator.
  var a: Int
  var b: Int
  /// The second operand if the form has an immediate.
  var immediate: Int32?
  /// The position of its first word, and the contents of the accumulator there.
  var start: Int
  var accumulatorBefore: (slot: Int, class: ValueKind.AccumulatorClass)?
  /// The slot of its result.
  var slot: Int
  /// The shift count, if this is an addition whose first operand is shifted.
  var scale: Int32?
}

/// An instruction that was emitted.
struct EmittedInstruction {
  var position: Int
  var number: HandlerTable.Number
  /// The handler in its first word: its own, or that of a pair that it begins.
  var handler: HandlerTable.Number
}

/// The copy of a slot that was emitted last.
struct EmittedCopy {
  var source: Int
  var target: Int
  var start: Int
}

/// The load of a float that was emitted last.
struct EmittedLoad {
  /// The slot of the address, and the constant that is added to it: as an `i32` if the address is stepped.
  var base: Int
  var constant: UInt32
  var isStepped: Bool
  var slot: Int
  var start: Int
  /// The offset of the instruction in the binary.
  var source: Int
  var accumulatorBefore: (slot: Int, class: ValueKind.AccumulatorClass)?
}

/// The addition of a constant to a local that was emitted last, as in loops before they compare and branch.
struct EmittedStep {
  var slot: Int
  var constant: Int32
  var start: Int
  var end: Int
}

extension Opcode {
  /// The comparison that is true exactly when this one is false: !(a < b) == (a >= b). Nil unless this compares integers.
  var inverseComparison: Opcode? { Self.integerComparisons[self]?.inverse }

  /// The comparison with swapped operands: (a < b) == (b > a). Nil unless this compares integers or floats.
  var mirroredComparison: Opcode? { Self.integerComparisons[self]?.mirror ?? Self.floatComparisons[self] }

  private static let integerComparisons: [Opcode: (inverse: Opcode, mirror: Opcode)] = [
    .i32Eq: (.i32Ne, .i32Eq), .i32Ne: (.i32Eq, .i32Ne), .i32LtS: (.i32GeS, .i32GtS), .i32LtU: (.i32GeU, .i32GtU),
    .i32GtS: (.i32LeS, .i32LtS), .i32GtU: (.i32LeU, .i32LtU), .i32LeS: (.i32GtS, .i32GeS),
    .i32LeU: (.i32GtU, .i32GeU), .i32GeS: (.i32LtS, .i32LeS), .i32GeU: (.i32LtU, .i32LeU),
    .i64Eq: (.i64Ne, .i64Eq), .i64Ne: (.i64Eq, .i64Ne), .i64LtS: (.i64GeS, .i64GtS), .i64LtU: (.i64GeU, .i64GtU),
    .i64GtS: (.i64LeS, .i64LtS), .i64GtU: (.i64LeU, .i64LtU), .i64LeS: (.i64GtS, .i64GeS),
    .i64LeU: (.i64GtU, .i64GeU), .i64GeS: (.i64LtS, .i64LeS), .i64GeU: (.i64LtU, .i64LeU),
  ]

  private static let floatComparisons: [Opcode: Opcode] = [
    .f32Eq: .f32Eq, .f32Ne: .f32Ne, .f32Lt: .f32Gt, .f32Gt: .f32Lt, .f32Le: .f32Ge, .f32Ge: .f32Le,
    .f64Eq: .f64Eq, .f64Ne: .f64Ne, .f64Lt: .f64Gt, .f64Gt: .f64Lt, .f64Le: .f64Ge, .f64Ge: .f64Le,
  ]

  /// The test with which a branch can replace this instruction.
  var test: EmittedComparison.Test? {
    if Self.integerComparisons[self] != nil { return .integer(self) }
    if Self.floatComparisons[self] != nil { return .float(self) }
    switch self {
    case .i32And: return .commonBit32
    case .i64And: return .commonBit64
    default: return nil
    }
  }

  var isCommutative: Bool { Self.commutative.contains(self) }

  private static let commutative: Set<Opcode> = [
    .i32Add, .i32Mul, .i32And, .i32Or, .i32Xor, .i64Add, .i64Mul, .i64And, .i64Or, .i64Xor,
  ]
}

extension Form {
  /// The form that selects by the comparison of this form.
  var selecting: Form? {
    switch self {
    case .slots, .slotAccumulator: .select
    case .accumulator: .selectAccumulator
    case .immediate: .selectImmediate
    case .accumulatorImmediate: .selectAccumulatorImmediate
    default: nil
    }
  }

  /// The form that branches on the comparison of this form.
  func branching(unless: Bool) -> Form? {
    switch self {
    case .slots: unless ? .branchUnless : .branch
    case .accumulator: unless ? .branchUnlessAccumulator : .branchAccumulator
    case .slotAccumulator: unless ? .branchUnlessSlotAccumulator : .branchSlotAccumulator
    case .immediate: unless ? .branchUnlessImmediate : .branchImmediate
    case .accumulatorImmediate: unless ? .branchUnlessAccumulatorImmediate : .branchAccumulatorImmediate
    default: nil
    }
  }
}
