import WebAssembly

// Formats of reference instructions, structures, arrays and casts.

struct FunctionReferenceFormat: ResultFormat {
  static var identifier: FormatIdentifier { .functionReference }

  var handler = HandlerWord()
  var destination: Destination
  var unused = Unused16()
  var function: UInt32
}

// MARK: Casts

/// A type test of the slot `reference`.
protocol TypeTestFormat: InstructionFormat {
  var reference: SlotOperand { get }
  /// The canonical type, or a set of kinds.
  var type: UInt32 { get }
  /// The type's number of supertypes.
  var depth: UInt16 { get }
  /// Whether null passes.
  var isNullable: Flag { get }
}

struct ReferenceTestFormat: TypeTestFormat, ResultFormat {
  static var identifier: FormatIdentifier { .referenceTest }

  var handler = HandlerWord()
  var destination: Destination
  var reference: SlotOperand
  var unused = Unused32()
  var type: UInt32
  var depth: UInt16
  var isNullable: Flag
}

struct ReferenceTestBranchFormat: TypeTestFormat, BranchingFormat {
  static var identifier: FormatIdentifier { .referenceTestBranch }

  var handler = HandlerWord()
  var target: BranchOffset
  var reference: SlotOperand
  var unused = Unused16()
  var type: UInt32
  var depth: UInt16
  var isNullable: Flag
}

struct DescriptorCheckFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .descriptorCheck }

  var handler = HandlerWord()
  var descriptor: SlotOperand
  var unused = Unused16()
  var unused2 = Unused32()
}

struct DescriptorCastFormat: ResultFormat {
  static var identifier: FormatIdentifier { .descriptorCast }

  var handler = HandlerWord()
  var destination: Destination
  var reference: SlotOperand
  var descriptor: SlotOperand
  /// Whether null passes.
  var isNullable: Flag
}

struct DescriptorBranchFormat: BranchingFormat {
  static var identifier: FormatIdentifier { .descriptorBranch }

  var handler = HandlerWord()
  var target: BranchOffset
  var reference: SlotOperand
  var descriptor: SlotOperand
  /// Whether null passes.
  var isNullable: Flag
  /// Whether it branches if the test fails.
  var isInverted: Flag
  var unused = Unused32()
}

// MARK: Structures

/// The allocation of a structure.
protocol AllocationFormat: ResultFormat {
  var destination: Destination { get }
  /// The slot after those in use.
  var stackInUse: UInt16 { get }
  var sizeClass: UInt16 { get }
  /// The canonical type.
  var type: UInt32 { get }
  /// The size in bytes.
  var size: UInt32 { get }
}

/// A field to be initialized.
struct InitializedField: OperandField {
  var value: SlotOperand
  var byteCount: UInt16
  var offset: UInt32

  func text(in context: OperandContext) -> String? { "[\(offset), \(counted(byteCount, "byte"))]=s\(value.number)" }
}

/// The elements are the 64-bit fields, then the 32-bit fields, then the others.
struct StructureNewFormat: AllocationFormat {
  typealias Element = InitializedField

  static var identifier: FormatIdentifier { .structureNew }

  var handler = HandlerWord()
  var destination: Destination
  var stackInUse: UInt16
  var sizeClass: UInt16
  var wideCount: UInt16
  var type: UInt32
  var size: UInt32
  var narrowCount: UInt16
  var otherCount: UInt16
  var unused = Unused32()

  var elementCount: Int { Int(wideCount) + Int(narrowCount) + Int(otherCount) }
}

struct StructureNewDefaultFormat: AllocationFormat {
  static var identifier: FormatIdentifier { .structureNewDefault }

  var handler = HandlerWord()
  var destination: Destination
  var stackInUse: UInt16
  var sizeClass: UInt16
  var unused = Unused16()
  var type: UInt32
  var size: UInt32
}

/// An access to the field at a byte offset.
struct FieldAccess<Value: OperandField>: InstructionFormat {
  static var identifier: FormatIdentifier { Value.isWritten ? .fieldGet : .fieldSet }

  var handler = HandlerWord()
  var value: Value
  var object: SlotOperand
  var offset: UInt32
}

// MARK: Arrays

struct ArrayElement<Value: OperandField>: InstructionFormat {
  static var identifier: FormatIdentifier { Value.isWritten ? .elementGet : .elementSet }

