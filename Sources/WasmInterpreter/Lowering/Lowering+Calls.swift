import WasmRuntime
import WebAssembly

// Calls, and the dispatch over all instructions.

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

  // MARK: All instructions

  mutating func lower(_ opcode: Opcode) throws {
    switch opcode {
    case .nop: break
    case .unreachable:
      try emit(.unreachable, UnreachableFormat())
      markUnreachable()
    case .block: try lowerBlock()
    case .loop: try lowerLoop()
    case .if: try lowerIf()
    case .else: try lowerElse()
    case .end: try lowerEnd()
    case .br: try lowerBranch()
    case .brIf: try lowerBranchIf()
    case .brTable: try lowerBranchTable()
    case .brOnNull: try lowerBranchOnNull()
    case .brOnNonNull: try lowerBranchOnNonNull()
    case .brOnCast, .brOnCastFail: try lowerBranchOnCast(opcode)
    case .brOnCastDescEq, .brOnCastDescEqFail: try lowerBranchOnDescriptor(opcode)
    case .return: try lowerReturn()
    case .throw: try lowerThrow()
    case .throwRef: try lowerThrowReference()
    case .tryTable: try lowerTryTable()
    case .try: try lowerLegacyTry()
    case .catch, .catchAll: try lowerLegacyCatch(opcode)
    case .rethrow: try lowerRethrow()
    case .delegate: try lowerDelegate()
    case .call: try lowerCall()
    case .returnCall: try lowerTailCall()
    case .callIndirect, .returnCallIndirect: try lowerIndirectCall(opcode)
    case .callRef, .returnCallRef: try lowerReferenceCall(opcode)
    case .drop: _ = pop()
    case .select: try lowerSelect()
    case .selectTyped:
      try reader.skipImmediates(opcode)
      try lowerSelect()
    case .localGet: try lowerLocalGet()
    case .localSet: try lowerLocalSet()
    case .localTee: try lowerLocalTee()
    case .globalGet: try lowerGlobalGet()
    case .globalSet: try lowerGlobalSet()
    case .i32Const: push(.integer32, .constant(UInt64(UInt32(bitPattern: try reader.readS32()))))
    case .i64Const: push(.integer64, .constant(UInt64(bitPattern: try reader.readS64())))
    case .f32Const: push(.float32, .constant(UInt64(try reader.readFixed32())))
    case .f64Const: push(.float64, .constant(try reader.readFixed64()))
    case .v128Const: try lowerVectorConstant()
    case .i32WrapI64: lowerWrap()
    case .i32Eqz: try lowerEqualZero(.i32Eq)
    case .i64Eqz: try lowerEqualZero(.i64Eq)
    default: try lowerRest(opcode)
    }
  }

  private mutating func lowerRest(_ opcode: Opcode) throws {
    switch opcode {
    case .refNull:
      _ = try reader.readHeapType()
      push(.reference, .constant(0))
    case .refIsNull: try lowerEqualZero(.i64Eq)
    case .refEq: try lowerFixed(.i64Eq, InstructionTable.shared[.i64Eq])
    case .refFunc: try lowerReferenceFunction()
    case .refAsNonNull: try lowerReferenceUnary(opcode, result: .reference)
    case .refI31: try lowerReferenceUnary(opcode, result: .reference)
    case .i31GetS, .i31GetU: try lowerReferenceUnary(opcode, result: .integer32)
    case .anyConvertExtern, .externConvertAny: break
    case .memorySize: try lowerMemorySize()
    case .memoryGrow: try lowerMemoryGrow()
    case .memoryFill: try lowerMemoryFill()
    case .memoryCopy: try lowerMemoryCopy()
    case .memoryInit: try lowerMemoryInit()
    case .dataDrop, .elemDrop: try lowerDrop(opcode)
    case .tableGet: try lowerTableGet()
    case .tableSet: try lowerTableSet()
    case .tableSize: try lowerTableSize()
    case .tableGrow: try lowerTableGrow()
    case .tableFill: try lowerTableFill()
    case .tableCopy: try lowerTableCopy()
    case .tableInit: try lowerTableInit()
    default:
      let definition = InstructionTable.shared[opcode]
      if definition.feature == .gc || definition.feature == .customDescriptors { return try lowerAggregate(opcode) }
      if definition.feature == .threads { return try lowerAtomic(opcode, definition) }
      guard definition.signature != nil else { throw UnsupportedInstruction(opcode: opcode) }
      switch definition.immediates {
      case .memory, .memoryLane: try lowerAccess(opcode, definition)
      default: try lowerFixed(opcode, definition)
      }
    }
  }
}
