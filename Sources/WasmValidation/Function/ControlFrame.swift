import WebAssembly

/// An open structured instruction, or the body itself. (Core specification 3.0, appendix "Validation Algorithm".)
struct ControlFrame: BitwiseCopyable {
  enum Kind: UInt8 {
    case body, block, loop, `if`, `else`, tryTable
    /// The parts of a `try` of the legacy exceptions proposal.
    case legacyTry, legacyCatch, legacyCatchAll
  }

  var kind: Kind
  /// Whether the rest of the block cannot be reached, so that operands of any type come out of its empty stack.
  var isUnreachable = false
  /// The height of the operand stack below the block's own operands.
  var height: UInt32
  var parameters: TypeList
  var results: TypeList
  /// How many locals were found to be set before the block.
  var initializedCount: UInt32

  init(kind: Kind, height: Int, parameters: TypeList, results: TypeList, initializedCount: Int) {
    self.kind = kind
    self.height = UInt32(height)
    self.parameters = parameters
    self.results = results
    self.initializedCount = UInt32(initializedCount)
  }

  /// What a branch to the block takes along.
  var labelTypes: TypeList { kind == .loop ? parameters : results }
}
