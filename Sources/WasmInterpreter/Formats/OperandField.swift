/// The type of an operand in an instruction format.
protocol OperandField: BitwiseCopyable {
  /// Whether the instruction writes to the place that the operand names.
  static var isWritten: Bool { get }
  /// Whether the operand is a value itself, not its place.
  static var isImmediate: Bool { get }

  /// The operand as text; nil if it has no meaning.
  func text(in context: OperandContext) -> String?
}

extension OperandField {
  static var isWritten: Bool { false }
  static var isImmediate: Bool { false }
}

/// What the text of an operand depends on.
struct OperandContext {
  /// The position of the instruction's first word.
  var position: Int
  /// The function with the code record at an address, by index among all functions of the module.
  var function: (UInt64) -> UInt32?
}

/// An operand of 16 bits. Lowering creates one with ``CodeBuffer/narrow(_:)``, which checks that the value fits.
protocol NarrowField: OperandField {
  init(bits: UInt16)
}

/// The number of a slot, relative to the frame, that the instruction reads.
struct SlotOperand: NarrowField {
  private let bits: UInt16

  init(bits: UInt16) { self.bits = bits }

  @inline(__always) var number: Int { Int(bits) }

  func text(in context: OperandContext) -> String? { "s\(bits)" }
}

/// The number of a slot, relative to the frame, that the instruction writes.
struct Destination: NarrowField {
  static var isWritten: Bool { true }

  private let bits: UInt16

  init(bits: UInt16) { self.bits = bits }

  @inline(__always) var number: Int { Int(bits) }

  func text(in context: OperandContext) -> String? { "s\(bits)" }
}

/// A signed immediate of 16 bits.
struct ShortImmediate: OperandField {
  static var isImmediate: Bool { true }

  let value: Int16

  init(_ value: Int16) { self.value = value }

  func text(in context: OperandContext) -> String? { "\(value)" }
}

/// A signed immediate of 32 bits.
struct Immediate: OperandField {
  static var isImmediate: Bool { true }

  let value: Int32

  init(_ value: Int32) { self.value = value }

  func text(in context: OperandContext) -> String? { "\(value)" }
}

/// An immediate of 64 bits: an integer, or the bits of a float.
struct WideImmediate: OperandField {
  static var isImmediate: Bool { true }

  let bits: UInt64

  init(_ bits: UInt64) { self.bits = bits }

  func text(in context: OperandContext) -> String? { "0x" + String(bits, radix: 16) }
}

/// The distance from an instruction's first word to the target of a branch.
struct BranchOffset: OperandField {
  /// In bytes.
  let byteCount: Int32

  /// The offset of a branch that is not bound to its target yet.
  static var unbound: BranchOffset { BranchOffset(words: 0) }

  /// - Requires: less than 2²⁸ words. ``Interpreter/largestWordCount`` is below.
  init(words: Int) { byteCount = Int32(8 * words) }

  func text(in context: OperandContext) -> String? { "@\(context.position + Int(byteCount) / 8)" }
}

/// A truth value.
struct Flag: OperandField {
  private let bits: UInt16

  init(_ isSet: Bool) { bits = isSet ? 1 : 0 }

  @inline(__always) var isSet: Bool { bits != 0 }

  func text(in context: OperandContext) -> String? { "\(isSet)" }
}

/// Which of the instructions that share a handler this is.
struct Selector<Instruction: RawRepresentable>: OperandField where Instruction.RawValue == UInt16 {
  private let bits: UInt16

  init(_ instruction: Instruction) { bits = instruction.rawValue }

  @inline(__always) var instruction: Instruction? { Instruction(rawValue: bits) }

  func text(in context: OperandContext) -> String? { instruction.map { "\($0)" } ?? "\(bits)" }
}

/// The address of a callee's code record, a `FunctionCode`.
struct CalleeAddress: OperandField {
  let bits: UInt64

  init(_ bits: UInt64) { self.bits = bits }

  func text(in context: OperandContext) -> String? { context.function(bits).map { "\($0)" } ?? "unknown" }
}

// Indices, counts and offsets.

extension UInt16: NarrowField {
  init(bits: UInt16) { self = bits }

  func text(in context: OperandContext) -> String? { "\(self)" }
}

extension UInt32: OperandField {
  func text(in context: OperandContext) -> String? { "\(self)" }
}

extension UInt64: OperandField {
  func text(in context: OperandContext) -> String? { "\(self)" }
}

/// Bits without meaning, always zero.
struct Unused16: OperandField {
  private var bits: UInt16 = 0

  func text(in context: OperandContext) -> String? { nil }
}

/// Bits without meaning, always zero.
struct Unused32: OperandField {
  private var bits: UInt32 = 0

  func text(in context: OperandContext) -> String? { nil }
}

/// The element of formats of fixed length.
struct NoElement: OperandField {
  func text(in context: OperandContext) -> String? { nil }
}
