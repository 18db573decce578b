import WasmRuntime
import WebAssembly

// Structured control, branches and returns.

extension Lowering {
  // MARK: Blocks

  mutating func readBlockKinds() throws -> (parameters: [ValueKind], results: [ValueKind]) {
    switch try reader.readBlockType() {
    case .empty: return ([], [])
    case .result(let type): return ([], [ValueKind(type)])
    case .type(let index):
      if let known = blockKinds[index] { return known }
      let type = image.module.functionType(index)!
      let kinds = (type.parameters.map { ValueKind($0) }, type.results.map { ValueKind($0) })
      blockKinds[index] = kinds
      return kinds
    }
  }

  mutating func open(_ kind: ControlFrame.Kind, _ kinds: (parameters: [ValueKind], results: [ValueKind])) {
    let height = stack.count - kinds.parameters.count
    let base = height < stack.count ? stack[height].slot : top
    controls.append(
      ControlFrame(
        kind: kind, height: height, base: base, parameters: kinds.parameters, results: kinds.results,
        outerOwnCount: ownCount, region: controls.last?.region))
    ownCount = height
    frameSlots = max(frameSlots, base + kinds.results.reduce(0) { $0 + $1.slotCount })
  }

  /// Moves the top operands into their own slots.
  mutating func settleTop(_ count: Int) {
    for index in stack.count - count..<stack.count { settle(at: index) }
  }

  mutating func lowerBlock() throws {
    let kinds = try readBlockKinds()
    settleLocals()
    open(.block, kinds)
  }

  mutating func lowerLoop() throws {
    let kinds = try readBlockKinds()
    settleLocals()
    settleTop(kinds.parameters.count)
    open(.loop, kinds)
    controls[controls.count - 1].loopStart = code.position
    forgetLastInstruction()
    try noteLoop()
    emitInterruptionCheck()
  }

  mutating func lowerIf() throws {
    let kinds = try readBlockKinds()
    let condition = popCondition()
    // Settling emits code, which must come before the test; so the test is emitted again after it.
    let settled = try settling(condition) { lowering in
      lowering.settleLocals()
      lowering.settleTop(kinds.parameters.count)
    }
    open(.if, kinds)
    controls[controls.count - 1].elseFixup = try emitBranch(on: settled, sense: false)
  }

  mutating func lowerElse() throws {
    var control = controls.removeLast()
    if !control.isUnreachable {
      moveResults(to: control)
      let fixup = try emitBranch()
      control.fixups.append(fixup)
    }
    truncateStack(to: control.height)
    if let fixup = control.elseFixup { bind(fixup) }
    forgetLastInstruction()
    control.elseFixup = nil
    control.kind = .else
    control.isUnreachable = false
    for kind in control.parameters { push(kind) }
    controls.append(control)
  }

  mutating func lowerEnd() throws {
    let control = controls[controls.count - 1]
    if control.kind == .function {
      if !control.isUnreachable {
        settleCarried(depth: 0)
        try emitReturn()
      }
      try emitReturnOfCaught()
      controls.removeLast()
      return
    }
    // Many results are settled in their own slots and not moved.
    let staysInPlace = !control.isUnreachable && control.results.count > Self.maximumMoveCount
    if staysInPlace {
      settleFrame()
    } else if !control.isUnreachable {
      moveResults(to: control)
    }
    closeRegion(of: control)
    controls.removeLast()
    ownCount = min(control.outerOwnCount, control.height)
    let isTarget = !control.fixups.isEmpty || control.elseFixup != nil || !control.catchClauses.isEmpty
    if isTarget { forgetLastInstruction() }
    bindCatchClauses(of: control)
    for fixup in control.fixups { bind(fixup) }
    if let fixup = control.elseFixup { bind(fixup) }
    if !staysInPlace {
      truncateStack(to: control.height)
      for kind in control.results { push(kind) }
    }
    if control.isUnreachable, !isTarget { markUnreachable() }
  }

  /// Marks the code up to the end or `else` of the enclosing block as unreachable.
  mutating func markUnreachable() { controls[controls.count - 1].isUnreachable = true }

