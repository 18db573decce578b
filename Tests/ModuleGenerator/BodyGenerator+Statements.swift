import WasmBinary
import WebAssembly

extension BodyGenerator {
  mutating func statement(_ depth: Int) {
    guard spend(depth) else { return }
    let isLeaf = kind == .leaf
    if !module.shapes.isEmpty, choices.chance(25) { return shapeStatement(depth) }
    switch choices.below(38) {
    case 34: castFunction(depth)
    case 35: emptyLoop()
    case 0...6: assign(depth)
    case 7...9: store(depth)
    case 10...11: setGlobal(depth)
    case 12...13: update(depth)
    case 14: setField(depth)
    case 15: setElement(depth)
    case 16: bulk(depth)
    case 17: conditionalStatement(depth)
    case 18: choice(depth)
    case 19: branch(depth)
    case 20: setAny(depth)
    case 21...22: if !isLeaf { loop(depth) } else { assign(depth) }
    case 23...26: if !isLeaf { countedLoop(depth) } else { assign(depth) }
    case 27: if !isLeaf { interpreterLoop(depth) } else { assign(depth) }
    case 28...29: if !isLeaf { callAndDrop(depth) } else { store(depth) }
    case 30: if !isLeaf { tailCall(depth) }
    case 31: throwException(depth)
    case 32: tableOperation(depth)
    case 33: atomicStatement(depth)
    default: trap(depth)
    }
  }

  private mutating func assign(_ depth: Int) {
    guard firstReserved > 0 else { return }
    let local = choices.below(firstReserved)
    expression(locals[local], depth - 1)
    emit(.localSet, local)
  }

  /// Loops that run once and leave all locals as they are: the compiler makes parameters for them, and removes them again.
  mutating func emptyLoop() {
    let depth = 1 + choices.below(3)
    for _ in 0..<depth {
      open(.loop, .empty, label: [])
      for local in 0..<firstReserved {
        emit(.localGet, local)
        emit(.localSet, local)
      }
    }
    for _ in 0..<depth { close() }
  }

  private mutating func setGlobal(_ depth: Int) {
    let global = 1 + choices.below(module.globals.count - 1)
    expression(module.globals[global], depth - 1)
    emit(.globalSet, module.globalIndex(global))
  }

  private mutating func trap(_ depth: Int) {
    openCondition(depth)
    // Rarely executed.
    expression(.i32, 1)
    mask(0x3FF)
    emit(.i32Eqz)
    emit(.brIf, 0)
    close()
    guard choices.chance(10) else { return }
    openCondition(depth)
    emit(.unreachable)
    close()
  }

  // MARK: Branches

  private mutating func conditionalStatement(_ depth: Int) {
    openCondition(depth)
    statement(depth - 1)
    if choices.chance(50) {
      emit(.else)
      statement(depth - 1)
    }
    close()
  }

  /// One of several statements, selected by a `br_table`.
  private mutating func choice(_ depth: Int) {
    let count = 2 + choices.below(4)
    open(.block, .empty, label: [])
    cases(count, depth) { $0.emit(.br, $1) }
    close()
  }

  /// Nested blocks, selected by a number. Each case ends with `finish`, which receives the label of the enclosing
  /// block.
  private mutating func cases(
    _ count: Int, _ depth: Int, selector: ((inout BodyGenerator) -> Void)? = nil,
    finish: (inout BodyGenerator, Int) -> Void
  ) {
    for _ in 0..<count { open(.block, .empty, label: []) }
    if let selector {
      selector(&self)
    } else {
      expression(.i32, depth - 1)
      if choices.chance(80) { mask(7) }
    }
    emit(.brTable)
    let order = (0..<count).map { $0 }
    // The last label is the default.
    var targets = order.map { _ in UInt32(choices.pick(order)) }
    if choices.chance(70) { targets = order.map(UInt32.init) }
    writer.labelTable(targets + [UInt32(choices.pick(order))])
    for index in 0..<count {
      close()
      statement(depth - 1)
      finish(&self, count - 1 - index)
    }
  }

  mutating func branch(_ depth: Int) {
    if choices.chance(30) { return branchIf(depth) }
    openCondition(depth)
    let label = choices.below(labels.count)
    let wanted = labels[labels.count - 1 - label]
    if wanted.contains(where: \.isReference) {
      close()
      return
    }
    for type in wanted { expression(type, min(depth - 1, 2)) }
    if choices.chance(30) {
      let others = labels.indices.filter { labels[$0] == wanted }
      expression(.i32, min(depth - 1, 2))
      emit(.brTable)
      writer.labelTable((0..<3).map { _ in UInt32(labels.count - 1 - choices.pick(others)) } + [UInt32(label)])
    } else {
      emit(.br, label)
    }
    // Unreachable code.
    if choices.chance(20) {
      expression(.i64, 1)
      emit(.drop)
    }
    close()
  }

  /// Branches with values to some label under a condition; otherwise the values are stored in locals or dropped.
  private mutating func branchIf(_ depth: Int) {
    let label = choices.below(labels.count)
    let wanted = labels[labels.count - 1 - label]
    guard wanted.allSatisfy({ !$0.isReference || module.passedReferences.contains($0) }) else { return }
    for type in wanted { expression(type, min(depth - 1, 2)) }
    expression(.i32, min(depth - 1, 2))
    emit(.brIf, label)
    for type in wanted.reversed() {
      if let local = variable(type) { emit(.localSet, local) } else { emit(.drop) }
    }
  }

