import WasmRuntime
import WebAssembly

@testable import WasmCompiler

/// A syntax error in the text of a graph.
struct GraphParseError: Error, CustomStringConvertible {
  var line: Int
  var message: String

  var description: String { "line \(line): \(message)" }
}

extension FunctionGraph {
  /// Parses a graph in the form that ``printed(withSources:)`` writes, which documents the grammar. Values keep their
  /// numbers.
  init(parsing text: some StringProtocol) throws {
    self.init()
    var parser = GraphParser(text)
    try parser.parse(into: &self)
  }
}

private struct GraphParser {
  private static let operations: [String: Operation] = {
    let words = Operation.allCases.filter { !$0.hasMnemonic && $0 != .parameter }.map { ($0.keyword, $0) }
    return Dictionary(uniqueKeysWithValues: words)
  }()
  private static let definitions: [String: InstructionDefinition] = {
    let rows = InstructionTable.shared.all.map { ($0.mnemonic.description, $0) }
    return Dictionary(rows, uniquingKeysWith: { first, _ in first })
  }()
  private static let regions: [String: Region] = {
    let all = (0..<UInt8(MemoryVersions.regionCount)).map { Region(rawValue: $0)! }
    return Dictionary(uniqueKeysWithValues: all.map { ("\($0)", $0) })
  }()

  private var lines: [GraphLine]

