import WebAssembly

// Blocks and branches. (Core specification 3.0, 3.4.2 "Control Instructions" and appendix "Validation Algorithm".)
extension FunctionValidator {
  // MARK: Frames

  mutating func openBlock(_ kind: ControlFrame.Kind) throws(LoadingError) {
    let (parameters, results) = try readBlockType()
    try open(kind, parameters, results)
  }

  /// Opens a block that pops its parameters from the stack.
  mutating func open(
    _ kind: ControlFrame.Kind, _ parameters: TypeList, _ results: TypeList
  ) throws(LoadingError) {
    try pop(parameters)
    try push(kind, parameters, results)
  }

  /// Begins a block, or a part of one, with its parameters on the stack.
  mutating func push(
    _ kind: ControlFrame.Kind, _ parameters: TypeList, _ results: TypeList, entering entry: TypeList? = nil
  ) throws(LoadingError) {
    guard frames.count <= Self.maximumNesting else {
      throw .limitExceeded(LimitExceeded(fixed: .nestedBlocks, requested: frames.count, limit: Self.maximumNesting))
    }
    frames.append(
      ControlFrame(
        kind: kind, height: top - operands, parameters: parameters, results: results,
        initializedCount: initializedLocals.count))
    frameBase = top
    try push(entry ?? parameters)
  }

  /// Ends the innermost block or a part of it: checks that only its results are on the stack, and pops them.
  @discardableResult
  mutating func popFrame() throws(LoadingError) -> ControlFrame {
    let frame = frames[frames.count - 1]
    try pop(frame.results)
    guard top == frameBase else {
      // The results are pushed again, so that the message shows the whole stack.
      let results = frame.results
      try push(results)
      throw typeMismatch(blockRequires: results)
    }
    if initializedLocals.count > Int(frame.initializedCount) { forgetInitializedLocals(Int(frame.initializedCount)) }
    frames.truncate(to: frames.count - 1)
    if frames.count > 0 { frameBase = operands + Int(frames[frames.count - 1].height) }
    return frame
  }

  /// A local that is set inside a block counts as unset after it.
  private mutating func forgetInitializedLocals(_ count: Int) {
    for index in count..<initializedLocals.count { isInitialized[Int(initializedLocals[index])] = false }
    initializedLocals.truncate(to: count)
  }

  mutating func becomeUnreachable() {
    top = frameBase
    frames[frames.count - 1].isUnreachable = true
  }

  mutating func validateEnd() throws(LoadingError) {
    let frame = try popFrame()
    // Without an else, the parameters of an if are its results.
    if frame.kind == .if, !matches(frame.parameters, frame.results) {
      throw invalid(
        "type mismatch in if without else", expected: describe(frame.parameters), found: describe(frame.results))
    }
    if frames.count > 0 { try push(frame.results) }
  }

  private mutating func describe(_ types: TypeList) -> String { checker.describe(types.types(in: module.pool)) }

  mutating func validateElse() throws(LoadingError) {
    guard frames[frames.count - 1].kind == .if else { throw misplaced() }
    let frame = try popFrame()
    try push(.else, frame.parameters, frame.results)
  }

  /// The error for a part of a block outside such a block.
  mutating func misplaced() -> LoadingError {
    .malformed(DecodingError("END opcode expected", offset: instructionOffset))
  }

  // MARK: Labels

  /// The block that a label refers to, counted from the innermost.
  mutating func frame(_ label: UInt32) throws(LoadingError) -> ControlFrame {
    guard Int(label) < frames.count else { throw unknown("label", label, of: frames.count) }
    return frames[frames.count - 1 - Int(label)]
  }

  mutating func readLabel() throws(LoadingError) -> TypeList { try frame(try readIndex()).labelTypes }

  mutating func validateBranch() throws(LoadingError) {
    try pop(try readLabel())
    becomeUnreachable()
  }

  mutating func validateBranchIf() throws(LoadingError) {
    let types = try readLabel()
    try pop(.i32)
    try retype(types)
  }

  mutating func validateBranchTable() throws(LoadingError) {
    let count = try readIndex()
    try pop(.i32)
    var last: TypeList?
    var index: UInt32 = 0
    // One label more than the count: the default label.
    while true {
      let types = try readLabel()
      if types != last {
        if let last, last.count != types.count {
          throw typeMismatch(in: "label \(index)", expected: describe(last), found: describe(types))
        }
        _ = types.isEmpty ? 0 : try matchingOperands(types)
        last = types
      }
      if index == count { break }
      index += 1
    }
    becomeUnreachable()
  }

  mutating func validateReturn() throws(LoadingError) {
    try pop(results)
    becomeUnreachable()
  }
}
