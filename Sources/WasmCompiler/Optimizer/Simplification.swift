import WebAssembly

// Simplifies one instruction whose operands are already simplified: constant folding, identities, and canonical forms for later passes
// and the backend (constants on the right, constants of sums combined, no double negation of conditions).

extension Optimizer {
  /// Simplifies an instruction in place. Its value does not change.
  mutating func simplify(_ value: Value, _ graph: inout FunctionGraph) {
    switch graph[value].operation {
    case .wasm:
      if let (operation, isWide) = integers.operation(graph[value].opcode) {
        simplifyInteger(value, operation, isWide, &graph)
      } else {
        simplifyConversion(value, &graph)
      }
    case .select: simplifySelect(value, &graph)
    case .branch: simplifyCondition(value, &graph)
    case .trapIf: simplifyCondition(value, &graph)
    default: break
    }
  }

  private mutating func simplifyInteger(
    _ value: Value, _ operation: IntegerOperation, _ isWide: Bool, _ graph: inout FunctionGraph
  ) {
    let instruction = graph[value]
    if let a = graph.constant(instruction.a) {
      if operation.isUnary {
        if let result = operation.evaluate(a, 0, isWide: isWide) { graph.replace(value, withConstant: result) }
        return
      }
      if let b = graph.constant(instruction.b) {
        if let result = operation.evaluate(a, b, isWide: isWide) { graph.replace(value, withConstant: result) }
        return
      }
      moveConstantToTheRight(value, operation, isWide, &graph)
    }
    let left = graph[value].a
    if operation == .eqz { return simplifyZeroTest(value, isWide, &graph) }
    if operation.isUnary { return }
    // The operation may have changed.
    guard let (operation, _) = integers.operation(graph[value].opcode) else { return }
    if let constant = graph.constant(graph[value].b) {
      simplify(value, operation, left, constant, isWide, &graph)
    } else if left == graph[value].b {
      simplifyTwice(value, operation, left, &graph)
    }
  }

  private mutating func moveConstantToTheRight(
    _ value: Value, _ operation: IntegerOperation, _ isWide: Bool, _ graph: inout FunctionGraph
  ) {
    let (a, b) = (graph[value].a, graph[value].b)
    if operation.isCommutative {
      (graph[value].a, graph[value].b) = (b, a)
    } else if let mirrored = operation.mirrored {
      (graph[value].a, graph[value].b) = (b, a)
      graph[value].opcode = integers.opcode(mirrored, isWide: isWide)
    }
  }

  /// `x ∘ x`: x - x == 0, x ^ x == 0, x & x == x, x | x == x; comparisons are constant.
  private mutating func simplifyTwice(
    _ value: Value, _ operation: IntegerOperation, _ operand: Value, _ graph: inout FunctionGraph
  ) {
    switch operation {
    case .sub, .xor, .ne, .ltS, .ltU, .gtS, .gtU: graph.replace(value, withConstant: 0)
    case .eq, .leS, .leU, .geS, .geU: graph.replace(value, withConstant: 1)
    case .and, .or: graph.replace(value, with: operand)
    default: break
    }
  }

  /// `x ∘ c`, with the identities of neutral and absorbing constants, and x - c == x + (-c).
  private mutating func simplify(
    _ value: Value, _ operation: IntegerOperation, _ left: Value, _ constant: UInt64, _ isWide: Bool,
    _ graph: inout FunctionGraph
  ) {
    let ones: UInt64 = isWide ? .max : 0xFFFF_FFFF
    let bits: UInt64 = isWide ? 64 : 32
    switch (operation, constant) {
    case (.add, 0), (.sub, 0), (.or, 0), (.xor, 0), (.mul, 1), (.divU, 1), (.divS, 1), (.and, ones):
      return graph.replace(value, with: left)
    case (.mul, 0), (.and, 0), (.remU, 1), (.remS, 1), (.ltU, 0): return graph.replace(value, withConstant: 0)
    case (.or, ones): return graph.replace(value, withConstant: ones)
    case (.geU, 0): return graph.replace(value, withConstant: 1)
    case (.eq, 0), (.leU, 0), (.ltU, 1):
      graph[value].opcode = integers.opcode(.eqz, isWide: isWide)
      graph[value].b = .none
      return simplifyZeroTest(value, isWide, &graph)
    case (.gtU, 0), (.geU, 1):
      graph[value].opcode = integers.opcode(.ne, isWide: isWide)
      if constant != 0 { graph[value].b = graph.makeConstant(isWide ? .i64 : .i32, 0, before: value) }
    case (.sub, _):
      graph[value].opcode = integers.opcode(.add, isWide: isWide)
      let negative = (0 &- constant) & ones
      graph[value].b = graph.makeConstant(isWide ? .i64 : .i32, negative, before: value)
      combine(value, .add, left, negative, isWide, &graph)
    case (.shl, _), (.shrS, _), (.shrU, _), (.rotl, _), (.rotr, _):
      if constant & (bits - 1) == 0 { return graph.replace(value, with: left) }
      combineShifts(value, operation, left, constant & (bits - 1), isWide, &graph)
    case (.add, _), (.and, _), (.or, _), (.xor, _), (.mul, _): combine(value, operation, left, constant, isWide, &graph)
    default: break
    }
    reduceStrength(value, &graph)
  }