  init(_ text: some StringProtocol) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .map { GraphLine($1, number: $0 + 1) }
      .filter { !$0.isEmpty }
  }

  mutating func parse(into graph: inout FunctionGraph) throws {
    // Values without a name get numbers after those with names.
    var valueCount = 0
    var blockCount = 0
    for line in lines {
      valueCount = max(valueCount, line.largest("v", exceptTypes: true) + 1)
      blockCount = max(blockCount, line.largest("block", exceptTypes: false) + 1)
    }
    graph.instructions.reset(Instruction(operation: .copy, type: .none), count: valueCount)
    for _ in 0..<blockCount { _ = graph.makeBlock() }
    guard !lines.isEmpty else { throw GraphParseError(line: 1, message: "there is no function") }
    try parseHeader(&lines[0], &graph)
    var block = Block.none
    for index in lines.indices.dropFirst() {
      if lines[index].beginsBlock {
        block = try parseBlock(&lines[index], &graph)
      } else {
        guard !block.isNone else { throw lines[index].error("stands in no block") }
        try parseInstruction(&lines[index], block, &graph)
      }
    }
  }

  private func parseHeader(_ line: inout GraphLine, _ graph: inout FunctionGraph) throws {
    try line.expect("function")
    graph.functionIndex = UInt32(try line.number())
    guard line.accept("->") else { return try line.end() }
    repeat { graph.results.append(try line.type()) } while line.accept(",")
    try line.end()
  }

  private func parseBlock(_ line: inout GraphLine, _ graph: inout FunctionGraph) throws -> Block {
    let block = try line.block()
    var parameters: [Value] = []
    if line.accept("(") {
      repeat {
        let value = try line.value()
        try line.expect(":")
        var instruction = Instruction(operation: .parameter, type: try line.type())
        instruction.block = block
        instruction.index = UInt32(parameters.count)
        graph[value] = instruction
        parameters.append(value)
      } while line.accept(",")
      try line.expect(")")
    }
    graph[block].parameterStart = graph.makeList(parameters)
    graph[block].parameterCount = UInt32(parameters.count)
    if line.accept("!") {
      try line.expect("cold")
      graph[block].isCold = true
    }
    try line.expect(":")
    try line.end()
    return block
  }

  // MARK: Instructions

  private func parseInstruction(_ line: inout GraphLine, _ block: Block, _ graph: inout FunctionGraph) throws {
    var value = Value.none
    var type = IRType.none
    if line.definesValue {
      value = try line.value()
      if line.accept(":") { type = try line.type() }
      try line.expect("=")
    }
    let word = try line.word()
    var instruction: Instruction
    if let operation = Self.operations[word] {
      instruction = Instruction(operation: operation, type: type)
      try parseOperands(&instruction, &line, &graph)
    } else if let definition = Self.definitions[word] {
      instruction = Instruction(operation: operation(of: definition), type: type, opcode: definition.opcode)
      if instruction.operation == .wasm {
        try parseNumericOperands(&instruction, definition, &line, &graph)
      } else {
        try parseAccess(&instruction, &line)
      }
    } else {
      throw line.error("\(word) is no instruction")
    }
    try parseAttributes(&instruction, &line, &graph)
    try line.end()
    place(instruction, as: value, in: block, &graph)
  }

  private func operation(of definition: InstructionDefinition) -> Operation {
    if definition.feature.contains(.threads) { return .atomic }
    guard definition.immediates == .memory || definition.immediates == .memoryLane else { return .wasm }
    return definition.signature?.resultCount == 0 ? .store : .load
  }

  /// Appends an instruction to a block, with its number if it has one.
  private func place(_ instruction: Instruction, as value: Value, in block: Block, _ graph: inout FunctionGraph) {
    guard !value.isNone else {
      graph.append(instruction, to: block)
      return
    }
    let last = graph[block].last
    graph[value] = instruction
    graph[value].block = block
    graph[value].previous = last
    if last.isNone { graph[block].first = value } else { graph[last].next = value }
    graph[block].last = value
  }

  private func parseOperands(
    _ instruction: inout Instruction, _ line: inout GraphLine, _ graph: inout FunctionGraph
  ) throws {
    switch instruction.operation {
    case .constant: try parseConstant(&instruction, &line, &graph)
    case .result:
      instruction.a = try line.value()
      try line.expect(",")
      instruction.immediate = try line.number()
    case .call, .tailCall:
      instruction.index = try line.index("f")
      instruction.immediate = UInt64(try line.index("t"))
      try parseList(&instruction, &line, &graph)
    case .callReference, .tailCallReference:
      instruction.a = try line.value()
      instruction.immediate = UInt64(try line.index("t"))
      try parseList(&instruction, &line, &graph)
    case .callRuntime:
      let name = try line.word()
      guard let function = RuntimeFunction.allCases.first(where: { "\($0)" == name }) else {
        throw line.error("\(name) is no function of the runtime")
      }
      instruction.index = function.rawValue
      try parseList(&instruction, &line, &graph)
    case .return: setList(try line.values(), &instruction, &graph)
    case .jump, .tryJump: try parseEdges(&instruction, &line, &graph)
    case .branch, .switch:
      instruction.a = try line.value()
      try line.expect(",")
      try parseEdges(&instruction, &line, &graph)
    case .mask:
      instruction.a = try line.value()
      try line.expect(",")
      instruction.c = try line.value()
    default: setOperands(try line.values(), &instruction)
    }
  }

  private func setOperands(_ values: [Value], _ instruction: inout Instruction) {
    for (index, value) in values.enumerated() {
      switch index {
      case 0: instruction.a = value
      case 1: instruction.b = value
      default: instruction.c = value
      }
    }
  }

  private func setList(_ values: [Value], _ instruction: inout Instruction, _ graph: inout FunctionGraph) {
    guard !values.isEmpty else { return }
    instruction.listStart = graph.makeList(values)
    instruction.listCount = UInt32(values.count)
  }

  private func parseList(
    _ instruction: inout Instruction, _ line: inout GraphLine, _ graph: inout FunctionGraph
  ) throws {
    try line.expect("(")
    setList(try line.values(), &instruction, &graph)
    try line.expect(")")
  }

  private func parseConstant(
    _ instruction: inout Instruction, _ line: inout GraphLine, _ graph: inout FunctionGraph
  ) throws {
    instruction.immediate = try line.bits()
    if instruction.type == .i32 || instruction.type == .f32 { instruction.immediate &= 0xFFFF_FFFF }
    guard instruction.type == .v128 else { return }
    instruction.index = UInt32(graph.vectorHighs.count)
    graph.vectorHighs.append(try line.bits())
  }

  private func parseNumericOperands(
    _ instruction: inout Instruction, _ definition: InstructionDefinition, _ line: inout GraphLine,
    _ graph: inout FunctionGraph
  ) throws {
    let values = try line.values()
    if definition.signature?.resultCount == 2 {
      setList(values, &instruction, &graph)
    } else {
      setOperands(values, &instruction)
    }
  }

  private func parseAccess(_ instruction: inout Instruction, _ line: inout GraphLine) throws {
    guard line.accept("[") else { return }
    instruction.a = try line.value()
    while line.accept("+") {
      if line.isAtValue { instruction.b = try line.value() } else { instruction.immediate = try line.number() }
    }
    try line.expect("]")
    guard line.accept(",") else { return }
    let operands = try line.values()
    if instruction.operation == .atomic {
      instruction.b = operands[0]
      if operands.count > 1 { instruction.c = operands[1] }
    } else {
      instruction.c = operands[0]
    }
  }

  private func parseEdges(
    _ instruction: inout Instruction, _ line: inout GraphLine, _ graph: inout FunctionGraph
  ) throws {
    var edges: [(target: Block, arguments: [Value])] = []
    repeat {
      let target = try line.block()
      var arguments: [Value] = []
      if line.accept("(") {
        arguments = try line.values()
        try line.expect(")")
      }
      edges.append((target, arguments))
    } while line.accept(",")
    instruction.firstEdge = UInt32(graph.edges.count)
    instruction.edgeCount = UInt32(edges.count)
    for (target, arguments) in edges {
      let edge = graph.makeEdge(to: target)
      graph[edge].argumentStart = graph.makeList(arguments)
      graph[edge].argumentCount = UInt32(arguments.count)
    }
  }

  // MARK: Attributes

  private func parseAttributes(
    _ instruction: inout Instruction, _ line: inout GraphLine, _ graph: inout FunctionGraph
  ) throws {
    if line.accept("!") {
      repeat { try parseAttribute(&instruction, &line, &graph) } while line.accept("!")
    }
    if line.accept("@") { instruction.source = try parsePosition(&line, &graph) }
  }

  private func parsePosition(_ line: inout GraphLine, _ graph: inout FunctionGraph) throws -> UInt32 {
    let offset = UInt32(try line.bits())
    guard line.accept("in") else { return offset }
    let function = try line.index("f")
    try line.expect("@")
    let caller = try parsePosition(&line, &graph)
    graph.inlinedPositions.append(InlinedPosition(offset: offset, function: function, caller: caller))
    return InlinedPosition.position(graph.inlinedPositions.count - 1)
  }

  private func parseAttribute(
    _ instruction: inout Instruction, _ line: inout GraphLine, _ graph: inout FunctionGraph
  ) throws {
    let name = try line.word()
    if let flag = Instruction.Flags.names.first(where: { $0.name == name })?.flag {
      instruction.flags.insert(flag)
    } else if let region = Self.regions[name] {
      instruction.region = region
    } else {
      try line.expect("(")
      switch name {
      case "trap": instruction.trap = try trap(named: try line.word(), line)
      case "part": instruction.trap = Instruction.trap(ofPartAt: Int(try line.number()))
      case "access":
        instruction.immediate = try line.number()
        instruction.index = UInt32(try line.number())
      case "lane":
        let lane = try line.number()
        if instruction.operation == .wasm { instruction.immediate = lane } else { instruction.index = UInt32(lane) }
      case "lanes":
        instruction.immediate = try line.bits()
        instruction.index = UInt32(graph.vectorHighs.count)
        graph.vectorHighs.append(try line.bits())
      default: throw line.error("!\(name) says nothing")
      }
      try line.expect(")")
    }
  }

  private func trap(named name: String, _ line: GraphLine) throws -> UInt8 {
    if name == "recorded" { return Instruction.recordedTrap }
    guard let code = TrapCode.allCases.first(where: { "\($0)" == name }) else {
      throw line.error("\(name) is no trap")
    }
    return UInt8(code.rawValue)
  }
}

