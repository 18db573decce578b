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
  mutating func typeMismatch(_ details: String) -> LoadingError { invalid("type mismatch: \(details)\(place)") }

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
    typeMismatch("instruction requires \(checker.describe(types)) but stack has \(describeStack(types.count))")
  }

  /// Operands are left over at the end of a block.
  @inline(never)
  mutating func typeMismatch(blockRequires types: TypeList) -> LoadingError {
    let required = checker.describe(types.types(in: module.pool))
    return typeMismatch("block requires \(required) but stack has \(describeStack(Int(types.count) + 16))")
  }

  /// The last operands of the block, at most `count`.
  private mutating func describeStack(_ count: Int) -> String {
    let available = max(top - frameBase, 0)
    return checker.describe(
      UnsafeMutableBufferPointer(start: top - min(available, count), count: min(available, count)))
  }

  /// The current instruction, in parentheses.
  private var place: String {
    var reader = InstructionReader(base: module.bytes, range: instructionOffset..<reader.end)
    guard let opcode = try? reader.readOpcode() else { return "" }
    return " (\(opcode.mnemonic))"
  }
}
