import WebAssembly

// The folded form of instructions, and constant expressions. (Core specification 3.0, 6.5.10 "Folded Instructions".)
extension ModulePrinter {
  /// The most instructions in a folded expression on one line.
  private static let maximumOnLine = 4

  /// Writes the instructions of ``tree``.
  ///
  /// - Parameter onOneLine: whether to write all of them on the current line, each after a space.
  mutating func foldedInstructions(onOneLine: Bool = false) throws(DecodingError) {
    // The last instruction that is written on the current line.
    var lineEnd = onOneLine ? tree.nodes.count : -1
    /// The parts of the open structured instructions, by their opcodes.
    var blocks: [Opcode] = []
    for position in tree.nodes.indices {
      var opened = Int(tree.nodes[position].firstOpened)
      while opened >= 0 {
        try open(opened, isOnLine: position <= lineEnd)
        let node = tree.nodes[opened]
        if position > lineEnd, !node.containsBlock, opened - position < Self.maximumOnLine { lineEnd = opened }
        opened = Int(node.nextOpened)
      }
      try complete(position, &blocks, isOnLine: position <= lineEnd)
    }
  }

  private func offset(_ position: Int) -> Int { origin + Int(tree.nodes[position].position) }

  /// Writes the start of an instruction, before its operands.
  private mutating func open(_ position: Int, isOnLine: Bool) throws(DecodingError) {
    let node = tree.nodes[position]
    let offset = offset(position)
    var reader = reader(offset..<bytes.count)
    _ = try reader.readOpcode()
    separate(offset, isOnLine: isOnLine)
    if node.opcode == .if || node.opcode == .brIf { branchHint(at: offset) }
    out.byte(UInt8(ascii: "("))
    switch node.opcode {
    case .block, .loop, .if, .try, .tryTable: try structuredInstruction(node.opcode, node.labelIndex, &reader)
    default: try instruction(node.opcode, &reader)
    }
    level += 1
  }

  private mutating func separate(_ offset: Int, isOnLine: Bool) {
    if isOnLine { out.byte(UInt8(ascii: " ")) } else { startLine(offset: offset) }
  }

  /// Writes what comes after an instruction's operands.
  private mutating func complete(
    _ position: Int, _ blocks: inout [Opcode], isOnLine: Bool
  ) throws(DecodingError) {
    let node = tree.nodes[position]
    switch node.opcode {
    case .block, .loop, .tryTable:
      labels.push(index: node.labelIndex)
      blocks.append(node.opcode)
    case .if, .try:
      labels.push(index: node.labelIndex)
      blocks.append(node.opcode)
      separate(offset(position), isOnLine: isOnLine)
      out.write(node.opcode == .if ? "(then" : "(do")
      level += 1
    case .else, .catch, .catchAll:
      blocks[blocks.count - 1] = node.opcode
      close()
      try clause(position, isOnLine: isOnLine)
      level += 1
    case .delegate:
      blocks.removeLast()
      labels.pop()
      close()
      try clause(position, isOnLine: isOnLine)
      out.write("))")
      level -= 1
    case .end:
      // The last `end` closes the body, which has no parentheses.
      guard let part = blocks.popLast() else { return }
      labels.pop()
      if part != .block, part != .loop, part != .tryTable { close() }
      close()
    default: close()
    }
  }

  /// Writes the start of a clause that has its own instruction in the binary format.
  private mutating func clause(_ position: Int, isOnLine: Bool) throws(DecodingError) {
    let offset = offset(position)
    var reader = reader(offset..<bytes.count)
    let opcode = try reader.readOpcode()
    separate(offset, isOnLine: isOnLine)
    out.byte(UInt8(ascii: "("))
    try instruction(opcode, &reader)
  }

  private mutating func close() {
    out.byte(UInt8(ascii: ")"))
    level -= 1
  }

  // MARK: Constant expressions

  /// A constant expression on the current line, with a space before each instruction.
  mutating func constantExpression(_ range: Range<Int>) throws(DecodingError) {
    try readConstantExpression(range)
    try foldedInstructions(onOneLine: true)
  }

  /// A constant expression in a clause. The keyword is omitted if the expression is a single folded instruction.
  mutating func clause(_ keyword: StaticString, _ range: Range<Int>) throws(DecodingError) {
    try readConstantExpression(range)
    guard !tree.isSingle else { return try foldedInstructions(onOneLine: true) }
    out.write(" (")
    out.write(keyword)
    try foldedInstructions(onOneLine: true)
    out.byte(UInt8(ascii: ")"))
  }

  private mutating func readConstantExpression(_ range: Range<Int>) throws(DecodingError) {
    origin = range.lowerBound
    function = nil
    labels.reset()
    var reader = reader(range)
    try tree.build(&reader, origin: origin, results: 1, in: module)
  }
}
