/// A structured instruction that is open.
struct ControlFrame {
  enum Kind { case function, block, loop, `if`, `else` }

  var kind: Kind
  /// How many operands lie below its parameters.
  var height: Int
  /// The slot of its first parameter, and of its first result.
  var base: Int
  var parameters: [ValueKind]
  var results: [ValueKind]
  /// The position of a loop's first word.
  var loopStart = 0
  /// Branches to its end.
  var fixups: [Fixup] = []
  /// An `if`'s branch to its `else`, or to its end.
  var elseFixup: Fixup?
  /// Whether its end is only reached by branches: what comes before was unconditional.
  var isUnreachable = false

  /// The values that a branch to it carries.
  var labelKinds: [ValueKind] { kind == .loop ? parameters : results }
}

/// A place that waits for a branch offset: a half of a word, relative to an instruction's first word.
struct Fixup {
  var instruction: Int
  var word: Int
  var half: Int
}
