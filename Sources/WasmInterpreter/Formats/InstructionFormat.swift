/// The layout of a code instruction: a structure whose stored properties are the handler word and the operands, in order.
///
/// Lowering appends a value of the structure, handlers read its properties at `pc`, and the printer lists them by name; so an operand's
/// name, type and place are declared once. Swift places stored properties in order, each at the next multiple of its alignment.
///
/// Requires (a test checks it for all handlers): the size is a multiple of a word, and there is no padding, neither inside nor at the end;
/// `unused` properties fill gaps. Otherwise the words would have undefined bits.
protocol InstructionFormat: BitwiseCopyable {
  /// The format of the handler; that of ``ArrayBulkFormat`` for its variants.
  static var identifier: FormatIdentifier { get }

  /// What follows the fixed operands, in formats of variable length.
  associatedtype Element: OperandField = NoElement
  var elementCount: Int { get }

  /// The format that has the same layout and describes this instruction better, for handlers that several instructions share.
  var variant: any InstructionFormat.Type { get }
}

extension InstructionFormat {
  /// The number of bytes without elements.
  @inline(__always) static var byteCount: Int { MemoryLayout<Self>.size }

  @inline(__always) var elementCount: Int { 0 }

  var variant: any InstructionFormat.Type { Self.self }

  /// The number of words of an instruction with this many elements.
  static func wordCount(elementCount: Int) -> Int {
    (byteCount + elementCount * MemoryLayout<Element>.stride + 7) / 8
  }
}

/// What the dispatcher jumps to: a handler's address or its number.
struct HandlerWord: BitwiseCopyable {
  var bits: UInt64 = 0
}

/// A format whose first operand is the ``Destination`` of the instruction's result.
protocol ResultFormat: InstructionFormat {}

/// The part that all formats with a result share.
struct ResultHeader: BitwiseCopyable {
  var handler: HandlerWord
  var destination: Destination
}

/// A format whose first operand is the offset of a branch.
protocol BranchingFormat: InstructionFormat {
  var target: BranchOffset { get }
}

/// The part that all formats with a branch offset share.
struct BranchHeader: BitwiseCopyable {
  var handler: HandlerWord
  var target: BranchOffset
}

/// An instruction without operands.
struct PlainFormat: InstructionFormat {
  static var identifier: FormatIdentifier { .plain }

  var handler = HandlerWord()
}
