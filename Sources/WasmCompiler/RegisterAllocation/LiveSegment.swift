// Positions number the states of a function. Instruction i has four:
//   4i      before the moves that precede it: the state that the previous instruction or the block's start left
//   4i + 1  after these moves: the instruction reads its operands
//   4i + 2  it clobbers registers
//   4i + 3  it has written its results
// The state at a position holds until the next one; ranges exclude their upper bound.

/// A range of the code, without holes, in which a virtual register is live in one location.
///
/// Wimmer & Franz ("Linear Scan Register Allocation on SSA Form", 2010) allocate registers to whole intervals with holes. Here each part
/// between two holes is allocated separately, with the register of the previous part as a hint. In SSA form a value that is defined in a
/// hole nearly always ends before the hole does, so the hinted register is free; in exchange, each physical register has one owner at a
/// time, and ranges never need to be intersected.
struct LiveSegment: BitwiseCopyable {
  var from: UInt32
  var to: UInt32
  /// The virtual register.
  var register: UInt32
  /// The register's next segment in the order of the code, or ``none``.
  var next: UInt32 = none
  /// The first use at or after `from`; the list continues beyond `to`.
  var firstUse: UInt32 = none
  /// The first use at or after the current position of the scan, and the last use before it in the segment.
  var nextUse: UInt32 = none
  var lastUse: UInt32 = none
  /// The next segment in the queue of those that begin at the same instruction.
  var queueNext: UInt32 = none
  /// The number of a physical register, or one of the following.
  var place: UInt8 = undecided

  static let none = UInt32.max
  static let undecided: UInt8 = 255
  static let spilled: UInt8 = 254

  @inline(__always) var isInRegister: Bool { place < 64 }
}

/// A use of a virtual register.
struct RegisterUse: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    case register, lateRegister, any, lateAny
    /// Copied elsewhere before the instruction: to a fixed register, or to that of a result.
    case copy
    /// The argument of an edge.
    case edge
    case definition, earlyDefinition, anyDefinition

    /// Whether it must be in a register.
    @inline(__always) var isRequired: Bool { Self.required >> rawValue & 1 != 0 }
    /// How long after the use's position the location must be kept, in positions.
    @inline(__always) var duration: UInt32 { UInt32(truncatingIfNeeded: Self.durations >> (UInt64(rawValue) * 4)) & 15 }
    @inline(__always) var isDefinition: Bool { rawValue >= Kind.definition.rawValue }

    private static let required: UInt16 = 0b0_1100_0011
    /// A result is kept for the moves after its instruction, which may store it to its slot.
    private static let durations: UInt64 = 0x2_42_1_1_3_1_3_1
  }

  var position: UInt32
  /// The register's next use in the order of the code, or ``LiveSegment/none``.
  var next: UInt32
  /// An index in ``MachineFunction/operands``; undefined for edges.
  var operand: UInt32
  var kind: Kind
  /// The cost if the value is in a slot.
  var weight: UInt8
  /// The register that the value is copied to, or ``noHint``.
  var hint: UInt8 = noHint

  static let noHint: UInt8 = 255
  @inline(__always) var end: UInt32 { position + kind.duration }
}

/// The facts about a virtual register.
struct RegisterRecord: BitwiseCopyable {
  struct Flags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    static let isParameter = Flags(rawValue: 1)
    static let isSpilled = Flags(rawValue: 2)
    /// Its slot is written where it moves from a register to it, rather than once after the definition.
    static let isStoredLate = Flags(rawValue: 4)
  }

  var firstSegment = LiveSegment.none
  /// The open segment while segments are built.
  var openSegment = LiveSegment.none
  /// The segment that begins with the definition.
  var definingSegment = LiveSegment.none
  /// The block of the definition.
  var block = LiveSegment.none
  /// Its index among the registers that are live across blocks.
  var globalIndex = LiveSegment.none
  /// A register that this one is copied to: the parameter whose argument it is, or the result that shares its register.
  var related = LiveSegment.none
  /// The index of the spill slot.
  var slot = LiveSegment.none
  /// The preferred physical register: its current or last one, or that of a register copied to it.
  var preferred = RegisterUse.noHint
  /// The physical register that its value ends in, perhaps through others.
  var wanted = RegisterUse.noHint
  var registerClass = RegisterClass.integer
  var flags: Flags = []
}
