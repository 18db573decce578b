import WasmBinary
import WebAssembly

// Flat and folded instructions, without recursion: open constructs are kept on a stack of frames. (Core specification
// 3.0, 6.5 "Instructions".)
extension ModuleAssembler {
  /// A construct that is open while instructions are read.
  struct Frame {
    enum Kind: UInt8 {
      /// A folded instruction. It is written after its operands.
      case operands
      /// A folded `block`, `loop` or `try_table`.
      case foldedBlock
      /// A folded `if`: before its `(then …)`, after it, and after its `(else …)`.
      case ifCondition, ifThen, ifElse
      /// A folded `try`: before its `(do …)`, then after each of its clauses.
      case tryStart, tryDo, tryCatch, tryCatchAll, tryDelegate
      /// `(then …)`, `(else …)`, `(do …)`, `(catch …)` or `(catch_all …)`.
      case clause
      // Flat instructions, open until their `end`.
      case flatBlock, flatIf, flatElse, flatTry, flatCatch, flatCatchAll

      var isFlat: Bool { rawValue >= Kind.flatBlock.rawValue }

      /// Whether any instruction is allowed here, rather than only folded ones or clauses.
      var acceptsInstructions: Bool { self == .foldedBlock || self == .clause || isFlat }
    }

    var kind: Kind
    /// The start of the deferred bytes, which are written after the operands.
    var deferredStart: Int
    /// The offset of the instruction in the text.
    var position: Int
    /// The label's identifier of a folded `if`, bound only after the condition.
    var label: Int?
    var hint: Bool?
  }

  /// More levels than real programs have. The limit bounds the memory used here, and protects later stages.
  static let maximumNesting = 20_000

  /// Instructions up to the closing parenthesis of the enclosing construct.
  mutating func instructions(onlyOne: Bool = false) throws(ParseError) {
    repeat {
      try checkStop()
      switch cursor.current.kind {
      case .leftParenthesis: try openFolded()
      case .rightParenthesis:
        if frames.isEmpty { return try checkNoHint() }
        try closeFolded()
      case .keyword: try flatInstruction()
      default: throw cursor.unexpected("an instruction")
      }
    } while !(onlyOne && frames.isEmpty)
  }

  private mutating func checkNoHint() throws(ParseError) {
    if try takeHint() != nil { throw invalidHintTarget() }
  }

  private mutating func push(
    _ kind: Frame.Kind, at position: Int, label: Int? = nil, hint: Bool? = nil, deferredStart: Int? = nil
  ) throws(ParseError) {
    guard frames.count < Self.maximumNesting else {
      throw error("nesting is too deep: expected at most \(Self.maximumNesting) levels", at: position)
    }
    frames.append(
      Frame(
        kind: kind, deferredStart: deferredStart ?? deferred.count, position: position, label: label, hint: hint))
  }

  /// Records the text offset of the next instruction to be written.
  mutating func mark(_ position: Int) {
    if recordsSourceMap { code.mark(position) }
  }

  /// Writes the deferred bytes from `start` on.
  private mutating func flush(from start: Int, position: Int, hint: Bool?) {
    if let hint {
      hints.append(BranchHints.Hint(offset: UInt32(truncatingIfNeeded: code.writer.count), isLikely: hint))
    }
    mark(position)
    code.writer.raw(deferred.bytes[start...])
    deferred.bytes.removeLast(deferred.count - start)
  }

  private mutating func emit(_ opcode: Opcode, at position: Int) {
    mark(position)
    code.writer.opcode(opcode)
  }

  /// The error for a word that is not an instruction: it may be a clause of the function that comes too late.
  private func noInstruction(_ word: Token) -> ParseError {
    switch word.keyword {
    case .type, .param, .result, .local, .import, .export:
      cursor.error(
        "unexpected token: expected an instruction, found '\(cursor.spelling(word))': 'export', 'import', 'type', 'param', 'result' and 'local' come before the instructions, in this order"
      )
    default: cursor.unexpected("an instruction")
    }
  }

  // MARK: Flat instructions

  private mutating func flatInstruction() throws(ParseError) {
    if let top = frames.last, !top.kind.acceptsInstructions { throw cursor.unexpected() }
    let hint = try takeHint()
    let token = cursor.current
    guard let opcode = token.opcode else { throw noInstruction(token) }
    switch opcode {
    case .block, .loop, .if, .try, .tryTable: try openFlat(opcode, token, hint)
    case .else, .end, .catch, .catchAll, .delegate:
      if hint != nil { throw invalidHintTarget() }
      try continueFlat(opcode, token)
    default:
      let start = deferred.count
      try plainInstruction(opcode)
      flush(from: start, position: token.start, hint: hint)
    }
  }

  private mutating func openFlat(_ opcode: Opcode, _ token: Token, _ hint: Bool?) throws(ParseError) {
    let start = deferred.count
    let label = try structuredInstruction(opcode)
    flush(from: start, position: token.start, hint: hint)
    labels.push(label)
    try push(opcode == .if ? .flatIf : opcode == .try ? .flatTry : .flatBlock, at: token.start)
  }

