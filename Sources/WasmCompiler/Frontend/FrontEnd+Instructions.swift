import WasmRuntime
import WebAssembly

// The dispatch over all instructions, and the numeric instructions.

extension FrontEnd {
  @inline(__always)
  mutating func lower(_ opcode: Opcode) throws {
    let rule = rules[Int(opcode.rawValue)]
    switch rule.kind {
    case .localGet: stack.append(readLocal(Int(try reader.readU32())))
    case .localSet: assign(stack.removeLast(), to: Int(try reader.readU32()))
    case .localTee: assign(stack.last!, to: Int(try reader.readU32()))
    case .i32Const: stack.append(constant(.i32, UInt64(UInt32(bitPattern: try reader.readS32()))))
    case .special: try lowerSpecial(opcode)
    case .numeric: lowerNumeric(opcode, rule)
    case .load, .store: try lowerAccess(opcode, rule)
    case .loadLane, .storeLane: try lowerLaneAccess(opcode, rule)
    case .division: lowerDivision(opcode, rule)
    case .truncation: lowerTruncation(opcode, rule)
    case .lane: try lowerLane(opcode, rule)
    case .shuffle: try lowerShuffle(opcode)
    case .wide: lowerWide(opcode, rule)
    case .atomic: try lowerAtomic(opcode, rule)
    }
  }

  private mutating func lowerSpecial(_ opcode: Opcode) throws {
    switch opcode {
    case .i64Const: stack.append(constant(.i64, UInt64(bitPattern: try reader.readS64())))
    case .f32Const: stack.append(constant(.f32, UInt64(try reader.readFixed32())))
    case .f64Const: stack.append(constant(.f64, try reader.readFixed64()))
    case .block: try lowerBlock()
    case .loop: try lowerLoop()
    case .if: try lowerIf()
    case .else: try lowerElse()
    case .end: try lowerEnd()
    case .br: try lowerBranch()
    case .brIf: try lowerBranchIf()
    case .brTable: try lowerBranchTable()
    case .return: emitReturn()
    case .call: try lowerCall()
    case .callIndirect: try lowerIndirectCall()
    case .drop: stack.removeLast()
    case .select: lowerSelect()
    case .selectTyped:
      try reader.skipImmediates(opcode)
      lowerSelect()
    case .globalGet: try lowerGlobalGet()
    case .globalSet: try lowerGlobalSet()
    case .nop: break
    case .unreachable: trap(.unreachable)
    default: try lowerRest(opcode)
    }
  }

  @inline(never)
  private mutating func lowerRest(_ opcode: Opcode) throws {
    switch opcode {
    case .v128Const:
      let bits = try reader.readFixed128()
      stack.append(vectorConstant(bits[0], bits[1]))
    case .memorySize: try lowerMemorySize()
    case .memoryGrow: try lowerMemoryGrow()
    case .memoryFill: try lowerMemoryFill()
    case .memoryCopy: try lowerMemoryCopy()
    case .memoryInit: try lowerMemoryInit()
    case .dataDrop: callRuntime(.dataDrop, [i32(try reader.readU32())])
    case .elemDrop: callRuntime(.elementDrop, [i32(try reader.readU32())])
    case .tableGet: try lowerTableGet()
    case .tableSet: try lowerTableSet()
    case .tableSize: try lowerTableSize()
    case .tableGrow: try lowerTableGrow()
    case .tableFill: try lowerTableFill()
    case .tableCopy: try lowerTableCopy()
    case .tableInit: try lowerTableInit()
    case .returnCall: try lowerTailCall()
    case .returnCallIndirect: try lowerIndirectTailCall()
    case .callRef, .returnCallRef: try lowerReferenceCall(isTail: opcode == .returnCallRef)
    case .brOnNull: try lowerBranchOnNull()
    case .brOnNonNull: try lowerBranchOnNonNull()
    case .throw: try lowerThrow()
    case .throwRef: lowerThrowReference()
    case .tryTable: try lowerTryTable()
    case .try: try lowerLegacyTry()
    case .catch, .catchAll: try lowerLegacyCatch(opcode)
    case .rethrow: try lowerRethrow()
    case .delegate: try lowerDelegate()
    case .memoryAtomicNotify, .memoryAtomicWait32, .memoryAtomicWait64: try lowerAtomicWait(opcode)
    case .atomicFence:
      try reader.skipImmediates(opcode)
      emit(Instruction(operation: .atomic, type: .none, opcode: opcode, region: .memory, flags: .shared))
    default: try lowerReference(opcode)
    }
  }

  // MARK: Numbers

  @inline(__always)
  private mutating func lowerNumeric(_ opcode: Opcode, _ rule: InstructionRule) {
    var instruction = Instruction(operation: .wasm, type: rule.result, opcode: opcode)
    switch rule.operandCount {
    case 1: instruction.a = stack.removeLast()
    case 2:
      instruction.b = stack.removeLast()
      instruction.a = stack.removeLast()
    default:
      instruction.c = stack.removeLast()
      instruction.b = stack.removeLast()
      instruction.a = stack.removeLast()
    }
    stack.append(canonicalized(emit(instruction), rule))
  }