  /// Moves the top operands into the slots of a block's results or a loop's parameters.
  mutating func moveResults(to control: ControlFrame) {
    let kinds = control.results
    var slot = control.base
    for (offset, kind) in kinds.enumerated() {
      move(stack[stack.count - kinds.count + offset], to: slot)
      slot += kind.slotCount
    }
  }

  // MARK: Fixups

  mutating func bind(_ fixup: Fixup) { code.setTarget(of: fixup, to: code.position) }

  /// Connects a branch with its target.
  private mutating func resolve(_ fixup: Fixup, depth: Int) {
    let index = controls.count - 1 - depth
    if controls[index].kind == .loop {
      code.setTarget(of: fixup, to: controls[index].loopStart)
    } else {
      controls[index].fixups.append(fixup)
    }
  }

  // MARK: Branches

  /// Emits an unconditional branch whose target is not known yet.
  mutating func emitBranch() throws -> Fixup {
    if let copy {
      code.truncate(to: copy.start)
      return emitUnbound(
        handlers.number(.copyBranch),
        CopyBranchFormat(target: .unbound, destination: code.narrow(copy.target), source: code.narrow(copy.source)))
    }
    return emitUnbound(try number(.br), BranchFormat(target: .unbound))
  }

  /// Emits a branch whose target is not known yet.
  mutating func emitUnbound<Format: BranchingFormat>(_ number: HandlerTable.Number, _ instruction: Format) -> Fixup
  where Format.Element == NoElement {
    Fixup(instruction: emit(number, instruction))
  }

  /// The largest number of values for which each branch has its own moves. Branches with more settle the values in their own slots first,
  /// which is done once for all branches; then one instruction moves them, which all branches with the same stack share. So the code is
  /// proportional to the body, not to the number of branches times the number of values.
  private static let maximumMoveCount = 2

  /// Before a branch to a label with many values: settles these in their own slots, on all paths.
  mutating func settleCarried(depth: Int) {
    if carriedKinds(of: controls[controls.count - 1 - depth]).count > Self.maximumMoveCount { settleFrame() }
  }

  /// The types of the values that a branch to a label carries.
  @inline(__always)
  private func carriedKinds(of control: ControlFrame) -> [ValueKind] {
    control.kind == .function ? resultKinds : control.labelKinds
  }

  /// The position of the words that a branch to this label with the current stack can share; nil if it carries few values or there are no
  /// such words.
  @inline(__always)
  private func sharedMove(_ control: ControlFrame) -> Int? {
    let count = carriedKinds(of: control).count
    guard count > Self.maximumMoveCount, let shared = control.sharedMove,
      shared.source == stack[stack.count - count].slot
    else { return nil }
    return shared.position
  }

  /// Moves the top operands, which are many and in their own slots, to the slots that the label of `controls[index]` expects.
  private mutating func moveMany(_ count: Int, to target: Int, of index: Int) {
    let first = stack[stack.count - count]
    guard first.slot != target else { return }
    controls[index].sharedMove = (first.slot, code.position)
    emit(
      .copySlots,
      CopySlotsFormat(
        destination: code.narrow(target), source: code.narrow(first.slot), count: code.narrow(top - first.slot)))
  }

  /// Whether a branch to this label must move values, or is a return.
  @inline(__always)
  private func needsMoves(_ control: ControlFrame) -> Bool {
    if control.kind == .function { return true }
    let kinds = control.labelKinds
    if kinds.count > Self.maximumMoveCount { return stack[stack.count - kinds.count].slot != control.base }
    var slot = control.base
    for (offset, kind) in kinds.enumerated() {
      let operand = stack[stack.count - kinds.count + offset]
      if operand.location != .own || operand.slot != slot { return true }
      slot += kind.slotCount
    }
    return false
  }

