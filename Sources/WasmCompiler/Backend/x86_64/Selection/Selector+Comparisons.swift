import WebAssembly

// Tests are folded into the branch, select, trap or result that uses them: nothing may come between a comparison and the reader of its
// flags, so the two are one machine instruction.

extension Selector {
  /// A comparison with its operands.
  struct Comparison {
    var kind = MachineDetail.Comparison.cmp
    var size = OperandSize.dword
    var condition = Condition.notEqual
    /// None if memory is compared with a constant.
    var left = Selector.noRegister
    var right: Source

    /// The register with the constant operand, if there is one; none if the constant is part of the instruction.
    var registerOfConstant: VirtualRegister {
      switch right.kind {
      case .constant, .memoryAndConstant: Selector.noRegister
      // A constant is compared with memory that is folded.
      case .memory: left
      case .register: right.register
      }
    }
  }

  // MARK: Users

  /// A test whose result is a value.
  mutating func lowerTest(_ value: Value) {
    let comparison = compare(value, isWhole: true)
    begin(.compareSet)
    define(register(of: value))
    use(comparison)
  }

  mutating func lowerSelect(_ value: Value) {
    let instruction = graph[value]
    var comparison = compare(instruction.c)
    var (then, otherwise) = (graph.resolve(instruction.a), graph.resolve(instruction.b))
    // If two flags must be tested, one order is easier; otherwise an operand that ends here should be overwritten.
    let needsSwap =
      isFloat(comparison) && isEquality(comparison.condition)
      ? comparison.condition == .equal : isUsedOnce(then) && !isUsedOnce(otherwise)
    if needsSwap {
      swap(&then, &otherwise)
      comparison.condition = comparison.condition.negated
    }
    let second = register(using: then)
    let first = register(using: otherwise)
    begin(instruction.type.isFloatOrVector ? .compareSelectVector : .compareSelect)
    defineInPlace(register(of: value))
    use(first)
    useAnywhere(second)
    use(comparison)
    self.instruction.selectedType = instruction.type
  }

  mutating func lowerTrapIf(_ value: Value) {
    let condition = graph.resolve(graph[value].a)
    let end = graph[value].b.isNone ? Value.none : graph.resolve(graph[value].b)
    // See `FrontEnd.trapBeyond`: an access with a size can end there as well.
    let isBeyond = !end.isNone && graph[value].immediate == 0 && graph.constant(end) == .max
    if let constant = graph.constant(condition) {
      // It traps always or never.
      guard constant != 0 else { return }
      let register = end.isNone || isBeyond ? Self.noRegister : register(using: end)
      let container = registerOfContainer(value)
      begin(.trap)
      finishTrap(value, isBeyond ? .beyond : .operand, register, container)
      return
    }
    // A machine instruction can have only one trap, so loads that may fault are not folded.
    let comparison = compare(condition, mayTrap: false)
    var register = Self.noRegister
    // A size below 1 is compared with 0, perhaps without a constant.
    let comparesWithZero = graph[condition].opcode == .i64Eqz || graph[condition].opcode == .i32Eqz
    if !end.isNone, !isBeyond, !comparesWithZero || graph.constant(end) == nil {
      register = graph.constant(end) == nil ? self.register(of: end) : comparison.registerOfConstant
    }
    let container = registerOfContainer(value)
    begin(.compareTrap)
    use(comparison)
    let place: AccessCheck.End = isBeyond ? .beyond : register == Self.noRegister ? .comparedConstant : .operand
    finishTrap(value, place, register, container)
  }

  /// The register with the table's cell or the array, if an element is accessed; none otherwise.
  private mutating func registerOfContainer(_ value: Value) -> VirtualRegister {
    graph[value].c.isNone ? Self.noRegister : register(using: graph.resolve(graph[value].c))
  }

  /// - Parameters:
  ///   - end: where the end of the access is found, if this is the check of one.
  ///   - register: the register with the end; none if it is known.
  ///   - container: the register with the container of an element; none if there is none.
  private mutating func finishTrap(
    _ value: Value, _ end: AccessCheck.End, _ register: VirtualRegister, _ container: VirtualRegister
  ) {
    if register != Self.noRegister { useAnywhere(register) }
    if container != Self.noRegister { useAnywhere(container) }
    instruction.trap = graph[value].trap
    instruction.source = graph[value].source
    if !graph[value].b.isNone { instruction.accessCheck = AccessCheck(end, graph[value]) }
  }

