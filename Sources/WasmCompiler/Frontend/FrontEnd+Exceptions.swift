import WasmRuntime
import WebAssembly

// Exceptions. (Core specification 3.0, 4.6.2 "Control Instructions".)
//
// A call in a `try` ends its block: one edge continues, and the other leads to the handler's landing block, to which the unwinder passes
// the exception. The handler compares tags, and branches to the matching clause or to the enclosing handler; if there is none, the
// exception leaves the function. A handler is created at the end of the code that it protects, when all edges to it are known.

extension FrontEnd {
  // MARK: Throwing

  /// Ends the block after a call, if a handler of this function may catch its exceptions.
  mutating func catchExceptions() {
    let handler = controls[controls.count - 1].handler
    if handler == Handler.none { return }
    if handlers[handler].landing.isNone { handlers[handler].landing = makeBlock(isCold: true) }
    let next = makeBlock()
    makeEdge(to: next)
    makeEdge(to: handlers[handler].landing)
    terminate(Instruction(operation: .tryJump, type: .none), edgeCount: 2)
    begin(next)
  }

  mutating func lowerThrow() throws {
    let tag = try reader.readU32()
    let types = facts.payload(ofTag: tag)
    let count = Int(types.count)
    if count > 0 {
      let buffer = contextField(offsets.instance.overflow)
      var offset = 0
      for index in 0..<count {
        let type = facts.type(types, index)
        let value = stack[stack.count - count + index]
        storeField(buffer, offset, value, .runtime, type.store)
        offset += 8 * type.slotCount
      }
      stack.removeLast(count)
    }
    callRuntime(.throwException, [i32(tag)])
    catchExceptions()
    trap(.unreachable)
  }

  mutating func lowerThrowReference() {
    let exception = stack.removeLast()
    trap(if: isZero(exception), .nullExceptionReference)
    throwAgain(exception)
  }

  /// Rethrows an exception that was caught; its backtrace begins here.
  private mutating func throwAgain(_ exception: Value) {
    callRuntime(.rethrowException, [exception])
    catchExceptions()
    trap(.unreachable)
  }

  /// Passes an exception that a handler does not catch to another handler of this function, or out of it.
  private mutating func passOn(_ exception: Value, to handler: UInt32) {
    if handler == Handler.none {
      callRuntime(.passException, [exception])
      return trap(.unreachable)
    }
    if handlers[handler].entry.isNone { handlers[handler].entry = makeBlock(isCold: true) }
    jump(to: handlers[handler].entry, exception)
  }

  // MARK: try_table

  mutating func lowerTryTable() throws {
    let signature = try readSignature()
    let first = UInt32(clauses.count)
    let count = try reader.readU32()
    // Later clauses of the same tag, and all clauses after one that catches everything, never catch.
    var tags: Set<UInt32> = []
    var catchesAll = false
    for _ in 0..<count {
      let clause = try reader.readCatchClause()
      guard !catchesAll else { continue }
      if let tag = clause.tag {
        guard count == 1 || tags.insert(tag).inserted else { continue }
      } else {
        catchesAll = true
      }
      clauses.append(
        HandlerClause(
          tag: clause.tag ?? HandlerClause.anyTag, target: UInt32(controls.count) - 1 - clause.label,
          withReference: clause.withReference))
    }
    openHandler(.tryTable, signature)
    handlers[handlers.count - 1].firstClause = first
    handlers[handlers.count - 1].clauseCount = UInt32(clauses.count) - first
  }

  private mutating func openHandler(_ kind: ControlFrame.Kind, _ signature: ModuleFacts.Signature) {
    open(kind, signature)
    let place = controls.count - 1
    handlers.append(Handler(outer: controls[place].handler))
    controls[place].handler = UInt32(handlers.count - 1)
    controls[place].ownHandler = UInt32(handlers.count - 1)
  }

  /// Begins a handler. Its code is unreachable if the handler is not needed.
  ///
  /// - Returns: the exception.
  private mutating func beginHandler(_ index: UInt32) -> Value {
    let handler = handlers[index]
    var exception = Value.none
    if !handler.landing.isNone {
      begin(handler.landing)
      exception = emit(Instruction(operation: .caughtException, type: .i64))
      if handler.entry.isNone { return exception }
      jump(to: handler.entry, exception)
    }
    guard !handler.entry.isNone else { return exception }
    begin(handler.entry)
    return graph.appendParameter(.i64, to: handler.entry)
  }