/// A line as tokens: words (names, numbers, mnemonics), arrows and single characters.
private struct GraphLine {
  private var tokens: [Substring] = []
  private var position = 0
  private let lineNumber: Int

  init(_ text: some StringProtocol, number: Int) {
    lineNumber = number
    var rest = Substring(text).prefix { $0 != ";" }
    while let first = rest.first {
      if first.isWhitespace {
        rest = rest.dropFirst()
        continue
      }
      let length =
        rest.hasPrefix("->") ? 2 : Self.isWord(first) ? rest.prefix(while: Self.isWord).count : 1
      tokens.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
  }

  private static func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_" || character == "." || character == "-"
  }

  var isEmpty: Bool { tokens.isEmpty }
  var beginsBlock: Bool { tokens[0].hasPrefix("block") && tokens.last == ":" }
  var definesValue: Bool { tokens.count > 1 && tokens[0].hasPrefix("v") && (tokens[1] == ":" || tokens[1] == "=") }
  var isAtValue: Bool { position < tokens.count && tokens[position].hasPrefix("v") }

  /// The largest number after a prefix in the line, or -1. Types are only after a colon or an arrow.
  func largest(_ prefix: String, exceptTypes: Bool) -> Int {
    var largest = -1
    for (index, token) in tokens.enumerated() where token.hasPrefix(prefix) {
      if exceptTypes, index > 0, tokens[index - 1] == ":" || tokens[0] == "function" { continue }
      if let number = Int(token.dropFirst(prefix.count)) { largest = max(largest, number) }
    }
    return largest
  }