  /// Divisions, with the checks that make them trap.
  private mutating func lowerDivision(_ opcode: Opcode, _ rule: InstructionRule) {
    let divisor = stack.removeLast()
    let dividend = stack.removeLast()
    var instruction = Instruction(
      operation: .wasm, type: rule.result, opcode: opcode, a: dividend, b: divisor, source: source)
    let known = constantBits(divisor)
    if known == nil || known == 0 {
      trap(if: isZero(divisor), .integerDivideByZero)
      instruction.flags = .guarded
      instruction.trap = UInt8(TrapCode.integerDivideByZero.rawValue)
    }
    let is64 = rule.result == .i64
    if opcode == .i32DivS || opcode == .i64DivS, known == nil || known == (is64 ? .max : 0xFFFF_FFFF) {
      let isLeast = wasm(
        is64 ? .i64Eq : .i32Eq, .i32, dividend, constant(rule.result, is64 ? 1 << 63 : 1 << 31))
      let isMinusOne = wasm(
        is64 ? .i64Eq : .i32Eq, .i32, divisor, constant(rule.result, is64 ? .max : 0xFFFF_FFFF))
      trap(if: wasm(.i32And, .i32, isLeast, isMinusOne), .integerOverflow)
      instruction.flags = .guarded
      instruction.trap = UInt8(TrapCode.integerDivideByZero.rawValue)
    }
    stack.append(emit(instruction))
  }

  private mutating func lowerTruncation(_ opcode: Opcode, _ rule: InstructionRule) {
    stack.append(
      emit(
        Instruction(
          operation: .wasm, type: rule.result, opcode: opcode,
          trap: UInt8(TrapCode.invalidConversionToInteger.rawValue), a: stack.removeLast(), source: source)))
  }

  private mutating func lowerLane(_ opcode: Opcode, _ rule: InstructionRule) throws {
    var instruction = Instruction(
      operation: .wasm, type: rule.result, opcode: opcode, immediate: UInt64(try reader.readByte()))
    if rule.operandCount == 2 { instruction.b = stack.removeLast() }
    instruction.a = stack.removeLast()
    stack.append(emit(instruction))
  }

  private mutating func lowerShuffle(_ opcode: Opcode) throws {
    let lanes = try reader.readFixed128()
    let b = stack.removeLast()
    let a = stack.removeLast()
    graph.vectorHighs.append(lanes[1])
    stack.append(
      emit(
        Instruction(
          operation: .wasm, type: .v128, opcode: opcode, a: a, b: b, index: UInt32(graph.vectorHighs.count - 1),
          immediate: lanes[0])))
  }

  private mutating func lowerWide(_ opcode: Opcode, _ rule: InstructionRule) {
    let count = Int(rule.operandCount)
    let start = graph.makeList(stack[stack.count - count..<stack.count])
    stack.removeLast(count)
    let value = emit(
      Instruction(operation: .wasm, type: .none, opcode: opcode, listStart: start, listCount: UInt32(count)))
    for index in 0..<2 {
      stack.append(emit(Instruction(operation: .result, type: .i64, a: value, immediate: UInt64(index))))
    }
  }

  private mutating func lowerSelect() {
    let condition = stack.removeLast()
    let second = stack.removeLast()
    let first = stack.removeLast()
    stack.append(emit(Instruction(operation: .select, type: graph[first].type, a: first, b: second, c: condition)))
  }

  // MARK: NaNs

  /// Canonicalizes a NaN value in deterministic code.
  @inline(__always)
  private mutating func canonicalized(_ value: Value, _ rule: InstructionRule) -> Value {
    if !options.isDeterministic || rule.nan == .none { return value }
    return canonicalized(value, rule.nan)
  }

  @inline(never)
  private mutating func canonicalized(_ value: Value, _ nan: NaNResult) -> Value {
    let float32: UInt64 = 0x7FC0_0000
    let float64: UInt64 = 0x7FF8_0000_0000_0000
    switch nan {
    case .none: return value
    case .f32, .f64:
      let type: IRType = nan == .f32 ? .f32 : .f64
      let isNumber = wasm(nan == .f32 ? .f32Eq : .f64Eq, .i32, value, value)
      let canonical = constant(type, nan == .f32 ? float32 : float64)
      return emit(Instruction(operation: .select, type: type, a: value, b: canonical, c: isNumber))
    case .f32x4, .f64x2:
      let isNumber = wasm(nan == .f32x4 ? .f32x4Eq : .f64x2Eq, .v128, value, value)
      let bits = nan == .f32x4 ? float32 << 32 | float32 : float64
      return emit(
        Instruction(
          operation: .wasm, type: .v128, opcode: .v128Bitselect, a: value, b: vectorConstant(bits, bits), c: isNumber))
    }
  }
}