  /// `(x ∘ c₁) ∘ c₂ == x ∘ (c₁ ∘ c₂)` for associative operations.
  private mutating func combine(
    _ value: Value, _ operation: IntegerOperation, _ left: Value, _ constant: UInt64, _ isWide: Bool,
    _ graph: inout FunctionGraph
  ) {
    let inner = graph[left]
    guard inner.operation == .wasm, inner.opcode == integers.opcode(operation, isWide: isWide),
      let other = graph.constant(graph.resolve(inner.b)),
      let combined = operation.evaluate(constant, other, isWide: isWide)
    else { return }
    graph[value].a = graph.resolve(inner.a)
    graph[value].b = graph.makeConstant(isWide ? .i64 : .i32, combined, before: value)
  }

  /// Combines two shifts of width w: `(x << c₁) << c₂ == x << (c₁ + c₂)` for c₁ + c₂ < w, and likewise for `>>`; `(x << c) >>u c == x &
  /// ((1 << (w - c)) - 1)`; `(x << c) >>s c ==` sign extension of the low w - c bits.
  private mutating func combineShifts(
    _ value: Value, _ operation: IntegerOperation, _ left: Value, _ count: UInt64, _ isWide: Bool,
    _ graph: inout FunctionGraph
  ) {
    let inner = graph[left]
    let bits: UInt64 = isWide ? 64 : 32
    guard inner.operation == .wasm, let innerOperation = integers.operation(inner.opcode)?.operation,
      let other = graph.constant(graph.resolve(inner.b)).map({ $0 & (bits - 1) })
    else { return }
    let type: IRType = isWide ? .i64 : .i32
    let source = graph.resolve(inner.a)
    if innerOperation == operation, operation == .shl || operation == .shrU || operation == .shrS, count + other < bits
    {
      graph[value].a = source
      graph[value].b = graph.makeConstant(type, count + other, before: value)
    } else if innerOperation == .shl, operation == .shrU, count == other {
      graph[value].opcode = integers.opcode(.and, isWide: isWide)
      graph[value].a = source
      graph[value].b = graph.makeConstant(type, (isWide ? UInt64.max : 0xFFFF_FFFF) >> count, before: value)
    } else if innerOperation == .shl, operation == .shrS, count == other,
      let opcode = Self.extension(bits - count, isWide)
    {
      graph[value].opcode = opcode
      graph[value].a = source
      graph[value].b = .none
    }
  }

  /// The instruction that sign-extends the low `bits` bits; nil if there is none.
  private static func `extension`(_ bits: UInt64, _ isWide: Bool) -> Opcode? {
    switch bits {
    case 8: isWide ? .i64Extend8S : .i32Extend8S
    case 16: isWide ? .i64Extend16S : .i32Extend16S
    case 32 where isWide: .i64Extend32S
    default: nil
    }
  }

  // MARK: Conditions

  /// `x == 0`: (a ∘ b) == 0 is the negated comparison of a and b.
  private mutating func simplifyZeroTest(_ value: Value, _ isWide: Bool, _ graph: inout FunctionGraph) {
    let operand = graph[value].a
    if let constant = graph.constant(operand) { return graph.replace(value, withConstant: constant == 0 ? 1 : 0) }
    let inner = graph[operand]
    guard inner.operation == .wasm, let (operation, isInnerWide) = integers.operation(inner.opcode) else { return }
    if let negated = operation.negated {
      graph[value].opcode = integers.opcode(negated, isWide: isInnerWide)
      graph[value].a = graph.resolve(inner.a)
      graph[value].b = graph.resolve(inner.b)
    } else if operation == .eqz {
      // (x == 0) == 0 is x != 0.
      graph[value].opcode = integers.opcode(.ne, isWide: isInnerWide)
      graph[value].a = graph.resolve(inner.a)
      graph[value].b = graph.makeConstant(isInnerWide ? .i64 : .i32, 0, before: value)
    }
  }

