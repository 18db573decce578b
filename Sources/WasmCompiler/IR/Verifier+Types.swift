import WasmRuntime
import WebAssembly

// The types of operands and results.

extension Verifier {
  func checkTypes(_ value: Value, _ graph: borrowing FunctionGraph) throws(VerificationError) {
    let instruction = graph[value]
    switch instruction.operation {
    case .parameter: throw VerificationError("v\(value.number) is a parameter and stands in a list")
    case .constant:
      try expect(instruction.type != .none, "has a type", value)
      if instruction.type == .v128 {
        try expect(Int(instruction.index) < graph.vectorHighs.count, "has an upper half", value)
      }
    case .result: try checkResult(value, graph)
    case .copy: try expect(instruction.a, instruction.type, value, graph)
    case .wasm: try checkNumeric(value, graph)
    case .select:
      try expect(instruction.a, instruction.type, value, graph)
      try expect(instruction.b, instruction.type, value, graph)
      try expect(instruction.c, .i32, value, graph)
    case .mask:
      try expect(instruction.a, instruction.type, value, graph)
      try expect(instruction.c, .i32, value, graph)
      try expect(instruction.b.isNone && !instruction.type.isFloatOrVector, "masks an integer", value)
    case .context, .memoryBase, .caughtException: try expect(instruction.type == .i64, "is an i64", value)
    case .load, .store, .atomic: try checkAccess(value, graph)
    case .call, .tailCall, .callReference, .tailCallReference: try checkCall(value, graph)
    case .callRuntime:
      try expect(RuntimeFunction(rawValue: instruction.index) != nil, "calls a function that is there", value)
      try expect(instruction.listCount <= 5, "has at most five arguments", value)
    case .trapIf:
      try expect(instruction.a, .i32, value, graph)
      let isIndex = !instruction.c.isNone && !instruction.b.isNone && graph[graph.resolve(instruction.b)].type == .i32
      if !instruction.b.isNone, !isIndex { try expect(instruction.b, .i64, value, graph) }
      if !instruction.c.isNone { try expect(instruction.c, .i64, value, graph) }
      try expect(instruction.trap != 0, "has a trap", value)
    case .charge:
      try expect(instruction.a, .i64, value, graph)
      try expect(instruction.trap != 0, "has a trap", value)
      try expect(Int32(exactly: instruction.index) != nil, "costs less than 2³¹", value)
    case .checkInterruption: try expect(instruction.trap != 0, "has a trap", value)
    case .jump: try expect(instruction.edgeCount == 1, "has one edge", value)
    case .branch:
      try expect(instruction.a, .i32, value, graph)
      try expect(instruction.edgeCount == 2, "has two edges", value)
    case .switch:
      try expect(instruction.a, .i32, value, graph)
      try expect(instruction.edgeCount >= 1, "has edges", value)
    case .tryJump: try expect(instruction.edgeCount == 2, "has two edges", value)
    case .return: try expect(graph.list(value), graph.results, value, graph)
    case .trap: try expect(instruction.trap != 0, "has a trap", value)
    }
  }

  private func expect(_ condition: Bool, _ what: String, _ value: Value) throws(VerificationError) {
    guard condition else { throw VerificationError("v\(value.number): expected one that \(what)") }
  }

  private func expect(
    _ operand: Value, _ type: IRType, _ user: Value, _ graph: borrowing FunctionGraph
  ) throws(VerificationError) {
    guard !operand.isNone else { throw VerificationError("v\(user.number) lacks an operand") }
    let found = graph[graph.resolve(operand)].type
    guard found == type else {
      throw VerificationError("v\(user.number): operand v\(operand.number): expected \(type), found \(found)")
    }
  }

  private func expect(
    _ operands: FlatSlice<Value>, _ types: some Collection<IRType>, _ user: Value,
    _ graph: borrowing FunctionGraph
  ) throws(VerificationError) {
    guard operands.count == types.count else {
      throw VerificationError("v\(user.number): expected \(types.count) operands, found \(operands.count)")
    }
    for (operand, type) in zip(operands, types) { try expect(operand, type, user, graph) }
  }

  private func checkResult(_ value: Value, _ graph: borrowing FunctionGraph) throws(VerificationError) {
    let call = graph[value].a
    var previous = graph[value].previous
    while !previous.isNone, previous != call, graph[previous].operation == .result {
      previous = graph[previous].previous
    }
    try expect(!call.isNone && previous == call, "follows the call that it is a result of", value)
  }

  private func checkNumeric(_ value: Value, _ graph: borrowing FunctionGraph) throws(VerificationError) {
    let instruction = graph[value]
    guard let signature = InstructionTable.shared[instruction.opcode].signature else {
      throw VerificationError("v\(value.number): expected a numeric instruction, found \(instruction.opcode.mnemonic)")
    }
    let types = (0..<Int(signature.operandCount)).map { IRType(code: signature.operand($0)) }
    if signature.resultCount == 2 {
      try expect(graph.list(value), types, value, graph)
      return try expect(instruction.type == .none, "has no result of its own", value)
    }
    let operands = [instruction.a, instruction.b, instruction.c]
    for (index, operand) in operands.enumerated() {
      if index < types.count {
        try expect(operand, types[index], value, graph)
      } else {
        try expect(operand.isNone, "has \(types.count) operands", value)
      }
    }
    try expect(instruction.type == IRType(code: signature.result(0)), "has its instruction's type", value)
  }

  private func checkAccess(_ value: Value, _ graph: borrowing FunctionGraph) throws(VerificationError) {
    let instruction = graph[value]
    if instruction.opcode == .atomicFence { return }
    let row = InstructionTable.shared[instruction.opcode]
    guard let signature = row.signature, row.immediates == .memory || row.immediates == .memoryLane else {
      throw VerificationError("v\(value.number) is \(instruction.opcode.mnemonic), which is no access")
    }
    try expect(instruction.a, .i64, value, graph)
    try expect(instruction.immediate < 1 << 31, "has an offset below 2³¹", value)
    let type = signature.resultCount == 1 ? IRType(code: signature.result(0)) : .none
    try expect(instruction.type == type, "has its instruction's type", value)
    let operands = (1..<Int(signature.operandCount)).map { IRType(code: signature.operand($0)) }
    if instruction.operation == .atomic {
      for (operand, type) in zip([instruction.b, instruction.c], operands) { try expect(operand, type, value, graph) }
      return
    }
    if !instruction.b.isNone {
      let index = graph[graph.resolve(instruction.b)].type
      try expect(index == .i32 || index == .i64, "has an integer as index", value)
    }
    if let type = operands.first { try expect(instruction.c, type, value, graph) }
  }

  private func checkCall(_ value: Value, _ graph: borrowing FunctionGraph) throws(VerificationError) {
    let instruction = graph[value]
    let isTail = instruction.operation.isTerminator
    let isDirect = instruction.operation == .call || instruction.operation == .tailCall
    if !isDirect { try expect(instruction.a, .i64, value, graph) }
    guard let facts else { return }
    let signature = facts.signatures[Int(instruction.immediate)]
    let parameters = facts.types[
      Int(signature.parameters.start)..<Int(signature.parameters.start + signature.parameters.count)]
    try expect(graph.list(value), parameters, value, graph)
    if isDirect {
      try expect(instruction.index >= facts.importedFunctionCount, "calls a function of the module", value)
      try expect(
        facts.functionTypes[instruction.index] == UInt32(instruction.immediate), "has its callee's type", value)
    }
    let result = !isTail && signature.results.count == 1 ? facts.type(signature.results, 0) : .none
    try expect(instruction.type == result, "has its callee's result", value)
  }
}
