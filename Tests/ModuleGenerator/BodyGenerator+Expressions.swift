import WasmBinary
import WebAssembly

extension BodyGenerator {
  /// Pushes a number, a vector, or a reference that functions can take or return.
  mutating func expression(_ type: ValueType, _ depth: Int) {
    // Most expressions can trap or have effects, which unordered functions must not.
    guard !isRelease, spend(depth) else { return leaf(type) }
    if type.isReference { return reference(type, depth) }
    switch choices.below(100) {
    case ..<14: leaf(type)
    case ..<46: compute(type, depth)
    case ..<54: computeWithConstant(type, depth)
    case ..<62: load(type, depth)
    case ..<66: select(type, depth)
    case ..<70: conditional(type, depth)
    case ..<73: block(type, depth)
    case ..<74: if kind == .leaf { block(type, depth) } else { rounds(type, depth) }
    case ..<77: tee(type, depth)
    case ..<82: if kind == .leaf { compute(type, depth) } else { call(type, depth) }
    case ..<87: if choices.chance(50), !module.shapes.isEmpty { part(type, depth) } else { aggregate(type, depth) }
    case ..<89: if kind == .leaf { compute(type, depth) } else { tryTable(type, depth) }
    case ..<92: branchOut(type, depth)
    case ..<94: wide(type, depth)
    case ..<97: measure(type, depth)
    default: atomic(type, depth)
    }
  }

  mutating func leaf(_ type: ValueType) {
    if type == .i32, let counter = counters.last, choices.chance(40) { return emit(.localGet, counter) }
    if choices.chance(70), let local = variable(type) { return emit(.localGet, local) }
    if choices.chance(30) {
      let globals = module.globals.indices.dropFirst().filter { module.globals[$0] == type }
      if !globals.isEmpty { return emit(.globalGet, module.globalIndex(choices.pick(globals))) }
    }
    choices.writeConstant(type, &writer)
  }

  // MARK: Arithmetic

  /// Any instruction with this result type.
  private mutating func compute(_ type: ValueType, _ depth: Int) {
    var choice = choices.pick(module.instructions.computing(type))
    // Trapping instructions end the function, so they are rare.
    while choice.definition.opcode.traps, choices.chance(85) {
      choice = choices.pick(module.instructions.computing(type))
    }
    for operand in choice.operands { expression(operand, depth - 1) }
    if choice.definition.opcode.isDivision, choices.chance(90) {
      // Division by zero is rare.
      if type == .i32 {
        emitConstant(1)
        emit(.i32Or)
      } else {
        emit(.i64Const)
        writer.s64(1)
        emit(.i64Or)
      }
    }
    emit(choice.definition.opcode)
    switch choice.definition.immediates {
    case .lane: writer.byte(UInt8(choices.below(Int(choice.definition.laneCount))))
    case .shuffle: for _ in 0..<16 { writer.byte(UInt8(choices.below(32))) }
    default: break
    }
  }

  /// Operations with constants, for simplification and strength reduction.
  private mutating func computeWithConstant(_ type: ValueType, _ depth: Int) {
    guard type == .i32 || type == .i64 else { return compute(type, depth) }
    expression(type, depth - 1)
    for _ in 0...choices.below(3) {
      choices.writeConstant(type, &writer)
      emit(choices.pick(type == .i32 ? Self.narrowOperations : Self.wideOperations))
      // 64-bit comparisons have a different result type.
    }
    if choices.chance(20) {
      emit(type == .i32 ? .i32Eqz : .i64Eqz)
      if type == .i64 { emit(.i64ExtendI32U) }
    }
  }

  private static let narrowOperations: [Opcode] = [
    .i32Add, .i32Sub, .i32Mul, .i32And, .i32Or, .i32Xor, .i32Shl, .i32ShrS, .i32ShrU, .i32Rotl, .i32Rotr, .i32DivU,
    .i32RemU, .i32DivS, .i32RemS, .i32Eq, .i32Ne, .i32LtS, .i32LtU, .i32GtS, .i32GtU, .i32LeS, .i32LeU, .i32GeS,
    .i32GeU,
  ]
  private static let wideOperations: [Opcode] = [
    .i64Add, .i64Sub, .i64Mul, .i64And, .i64Or, .i64Xor, .i64Shl, .i64ShrS, .i64ShrU, .i64Rotl, .i64Rotr, .i64DivU,
    .i64RemU, .i64DivS, .i64RemS,
  ]