  mutating func lowerMask(_ value: Value) {
    let masked = graph.resolve(graph[value].a)
    let condition = graph.resolve(graph[value].c)
    if let constant = graph.constant(condition) {
      if constant != 0 {
        begin(.constant, immediate: 0)
        define(register(of: value))
        return
      }
      let operand = register(using: masked)
      begin(.transfer, graph[value].type.size, .mov)
      define(register(of: value))
      use(.register(operand))
      return
    }
    let comparison = compare(condition, mayTrap: false)
    let operand = register(using: masked)
    begin(.compareMask)
    defineEarly(register(of: value))
    use(operand)
    use(comparison)
    instruction.selectedType = graph[value].type
  }

  mutating func lowerBranch(_ value: Value) {
    setArguments(of: value)
    let comparison = compare(graph[value].a)
    begin(.compareBranch)
    use(comparison)
  }

  private mutating func use(_ comparison: Comparison) {
    var detail = MachineDetail(comparison.size)
    detail.condition = comparison.condition
    detail.comparison = comparison.kind
    instruction.detail = detail.bits
    if comparison.right.kind != .memoryAndConstant { use(comparison.left) }
    use(comparison.right)
  }

  private func isFloat(_ comparison: Comparison) -> Bool { comparison.kind == .float32 || comparison.kind == .float64 }
  private func isEquality(_ condition: Condition) -> Bool { condition == .equal || condition == .notEqual }

  // MARK: Tests

  /// The comparison that tests whether a value is nonzero.
  ///
  /// - Parameters:
  ///   - isWhole: whether the value itself is computed here: then the test is not repeated elsewhere.
  ///   - mayTrap: whether loads that may fault can be folded.
  private mutating func compare(_ value: Value, isWhole: Bool = false, mayTrap: Bool = true) -> Comparison {
    var value = graph.resolve(value)
    var isNegated = false
    // A test that is repeated must not fold anything that may happen only once.
    var mayFold = isWhole || isUsedOnce(value)
    while graph.isWasm(value, .i32Eqz) {
      let operand = graph.resolve(graph[value].a)
      guard isTest(operand) else { break }
      isNegated.toggle()
      value = operand
      mayFold = mayFold && isUsedOnce(value)
    }
    let folding = Folding(isAllowed: mayFold, mayTrap: mayTrap)
    guard graph[value].operation == .wasm, isTest(value) else {
      return compareWithZero(value, .dword, isNegated ? .equal : .notEqual, folding)
    }
    let rule = rules[Int(graph[value].opcode.rawValue)]
    let condition = isNegated ? rule.condition.negated : rule.condition
    switch rule.family {
    case .zeroTest: return compareWithZero(graph.resolve(graph[value].a), rule.size, condition, folding)
    case .floatComparison: return compareFloats(value, rule, isNegated: isNegated, folding)
    default: return compareIntegers(value, rule.size, condition, folding)
    }
  }

  private mutating func isTest(_ value: Value) -> Bool {
    graph[value].operation == .wasm && rules[Int(graph[value].opcode.rawValue)].family.isTest
  }

  /// The loads that a comparison may fold.
  private struct Folding {
    var isAllowed: Bool
    var mayTrap: Bool
  }

  private mutating func canFold(_ value: Value, _ folding: Folding) -> Bool {
    folding.isAllowed && graph[value].operation == .load && canMoveHere(value)
      && (folding.mayTrap || graph[value].trap == 0)
  }

  private func fullLoad(_ size: OperandSize) -> Opcode { size == .qword ? .i64Load : .i32Load }

  // MARK: Integers

  private mutating func compareIntegers(
    _ value: Value, _ size: OperandSize, _ condition: Condition, _ folding: Folding
  ) -> Comparison {
    var condition = condition
    var (left, right) = (graph.resolve(graph[value].a), graph.resolve(graph[value].b))
    if graph.constant(left) != nil, graph.constant(right) == nil {
      swap(&left, &right)
      condition = condition.swapped
    }
    if let constant = shortConstant(right, size) {
      if constant == 0, let zero = conditionForZero(condition) { return compareWithZero(left, size, zero, folding) }
      if let narrow = compareNarrow(left, constant, condition, folding) { return narrow }
      if isLoad(left, fullLoad(size)), canFold(left, folding) {
        let right = Source(kind: .memoryAndConstant, constant: constant, address: fold(left))
        return Comparison(size: size, condition: condition, right: right)
      }
      return Comparison(size: size, condition: condition, left: register(using: left), right: .constant(constant))
    }
    if isLoad(left, fullLoad(size)), canFold(left, folding), !isLoad(right, fullLoad(size)) {
      swap(&left, &right)
      condition = condition.swapped
    }
    let second =
      isLoad(right, fullLoad(size)) && canFold(right, folding)
      ? Source.memory(fold(right)) : .register(register(using: right))
    return Comparison(size: size, condition: condition, left: register(using: left), right: second)
  }

