import WebAssembly

// Errors. This code runs at most once per module and need not be fast.
extension FunctionValidator {
  @inline(never)
  mutating func invalid(_ message: String) -> LoadingError {
    .invalid(ValidationError(message, offset: instructionOffset, function: function))
  }

  @inline(never)
  mutating func invalid(_ error: ValidationError) -> LoadingError {
    var error = error
    error.function = function
    return .invalid(error)
  }

  /// - Parameter count: the number of entries in the index space.
  @inline(never)
  mutating func unknown(_ kind: String, _ index: UInt32, of count: Int) -> LoadingError {
    invalid(ValidationError.unknown(kind, index, of: count, at: instructionOffset))
  }

  @inline(never)
  mutating func featureIsOff(_ feature: Features, for what: String) -> LoadingError {
    invalid(ValidationError.featureIsOff(feature, for: what, at: instructionOffset))
  }

  @inline(never)
  mutating func typeMismatch(_ details: String) -> LoadingError { invalid("type mismatch\(place): \(details)") }

  /// A rule in the suite's words is broken.
  @inline(never)
  mutating func invalid(_ rule: String, expected: String, found: String) -> LoadingError {
    invalid("\(rule): expected \(expected), found \(found)")
  }

  @inline(never)
  mutating func typeMismatch(in place: String, expected: String, found: String) -> LoadingError {
    typeMismatch("\(place): expected \(expected), found \(found)")
  }

  /// The operands on the stack are not those that the instruction takes.
  @inline(never)
  mutating func typeMismatch(requires types: [ValueType]) -> LoadingError {
    typeMismatch("instruction", types, count: types.count)
  }

  /// Operands are left over at the end of a block.
  @inline(never)
  mutating func typeMismatch(blockRequires types: TypeList) -> LoadingError {
    typeMismatch("block", types.types(in: module.pool), count: Int(types.count) + 16)
  }

  /// - Parameters:
  ///   - subject: what takes the operands, in the words of the suite.
  ///   - count: how many of the operands on the stack are shown at most.
  private mutating func typeMismatch(_ subject: String, _ types: [ValueType], count: Int) -> LoadingError {
    let available = min(max(top - frameBase, 0), count)
    let operands = Array(UnsafeMutableBufferPointer(start: top - available, count: available))
    var error = ValidationError(
      "type mismatch\(place): expected \(describe(types, besides: operands)), found \(describe(operands, besides: types))",
      offset: instructionOffset)
    error.suiteMessage =
      "type mismatch: \(subject) requires \(checker.describe(types)) but stack has \(checker.describe(operands))"
    return invalid(error)
  }

  /// `i32`, `[i32 i64]` or `nothing`; `[i32]` if the other list of the message has brackets, too.
  private func describe(_ types: [ValueType], besides others: [ValueType]) -> String {
    switch types.count {
    case 0: "nothing"
    case 1 where others.count < 2: checker.describe(types[0])
    default: checker.describe(types)
    }
  }

  /// Where the operands are not the right ones: ` in i32.add`, ` at the end of the function`.
  private var place: String {
    var reader = InstructionReader(base: module.bytes, range: instructionOffset..<reader.end)
    guard let opcode = try? reader.readOpcode() else { return "" }
    switch opcode {
    case .end where frames.count > 1: return " at the end of the block"
    case .end: return " at the end of the \(function == nil ? "expression" : "function")"
    case .else, .catch, .catchAll: return " before \(opcode.mnemonic)"
    default: return " in \(opcode.mnemonic)"
    }
  }
}
