import WasmRuntime
import WebAssembly

/// A graph as text, for tests and for reading. Each block and each instruction is one line:
///
/// ```
/// function 2 -> i32
/// block0(v0: i32):
///   v1: i32 = const 1
///   v2: i32 = i32.add v0, v1
///   branch v2, block1(v2), block2 !unlikely
/// block1(v3: i32):
///   return v3
/// block2 !cold:
///   trap !trap(unreachable)
/// ```
///
/// The grammar. Words in capitals are names from the tables of operations, instructions, regions and traps. A comment extends from `;` to
/// the end of the line.
///
/// ```
/// function    = "function" number ["->" type {"," type}] {block}
/// block       = "block" number ["(" parameter {"," parameter} ")"] ["!cold"] ":" {instruction}
/// parameter   = value ":" type
/// instruction = [value [":" type] "="] body {attribute}     ; without type: what has several results
/// body        = "const" bits [bits]                       ; decimal or 0x…; a vector's lower half, then the upper one
///             | "result" value "," number
///             | ("copy" | "trap_if" | "return") operands
///             | "select" value "," value "," value
///             | "context" | "memory_base" | "caught_exception" | "trap"
///             | MNEMONIC operands                         ; numeric and vector instructions
///             | MNEMONIC address ["," value {"," value}]  ; loads, stores, atomic instructions
///             | ("call" | "tail_call") "f" number "t" number "(" operands ")"
///             | ("call_reference" | "tail_call_reference") value "t" number "(" operands ")"
///             | "call_runtime" FUNCTION "(" operands ")"
///             | ("jump" | "try_jump") edges
///             | ("branch" | "switch") value "," edges
/// operands    = [value {"," value}]
/// address     = "[" value ["+" value] ["+" number] "]"
/// edges       = edge {"," edge}
/// edge        = "block" number ["(" operands ")"]
/// attribute   = "!lane(" number ")" | "!lanes(" bits bits ")" | "!REGION" | "!trap(" (TRAP | "recorded") ")"
///             | "!part(" number ")"                     ; its offset in the access of which it is a part
///             | "!access(" number number ")"            ; the size and the memory of a checked access; 1 and 0 for an element
///             | "!likely" | "!unlikely" | "!shared" | "!guarded"
///             | "@" position                              ; the offset in the binary
/// position    = bits {"in" "f" number "@" bits}           ; inlined: what it belongs to, and where that was called
/// value       = "v" number
/// type        = "i32" | "i64" | "f32" | "f64" | "v128"
/// ```
extension FunctionGraph {
  /// - Parameter withSources: whether to print the instructions' offsets in the binary.
  func printed(withSources: Bool = false) -> String {
    var printer = GraphPrinter(withSources: withSources)
    printer.print(self)
    return printer.text
  }
}

private struct GraphPrinter {
  let withSources: Bool
  var text = ""

  init(withSources: Bool) { self.withSources = withSources }

  mutating func print(_ graph: borrowing FunctionGraph) {
    text += "function \(graph.functionIndex)"
    if !graph.results.isEmpty { text += " -> " + graph.results.map { "\($0)" }.joined(separator: ", ") }
    text += "\n"
    for index in graph.blocks.indices where !graph.blocks[index].last.isNone { printBlock(Block(index), graph) }
  }

  private mutating func printBlock(_ block: Block, _ graph: borrowing FunctionGraph) {
    text += "block\(block.number)"
    let parameters = graph.parameters(block)
    if !parameters.isEmpty {
      text += "(" + parameters.map { "v\($0.number): \(graph[$0].type)" }.joined(separator: ", ") + ")"
    }
    text += graph[block].isCold ? " !cold:\n" : ":\n"
    var value = graph[block].first
    while !value.isNone {
      printInstruction(value, graph)
      value = graph[value].next
    }
  }

  private mutating func printInstruction(_ value: Value, _ graph: borrowing FunctionGraph) {
    let instruction = graph[value]
    text += "  "
    if instruction.type != .none {
      text += "v\(value.number): \(instruction.type) = "
    } else if !instruction.next.isNone, graph[instruction.next].operation == .result {
      text += "v\(value.number) = "
    }
    text += instruction.name
    let body = body(value, instruction, graph)
    if !body.isEmpty { text += " " + body }
    text += attributes(instruction, graph)
    if withSources, instruction.source != 0 { text += " " + position(instruction.source, graph) }
    text += "\n"
  }

  private func position(_ position: UInt32, _ graph: borrowing FunctionGraph) -> String {
    guard let index = InlinedPosition.index(of: position) else { return "@" + hex(UInt64(position)) }
    let inlined = graph.inlinedPositions[index]
    return "@\(hex(UInt64(inlined.offset))) in f\(inlined.function) " + self.position(inlined.caller, graph)
  }

  private func list(_ values: some Sequence<Value>) -> String {
    values.map { "v\($0.number)" }.joined(separator: ", ")
  }

