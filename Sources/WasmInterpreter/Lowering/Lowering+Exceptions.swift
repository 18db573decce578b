import WasmRuntime
import WebAssembly

// Exceptions. No code is emitted for catching: the catch table records which words each region contains, and when an exception is thrown,
// its payload and reference are written directly to the slots in which the target expects operands.
//
// When an inner instruction throws, operands below a label are in their own slots or constants, since blocks settle operands that refer
// to locals when they open. (Core specification 3.0, 4.6.2 "Control Instructions".)

extension Lowering {
  // MARK: Throwing

  mutating func lowerThrow() throws {
    let tag = try reader.readU32()
    let count = tagParameters(tag).count
    for index in stack.count - count..<stack.count { settle(at: index) }
    truncateStack(to: stack.count - count)
    try emitRaise(.new, slot: top, tag: tag)
  }

  mutating func lowerThrowReference() throws {
    try emitRaise(.reference, slot: readableSlot(pop()))
  }

  private mutating func emitRaise(_ kind: RaiseInstruction, slot: Int, tag: UInt32 = 0) throws {
    try emit(.throw, RaiseFormat(instruction: Selector(kind), payload: code.narrow(slot), tag: tag))
    markUnreachable()
  }

  private func tagParameters(_ tag: UInt32) -> [ValueKind] {
    image.module.functionType(image.module.tagTypeIndex(tag)!)!.parameters.map { ValueKind($0) }
  }

  // MARK: try_table

  mutating func lowerTryTable() throws {
    let kinds = try readBlockKinds()
    settleLocals()
    let enclosing = controls[controls.count - 1].region
    // No instruction inside may absorb one that was emitted outside.
    forgetLastInstruction()
    let region = code.catchTable.openRegion(at: code.position, enclosing: enclosing)
    try addClauses(to: region)
    open(.tryTable, kinds)
    controls[controls.count - 1].region = region
    controls[controls.count - 1].ownRegion = region
  }

  /// Adds the clauses of the `try_table` that is about to be opened, except those that never catch: later clauses of the same tag, and
  /// all clauses after one that catches everything.
  private mutating func addClauses(to region: Int) throws {
    let count = try reader.readU32()
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
      addClause(clause, to: region)
    }
  }

  /// Adds a clause of the `try_table` that is about to be opened.
  private mutating func addClause(_ clause: CatchClause, to region: Int) {
    let payload = clause.tag.map { tagParameters($0).reduce(0) { $0 + $1.slotCount } } ?? 0
    let target = controls.count - 1 - Int(clause.label)
    let base = controls[target].base
    let isLoop = controls[target].kind == .loop
    let index = code.catchTable.add(
      CatchTable.Clause(
        tag: clause.tag, target: isLoop ? controls[target].loopStart : 0, payloadSlot: clause.tag == nil ? nil : base,
        referenceSlot: clause.withReference ? base + payload : nil), to: region)
    frameSlots = max(frameSlots, base + payload + (clause.withReference ? 1 : 0))
    if !isLoop { controls[target].catchClauses.append(index) }
  }

  /// Ends the words that a region protects.
  mutating func closeRegion(of control: ControlFrame) {
    guard let region = control.ownRegion else { return }
    code.catchTable.closeRegion(region, at: code.position)
    // No later instruction may absorb one inside.
    forgetLastInstruction()
  }

  /// Lets the clauses continue here.
  mutating func bindCatchClauses(of control: ControlFrame) {
    for clause in control.catchClauses { code.catchTable.setTarget(of: clause, to: code.position) }
  }

  /// The target of clauses whose label is the function's: returns the values in the first operand slots.
  mutating func emitReturnOfCaught() throws {
    guard let function = controls.first, !function.catchClauses.isEmpty else { return }
    forgetLastInstruction()
    bindCatchClauses(of: function)
    truncateStack(to: 0)
    for kind in function.results { push(kind) }
    try emitReturn()
  }

  // MARK: The legacy instructions

  mutating func lowerLegacyTry() throws {
    let kinds = try readBlockKinds()
    settleLocals()
    let enclosing = controls[controls.count - 1].region
    forgetLastInstruction()
    let region = code.catchTable.openRegion(at: code.position, enclosing: enclosing)
    open(.legacyTry, kinds)
    controls[controls.count - 1].region = region
    controls[controls.count - 1].ownRegion = region
    controls[controls.count - 1].legacyRegion = region
  }

  /// `catch` and `catch_all`.
  mutating func lowerLegacyCatch(_ opcode: Opcode) throws {
    let tag = opcode == .catch ? try reader.readU32() : nil
    let region = controls[controls.count - 1].legacyRegion!
    try endLegacyPart()
    controls[controls.count - 1].kind = .legacyCatch
    controls[controls.count - 1].region = code.catchTable.regions[region].enclosing.value
    // The exception for `rethrow` is below the payload. It is stored only if there is a `rethrow`.
    let reference = push(.reference)
    let payloadSlot = top
    for kind in tag.map({ tagParameters($0) }) ?? [] { push(kind) }
    controls[controls.count - 1].legacyClause = code.catchTable.add(
      CatchTable.Clause(tag: tag, target: code.position, payloadSlot: tag == nil ? nil : payloadSlot), to: region)
    controls[controls.count - 1].exceptionSlot = reference.slot
  }

  /// Ends the `try` part, or a `catch` part before another one.
  private mutating func endLegacyPart() throws {
    var control = controls.removeLast()
    if !control.isUnreachable {
      moveResults(to: control)
      control.fixups.append(try emitBranch())
    }
    closeRegion(of: control)
    control.ownRegion = nil
    truncateStack(to: control.height)
    forgetLastInstruction()
    control.isUnreachable = false
    controls.append(control)
  }

  mutating func lowerRethrow() throws {
    let control = controls[controls.count - 1 - Int(try reader.readU32())]
    code.catchTable.setReferenceSlot(of: control.legacyClause!, to: control.exceptionSlot)
    try emitRaise(.reference, slot: control.exceptionSlot)
  }

  mutating func lowerDelegate() throws {
    let target = controls[controls.count - 2 - Int(try reader.readU32())]
    code.catchTable.delegate(controls[controls.count - 1].legacyRegion!, to: target.region)
    try lowerEnd()
  }
}