  /// Moves the values that a branch carries and branches; the stack is unchanged.
  mutating func emitBranch(depth: Int) throws {
    let index = controls.count - 1 - depth
    let control = controls[index]
    if control.kind == .function { return try emitReturn() }
    let kinds = control.labelKinds
    if kinds.count > Self.maximumMoveCount {
      moveMany(kinds.count, to: control.base, of: index)
      return resolve(try emitBranch(), depth: depth)
    }
    var slot = control.base
    for (offset, kind) in kinds.enumerated() {
      move(stack[stack.count - kinds.count + offset], to: slot)
      slot += kind.slotCount
    }
    resolve(try emitBranch(), depth: depth)
  }

  mutating func lowerBranch() throws {
    let depth = Int(try reader.readU32())
    settleCarried(depth: depth)
    try emitBranch(depth: depth)
    markUnreachable()
  }

  mutating func lowerBranchIf() throws {
    let depth = Int(try reader.readU32())
    let popped = popCondition()
    let condition = try settling(popped) { $0.settleCarried(depth: depth) }
    let control = controls[controls.count - 1 - depth]
    if !needsMoves(control) {
      resolve(try emitBranch(on: condition, sense: true), depth: depth)
      return
    }
    if let shared = sharedMove(control) {
      let fixup = try emitBranch(on: condition, sense: true)
      code.setTarget(of: fixup, to: shared)
      return
    }
    let around = try emitBranch(on: condition, sense: false)
    try emitBranch(depth: depth)
    bind(around)
    forgetLastInstruction()
  }

  mutating func lowerBranchTable() throws {
    let count = Int(try reader.readU32())
    let index = pop()
    // All labels take the same number of values. (The default label is read last, so the first is used instead.)
    let position = reader.position
    settleCarried(depth: Int(try reader.readU32()))
    reader.position = position
    let slot = readableSlot(index)
    let start = emit(
      try number(.brTable, isInAccumulator(index) ? .accumulator : .slots),
      BranchTableFormat(index: code.narrow(slot), count: UInt32(count)),
      elements: Array(repeating: .unbound, count: count + 1))
    // For each label seen so far: the stub that moves its values, if it needs one.
    var stubs: [Int: Int?] = [:]
    for entry in 0...count {
      let depth = Int(try reader.readU32())
      let fixup = Fixup(instruction: start, element: entry)
      let known = stubs[depth]
      if let stub = known ?? nil {
        code.setTarget(of: fixup, to: stub)
      } else if known != nil || !needsMoves(controls[controls.count - 1 - depth]) {
        stubs[depth] = .some(nil)
        resolve(fixup, depth: depth)
      } else {
        stubs[depth] = code.position
        forgetLastInstruction()
        bind(fixup)
        try emitBranch(depth: depth)
      }
    }
    markUnreachable()
  }

  /// Branches if the reference on top of the stack is null, and drops it; otherwise it stays.
  mutating func lowerBranchOnNull() throws {
    let depth = Int(try reader.readU32())
    let reference = pop()
    settleCarried(depth: depth)
    let slot = readableSlot(reference)
    let around = try emitReferenceBranch(.brOnNonNull, slot)
    try emitBranch(depth: depth)
    bind(around)
    forgetLastInstruction()
    pushAgain(reference, in: slot)
  }

  /// Branches with the reference on top of the stack if it is not null; otherwise drops it.
  mutating func lowerBranchOnNonNull() throws {
    let depth = Int(try reader.readU32())
    settleCarried(depth: depth)
    let slot = readableSlot(stack[stack.count - 1])
    let around = try emitReferenceBranch(.brOnNull, slot)
    settleTop(1)
    try emitBranch(depth: depth)
    bind(around)
    forgetLastInstruction()
    _ = pop()
  }

  private mutating func emitReferenceBranch(_ opcode: Opcode, _ slot: Int) throws -> Fixup {
    emitUnbound(try number(opcode), ConditionalBranchFormat(target: .unbound, condition: code.narrow(slot)))
  }

  private mutating func pushAgain(_ operand: Operand, in slot: Int) {
    if case .constant = operand.location { push(operand.kind) } else { push(operand.kind, operand.location) }
  }

  // MARK: Conditions

  /// The condition of a conditional branch.
  enum Condition {
    case comparison(EmittedComparison)
    case value(Operand)
  }