  private func body(_ value: Value, _ instruction: Instruction, _ graph: borrowing FunctionGraph) -> String {
    let operands = [instruction.a, instruction.b, instruction.c].filter { !$0.isNone }
    switch instruction.operation {
    case .constant: return constant(instruction, graph)
    case .result: return "v\(instruction.a.number), \(instruction.immediate)"
    case .load, .store, .atomic: return access(instruction)
    case .wasm where instruction.listCount > 0: return list(graph.list(value))
    case .call, .tailCall:
      return "f\(instruction.index) t\(instruction.immediate) (\(list(graph.list(value))))"
    case .callReference, .tailCallReference:
      return "v\(instruction.a.number) t\(instruction.immediate) (\(list(graph.list(value))))"
    case .callRuntime:
      let name = RuntimeFunction(rawValue: instruction.index).map { "\($0)" } ?? "\(instruction.index)"
      return "\(name) (\(list(graph.list(value))))"
    case .jump, .branch, .switch, .tryJump:
      let edges = (0..<Int(instruction.edgeCount)).map { edge(Edge(Int(instruction.firstEdge) + $0), graph) }
      return (operands.map { "v\($0.number)" } + edges).joined(separator: ", ")
    case .return: return list(graph.list(value))
    case .charge: return "\(instruction.index) from [v\(instruction.a.number) + \(instruction.immediate)]"
    default: return list(operands)
    }
  }

  private func edge(_ edge: Edge, _ graph: borrowing FunctionGraph) -> String {
    let arguments = graph.arguments(edge)
    return "block\(graph[edge].target.number)" + (arguments.isEmpty ? "" : "(\(list(arguments)))")
  }

  private func constant(_ instruction: Instruction, _ graph: borrowing FunctionGraph) -> String {
    switch instruction.type {
    case .i32: "\(Int32(truncatingIfNeeded: instruction.immediate))"
    case .i64: "\(Int64(bitPattern: instruction.immediate))"
    case .v128: "\(hex(instruction.immediate)) \(hex(graph.vectorHighs[instruction.index]))"
    default: hex(instruction.immediate)
    }
  }

  private func hex(_ bits: UInt64) -> String { "0x" + String(bits, radix: 16) }

  private func access(_ instruction: Instruction) -> String {
    if instruction.a.isNone { return "" }
    var text = "[v\(instruction.a.number)"
    let hasIndex = instruction.operation != .atomic && !instruction.b.isNone
    if hasIndex { text += " + v\(instruction.b.number)" }
    if instruction.immediate != 0 { text += " + \(instruction.immediate)" }
    text += "]"
    if instruction.operation == .atomic, !instruction.b.isNone { text += ", v\(instruction.b.number)" }
    if !instruction.c.isNone { text += ", v\(instruction.c.number)" }
    return text
  }

  private func attributes(_ instruction: Instruction, _ graph: borrowing FunctionGraph) -> String {
    var text = ""
    let immediates = instruction.operation.hasMnemonic ? InstructionTable.shared[instruction.opcode].immediates : .none
    switch immediates {
    case .lane: text += " !lane(\(instruction.immediate))"
    case .memoryLane: text += " !lane(\(instruction.index))"
    case .shuffle: text += " !lanes(\(hex(instruction.immediate)) \(hex(graph.vectorHighs[instruction.index])))"
    default: break
    }
    switch instruction.operation {
    case .load, .store, .atomic: text += " !\(instruction.region)"
    default: break
    }
    for (flag, name) in Instruction.Flags.names where instruction.flags.contains(flag) { text += " !\(name)" }
    if instruction.trap != 0 { text += " !trap(\(Instruction.trapName(instruction.trap)))" }
    if let part = Instruction.reason(instruction.trap)?.partOffset, part > 0 { text += " !part(\(part))" }
    if instruction.operation == .trapIf, !instruction.b.isNone {
      text += " !access(\(instruction.immediate) \(instruction.index))"
    }
    return text
  }
}

extension Instruction {
  fileprivate var name: String { operation.hasMnemonic ? opcode.mnemonic : operation.keyword }

  /// The word for a value of ``trap``.
  package static func trapName(_ trap: UInt8) -> String {
    trap == recordedTrap ? "recorded" : reason(trap).map { "\($0.code)" } ?? "\(trap)"
  }
}

extension Instruction.Flags {
  /// The names of flags in the text form.
  static let names: [(flag: Self, name: String)] = [
    (.likely, "likely"), (.unlikely, "unlikely"), (.shared, "shared"), (.guarded, "guarded"),
  ]
}

extension Operation {
  /// Whether the text form names the instruction of the standard instead of the operation.
  var hasMnemonic: Bool {
    switch self {
    case .wasm, .load, .store, .atomic: true
    default: false
    }
  }

  /// The keyword in the text form.
  var keyword: String {
    switch self {
    case .constant: "const"
    case .memoryBase: "memory_base"
    case .callReference: "call_reference"
    case .callRuntime: "call_runtime"
    case .trapIf: "trap_if"
    case .checkInterruption: "check_interruption"
    case .caughtException: "caught_exception"
    case .tryJump: "try_jump"
    case .tailCall: "tail_call"
    case .tailCallReference: "tail_call_reference"
    default: "\(self)"
    }
  }
}
