import WebAssembly

/// An open structured instruction, or the body itself. (Core specification 3.0, appendix "Validation Algorithm".)
struct ControlFrame: BitwiseCopyable {
  enum Kind: UInt8 {
    case body, block, loop, `if`, `else`, tryTable
    /// The parts of a `try` of the legacy exceptions proposal.
    case legacyTry, legacyCatch, legacyCatchAll

    /// The keyword of the text format.
    var keyword: String {
      switch self {
      case .body: "func"
      case .block: "block"
      case .loop: "loop"
      case .if: "if"
      case .else: "else"
      case .tryTable: "try_table"
      case .legacyTry: "try"
      case .legacyCatch: "catch"
      case .legacyCatchAll: "catch_all"
      }
    }
  }

  var kind: Kind
  /// Whether the rest of the block is unreachable, so that its empty stack yields operands of any type.
  var isUnreachable = false
  /// The height of the operand stack below the block's own operands.
  var height: UInt32
  var parameters: TypeList
  var results: TypeList
  /// The number of locals that were known to be set before the block.
  var initializedCount: UInt32

  init(kind: Kind, height: Int, parameters: TypeList, results: TypeList, initializedCount: Int) {
    self.kind = kind
    self.height = UInt32(height)
    self.parameters = parameters
    self.results = results
    self.initializedCount = UInt32(initializedCount)
  }

  /// The types of the operands that a branch to the block takes.
  var labelTypes: TypeList { kind == .loop ? parameters : results }
}
