// Formats of instructions that copy values: locals, globals, constants and select.

/// `destination` ← `source`.
struct CopyFormat: ResultFormat {
  static var identifier: FormatIdentifier { .copy }

  var handler = HandlerWord()
  var destination: Destination
  var source: SlotOperand
  var unused = Unused32()
}

/// `destination` ← `source`; `secondDestination` ← `secondSource`; in this order.
struct CopyTwoFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .copyTwo }

  var handler = HandlerWord()
  var destination: Destination
  var source: SlotOperand
  var secondDestination: Destination
  var secondSource: SlotOperand
}

/// `count` slots from `destination` on ← the slots from `source` on.
struct CopySlotsFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .copySlots }

  var handler = HandlerWord()
  var destination: Destination
  var source: SlotOperand
  var count: UInt16
  var unused = Unused16()
}

struct ConstantFormat: ResultFormat {
  static var identifier: FormatIdentifier { .constant }

  var handler = HandlerWord()
  var destination: Destination
  var unused = Unused16()
  var unused2 = Unused32()
  var value: WideImmediate
}

struct VectorConstantFormat: ResultFormat {
  static var identifier: FormatIdentifier { .vectorConstant }

  var handler = HandlerWord()
  var destination: Destination
  var unused = Unused16()
  var unused2 = Unused32()
  var low: WideImmediate
  var high: WideImmediate
}

/// `destination` ← `condition` ≠ 0 ? `ifTrue` : `ifFalse`.
struct SelectFormat: ResultFormat {
  static var identifier: FormatIdentifier { .select }

  var handler = HandlerWord()
  var destination: Destination
  var ifTrue: SlotOperand
  var ifFalse: SlotOperand
  var condition: SlotOperand
}

/// Reads or writes a global.
struct GlobalFormat<Value: NarrowField>: InstructionFormat {
  static var identifier: FormatIdentifier { Value.isWritten ? .globalGet : .globalSet }

  var handler = HandlerWord()
  var value: Value
  var unused = Unused16()
  /// The byte offset in the instance's context; for an imported global, the index.
  var place: UInt32
}

extension GlobalFormat: ResultFormat where Value == Destination {}
