import WebAssembly

@testable import WasmCompiler

/// A function of one block that is built instruction by instruction, and evaluated for given arguments.
struct StraightLine: ~Copyable {
  var graph = FunctionGraph()
  let block: Block

  init() { block = graph.makeBlock() }

  mutating func parameter(_ type: IRType) -> Value { graph.appendParameter(type, to: block) }

  mutating func constant(_ type: IRType, _ bits: UInt64) -> Value {
    var instruction = Instruction(operation: .constant, type: type)
    instruction.immediate = bits
    return graph.append(instruction, to: block)
  }

  mutating func wasm(_ opcode: Opcode, _ type: IRType, _ a: Value, _ b: Value = .none) -> Value {
    var instruction = Instruction(operation: .wasm, type: type, opcode: opcode)
    (instruction.a, instruction.b) = (a, b)
    return graph.append(instruction, to: block)
  }

  mutating func finish(returning value: Value) {
    var instruction = Instruction(operation: .return, type: .none)
    instruction.listStart = UInt32(graph.pool.count)
    instruction.listCount = 1
    graph.pool.append(value)
    graph.append(instruction, to: block)
  }

  mutating func optimize(_ level: OptimizationLevel = .basic) {
    var optimizer = Optimizer()
    optimizer.run(&graph, level: level)
  }

  /// The result of the function; nil if an operation has none, because it traps for example.
  func evaluate(_ arguments: [UInt64]) -> UInt64? {
    var values: [Value: UInt64] = [:]
    for (parameter, argument) in zip(graph.parameters(block), arguments) { values[parameter] = argument }
    var value = graph[block].first
    while !value.isNone {
      let instruction = graph[value]
      func operand(_ value: Value) -> UInt64 { values[graph.resolve(value)] ?? 0 }
      switch instruction.operation {
      case .constant: values[value] = instruction.immediate
      case .result: values[value] = instruction.immediate == 1 ? operand(instruction.a) : nil
      case .return: return operand(graph.list(value)[0])
      case .select: values[value] = operand(instruction.c) != 0 ? operand(instruction.a) : operand(instruction.b)
      case .mask: values[value] = operand(instruction.c) != 0 ? 0 : operand(instruction.a)
      case .wasm:
        switch instruction.opcode {
        case .i64MulWideU, .i64MulWideS:
          let factors = graph.list(value).map { operand($0) }
          // Only the high halves are used.
          values[value] =
            instruction.opcode == .i64MulWideU
            ? factors[0].multipliedFullWidth(by: factors[1]).high
            : UInt64(
              bitPattern: Int64(bitPattern: factors[0]).multipliedFullWidth(by: Int64(bitPattern: factors[1])).high)
        case .i32WrapI64, .i64ExtendI32U: values[value] = operand(instruction.a) & 0xFFFF_FFFF
        case .i64ExtendI32S, .i64Extend32S:
          values[value] = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: operand(instruction.a))))
        default:
          guard let (operation, isWide) = IntegerOperations.shared.operation(instruction.opcode),
            let result = operation.evaluate(
              operand(instruction.a), instruction.b.isNone ? 0 : operand(instruction.b), isWide: isWide)
          else { return nil }
          values[value] = result
        }
      default: return nil
      }
      value = graph[value].next
    }
    return nil
  }

  /// The remaining opcodes, in order.
  var opcodes: [Opcode] {
    var opcodes: [Opcode] = []
    var value = graph[block].first
    while !value.isNone {
      if graph[value].operation == .wasm { opcodes.append(graph[value].opcode) }
      value = graph[value].next
    }
    return opcodes
  }
}