  /// Creates a handler, at the end of the code that it protects.
  mutating func endHandler(_ place: Int) throws {
    let index = controls[place].ownHandler
    guard !handlers[index].landing.isNone || !handlers[index].entry.isNone else { return }
    endPart(place)
    let exception = beginHandler(index)
    let handler = handlers[index]
    for clause in handler.firstClause..<handler.firstClause + handler.clauseCount where isReachable {
      emitClause(clauses[clause], exception)
      try checkSize()
    }
    if isReachable { passOn(exception, to: handler.outer) }
  }

  private mutating func emitClause(_ clause: HandlerClause, _ exception: Value) {
    let height = stack.count
    var next = Block.none
    if clause.tag != HandlerClause.anyTag {
      next = makeBlock(isCold: true)
      begin(match: clause.tag, exception, else: next)
      pushPayload(of: clause.tag, exception)
    }
    if clause.withReference { stack.append(exception) }
    jump(toLabel: controls.count - 1 - Int(clause.target))
    stack.removeLast(stack.count - height)
    if !next.isNone { begin(next) }
  }

  /// Continues in a block that is reached if the exception has a tag.
  private mutating func begin(match tag: UInt32, _ exception: Value, else next: Block) {
    let found = loadField(exception, offsets.exception.tag, .header)
    let wanted = loadField(contextField(offsets.instance.tags), 8 * Int(tag), .constant)
    let match = makeBlock(isCold: true)
    branch(wasm(.i64Eq, .i32, found, wanted), match, next)
    begin(match)
  }

  private mutating func pushPayload(of tag: UInt32, _ exception: Value) {
    let types = facts.payload(ofTag: tag)
    var offset = offsets.exception.payload
    for index in 0..<Int(types.count) {
      let type = facts.type(types, index)
      stack.append(loadField(exception, offset, .header, type.load, type, flags: .guarded))
      offset += 8 * type.slotCount
    }
  }

  // MARK: The legacy instructions

  mutating func lowerLegacyTry() throws { openHandler(.legacyTry, try readSignature()) }

  /// `catch` and `catch_all`.
  mutating func lowerLegacyCatch(_ opcode: Opcode) throws {
    let tag = opcode == .catch ? try reader.readU32() : HandlerClause.anyTag
    let place = controls.count - 1
    let isFirst = controls[place].kind == .legacyTry
    endPart(place)
    if isFirst {
      let index = controls[place].ownHandler
      controls[place].kind = .legacyCatch
      controls[place].handler = handlers[index].outer
      controls[place].exception = beginHandler(index)
    } else if !controls[place].elseBlock.isNone {
      begin(controls[place].elseBlock)
    }
    controls[place].elseBlock = .none
    guard isReachable, tag != HandlerClause.anyTag else { return }
    let next = makeBlock(isCold: true)
    controls[place].elseBlock = next
    begin(match: tag, controls[place].exception, else: next)
    pushPayload(of: tag, controls[place].exception)
  }

  /// At the end of the last `catch`: passes on exceptions that none of them caught.
  mutating func endLegacyCatches(_ place: Int) {
    guard !controls[place].elseBlock.isNone else { return }
    endPart(place)
    begin(controls[place].elseBlock)
    passOn(controls[place].exception, to: controls[place].handler)
  }

  mutating func lowerRethrow() throws {
    let frame = controls[controls.count - 1 - Int(try reader.readU32())]
    throwAgain(frame.exception)
  }

  mutating func lowerDelegate() throws {
    let target = controls[controls.count - 2 - Int(try reader.readU32())].handler
    let place = controls.count - 1
    let index = controls[place].ownHandler
    if !handlers[index].landing.isNone || !handlers[index].entry.isNone {
      endPart(place)
      let exception = beginHandler(index)
      passOn(exception, to: target)
    }
    controls[place].kind = .block
    try lowerEnd()
  }
}
