/// An open structured instruction.
struct ControlFrame: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable { case function, block, loop, `if`, `else`, tryTable, legacyTry, legacyCatch }

  var kind: Kind
  /// The number of operands below its parameters.
  var height: UInt32
  var parameters = ModuleFacts.TypeList()
  var results: ModuleFacts.TypeList
  /// The target of branches to it: a loop's header, or the block after the end. None before the first branch.
  var label: Block = .none
  /// The target of an `if` whose condition is zero, or of a legacy `catch` whose exception has another tag.
  var elseBlock: Block = .none
  /// The parameters of an `if`, for its `else`: their start in the graph's pool.
  var saved: UInt32 = 0
  /// The index of the handler that receives exceptions in it, or ``Handler/none``.
  var handler: UInt32 = .max
  /// The handler that begins with the frame; in legacy `catch` parts also the exception.
  var ownHandler: UInt32 = .max
  var exception: Value = .none
  /// The loop that encloses a loop.
  var outerLoop: UInt32 = .max
  /// The operands below it that are kept in locals meanwhile: see `FrontEnd+LoopEntry.swift`.
  var keptStart: UInt32 = 0
  var keptEnd: UInt32 = 0
  /// Whether it contains the loop at which the function begins, or is that loop.
  var isEntered = false
  /// The number of entries of the current `br_table` with this label, and the block that represents it if there are several.
  var tableCount: UInt32 = 0
  var tableStub: Block = .none

  /// The types of the values that a branch to it carries.
  var labelTypes: ModuleFacts.TypeList { kind == .loop ? parameters : results }
}
