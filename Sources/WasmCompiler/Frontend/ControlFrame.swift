/// A structured instruction that is open.
struct ControlFrame: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable { case function, block, loop, `if`, `else`, tryTable, legacyTry, legacyCatch }

  var kind: Kind
  /// How many operands lie below its parameters.
  var height: UInt32
  var parameters = ModuleFacts.TypeList()
  var results: ModuleFacts.TypeList
  /// Where branches to it go: a loop's header, or what follows the end. None before the first branch.
  var label: Block = .none
  /// Where an `if` goes if the condition is zero; where a legacy `catch` goes if the exception has another tag.
  var elseBlock: Block = .none
  /// The parameters of an `if`, for its `else`: where they stand in the graph's pool.
  var saved: UInt32 = 0
  /// The index of the handler that exceptions in it go to, or ``Handler/none``.
  var handler: UInt32 = .max
  /// The handler that begins with the frame; and of legacy `catch` parts, the exception.
  var ownHandler: UInt32 = .max
  var exception: Value = .none
  /// The loop around a loop.
  var outerLoop: UInt32 = .max
  /// How many entries of the `br_table` at hand name this label, and the block that stands for it if they are several.
  var tableCount: UInt32 = 0
  var tableStub: Block = .none

  /// The values that a branch to it carries.
  var labelTypes: ModuleFacts.TypeList { kind == .loop ? parameters : results }
}
