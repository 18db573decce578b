import WebAssembly

/// What selection reads of a graph: plain pointers, since its inner loops go through them. The graph must neither change nor go away.
struct GraphView: GraphReading, BitwiseCopyable {
  let instructions: UnsafeMutablePointer<Instruction>
  let blocks: UnsafeMutablePointer<FunctionGraph.BlockRecord>
  let edges: UnsafeMutablePointer<FunctionGraph.EdgeRecord>
  let pool: UnsafeMutablePointer<Value>
  let vectorHighs: UnsafeMutablePointer<UInt64>
  let instructionCount: Int
  /// The offset of the function's first instruction in the binary.
  let start: UInt32

  init(_ graph: borrowing FunctionGraph) {
    instructions = graph.instructions.base
    blocks = graph.blocks.base
    edges = graph.edges.base
    pool = graph.pool.base
    vectorHighs = graph.vectorHighs.base
    instructionCount = graph.instructions.count
    start = graph.start
  }

  @inline(__always)
  subscript(value: Value) -> Instruction {
    unsafeAddress { UnsafePointer(instructions + value.index) }
  }

  @inline(__always)
  subscript(block: Block) -> FunctionGraph.BlockRecord {
    unsafeAddress { UnsafePointer(blocks + block.index) }
  }

  @inline(__always)
  subscript(edge: Edge) -> FunctionGraph.EdgeRecord {
    unsafeAddress { UnsafePointer(edges + edge.index) }
  }

  @inline(__always)
  func values(_ start: UInt32, count: UInt32) -> UnsafeMutableBufferPointer<Value> {
    UnsafeMutableBufferPointer(start: pool + Int(start), count: Int(count))
  }

  /// The bits of a constant scalar.
  @inline(__always)
  func constant(_ value: Value) -> UInt64? {
    guard !value.isNone, self[value].operation == .constant, self[value].type != .v128 else { return nil }
    return self[value].immediate
  }

  /// Whether a value is made by an instruction of the standard.
  @inline(__always)
  func isWasm(_ value: Value, _ opcode: Opcode) -> Bool {
    !value.isNone && self[value].operation == .wasm && self[value].opcode == opcode
  }
}
