/// The handler of a `try_table`, or of the `try` part of a legacy `try`.
struct Handler: BitwiseCopyable {
  static let none = UInt32.max

  /// The enclosing handler.
  var outer: UInt32
  /// The target of calls that end with an exception. None before the first such call.
  var landing: Block = .none
  /// The target of inner handlers that do not catch an exception, which is the block's parameter. None before the first.
  var entry: Block = .none
  /// A range of ``FrontEnd/clauses``.
  var firstClause: UInt32 = 0
  var clauseCount: UInt32 = 0
}

/// A clause of a `try_table`.
struct HandlerClause: BitwiseCopyable {
  static let anyTag = UInt32.max

  var tag: UInt32
  /// The index of the target's frame in ``FrontEnd/controls``.
  var target: UInt32
  var withReference: Bool
}