  /// Pops a condition. If it is the comparison that was emitted last, that is removed to become part of the branch.
  mutating func popCondition() -> Condition {
    let operand = pop()
    if let comparison, operand.location == .own, operand.slot == comparison.slot {
      takeBack(comparison.binary)
      return .comparison(comparison)
    }
    return .value(operand)
  }

  /// Emits code that must come before a test. If there is any, the accumulator that the test relies on is lost, so the test then reads
  /// its operands from their slots, which also have them.
  mutating func settling(
    _ condition: Condition, _ body: (inout Lowering) -> Void
  ) throws -> Condition {
    let position = code.position
    body(&self)
    guard case .comparison(var comparison) = condition, code.position != position else { return condition }
    comparison.binary.form = comparison.binary.form.readingSlots
    comparison.step = nil
    return .comparison(comparison)
  }

  /// Emits a branch that is taken if the condition equals `sense`.
  private mutating func emitBranch(on condition: Condition, sense: Bool) throws -> Fixup {
    switch condition {
    case .value(let operand): return try emitValueBranch(operand, sense: sense)
    case .comparison(let comparison):
      let wanted = sense != comparison.isNegated
      if let fixup = try emitComparisonBranch(comparison, wanted: wanted) { return fixup }
      // There is no such form: compute the value and test it.
      try emitAgain(comparison.binary)
      return comparison.test.isCommonBit64
        ? emitWideBranch(pop(), sense: wanted) : try emitValueBranch(pop(), sense: wanted)
    }
  }

  /// Emits a branch that is taken if any of the 64 bits of a value is set; or if none is, with a `sense` of false.
  private mutating func emitWideBranch(_ operand: Operand, sense: Bool) -> Fixup {
    let first: SlotOperand = code.narrow(readableSlot(operand))
    let form: Form = isInAccumulator(operand) ? .accumulatorImmediate : .immediate
    let number = handlers.number(.branchCommonBit64, form.branching(unless: !sense)!)
    return emitUnbound(
      number, ComparisonBranchFormat(target: .unbound, first: first, second: ShortImmediate(-1)))
  }

  /// Emits a branch that is taken if a value of 32 bits is not 0; or if it is 0, with a `sense` of false.
  private mutating func emitValueBranch(_ operand: Operand, sense: Bool) throws -> Fixup {
    assert(operand.kind == .integer32, "a condition has 32 bits")
    let slot = readableSlot(operand)
    if let step, step.slot == slot, step.end == code.position {
      // A loop that counts to zero.
      return emitStepBranch(step, try number(sense ? .i32Ne : .i32Eq, .stepBranchImmediate), ShortImmediate(0))
    }
    let form: Form = isInAccumulator(operand) ? .accumulator : .slots
    let number = sense ? try number(.brIf, form) : handlers.number(.branchIfZero, form)
    return emitUnbound(number, ConditionalBranchFormat(target: .unbound, condition: code.narrow(slot)))
  }

  private mutating func emitComparisonBranch(_ comparison: EmittedComparison, wanted: Bool) throws -> Fixup? {
    let binary = comparison.binary
    guard let wide = binary.immediate else {
      return try emitComparisonBranch(comparison, wanted: wanted, code.narrow(binary.b, to: SlotOperand.self))
    }
    guard let short = Int16(exactly: wide) else { return nil }
    return try emitComparisonBranch(comparison, wanted: wanted, ShortImmediate(short))
  }

  /// - Parameter second: the second operand.
  private mutating func emitComparisonBranch<Second: OperandField>(
    _ comparison: EmittedComparison, wanted: Bool, _ second: Second
  ) throws -> Fixup? {
    if let fixup = try emitStepBranch(comparison, wanted: wanted, second) { return fixup }
    guard let number = branchHandler(comparison, wanted: wanted) else { return nil }
    let first: SlotOperand = code.narrow(comparison.binary.a)
    return emitUnbound(number, ComparisonBranchFormat(target: .unbound, first: first, second: second))
  }