  /// The condition for a comparison with zero by `test`, which clears carry and overflow.
  private func conditionForZero(_ condition: Condition) -> Condition? {
    switch condition {
    case .less: .sign
    case .greaterOrEqual: .noSign
    case .above: .notEqual
    case .belowOrEqual: .equal
    case .equal, .notEqual, .greater, .lessOrEqual: condition
    default: nil
    }
  }

  /// A byte or word of memory compared with a constant that fits.
  private mutating func compareNarrow(
    _ left: Value, _ constant: Int32, _ condition: Condition, _ folding: Folding
  ) -> Comparison? {
    guard let size = narrowSize(left), constant >= 0, constant <= (size == .byte ? 0xFF : 0xFFFF),
      canFold(left, folding)
    else { return nil }
    // Neither operand is negative, so signed and unsigned order agree.
    let unsigned: Condition =
      switch condition {
      case .less: .below
      case .lessOrEqual: .belowOrEqual
      case .greater: .above
      case .greaterOrEqual: .aboveOrEqual
      default: condition
      }
    let right = Source(kind: .memoryAndConstant, constant: constant, address: fold(left))
    return Comparison(size: size, condition: unsigned, right: right)
  }

  /// The size of an unsigned load of a byte. A word with a constant would need a length-changing prefix, which is slow to decode.
  private mutating func narrowSize(_ value: Value) -> OperandSize? {
    isLoad(value, .i32Load8U) || isLoad(value, .i64Load8U) ? .byte : nil
  }

  private mutating func compareWithZero(
    _ value: Value, _ size: OperandSize, _ condition: Condition, _ folding: Folding
  ) -> Comparison {
    let value = graph.resolve(value)
    if graph.isWasm(value, size == .qword ? .i64And : .i32And), isUsedOnce(value) {
      return testMask(value, size, condition, folding)
    }
    if isEquality(condition), let narrow = compareNarrow(value, 0, condition, folding) { return narrow }
    if isLoad(value, fullLoad(size)), canFold(value, folding), condition != .sign, condition != .noSign {
      let right = Source(kind: .memoryAndConstant, constant: 0, address: fold(value))
      return Comparison(size: size, condition: condition, right: right)
    }
    let operand = register(using: value)
    return Comparison(kind: .test, size: size, condition: condition, left: operand, right: .register(operand))
  }

  private mutating func testMask(
    _ value: Value, _ size: OperandSize, _ condition: Condition, _ folding: Folding
  ) -> Comparison {
    var (left, right) = (graph.resolve(graph[value].a), graph.resolve(graph[value].b))
    if graph.constant(left) != nil { swap(&left, &right) }
    var comparison = Comparison(kind: .test, size: size, condition: condition, right: .constant(0))
    if let mask = graph.constant(right), mask <= 0x7FFF_FFFF || size == .dword {
      // With a mask below bit 31 the sign is not tested; the 32-bit `test` is equivalent, and shorter.
      comparison.size = .dword
      let constant = Int32(truncatingIfNeeded: mask)
      if let narrow = narrowSize(left), mask <= 0x7F, canFold(left, folding) {
        comparison.size = narrow
        comparison.right = Source(kind: .memoryAndConstant, constant: constant, address: fold(left))
        return comparison
      }
      if isLoad(left, fullLoad(size)), canFold(left, folding) {
        // The full width is read, so that it faults where it must.
        comparison.size = size
        comparison.right = Source(kind: .memoryAndConstant, constant: constant, address: fold(left))
        return comparison
      }
      comparison.left = register(using: left)
      comparison.right = .constant(constant)
      return comparison
    }
    if let constant = shortConstant(right, size) {
      comparison.left = register(using: left)
      comparison.right = .constant(constant)
      return comparison
    }
    comparison.left = register(using: left)
    // The operands of `test` are commutative.
    let isMemory = isLoad(right, fullLoad(size)) && canFold(right, folding)
    comparison.right = isMemory ? .memory(fold(right)) : .register(register(using: right))
    return comparison
  }

  // MARK: Floats

  private mutating func compareFloats(
    _ value: Value, _ rule: SelectionRule, isNegated: Bool, _ folding: Folding
  ) -> Comparison {
    var (left, right) = (graph.resolve(graph[value].a), graph.resolve(graph[value].b))
    var condition = rule.condition
    if condition == .below || condition == .belowOrEqual {
      swap(&left, &right)
      condition = condition.swapped
    }
    let isMemory = isLoad(right, rule.isDouble ? .f64Load : .f32Load) && canFold(right, folding)
    let second = isMemory ? Source.memory(fold(right)) : .register(register(using: right))
    return Comparison(
      kind: rule.isDouble ? .float64 : .float32, size: rule.size, condition: isNegated ? condition.negated : condition,
      left: register(using: left), right: second)
  }
}
