// Positions number the states of a function. Instruction i has four:
//   4i      in front of the moves that happen before it; what the instruction before left, or the block began with
//   4i + 1  behind these moves: the instruction reads its operands
//   4i + 2  it destroys registers
//   4i + 3  it has written its results
// What a position stands for is true from it on up to the next one; ranges exclude their upper bound.

/// A stretch of the code, without holes, in which a virtual register lives in one place.
///
/// Wimmer & Franz ("Linear Scan Register Allocation on SSA Form", 2010) give intervals with holes registers as a whole. Here, each part
/// between two holes is allocated on its own, with the register of the part before as a hint. In SSA form, what is defined in a
/// hole ends before the hole does, or nearly always, so the hint is free; in exchange, each physical register has one owner
/// at a time, and no intersection of ranges is ever computed.
struct LiveSegment: BitwiseCopyable {
  var from: UInt32
  var to: UInt32
  /// The virtual register.
  var register: UInt32
  /// The register's next segment in the order of the code, or ``none``.
  var next: UInt32 = none
  /// The first use at or behind `from`; the list goes on behind `to`.
  var firstUse: UInt32 = none
  /// The first use at or behind the position that allocation has come to, and the one before it in the segment.
  var nextUse: UInt32 = none
  var lastUse: UInt32 = none
  /// The next segment in the queue of those that begin at the same instruction.
  var queueNext: UInt32 = none
  /// A physical register's number, or one of the following.
  var place: UInt8 = undecided

  static let none = UInt32.max
  static let undecided: UInt8 = 255
  static let spilled: UInt8 = 254

  @inline(__always) var isInRegister: Bool { place < 64 }
}

/// A place of the code that wants a virtual register somewhere.
struct RegisterUse: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    case register, lateRegister, any, lateAny
    /// Copied elsewhere in front of the instruction: to a fixed register, or to that of a result.
    case copy
    /// Argument of an edge.
    case edge
    case definition, earlyDefinition, anyDefinition

    /// Whether nothing but a register will do.
    @inline(__always) var isRequired: Bool { Self.required >> rawValue & 1 != 0 }
    /// How long after the use's position the place must stay what it is.
    @inline(__always) var duration: UInt32 { UInt32(truncatingIfNeeded: Self.durations >> (UInt64(rawValue) * 4)) & 15 }
    @inline(__always) var isDefinition: Bool { rawValue >= Kind.definition.rawValue }

    private static let required: UInt16 = 0b0_1100_0011
    /// A result stays for the moves behind its instruction, which may store it to its slot.
    private static let durations: UInt64 = 0x2_42_1_1_3_1_3_1
  }

  var position: UInt32
  /// The register's next use in the order of the code, or ``LiveSegment/none``.
  var next: UInt32
  /// In ``MachineFunction/operands``; means nothing for edges.
  var operand: UInt32
  var kind: Kind
  /// How much it costs to find the value in a slot.
  var weight: UInt8
  /// The register that the value is copied to, or ``noHint``.
  var hint: UInt8 = noHint

  static let noHint: UInt8 = 255
  @inline(__always) var end: UInt32 { position + kind.duration }
}

/// What is known of a virtual register.
struct RegisterRecord: BitwiseCopyable {
  struct Flags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    static let isParameter = Flags(rawValue: 1)
    static let isSpilled = Flags(rawValue: 2)
    /// Its slot is written where it goes from a register to it, rather than once behind the definition.
    static let isStoredLate = Flags(rawValue: 4)
  }

  var firstSegment = LiveSegment.none
  /// The segment that is open while segments are built.
  var openSegment = LiveSegment.none
  /// The segment that begins with the definition.
  var definingSegment = LiveSegment.none
  /// The block of the definition.
  var block = LiveSegment.none
  /// Its number among the registers that live across blocks.
  var globalIndex = LiveSegment.none
  /// A register that this one is copied to: the parameter of which it is the argument, or the result that shares its register.
  var related = LiveSegment.none
  /// The index of the spill slot.
  var slot = LiveSegment.none
  /// The physical register where it would be good: where it is, or was, or where those are that are copied to it.
  var preferred = RegisterUse.noHint
  /// The physical register that it ends in, perhaps by way of others.
  var wanted = RegisterUse.noHint
  var registerClass = RegisterClass.integer
  var flags: Flags = []
}
