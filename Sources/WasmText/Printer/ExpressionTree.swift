import WebAssembly

/// Finds the operands of each instruction of a body or constant expression, for the folded form.
///
/// Folding only moves an instruction's mnemonic before its operands, so any choice of operands preserves the meaning.
/// This one follows the types where possible. Malformed code is an error, invalid code is not.
struct ExpressionTree {
  struct Node {
    /// The offset of the instruction from the beginning of the code.
    var position: UInt32
    var opcode: Opcode
    /// Whether the operands include a structured instruction, so that they need several lines.
    var containsBlock = false
    /// The first of the instructions whose text starts here, outermost first: this instruction, and those of which it
    /// is the first operand. -1 if there is none.
    var firstOpened: Int32 = -1
    /// The next instruction in that list.
    var nextOpened: Int32 = -1
    /// The number of structured instructions before this one, which is its label's index.
    var labelIndex: UInt32 = 0
  }

  /// The instructions in code order.
  private(set) var nodes: [Node] = []
  /// Whether the expression is a single folded instruction.
  private(set) var isSingle = false

  private var operands: [Operand] = []
  private var blocks: [Block] = []
  /// The number of values that a branch to each of `blocks` takes.
  private var labelArities: [Int] = []
  private var labelCount: UInt32 = 0

  /// An expression that can become an operand. Those on the stack have at least one result each, and neighbours on the
  /// stack are neighbours in the code.
  private struct Operand {
    /// The expression's first instruction.
    var start: Int32
    var results: Int
    var depth: Int32
    var containsBlock: Bool
  }

  private struct Block {
    var opcode: Opcode
    /// The first instruction of the expression; for an `if`, that of the condition.
    var start: Int32
    var results: Int
    var depth: Int32
    /// The number of operands on the stack before it.
    var base: Int
  }

  /// The maximum nesting of operands, for parsers with a limit and for readability.
  private static let maximumDepth: Int32 = 100

  init() {}

  /// Reads an expression to the end of its range.
  ///
  /// - Parameters:
  ///   - reader: positioned at the first instruction.
  ///   - origin: the origin of positions.
  ///   - results: the number of results of the function or expression.
  mutating func build(
    _ reader: inout InstructionReader, origin: Int, results: Int, in module: Module
  ) throws(DecodingError) {
    nodes.removeAll(keepingCapacity: true)
    operands.removeAll(keepingCapacity: true)
    blocks.removeAll(keepingCapacity: true)
    labelArities.removeAll(keepingCapacity: true)
    labelCount = 0
    while true {
      let position = reader.position
      let opcode = try reader.readOpcode()
      nodes.append(Node(position: UInt32(truncatingIfNeeded: position - origin), opcode: opcode))
      if let effect = InstructionTable.shared[opcode].stackEffect {
        try reader.skipImmediates(opcode)
        plain(effect)
        continue
      }
      switch opcode {
      case .block, .loop, .if, .try, .tryTable: try open(opcode, &reader, in: module)
      case .else, .catch, .catchAll:
        try reader.skipImmediates(opcode)
        try continueBlock(opcode, at: position)
      case .end, .delegate:
        try reader.skipImmediates(opcode)
        if opcode == .end, blocks.isEmpty {
          guard reader.isAtEnd else { throw DecodingError("section size mismatch", offset: reader.position) }
          isSingle = operands.count == 1 && operands[0].start == 0
          return
        }
        try close(opcode, at: position)
      default:
        plain(try StackEffect(opcode, &reader, in: module, results: results, labels: labelArities))
      }
    }
  }

  // MARK: Plain instructions

  /// The number of operands outside of the innermost block.
  private var base: Int { blocks.last?.base ?? 0 }

  private mutating func plain(_ effect: StackEffect) {
    var operand = gather(effect.operands)
    begin(operand.start, containsBlock: operand.containsBlock)
    operand.results = effect.results
    push(operand)
  }

  /// Takes operands from the stack for the last instruction, as far as there are enough.
  private mutating func gather(_ count: Int) -> Operand {
    var result = Operand(start: Int32(truncatingIfNeeded: nodes.count - 1), results: 0, depth: 1, containsBlock: false)
    var missing = count
    let base = base
    while missing > 0, operands.count > base, let operand = operands.last, operand.results <= missing,
      operand.depth < Self.maximumDepth
    {
      operands.removeLast()
      missing -= operand.results
      result.start = operand.start
      result.depth = max(result.depth, operand.depth + 1)
      result.containsBlock = result.containsBlock || operand.containsBlock
    }
    // The missing operands come from before these, so these cannot be operands of a later instruction.
    if missing > 0 { dropOperands() }
    return result
  }

  private mutating func push(_ operand: Operand) {
    // A statement separates the operands before it from later instructions.
    if operand.results == 0 { dropOperands() } else { operands.append(operand) }
  }

  private mutating func dropOperands() { operands.removeLast(operands.count - base) }

  /// Records that the text of the last instruction starts before `start`.
  private mutating func begin(_ start: Int32, containsBlock: Bool) {
    let last = nodes.count - 1
    nodes[last].containsBlock = containsBlock
    nodes[last].nextOpened = nodes[Int(start)].firstOpened
    nodes[Int(start)].firstOpened = Int32(truncatingIfNeeded: last)
  }

  // MARK: Structured instructions

  private mutating func open(
    _ opcode: Opcode, _ reader: inout InstructionReader, in module: Module
  ) throws(DecodingError) {
    let effect = try reader.readBlockType().effect(in: module)
    if opcode == .tryTable {
      for _ in 0..<(try reader.readU32()) { _ = try reader.readCatchClause() }
    }
    let condition = gather(opcode == .if ? 1 : 0)
    // Parameters are written before the block and remain there.
    if effect.operands > 0 { dropOperands() }
    begin(condition.start, containsBlock: true)
    nodes[nodes.count - 1].labelIndex = labelCount
    labelCount += 1
    blocks.append(
      Block(
        opcode: opcode, start: condition.start, results: effect.results, depth: condition.depth, base: operands.count))
    labelArities.append(opcode == .loop ? effect.operands : effect.results)
  }

  private mutating func continueBlock(_ opcode: Opcode, at position: Int) throws(DecodingError) {
    guard let block = blocks.last, BlockStructure.admits(opcode, after: block.opcode) else {
      throw BlockStructure.error(opcode, at: position)
    }
    dropOperands()
    blocks[blocks.count - 1].opcode = opcode
  }

  private mutating func close(_ opcode: Opcode, at position: Int) throws(DecodingError) {
    guard let block = blocks.last, BlockStructure.admits(opcode, after: block.opcode) else {
      throw BlockStructure.error(opcode, at: position)
    }
    dropOperands()
    blocks.removeLast()
    labelArities.removeLast()
    push(Operand(start: block.start, results: block.results, depth: block.depth + 1, containsBlock: true))
  }
}

/// The allowed order of the parts of a structured instruction.
enum BlockStructure {
  /// Whether `opcode` can end a part of a structured instruction that began with `part`.
  static func admits(_ opcode: Opcode, after part: Opcode) -> Bool {
    switch opcode {
    case .else: part == .if
    case .catch, .catchAll: part == .try || part == .catch
    case .delegate: part == .try
    default: true
    }
  }

  static func error(_ opcode: Opcode, at position: Int) -> DecodingError {
    DecodingError("END opcode expected, found \(opcode.mnemonic)", offset: position)
  }
}
