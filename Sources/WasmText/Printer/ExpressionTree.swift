import WebAssembly

/// Which instructions of a body or constant expression are written inside of which, when operands are folded.
///
/// Folding only moves an instruction's mnemonic in front of what stands before it, so any choice of operands
/// gives text that means the same; this one follows the types where it can. What is malformed is an error, what is
/// invalid is not.
struct ExpressionTree {
  struct Node {
    /// Where the instruction stands, counted from the beginning of the code.
    var position: UInt32
    var opcode: Opcode
    /// Whether a structured instruction is among the operands, so that they do not fit on one line.
    var containsBlock = false
    /// The first of the instructions that begin to be written here, outermost first: this one itself, or ones of
    /// which this one is the first operand. -1 if there is none.
    var firstOpened: Int32 = -1
    /// The next of these.
    var nextOpened: Int32 = -1
    /// For a structured instruction, how many of these begin before it, which is how labels are numbered.
    var labelIndex: UInt32 = 0
  }

  /// The instructions in the order of the code.
  private(set) var nodes: [Node] = []
  /// Whether all of it is one folded instruction.
  private(set) var isSingle = false

  private var operands: [Operand] = []
  private var blocks: [Block] = []
  /// For each of `blocks`, the number of values that a branch to it takes.
  private var labelArities: [Int] = []
  private var labelCount: UInt32 = 0

  /// An expression that may become an operand. All that stand on the stack leave at least one result, and
  /// neighbours on it are neighbours in the code.
  private struct Operand {
    /// Its first instruction.
    var start: Int32
    var results: Int
    var depth: Int32
    var containsBlock: Bool
  }

  private struct Block {
    var opcode: Opcode
    /// The first instruction of the expression; for an `if`, that of its condition.
    var start: Int32
    var results: Int
    var depth: Int32
    /// The number of operands that stood on the stack before it.
    var base: Int
  }

  /// How deep operands are folded into operands. A parser may have a limit, and nobody reads more.
  private static let maximumDepth: Int32 = 100

  init() {}

  /// Reads an expression up to the end of its range.
  ///
  /// - Parameters:
  ///   - reader: stands at the first instruction.
  ///   - origin: what positions are counted from.
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
      if let effect = StackEffect.fixed(opcode) {
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

  /// The number of operands that belong to what is around the innermost block.
  private var base: Int { blocks.last?.base ?? 0 }

  private mutating func plain(_ effect: StackEffect) {
    var operand = gather(effect.operands)
    begin(operand.start, containsBlock: operand.containsBlock)
    operand.results = effect.results
    push(operand)
  }

  /// Takes operands for the instruction that was appended last, as far as they can be had.
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
    // What is missing comes from further down, so nothing there is an operand of anything else.
    if missing > 0 { dropOperands() }
    return result
  }

  private mutating func push(_ operand: Operand) {
    // A statement separates what stands before it from what comes.
    if operand.results == 0 { dropOperands() } else { operands.append(operand) }
  }

  private mutating func dropOperands() { operands.removeLast(operands.count - base) }

  /// Notes that the instruction that was appended last is written before `start`.
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
    // Parameters stand before the block and stay there.
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

/// Which parts of a structured instruction may follow which.
enum BlockStructure {
  /// Whether `opcode`, which ends a part of a structured instruction, may end one that began with `part`.
  static func admits(_ opcode: Opcode, after part: Opcode) -> Bool {
    switch opcode {
    case .else: part == .if
    case .catch, .catchAll: part == .try || part == .catch
    case .delegate: part == .try
    default: true
    }
  }

  static func error(_ opcode: Opcode, at position: Int) -> DecodingError {
    DecodingError("END opcode expected, not \(opcode.mnemonic)", offset: position)
  }
}