  /// The simplest value that is nonzero exactly when `condition` is, or exactly when it is not if the second result is true.
  private mutating func simplestCondition(_ condition: Value, _ graph: borrowing FunctionGraph) -> (
    Value, isInverted: Bool
  ) {
    var condition = condition
    var isInverted = false
    while graph[condition].operation == .wasm {
      let instruction = graph[condition]
      if instruction.opcode == .i32Eqz {
        isInverted.toggle()
      } else if instruction.opcode != .i32Ne || graph.constant(graph.resolve(instruction.b)) != 0 {
        break
      }
      condition = graph.resolve(instruction.a)
    }
    return (condition, isInverted)
  }

  /// Removes tests for zero whose result a branch or check uses: `x != 0`, `(x == 0) == 0`. A single inversion stays: selection folds it
  /// into the branch.
  private mutating func simplifyCondition(_ value: Value, _ graph: inout FunctionGraph) {
    let (condition, isInverted) = simplestCondition(graph[value].a, graph)
    if !isInverted { graph[value].a = condition }
  }

  private mutating func simplifySelect(_ value: Value, _ graph: inout FunctionGraph) {
    let (condition, isInverted) = simplestCondition(graph[value].c, graph)
    graph[value].c = condition
    if isInverted { (graph[value].a, graph[value].b) = (graph[value].b, graph[value].a) }
    if graph[value].a == graph[value].b {
      graph.replace(value, with: graph[value].a)
    } else if let constant = graph.constant(condition) {
      graph.replace(value, with: constant != 0 ? graph[value].a : graph[value].b)
    }
  }

  // MARK: Conversions

  private mutating func simplifyConversion(_ value: Value, _ graph: inout FunctionGraph) {
    let instruction = graph[value]
    guard !instruction.a.isNone, instruction.b.isNone else { return }
    if let constant = graph.constant(instruction.a) {
      if let result = Self.convert(instruction.opcode, constant) { graph.replace(value, withConstant: result) }
      return
    }
    let inner = graph[instruction.a]
    guard inner.operation == .wasm else { return }
    switch (instruction.opcode, inner.opcode) {
    case (.i32WrapI64, .i64ExtendI32S), (.i32WrapI64, .i64ExtendI32U), (.i32ReinterpretF32, .f32ReinterpretI32),
      (.f32ReinterpretI32, .i32ReinterpretF32), (.i64ReinterpretF64, .f64ReinterpretI64),
      (.f64ReinterpretI64, .i64ReinterpretF64):
      graph.replace(value, with: graph.resolve(inner.a))
    case (.i64Extend32S, .i64ExtendI32U), (.i64Extend32S, .i64ExtendI32S):
      graph[value].opcode = .i64ExtendI32S
      graph[value].a = graph.resolve(inner.a)
    default: break
    }
  }

  /// The result for a constant operand, for conversions of integers and reinterpretations.
  private static func convert(_ opcode: Opcode, _ bits: UInt64) -> UInt64? {
    switch opcode {
    case .i32WrapI64, .i64ExtendI32U: bits & 0xFFFF_FFFF
    case .i64ExtendI32S, .i64Extend32S: UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: bits)))
    case .i32ReinterpretF32, .f32ReinterpretI32, .i64ReinterpretF64, .f64ReinterpretI64: bits
    case .f64ConvertI32S: Double(Int32(truncatingIfNeeded: bits)).bitPattern
    case .f64ConvertI32U: Double(UInt32(truncatingIfNeeded: bits)).bitPattern
    case .f64ConvertI64S: Double(Int64(bitPattern: bits)).bitPattern
    case .f64ConvertI64U: Double(bits).bitPattern
    case .f32ConvertI32S: UInt64(Float(Int32(truncatingIfNeeded: bits)).bitPattern)
    case .f32ConvertI32U: UInt64(Float(UInt32(truncatingIfNeeded: bits)).bitPattern)
    default: nil
    }
  }
}
