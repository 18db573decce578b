/// What the front end knows of a block, besides what stands in the graph. Positions are offsets in the binary; a block's instructions
/// that assign to locals stand from `start` on, and before `end`.
struct BlockInfo: BitwiseCopyable {
  var start: UInt32 = .max
  var end: UInt32 = .max
  /// The immediate dominator. The entry has none.
  var dominator: Block = .none
  /// A dominator farther up, for searches in logarithmic time. (Myers, "An applicative random-access stack", 1983.)
  var jump: Block = .none
  /// How many blocks dominate it.
  var depth: UInt32 = 0
  /// The innermost loop that it stands in, or is the header of.
  var loop: UInt32 = LoopInfo.none
  /// The edges that lead to it, first to last.
  var firstPredecessor: UInt32 = EdgeInfo.none
  var lastPredecessor: UInt32 = EdgeInfo.none
  /// Whether all of them are known.
  var isSealed = true
}

struct EdgeInfo: BitwiseCopyable {
  static let none = UInt32.max

  var source: Block
  /// The next edge to the same block.
  var next: UInt32 = none
}

/// A loop. Those of a function stand in the order of their `loop` instructions.
struct LoopInfo: BitwiseCopyable {
  static let none = UInt32.max

  var header: Block
  /// Where it begins, and the offset behind its `end`.
  var start: UInt32
  var end: UInt32
  /// The loop around.
  var parent: UInt32
  /// How many loops are around it.
  var depth: UInt32
}