  var handler = HandlerWord()
  var value: Value
  var array: SlotOperand
  var index: SlotOperand
  var unused = Unused16()
}

extension FieldAccess: ResultFormat where Value == Destination {}
extension ArrayElement: ResultFormat where Value == Destination {}

/// Instructions that create arrays or work on many elements. They share one handler, for the reason in ``BulkInstruction``.
enum ArrayInstruction: UInt16 {
  case new, newDefault, newFixed, newData, newElements, fill, copy, initializeData, initializeElements
}

/// What these instructions have in common; the other operands are in the variants.
protocol ArrayFormat: InstructionFormat {
  /// The canonical type.
  var type: UInt32 { get }
  /// The instruction's number of words.
  var wordCount: UInt16 { get }
  var instruction: Selector<ArrayInstruction> { get }
}

extension ArrayFormat {
  static var identifier: FormatIdentifier { .arrayBulk }
}

struct ArrayBulkFormat: ArrayFormat {
  var handler = HandlerWord()
  var destination: Destination
  var unused = Unused16()
  var unused2 = Unused32()
  var type: UInt32
  var wordCount: UInt16
  var instruction: Selector<ArrayInstruction>
  var unused3 = Unused32()
  var unused4 = Unused32()

  var variant: any InstructionFormat.Type {
    switch instruction.instruction {
    case .new, .newDefault: ArrayNewFormat.self
    case .newFixed: ArrayNewFixedFormat.self
    case .newData, .newElements: ArrayNewFromSegmentFormat.self
    case .fill: ArrayFillFormat.self
    case .copy: ArrayCopyFormat.self
    case .initializeData, .initializeElements: ArrayInitializeFormat.self
    case nil: ArrayBulkFormat.self
    }
  }
}

/// Creates an array. `stackInUse` is the slot after those in use.
protocol ArrayAllocationFormat: ArrayFormat, ResultFormat {
  var destination: Destination { get }
  var stackInUse: UInt16 { get }
}

/// `value` is unused by `newDefault`.
struct ArrayNewFormat: ArrayAllocationFormat {
  var handler = HandlerWord()
  var destination: Destination
  var stackInUse: UInt16
  var value: SlotOperand
  var length: SlotOperand
  var type: UInt32
  var wordCount: UInt16
  var instruction: Selector<ArrayInstruction>
  var unused = Unused32()
  var unused2 = Unused32()
}

/// The elements are the slots of the array's elements.
struct ArrayNewFixedFormat: ArrayAllocationFormat {
  typealias Element = SlotOperand

  var handler = HandlerWord()
  var destination: Destination
  var stackInUse: UInt16
  var unused = Unused32()
  var type: UInt32
  var wordCount: UInt16
  var instruction: Selector<ArrayInstruction>
  var length: UInt32
  var unused2 = Unused32()

  var elementCount: Int { Int(length) }
}

struct ArrayNewFromSegmentFormat: ArrayAllocationFormat {
  var handler = HandlerWord()
  var destination: Destination
  var stackInUse: UInt16
  var start: SlotOperand
  var length: SlotOperand
  var type: UInt32
  var wordCount: UInt16
  var instruction: Selector<ArrayInstruction>
  var segment: UInt32
  var unused = Unused32()
}

struct ArrayFillFormat: ArrayFormat {
  var handler = HandlerWord()
  var array: SlotOperand
  var index: SlotOperand
  var value: SlotOperand
  var count: SlotOperand
  var type: UInt32
  var wordCount: UInt16
  var instruction: Selector<ArrayInstruction>
  var unused = Unused32()
  var unused2 = Unused32()
}

struct ArrayCopyFormat: ArrayFormat {
  var handler = HandlerWord()
  var array: SlotOperand
  var index: SlotOperand
  var source: SlotOperand
  var sourceIndex: SlotOperand
  var type: UInt32
  var wordCount: UInt16
  var instruction: Selector<ArrayInstruction>
  var count: SlotOperand
  var unused = Unused16()
  var unused2 = Unused32()
}

struct ArrayInitializeFormat: ArrayFormat {
  var handler = HandlerWord()
  var array: SlotOperand
  var index: SlotOperand
  var start: SlotOperand
  var count: SlotOperand
  var type: UInt32
  var wordCount: UInt16
  var instruction: Selector<ArrayInstruction>
  var segment: UInt32
  var unused = Unused32()
}