  func error(_ message: String) -> GraphParseError { GraphParseError(line: lineNumber, message: message) }

  mutating func accept(_ token: String) -> Bool {
    guard position < tokens.count, tokens[position] == token else { return false }
    position += 1
    return true
  }

  mutating func expect(_ token: String) throws {
    guard accept(token) else { throw error("expected \(token)") }
  }

  func end() throws {
    guard position == tokens.count else { throw error("\(tokens[position]) is one too many") }
  }

  mutating func word() throws -> String {
    guard position < tokens.count else { throw error("the line ends too early") }
    position += 1
    return String(tokens[position - 1])
  }

  /// A decimal number.
  mutating func number() throws -> UInt64 {
    let word = try word()
    guard let number = UInt64(word) else { throw error("\(word) is no number") }
    return number
  }

  /// A signed decimal or a hexadecimal number.
  mutating func bits() throws -> UInt64 {
    let word = try word()
    let bits =
      word.hasPrefix("0x") ? UInt64(word.dropFirst(2), radix: 16) : Int64(word).map { UInt64(bitPattern: $0) }
    guard let bits else { throw error("\(word) is no number") }
    return bits
  }

  mutating func index(_ prefix: String) throws -> UInt32 {
    let word = try word()
    guard word.hasPrefix(prefix), let number = UInt32(word.dropFirst(prefix.count)) else {
      throw error("\(word) is no \(prefix)0, \(prefix)1, …")
    }
    return number
  }

  mutating func value() throws -> Value { Value(Int(try index("v"))) }
  mutating func block() throws -> Block { Block(Int(try index("block"))) }

  /// A list, possibly empty.
  mutating func values() throws -> [Value] {
    var values: [Value] = []
    guard isAtValue else { return values }
    repeat { values.append(try value()) } while accept(",")
    return values
  }

  mutating func type() throws -> IRType {
    let word = try word()
    guard let type = [IRType.i32, .i64, .f32, .f64, .v128].first(where: { "\($0)" == word }) else {
      throw error("\(word) is no type")
    }
    return type
  }
}
