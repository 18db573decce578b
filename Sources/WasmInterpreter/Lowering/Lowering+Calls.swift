import WasmRuntime
import WebAssembly

// Calls, and references to functions.

extension Lowering {
  /// Moves the arguments of a call into their own slots, where the callee's frame begins, and pops them.
  ///
  /// - Returns: the slot of the first argument, the number of slots of all, and the header's slot in the callee's frame.
  private mutating func popArguments(_ type: FunctionType) -> (first: Int, slots: Int, header: Int) {
    let count = type.parameters.count
    for index in stack.count - count..<stack.count { settle(at: index) }
    let end = top
    truncateStack(to: stack.count - count)
    let first = top
    let resultSlots = type.results.reduce(0) { $0 + ValueKind($1).slotCount }
    let header = max(end - first, resultSlots)
    frameSlots = max(frameSlots, first + header + FrameHeader.slotCount)
    return (first, end - first, header)
  }

  /// Pushes the results of a call. A single result is also in its type's accumulator.
  private mutating func pushResults(_ type: FunctionType) {
    for result in type.results { push(ValueKind(result)) }
    if type.results.count == 1, let operand = stack.last, let accumulatorClass = operand.kind.accumulatorClass {
      accumulator = (operand.slot, accumulatorClass)
    }
  }

  mutating func lowerCall() throws {
    let index = Int(try reader.readU32())
    let type = image.module.functionType(image.module.functionTypeIndex(UInt32(index))!)!
    let (first, _, header) = popArguments(type)
    let imported = image.module.importedFunctions.count
    if index < imported {
      emit(
        .callImport,
        ImportCallFormat(firstArgument: code.narrow(first), header: code.narrow(header), function: UInt32(index)))
    } else {
      let callee = CalleeAddress(UInt64(UInt(bitPattern: functions[index - imported])))
      try emit(.call, CallFormat(function: callee, firstArgument: code.narrow(first), header: code.narrow(header)))
    }
    pushResults(type)
  }

  mutating func lowerTailCall() throws {
    let index = try reader.readU32()
    let type = image.module.functionType(image.module.functionTypeIndex(index)!)!
    let (first, slots, header) = popArguments(type)
    try emit(
      .returnCall,
      TailCallFormat(
        firstArgument: code.narrow(first), header: code.narrow(header), function: index,
        ownHeader: code.narrow(headerSlot), argumentSlots: code.narrow(slots)))
    markUnreachable()
  }

  /// `call_indirect` and `return_call_indirect`.
  mutating func lowerIndirectCall(_ opcode: Opcode) throws {
    let typeIndex = try reader.readU32()
    let table = try reader.readU32()
    let type = image.module.functionType(typeIndex)!
    let index = readableSlot(pop())
    let (first, slots, header) = popArguments(type)
    let is64 = Flag(image.module.tableType(table)!.addressType == .i64)
    let hasSubtypes = Flag(!image.module.types[Int(typeIndex)].isFinal)
    let canonical = image.canonical(typeIndex)
    switch (opcode, UInt16(exactly: table)) {
    case (.callIndirect, let near?):
      try emit(
        opcode,
        IndirectCall(
          firstArgument: code.narrow(first), header: code.narrow(header), index: code.narrow(index), table: near,
          type: canonical, is64: is64, hasSubtypes: hasSubtypes))
    case (.callIndirect, nil):
      try emit(
        opcode, .far,
        FarIndirectCall(
          firstArgument: code.narrow(first), header: code.narrow(header), index: code.narrow(index), type: canonical,
          is64: is64, hasSubtypes: hasSubtypes, table: table))
    case (_, let near?):
      try emit(
        opcode,
        IndirectTailCall(
          firstArgument: code.narrow(first), header: code.narrow(header), index: code.narrow(index), table: near,
          type: canonical, is64: is64, hasSubtypes: hasSubtypes, ownHeader: code.narrow(headerSlot),
          argumentSlots: code.narrow(slots)))
    case (_, nil):
      try emit(
        opcode, .far,
        FarIndirectTailCall(
          firstArgument: code.narrow(first), header: code.narrow(header), index: code.narrow(index), type: canonical,
          is64: is64, hasSubtypes: hasSubtypes, ownHeader: code.narrow(headerSlot), argumentSlots: code.narrow(slots),
          table: table))
    }
    if opcode == .callIndirect { pushResults(type) } else { markUnreachable() }
  }

  /// `call_ref` and `return_call_ref`.
  mutating func lowerReferenceCall(_ opcode: Opcode) throws {
    let type = image.module.functionType(try reader.readU32())!
    let reference = readableSlot(pop())
    let (first, slots, header) = popArguments(type)
    if opcode == .callRef {
      try emit(
        opcode,
        ReferenceCallFormat(
          firstArgument: code.narrow(first), header: code.narrow(header), function: code.narrow(reference)))
      pushResults(type)
    } else {
      try emit(
        opcode,
        ReferenceTailCallFormat(
          firstArgument: code.narrow(first), header: code.narrow(header), function: code.narrow(reference),
          ownHeader: code.narrow(headerSlot), argumentSlots: code.narrow(slots)))
      markUnreachable()
    }
  }

  // MARK: References

  mutating func lowerReferenceFunction() throws {
    let index = try reader.readU32()
    try emitResult(.reference, .refFunc, FunctionReferenceFormat(destination: code.narrow(top), function: index))
  }

  /// An instruction on one reference.
  mutating func lowerReferenceUnary(_ opcode: Opcode, result: ValueKind) throws {
    let slot = readableSlot(pop())
    try emitResult(result, opcode, UnaryFormat(destination: code.narrow(top), operand: code.narrow(slot)))
  }
}
