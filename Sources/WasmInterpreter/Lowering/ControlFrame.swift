import WebAssembly

/// An open structured instruction.
struct ControlFrame {
  enum Kind { case function, block, loop, `if`, `else`, tryTable, legacyTry, legacyCatch }

  var kind: Kind
  /// The number of operands below its parameters.
  var height: Int
  /// The slot of its first parameter, and of its first result.
  var base: Int
  var parameters: [ValueKind]
  var results: [ValueKind]
  /// The enclosing frame's ``Lowering/ownCount``.
  var outerOwnCount: Int
  /// The position of a loop's first word.
  var loopStart = 0
  /// Branches to its end.
  var fixups: [Fixup] = []
  /// The position of words that move a branch's values from the slots that begin at `source`, and then branch: branches with the same
  /// stack share them.
  var sharedMove: (source: Int, position: Int)?
  /// An `if`'s branch to its `else`, or to its end.
  var elseFixup: Fixup?
  /// The region of the catch table that contains its instructions.
  var region: Int?
  /// The same region if it begins and ends with the frame, or with its `try` part.
  var ownRegion: Int?
  /// Clauses of the catch table that continue at its end.
  var catchClauses: [Int] = []
  /// For a legacy `try`: its region, and in `catch` parts the clause and the slot of the exception.
  var legacyRegion: Int?
  var legacyClause: Int?
  var exceptionSlot = 0
  /// Whether its end is reached only by branches, because the preceding instruction was an unconditional branch or trap.
  var isUnreachable = false

  /// The types of the values that a branch to it carries.
  var labelKinds: [ValueKind] { kind == .loop ? parameters : results }
}

/// A branch whose target is not known yet.
struct Fixup {
  /// The position of the instruction.
  var instruction: Int
  /// The element of a branch table; nil if the instruction has a ``BranchingFormat``.
  var element: Int?
}

extension Opcode {
  /// Whether the instruction ends a structured instruction or a part of one.
  var endsPart: Bool {
    switch self {
    case .end, .else, .catch, .catchAll, .delegate: true
    default: false
    }
  }
}
