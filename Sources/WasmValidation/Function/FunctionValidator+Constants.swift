import WebAssembly

/// The globals that a constant expression may refer to.
struct ConstantRules {
  /// The number of globals that have a value when the expression is evaluated.
  var globalCount: UInt32
}

// Constant expressions. (Core specification 3.0, 3.4.13 "Expressions".)
extension FunctionValidator {
  /// Checks a constant expression of the given type.
  mutating func validate(
    constant expression: Module.ConstantExpression, type: ValueType, _ rules: ConstantRules
  ) throws(LoadingError) {
    function = nil
    constant = rules
    reader = InstructionReader(base: module.bytes, range: expression)
    instructionOffset = expression.lowerBound
    locals.removeAll()
    hasUninitializedLocals = false
    try begin(results: TypeList(type))
    while frames.count > 0 {
      instructionOffset = reader.position
      let opcode = try readOpcode()
      try checkIsConstant(opcode, rules)
      try validateInstruction(module.rules.byOpcode[Int(opcode.rawValue)])
    }
    guard reader.isAtEnd else {
      throw .malformed(
        DecodingError(
          "section size mismatch: \(counted(reader.remaining, "byte")) after the expression", offset: reader.position))
    }
  }

  private mutating func checkIsConstant(_ opcode: Opcode, _ rules: ConstantRules) throws(LoadingError) {
    switch opcode {
    case .end, .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc, .refI31, .structNew,
      .structNewDefault, .structNewDesc, .structNewDefaultDesc, .arrayNew, .arrayNewDefault, .arrayNewFixed,
      .anyConvertExtern, .externConvertAny:
      return
    case .i32Add, .i32Sub, .i32Mul, .i64Add, .i64Sub, .i64Mul:
      if module.features.contains(.extendedConstants) { return }
      throw invalid(
        "constant expression required, which \(opcode.mnemonic) is only by the proposal "
          + "\(Features.extendedConstants), which is off")
    case .globalGet: return try checkGlobal(rules)
    default: break
    }
    throw invalid("constant expression required, which \(opcode.mnemonic) is not")
  }

  /// A global in a constant expression must be immutable and already initialized.
  private mutating func checkGlobal(_ rules: ConstantRules) throws(LoadingError) {
    var reader = reader
    let index: UInt32
    do { index = try reader.readU32() } catch { throw .malformed(error) }
    guard index < rules.globalCount else { throw unknown("global", index, of: Int(rules.globalCount)) }
    guard !module.globals[Int(index)].isMutable else {
      throw invalid("constant expression required, but global \(index) is mutable")
    }
  }
}
