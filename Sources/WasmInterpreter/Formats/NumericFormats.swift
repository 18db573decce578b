// Formats of numeric and vector instructions.

/// `destination` ← op `operand`.
struct UnaryFormat: ResultFormat {
  static var identifier: FormatIdentifier { .unary }

  var handler = HandlerWord()
  var destination: Destination
  var operand: SlotOperand
  var unused = Unused32()
}

/// A format of instructions with two operands.
protocol BinaryFormat: ResultFormat {
  associatedtype First: OperandField
  associatedtype Second: OperandField
  var destination: Destination { get }
  var first: First { get }
  var second: Second { get }
}

struct BinarySlots: BinaryFormat {
  static var identifier: FormatIdentifier { .binarySlots }

  var handler = HandlerWord()
  var destination: Destination
  var first: SlotOperand
  var second: SlotOperand
  var unused = Unused16()
}

struct BinaryImmediate: BinaryFormat {
  static var identifier: FormatIdentifier { .binaryImmediate }

  var handler = HandlerWord()
  var destination: Destination
  var first: SlotOperand
  var second: Immediate
}

/// The first operand is the immediate.
struct ImmediateBinary: BinaryFormat {
  static var identifier: FormatIdentifier { .immediateBinary }

  var handler = HandlerWord()
  var destination: Destination
  var second: SlotOperand
  var first: Immediate
}

struct BinaryWideImmediate: BinaryFormat {
  static var identifier: FormatIdentifier { .binaryWideImmediate }

  var handler = HandlerWord()
  var destination: Destination
  var first: SlotOperand
  var unused = Unused32()
  var second: WideImmediate
}

/// The first operand is the immediate.
struct WideImmediateBinary: BinaryFormat {
  static var identifier: FormatIdentifier { .wideImmediateBinary }

  var handler = HandlerWord()
  var destination: Destination
  var second: SlotOperand
  var unused = Unused32()
  var first: WideImmediate
}

/// `destination` ← op (`first`, `second`, `third`); `Second` has 16 bits.
struct TernaryFormat<Second: OperandField>: ResultFormat {
  static var identifier: FormatIdentifier { Second.isImmediate ? .ternaryImmediate : .ternary }

  var handler = HandlerWord()
  var destination: Destination
  var first: SlotOperand
  var second: Second
  var third: SlotOperand
}

/// 128-bit operands in two slots each. The result is in `destination` and the slot after it.
struct WideArithmeticFormat: ResultFormat {
  static var identifier: FormatIdentifier { .wideArithmetic }

  var handler = HandlerWord()
  var destination: Destination
  var firstLow: SlotOperand
  var firstHigh: SlotOperand
  var secondLow: SlotOperand
  var secondHigh: SlotOperand
  var unused = Unused16()
  var unused2 = Unused32()
}

// MARK: Comparisons

/// Branches if the comparison of `first` and `second` holds, or unless it does; `Second` has 16 bits.
struct ComparisonBranchFormat<Second: OperandField>: BranchingFormat {
  static var identifier: FormatIdentifier { Second.isImmediate ? .comparisonBranchImmediate : .comparisonBranch }

  var handler = HandlerWord()
  var target: BranchOffset
  var first: SlotOperand
  var second: Second
}

/// Adds `step` to the slot `first`, then compares and branches; `Second` has 16 bits.
struct StepBranchFormat<Second: OperandField>: BranchingFormat {
  static var identifier: FormatIdentifier { Second.isImmediate ? .stepBranchImmediate : .stepBranch }

  var handler = HandlerWord()
  var target: BranchOffset
  var first: SlotOperand
  var second: Second
  var step: Immediate
  var unused = Unused32()
}

/// `destination` ← the comparison of `first` and `second` ? `ifTrue` : `ifFalse`.
protocol ComparisonSelectFormat: ResultFormat {
  associatedtype Second: OperandField
  var destination: Destination { get }
  var ifTrue: SlotOperand { get }
  var ifFalse: SlotOperand { get }
  var first: SlotOperand { get }
  var second: Second { get }
}

struct ComparisonSelectSlots: ComparisonSelectFormat {
  static var identifier: FormatIdentifier { .comparisonSelectSlots }

  var handler = HandlerWord()
  var destination: Destination
  var ifTrue: SlotOperand
  var ifFalse: SlotOperand
  var first: SlotOperand
  var second: SlotOperand
  var unused = Unused16()
  var unused2 = Unused32()
}

struct ComparisonSelectImmediate: ComparisonSelectFormat {
  static var identifier: FormatIdentifier { .comparisonSelectImmediate }

  var handler = HandlerWord()
  var destination: Destination
  var ifTrue: SlotOperand
  var ifFalse: SlotOperand
  var first: SlotOperand
  var second: Immediate
  var unused = Unused32()
}

// MARK: Lanes

struct ExtractLaneFormat: ResultFormat {
  static var identifier: FormatIdentifier { .extractLane }

  var handler = HandlerWord()
  var destination: Destination
  var vector: SlotOperand
  var lane: UInt16
  var unused = Unused16()
}

struct ReplaceLaneFormat: ResultFormat {
  static var identifier: FormatIdentifier { .replaceLane }

  var handler = HandlerWord()
  var destination: Destination
  var vector: SlotOperand
  var value: SlotOperand
  var lane: UInt16
}

/// A vector of lanes of other vectors. The elements are the places of the lanes.
struct ShuffleFormat: ResultFormat {
  typealias Element = LanePlace

  static var identifier: FormatIdentifier { .shuffle }

  var handler = HandlerWord()
  var destination: Destination
  var unused = Unused16()
  var laneCount: UInt32

  var elementCount: Int { Int(laneCount) }
}

/// The place of a lane in the frame: the distance from slot 0, in lanes.
struct LanePlace: OperandField {
  private let bits: UInt32

  /// - Parameters:
  ///   - slot: the vector's first slot.
  ///   - index: the lane's index in the vector.
  ///   - byteCount: the size of a lane.
  init(slot: SlotOperand, index: Int, byteCount: Int) { bits = UInt32(slot.number * (8 / byteCount) + index) }

  @inline(__always) var number: Int { Int(bits) }

  func text(in context: OperandContext) -> String? { "\(bits)" }
}
