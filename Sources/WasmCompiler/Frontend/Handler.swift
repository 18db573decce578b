/// Where exceptions of a `try_table`, or of the `try` part of a legacy `try`, go.
struct Handler: BitwiseCopyable {
  static let none = UInt32.max

  /// The handler around it.
  var outer: UInt32
  /// Where calls go that end with an exception: finds it. None before the first such call.
  var landing: Block = .none
  /// Where inner handlers go that do not catch an exception, which is the block's parameter. None before the first.
  var entry: Block = .none
  /// In ``FrontEnd/clauses``.
  var firstClause: UInt32 = 0
  var clauseCount: UInt32 = 0
}

/// A clause of a `try_table`.
struct HandlerClause: BitwiseCopyable {
  static let anyTag = UInt32.max

  var tag: UInt32
  /// The place of the target's frame in ``FrontEnd/controls``.
  var target: UInt32
  var withReference: Bool
}
