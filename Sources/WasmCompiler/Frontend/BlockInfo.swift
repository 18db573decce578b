/// The facts about a block that only the front end needs. Positions are offsets in the binary; the block's assignments to locals are from
/// `start` up to, but not at, `end`.
struct BlockInfo: BitwiseCopyable {
  var start: UInt32 = .max
  var end: UInt32 = .max
  /// The immediate dominator. The entry has none.
  var dominator: Block = .none
  /// A far dominator, for searches in logarithmic time. (Myers, "An applicative random-access stack", 1983.)
  var jump: Block = .none
  /// Its depth in the dominator tree.
  var depth: UInt32 = 0
  /// The innermost loop that contains it, or whose header it is.
  var loop: UInt32 = LoopInfo.none
  /// The list of its incoming edges, first and last.
  var firstPredecessor: UInt32 = EdgeInfo.none
  var lastPredecessor: UInt32 = EdgeInfo.none
  /// Whether all of them are known.
  var isSealed = true
  /// Whether it is the header of a loop that the function enters from two places: see ``LoopEntry``.
  var isEntered = false
}

struct EdgeInfo: BitwiseCopyable {
  static let none = UInt32.max

  var source: Block
  /// The next edge to the same block.
  var next: UInt32 = none
}

/// A loop. The loops of a function are in the order of their `loop` instructions.
struct LoopInfo: BitwiseCopyable {
  static let none = UInt32.max

  var header: Block
  /// The offset of its start, and the offset after its `end`.
  var start: UInt32
  var end: UInt32
  /// The enclosing loop.
  var parent: UInt32
  /// The number of enclosing loops.
  var depth: UInt32
}
