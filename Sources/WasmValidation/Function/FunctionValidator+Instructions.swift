import WebAssembly

extension FunctionValidator {
  /// Checks any instruction whose opcode was just read.
  @inline(never)
  mutating func validateInstruction(_ rule: ValidationRule) throws(LoadingError) {
    switch rule.kind {
    case .call: try validateCall()
    case .block: try openBlock(.block)
    case .end: try validateEnd()
    case .brIf: try validateBranchIf()
    case .prefix, .disabled:
      let definition = instructions[rule.opcode]
      throw featureIsOff(definition.feature.subtracting(module.features), for: rule.opcode.mnemonic)
    default:
      if instructions[rule.opcode].signature != nil {
        try validateSigned(rule.opcode)
      } else {
        try validateSpecial(rule.opcode)
      }
    }
  }

  /// Checks an instruction whose operands and results are in the table.
  private mutating func validateSigned(_ opcode: Opcode) throws(LoadingError) {
    let address = try checkImmediates(opcode)
    guard let signature = instructions[opcode].signature else { return }
    try apply(signature, address: address)
  }

  /// Checks an instruction whose operands and results depend on context.
  private mutating func validateSpecial(_ opcode: Opcode) throws(LoadingError) {
    switch opcode {
    // Control instructions
    case .unreachable: becomeUnreachable()
    case .nop: break
    case .loop: try openBlock(.loop)
    case .if:
      let types = try readBlockType()
      try pop(.i32)
      try open(.if, types.parameters, types.results)
    case .else: try validateElse()
    case .tryTable: try validateTryTable()
    case .throw: try validateThrow()
    case .throwRef: try validateThrowReference()
    case .br: try validateBranch()
    case .brTable: try validateBranchTable()
    case .return: try validateReturn()
    // Legacy exceptions
    case .try: try openBlock(.legacyTry)
    case .catch: try validateLegacyCatch()
    case .catchAll: try validateLegacyCatchAll()
    case .rethrow: try validateRethrow()
    case .delegate: try validateDelegate()
    // Calls
    case .callIndirect: try validateCallIndirect()
    case .callRef: try validateCallReference()
    case .returnCall: try validateReturnCall()
    case .returnCallIndirect: try validateReturnCallIndirect()
    case .returnCallRef: try validateReturnCallReference()
    // Parametric and variable instructions
    case .select: try validateSelect()
    case .selectTyped: try validateTypedSelect()
    case .drop: _ = try pop()
    case .localGet: try validateLocalGet()
    case .localSet: try validateLocalSet()
    case .localTee: try validateLocalTee()
    case .globalGet: try validateGlobalGet()
    case .globalSet: try validateGlobalSet()
    // Memory and table instructions
    case .memoryCopy: try validateMemoryCopy()
    case .tableGet: try validateTableGet()
    case .tableSet: try validateTableSet()
    case .tableInit: try validateTableInit()
    case .tableCopy: try validateTableCopy()
    case .tableGrow: try validateTableGrow()
    case .tableSize: push(try table(try readTableIndex()).address)
    case .tableFill: try validateTableFill()
    case .elemDrop: _ = try element(try readIndex())
    default: try validateReferenceInstruction(opcode)
    }
  }

  private mutating func validateReferenceInstruction(_ opcode: Opcode) throws(LoadingError) {
    switch opcode {
    case .refNull: push(.reference(nullable: true, try check(try readHeapType())))
    case .refIsNull:
      _ = try popReference()
      push(.i32)
    case .refFunc: try validateRefFunc()
    case .refEq:
      try pop(.reference(nullable: true, .equatable))
      try pop(.reference(nullable: true, .equatable))
      push(.i32)
    case .refAsNonNull: push(ValueType(try popReference().nullable(false)))
    case .brOnNull: try validateBranchOnNull()
    case .brOnNonNull: try validateBranchOnNonNull()
    case .refTest, .refTestNull: try validateTest()
    case .refCast, .refCastNull: try validateCast(nullable: opcode == .refCastNull)
    case .brOnCast, .brOnCastFail: try validateCastBranch(onFailure: opcode == .brOnCastFail)
    case .anyConvertExtern: try validateConversion(from: .external, to: .any)
    case .externConvertAny: try validateConversion(from: .any, to: .external)
    case .refI31:
      try pop(.i32)
      push(.reference(nullable: false, .i31))
    case .i31GetS, .i31GetU:
      try pop(.reference(nullable: true, .i31))
      push(.i32)
    // Custom descriptors
    case .refGetDesc: try validateGetDescriptor()
    case .refCastDescEq, .refCastDescEqNull: try validateDescriptorCast(nullable: opcode == .refCastDescEqNull)
    case .brOnCastDescEq, .brOnCastDescEqFail:
      try validateDescriptorCastBranch(onFailure: opcode == .brOnCastDescEqFail)
    default: try validateAggregateInstruction(opcode)
    }
  }

  private mutating func validateAggregateInstruction(_ opcode: Opcode) throws(LoadingError) {
    switch opcode {
    case .structNew, .structNewDefault:
      try validateStructNew(isDefault: opcode == .structNewDefault, hasDescriptor: false)
    case .structNewDesc, .structNewDefaultDesc:
      try validateStructNew(isDefault: opcode == .structNewDefaultDesc, hasDescriptor: true)
    case .structGet, .structGetS, .structGetU: try validateStructGet(isPacked: opcode != .structGet)
    case .structSet: try validateStructSet()
    case .arrayNew: try validateArrayNew()
    case .arrayNewDefault: try validateArrayNewDefault()
    case .arrayNewFixed: try validateArrayNewFixed()
    case .arrayNewData: try validateArrayNewData()
    case .arrayNewElem: try validateArrayNewElement()
    case .arrayGet, .arrayGetS, .arrayGetU: try validateArrayGet(isPacked: opcode != .arrayGet)
    case .arraySet: try validateArraySet()
    case .arrayLen:
      try pop(.reference(nullable: true, .array))
      push(.i32)
    case .arrayFill: try validateArrayFill()
    case .arrayCopy: try validateArrayCopy()
    case .arrayInitData: try validateArrayInitData()
    case .arrayInitElem: try validateArrayInitElement()
    default: preconditionFailure("\(opcode.mnemonic) has a signature")
    }
  }
}