  /// `else`, `end` and the clauses of a flat `try`.
  private mutating func continueFlat(_ opcode: Opcode, _ token: Token) throws(ParseError) {
    guard let top = frames.last?.kind else { throw cursor.unexpected() }
    switch (opcode, top) {
    case (.end, _) where top.isFlat:
      try cursor.advance()
      try checkLabel()
      emit(.end, at: token.start)
      labels.pop()
      frames.removeLast()
    case (.else, .flatIf):
      try cursor.advance()
      try checkLabel()
      emit(.else, at: token.start)
      frames[frames.count - 1].kind = .flatElse
    case (.catch, .flatTry), (.catch, .flatCatch), (.catchAll, .flatTry), (.catchAll, .flatCatch):
      let start = deferred.count
      try plainInstruction(opcode)
      flush(from: start, position: token.start, hint: nil)
      frames[frames.count - 1].kind = opcode == .catch ? .flatCatch : .flatCatchAll
    case (.delegate, .flatTry):
      // The label of `delegate` is relative to the outside of the `try`.
      labels.pop()
      let start = deferred.count
      try plainInstruction(opcode)
      flush(from: start, position: token.start, hint: nil)
      frames.removeLast()
    default: throw cursor.unexpected()
    }
  }

  /// Checks that an identifier after `end` or `else` is that of the innermost label.
  private mutating func checkLabel() throws(ParseError) {
    guard cursor.current.kind == .identifier else { return }
    guard labels.isInnermost(number(of: cursor.current)) else {
      let expected = labels.innermostIdentifier.map { "'$\(identifiers.name($0))'" } ?? "none"
      throw cursor.error("mismatching label: expected \(expected), found '\(cursor.spelling(cursor.current))'")
    }
    try cursor.advance()
  }

  // MARK: Folded instructions

  private mutating func openFolded() throws(ParseError) {
    if let top = frames.last?.kind, !top.acceptsInstructions, top != .operands {
      if try openClause(top) { return }
    }
    let outerHint = try takeHint()
    guard let opcode = cursor.following.opcode else { throw noInstruction(cursor.following) }
    try cursor.advance()
    let hint = try takeHint() ?? outerHint
    let token = cursor.current
    switch opcode {
    case .block, .loop, .tryTable, .try:
      let start = deferred.count
      let label = try structuredInstruction(opcode)
      flush(from: start, position: token.start, hint: hint)
      labels.push(label)
      try push(opcode == .try ? .tryStart : .foldedBlock, at: token.start)
    case .if:
      let start = deferred.count
      let label = try structuredInstruction(opcode)
      try push(.ifCondition, at: token.start, label: label, hint: hint, deferredStart: start)
    case .else, .end, .catch, .catchAll, .delegate: throw cursor.unexpected("an instruction")
    default:
      let start = deferred.count
      try plainInstruction(opcode)
      try push(.operands, at: token.start, hint: hint, deferredStart: start)
    }
  }

  /// The next clause of a folded `if` or `try`. Returns false if an operand of an `if` starts here instead.
  private mutating func openClause(_ top: Frame.Kind) throws(ParseError) -> Bool {
    let position = cursor.following.start
    switch (top, cursor.following.opcode) {
    case (.ifCondition, _):
      guard cursor.following.keyword == .then else { return false }
      let frame = frames[frames.count - 1]
      flush(from: frame.deferredStart, position: frame.position, hint: frame.hint)
      labels.push(frame.label)
      try openWord()
      frames[frames.count - 1].kind = .ifThen
    case (.ifThen, .else):
      try openWord()
      emit(.else, at: position)
      frames[frames.count - 1].kind = .ifElse
    case (.tryStart, _):
      try cursor.expectOpen(.do, "(do …)")
      frames[frames.count - 1].kind = .tryDo
    case (.tryDo, .catch), (.tryCatch, .catch), (.tryDo, .catchAll), (.tryCatch, .catchAll):
      let opcode: Opcode = cursor.following.opcode == .catch ? .catch : .catchAll
      try cursor.advance()
      let start = deferred.count
      try plainInstruction(opcode)
      flush(from: start, position: position, hint: nil)
      frames[frames.count - 1].kind = opcode == .catch ? .tryCatch : .tryCatchAll
    case (.tryDo, .delegate):
      try cursor.advance()
      labels.pop()
      let start = deferred.count
      try plainInstruction(.delegate)
      flush(from: start, position: position, hint: nil)
      try cursor.close()
      frames[frames.count - 1].kind = .tryDelegate
      return true
    default: throw cursor.unexpected("')'")
    }
    try push(.clause, at: position)
    return true
  }

  /// Skips an opening parenthesis and the word after it.
  private mutating func openWord() throws(ParseError) {
    try cursor.advance()
    try cursor.advance()
  }

  private mutating func closeFolded() throws(ParseError) {
    try checkNoHint()
    let frame = frames[frames.count - 1]
    switch frame.kind {
    case .operands: flush(from: frame.deferredStart, position: frame.position, hint: frame.hint)
    case .foldedBlock, .ifThen, .ifElse, .tryDo, .tryCatch, .tryCatchAll:
      emit(.end, at: cursor.current.start)
      labels.pop()
    case .clause, .tryDelegate: break
    case .ifCondition: throw cursor.unexpected("'(then …)'")
    case .tryStart: throw cursor.unexpected("'(do …)'")
    case .flatBlock, .flatIf, .flatElse, .flatTry, .flatCatch, .flatCatchAll: throw cursor.unexpected("'end'")
    }
    frames.removeLast()
    try cursor.advance()
  }
}