  /// The handler that branches if the comparison equals `wanted`; nil if there is no such form.
  @inline(__always)
  private func branchHandler(_ comparison: EmittedComparison, wanted: Bool) -> HandlerTable.Number? {
    let form = comparison.binary.form
    switch comparison.test {
    case .integer(let opcode):
      return form.branching(unless: false).flatMap {
        handlers.number(wanted ? opcode : opcode.inverseComparison!, $0)
      }
    case .float(let opcode): return form.branching(unless: !wanted).flatMap { handlers.number(opcode, $0) }
    case .commonBit32: return form.branching(unless: !wanted).map { handlers.number(.branchCommonBit32, $0) }
    case .commonBit64: return form.branching(unless: !wanted).map { handlers.number(.branchCommonBit64, $0) }
    }
  }

  /// Emits a branch that also adds a constant to the local that it compares, if the last instruction did that.
  private mutating func emitStepBranch<Second: OperandField>(
    _ comparison: EmittedComparison, wanted: Bool, _ second: Second
  ) throws -> Fixup? {
    let binary = comparison.binary
    guard case .integer(let opcode) = comparison.test, let step = comparison.step, step.end == binary.start,
      step.end == code.position, step.slot == binary.a, binary.immediate != nil || binary.b != step.slot
    else { return nil }
    let test = wanted ? opcode : opcode.inverseComparison!
    let form: Form = binary.immediate == nil ? .stepBranch : .stepBranchImmediate
    guard let number = handlers.number(test, form) else { return nil }
    return emitStepBranch(step, number, second)
  }

  /// Replaces a step by one that also compares and branches.
  private mutating func emitStepBranch<Second: OperandField>(
    _ step: EmittedStep, _ number: HandlerTable.Number, _ second: Second
  ) -> Fixup {
    code.truncate(to: step.start)
    return emitUnbound(
      number,
      StepBranchFormat(
        target: .unbound, first: code.narrow(step.slot), second: second, step: Immediate(step.constant)))
  }

  // MARK: Returns

  mutating func lowerReturn() throws {
    settleCarried(depth: controls.count - 1)
    try emitReturn()
    markUnreachable()
  }

  /// Moves the top operands to the slots where the caller expects results, and returns; the stack is unchanged.
  mutating func emitReturn() throws {
    let count = resultKinds.count
    if count == 1, resultKinds[0] != .vector {
      return emitReturn(of: stack[stack.count - 1])
    }
    if count > Self.maximumMoveCount {
      moveMany(count, to: 0, of: 0)
      try emit(.return, ReturnFormat(header: code.narrow(headerSlot)))
      return
    }
    // The stack is unchanged: on other paths nothing is moved.
    var results = stack.suffix(count)
    if count > 1 {
      // Results overwrite parameters, so no result may remain in one.
      for index in results.indices where results[index].local != nil {
        move(results[index], to: results[index].slot)
        results[index].location = .own
      }
    }
    var slot = 0
    for result in results {
      move(result, to: slot)
      slot += result.kind.slotCount
    }
    try emit(.return, ReturnFormat(header: code.narrow(headerSlot)))
  }

  private mutating func emitReturn(of operand: Operand) {
    if case .constant(let bits) = operand.location, operand.kind.accumulatorClass == .integer,
      let immediate = operand.kind == .integer32
        ? Int32(truncatingIfNeeded: bits) : Int32(exactly: Int64(bitPattern: bits))
    {
      emit(
        .returnInteger, .immediate, ReturnImmediate(header: code.narrow(headerSlot), value: Immediate(immediate)))
      return
    }
    let slot = readableSlot(operand)
    let form: Form = isInAccumulator(operand) ? .accumulator : .slots
    let instruction = ReturnSlot(header: code.narrow(headerSlot), value: code.narrow(slot))
    switch operand.kind {
    case .float32: emit(.returnFloat32, form, instruction)
    case .float64: emit(.returnFloat64, form, instruction)
    default: emit(.returnInteger, form, instruction)
    }
  }
}

extension Form {
  /// The form that reads all operands from slots, instead of one from the accumulator.
  var readingSlots: Form {
    switch self {
    case .accumulator, .slotAccumulator: .slots
    case .accumulatorImmediate: .immediate
    default: self
    }
  }
}
