import WebAssembly

/// A comparison that was just emitted, so that a branch on its result can take its place.
struct EmittedComparison {
  enum Test {
    case integer(Opcode)
    case float(Opcode)
    /// `i32.and` or `i64.and`: whether any bit is set in both operands.
    case commonBit32, commonBit64

    /// A value of 64 bits, which is no condition by itself: only `i64.eqz` makes it one.
    var isCommonBit64: Bool {
      if case .commonBit64 = self { true } else { false }
    }
  }

  var test: Test
  /// Whether the condition is that the test fails.
  var isNegated = false
  var binary: EmittedBinary
  /// The step right before it.
  var step: EmittedStep?

  var slot: Int { binary.slot }
}

/// An instruction of two operands that was just emitted, so that its consumer can do its work too.
struct EmittedBinary {
  var opcode: Opcode
  var form: Form
  /// The slots of its operands, of which one may be in the accumulator as well.
  var a: Int
  var b: Int
  /// The second operand if the form has an immediate.
  var immediate: Int32?
  /// The position of its first word, and what the accumulator held there.
  var start: Int
  var accumulatorBefore: (slot: Int, class: ValueKind.AccumulatorClass)?
  /// The slot of its result.
  var slot: Int
  /// If it is an addition whose first operand is shifted before, by how much.
  var scale: Int32?
}

/// A slot that was just copied.
struct EmittedCopy {
  var source: Int
  var target: Int
  var start: Int
}

/// A local that was just stepped by a constant, as loops do before they compare and branch.
struct EmittedStep {
  var slot: Int
  var constant: Int32
  var start: Int
  var end: Int
}

extension Opcode {
  /// The comparison that holds when this one does not; nil unless this compares integers.
  var inverseComparison: Opcode? { Self.integerComparisons[self]?.inverse }

  /// The comparison that holds with operands exchanged; nil unless this compares integers or floats.
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

  /// What a branch can test in place of this instruction.
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
  /// The form that selects by the comparison that this form computes.
  var selecting: Form? {
    switch self {
    case .slots, .slotAccumulator: .select
    case .accumulator: .selectAccumulator
    case .immediate: .selectImmediate
    case .accumulatorImmediate: .selectAccumulatorImmediate
    default: nil
    }
  }

  /// The form that branches on the comparison that this form computes.
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
