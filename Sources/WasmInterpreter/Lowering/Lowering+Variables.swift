import WasmRuntime
import WebAssembly

// Locals, globals, constants, drop and select.

extension Lowering {
  mutating func lowerLocalGet() throws {
    let local = Int(try reader.readU32())
    push(locals[local].kind, .local(local))
  }

  mutating func lowerLocalSet() throws {
    let local = Int(try reader.readU32())
    let value = pop()
    assign(value, to: local)
  }

  mutating func lowerLocalTee() throws {
    let local = Int(try reader.readU32())
    let value = pop()
    assign(value, to: local)
    push(value.kind, .local(local))
  }

  private mutating func assign(_ value: Operand, to local: Int) {
    if value.location == .local(local) { return }
    let slot = locals[local].slot
    if localUses[local] == 0, value.location == .own, let destination, destination.slot == value.slot {
      // The last instruction computed the value: change its destination to the local.
      code.setDestination(at: destination.position, to: slot)
      self.destination = nil
      binary = nil
      comparison = nil
      accumulator = accumulator.map { (slot, $0.class) }
      return
    }
    settleUses(of: local)
    move(value, to: slot)
  }

  mutating func lowerGlobalGet() throws {
    let index = Int(try reader.readU32())
    let kind = ValueKind(image.module.globalType(UInt32(index))!.value)
    let place = globalPlace(index)
    let instruction = GlobalFormat<Destination>(value: code.narrow(top), place: place.number)
    if kind == .vector {
      emitResult(kind, .globalGetVector, place.form, instruction)
    } else {
      try emitResult(kind, .globalGet, place.form, instruction)
    }
    // The bits of floats are moved through the integer accumulator.
    if kind == .float32 || kind == .float64 { accumulator = nil }
  }

  mutating func lowerGlobalSet() throws {
    let place = globalPlace(Int(try reader.readU32()))
    let value = pop()
    let instruction = GlobalFormat<SlotOperand>(value: code.narrow(readableSlot(value)), place: place.number)
    if value.kind == .vector {
      emit(.globalSetVector, place.form, instruction)
      return
    }
    let inAccumulator = isInAccumulator(value) && value.kind.accumulatorClass == .integer
    try emit(.globalSet, inAccumulator && place.form == .slots ? .accumulator : place.form, instruction)
  }

  @inline(__always)
  private func globalPlace(_ index: Int) -> (form: Form, number: UInt32) {
    let imported = image.module.importedGlobals.count
    if index < imported { return (.far, UInt32(index)) }
    return (.slots, UInt32(InstanceContext.globalsOffset + 16 * (index - imported)))
  }

  mutating func lowerVectorConstant() throws {
    let bits = try reader.readFixed128()
    emitResult(
      .vector, .constantVector,
      VectorConstantFormat(destination: code.narrow(top), low: WideImmediate(bits[0]), high: WideImmediate(bits[1])))
  }

  mutating func lowerSelect() throws {
    if try lowerSelectByComparison() { return }
    let condition = pop()
    let second = pop()
    let first = pop()
    var conditionOperand = condition
    if case .constant = condition.location {
      conditionOperand.location = .own
      move(condition, to: condition.slot)
    }
    // Constant alternatives are first stored in their slots, which overwrites the accumulator.
    let secondSlot = readableSlot(second)
    let firstSlot = readableSlot(first)
    let conditionSlot = readableSlot(conditionOperand)
    let form: Form = isInAccumulator(conditionOperand) ? .accumulator : .slots
    let instruction = SelectFormat(
      destination: code.narrow(top), ifTrue: code.narrow(firstSlot), ifFalse: code.narrow(secondSlot),
      condition: code.narrow(conditionSlot))
    switch first.kind {
    case .vector: emitResult(first.kind, .selectVector, form, instruction)
    case .float32: emitResult(first.kind, .selectFloat32, form, instruction)
    case .float64: emitResult(first.kind, .selectFloat64, form, instruction)
    default: try emitResult(first.kind, .select, form, instruction)
    }
  }

  /// Lowers a select whose condition is the comparison that was emitted last.
  ///
  /// - Returns: whether it is one.
  private mutating func lowerSelectByComparison() throws -> Bool {
    let kind = stack[stack.count - 2].kind
    guard let comparison, stack.last?.location == .own, stack.last?.slot == comparison.slot, kind != .vector,
      kind != .float32, let form = comparison.binary.form.selecting, let number = selectHandler(comparison, form)
    else { return false }
    guard case .comparison(let popped) = popCondition() else { return false }
    let second = pop()
    let first = pop()
    var slots = (first: 0, second: 0)
    let settled = try settling(.comparison(popped)) { lowering in
      slots.second = lowering.readableSlot(second)
      slots.first = lowering.readableSlot(first)
    }
    guard case .comparison(let final) = settled else { return false }
    let isSame = final.binary.form == popped.binary.form
    let handler = isSame ? number : selectHandler(final, final.binary.form.selecting!)!
    if final.isNegated { slots = (slots.second, slots.first) }
    if let immediate = final.binary.immediate {
      let position = emit(
        handler,
        ComparisonSelectImmediate(
          destination: code.narrow(top), ifTrue: code.narrow(slots.first), ifFalse: code.narrow(slots.second),
          first: code.narrow(final.binary.a), second: Immediate(immediate)))
      pushResult(kind, of: ComparisonSelectImmediate.self, at: position)
    } else {
      let position = emit(
        handler,
        ComparisonSelectSlots(
          destination: code.narrow(top), ifTrue: code.narrow(slots.first), ifFalse: code.narrow(slots.second),
          first: code.narrow(final.binary.a), second: code.narrow(final.binary.b)))
      pushResult(kind, of: ComparisonSelectSlots.self, at: position)
    }
    // The bits of a double are moved through the integer accumulator.
    if kind == .float64 { accumulator = nil }
    return true
  }

  @inline(__always)
  private func selectHandler(_ comparison: EmittedComparison, _ form: Form) -> HandlerTable.Number? {
    switch comparison.test {
    case .integer(let opcode), .float(let opcode): handlers.number(opcode, form)
    case .commonBit32: handlers.number(optional: .branchCommonBit32, form)
    case .commonBit64: handlers.number(optional: .branchCommonBit64, form)
    }
  }
}