  /// Instructions with two results.
  private mutating func wide(_ type: ValueType, _ depth: Int) {
    guard type == .i64, module.options.features.contains(.wideArithmetic) else { return compute(type, depth) }
    let opcode = choices.pick([Opcode.i64MulWideU, .i64MulWideS, .i64Add128, .i64Sub128])
    let operandCount = opcode == .i64Add128 || opcode == .i64Sub128 ? 4 : 2
    for _ in 0..<operandCount { expression(.i64, depth - 1) }
    emit(opcode)
    emit(choices.pick([Opcode.drop, .i64Xor, .i64Sub]))
  }

  /// Sizes, and comparisons of references.
  private mutating func measure(_ type: ValueType, _ depth: Int) {
    guard type == .i32 else { return compute(type, depth) }
    switch choices.below(5) {
    case 0:
      let memory = choices.below(module.memories.count)
      emit(.memorySize, module.memoryIndex(memory))
      if module.memories[memory].addressType == .i64 { emit(.i32WrapI64) }
    case 1: emit(.tableSize, module.functionTable + choices.below(2))
    case 2:
      structure(depth)
      structure(depth)
      emit(.refEq)
    case 3:
      anyReference(depth)
      emit(.refIsNull)
    default:
      anyReference(depth)
      referenceTest()
    }
  }

  // MARK: Control

  private mutating func select(_ type: ValueType, _ depth: Int) {
    expression(type, depth - 1)
    expression(type, depth - 1)
    expression(.i32, depth - 1)
    emit(.select)
  }

  private mutating func conditional(_ type: ValueType, _ depth: Int) {
    expression(.i32, depth - 1)
    open(.if, .result(type), label: [type])
    expression(type, depth - 1)
    emit(.else)
    statement(depth - 1)
    expression(type, depth - 1)
    close()
  }

  private mutating func block(_ type: ValueType, _ depth: Int) {
    open(.block, .result(type), label: [type])
    statement(depth - 1)
    expression(type, depth - 1)
    // Sometimes branches out early with the value on the stack.
    if choices.chance(50) {
      expression(.i32, depth - 1)
      emit(.brIf, 0)
    }
    close()
  }

  /// A loop that carries two numbers on the stack.
  private mutating func rounds(_ type: ValueType, _ depth: Int) {
    let carried = ModuleGenerator.roundTypes
    for type in carried { expression(type, depth - 1) }
    open(.block, .type(module.roundBlock), label: carried)
    open(.loop, .type(module.roundBlock), label: carried)
    useFuel()
    emit(.brIf, 1)
    emit(.i64ExtendI32U)
    emit(choices.pick([Opcode.i64Add, .i64Xor, .i64Sub]))
    statement(depth - 1)
    expression(.i32, depth - 1)
    expression(.i32, depth - 1)
    emit(.brIf, 0)
    close()
    close()
    take(type, from: carried)
  }

  private mutating func tee(_ type: ValueType, _ depth: Int) {
    expression(type, depth - 1)
    if let local = variable(type) { emit(.localTee, local) }
  }

  /// Branches to some label under a condition; the wanted value comes after it.
  private mutating func branchOut(_ type: ValueType, _ depth: Int) {
    branch(depth)
    expression(type, depth - 1)
  }

  /// Drops all values but one of a type; pushes one if there is none.
  mutating func take(_ type: ValueType, from results: [ValueType]) {
    var results = results
    while let last = results.last, last != type {
      emit(.drop)
      results.removeLast()
    }
    guard !results.isEmpty else { return leaf(type) }
    guard results.count > 1 else { return }
    // The other results are below it: store the value in a local, or use one of the others.
    if let local = variable(type) {
      emit(.localSet, local)
      for _ in results.dropLast() { emit(.drop) }
      emit(.localGet, local)
    } else {
      for _ in results { emit(.drop) }
      leaf(type)
    }
  }
}

extension Opcode {
  fileprivate var isDivision: Bool {
    switch self {
    case .i32DivS, .i32DivU, .i32RemS, .i32RemU, .i64DivS, .i64DivU, .i64RemS, .i64RemU: true
    default: false
    }
  }

  /// Whether the instruction often traps.
  fileprivate var traps: Bool {
    switch self {
    case .i32TruncF32S, .i32TruncF32U, .i32TruncF64S, .i32TruncF64U, .i64TruncF32S, .i64TruncF32U, .i64TruncF64S,
      .i64TruncF64U:
      true
    default: false
    }
  }
}
