import WasmRuntime
import WebAssembly

/// Chooses the lowering of each instruction.
extension Lowering {
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