  // MARK: Loops

  /// Opens a loop in a block. Any branch may go back, so the fuel is checked at the loop header.
  private mutating func openLoop() {
    open(.block, .empty, label: [])
    open(.loop, .empty, label: [])
    loopDepth += 1
    useFuel()
    emit(.brIf, 1)
  }

  private mutating func closeLoop() {
    loopDepth -= 1
    close()
    close()
  }

  private mutating func loop(_ depth: Int) {
    openLoop()
    for _ in 0...choices.below(3) { statement(depth - 1) }
    expression(.i32, depth - 1)
    emit(.brIf, 0)
    closeLoop()
  }

  /// Counts from 0 to a small number.
  private mutating func countedLoop(_ depth: Int) {
    guard counters.count < Self.counterCount else { return loop(depth) }
    let counter = counterLocal(counters.count)
    emitConstant(0)
    emit(.localSet, counter)
    openLoop()
    counters.append(counter)
    for _ in 0...choices.below(3) { statement(depth - 1) }
    counters.removeLast()
    emit(.localGet, counter)
    emitConstant(1)
    emit(.i32Add)
    emit(.localTee, counter)
    if choices.chance(50) {
      emitConstant(Int32(1 + choices.below(20)))
    } else {
      // A loop-invariant bound, as far as can be told here.
      leaf(.i32)
      mask(0xF)
    }
    emit(choices.pick([Opcode.i32LtS, .i32LtU, .i32Ne]))
    emit(.brIf, 0)
    closeLoop()
  }

  /// Executes bytes of memory like an interpreter: the next byte selects the next case.
  private mutating func interpreterLoop(_ depth: Int) {
    guard counters.count < Self.counterCount, module.memories[0].addressType == .i32 else { return loop(depth) }
    let position = counterLocal(counters.count)
    emitConstant(0)
    emit(.localSet, position)
    openLoop()
    counters.append(position)
    let count = 3 + choices.below(5)
    let isMasked = choices.chance(70)
    cases(count, depth) { generator in
      generator.emit(.localGet, position)
      generator.emit(.i32Load8U)
      generator.writer.memoryArgument(
        MemoryArgument(alignmentLog2: 0, memory: UInt32(generator.module.memoryIndex(0)), offset: 0))
      if isMasked { generator.mask(7) }
      // Advances to the next byte.
      generator.emit(.localGet, position)
      generator.emitConstant(1)
      generator.emit(.i32Add)
      generator.emit(.localSet, position)
    } finish: { generator, label in
      // Continues or leaves the loop.
      if generator.choices.chance(85) { generator.emit(.br, label) } else { generator.emit(.br, label + 1) }
    }
    counters.removeLast()
    closeLoop()
  }

  // MARK: Exceptions

  mutating func throwException(_ depth: Int) {
    openCondition(depth)
    let tag = choices.below(ModuleGenerator.tagParameters.count)
    for parameter in ModuleGenerator.tagParameters[tag] { expression(parameter, min(depth - 1, 1)) }
    emit(.throw, module.tagIndex(tag))
    close()
  }

  /// Wraps statements and an expression in a `try_table`.
  mutating func tryTable(_ type: ValueType, _ depth: Int) {
    open(.block, .result(type), label: [type])
    let payload = ModuleGenerator.tagParameters[0]
    let reference = ModuleGenerator.exceptionType
    let variant = choices.below(4)
    switch variant {
    case 0: open(.block, .type(module.payloadBlock), label: payload)
    case 1: open(.block, .empty, label: [])
    case 2: open(.block, .result(reference), label: [reference])
    default: open(.block, .type(module.payloadAndExceptionBlock), label: payload + [reference])
    }
    var clauses = [
      CatchClause(tag: variant % 3 == 0 ? UInt32(module.tagIndex(0)) : nil, label: 0, withReference: variant >= 2)
    ]
    if let label = labels.lastIndex(of: []), choices.chance(40) {
      let clause = CatchClause(
        tag: choices.chance(50) ? UInt32(module.tagIndex(1)) : nil, label: UInt32(labels.count - 1 - label),
        withReference: false)
      clauses.insert(clause, at: choices.chance(50) && clause.tag != nil ? 0 : clauses.count)
    }
    emit(.tryTable)
    writer.blockType(.result(type))
    writer.vector(clauses) { $0.catchClause($1) }
    labels.append([type])
    statement(depth - 1)
    if choices.chance(30) { throwException(depth) }
    expression(type, depth - 1)
    close()
    emit(.br, 1)
    close()
    if variant >= 2 {
      emit(.localSet, exceptionLocal)
      if choices.chance(30) { throwAgain(depth) }
    }
    if variant % 3 == 0 { take(type, from: payload) } else { leaf(type) }
    close()
  }

  /// Throws the caught exception again under a condition; rarely null.
  private mutating func throwAgain(_ depth: Int) {
    openCondition(min(depth, 2))
    emit(.localGet, exceptionLocal)
    emit(.throwRef)
    close()
  }
}
