import WebAssembly

/// The parts of a graph that selection reads. The graph must neither change nor be destroyed.
struct GraphView: GraphReading, BitwiseCopyable {
  let instructions: FlatSlice<Instruction>
  let blocks: FlatSlice<FunctionGraph.BlockRecord>
  let edges: FlatSlice<FunctionGraph.EdgeRecord>
  let pool: FlatSlice<Value>
  let vectorHighs: FlatSlice<UInt64>
  /// The offset of the function's first instruction in the binary.
  let start: UInt32

  init(_ graph: borrowing FunctionGraph) {
    instructions = graph.instructions.elements
    blocks = graph.blocks.elements
    edges = graph.edges.elements
    pool = graph.pool.elements
    vectorHighs = graph.vectorHighs.elements
    start = graph.start
  }

  var instructionCount: Int { instructions.count }

  @inline(__always)
  subscript(value: Value) -> Instruction {
    unsafeAddress { UnsafePointer(instructions.address(of: value.index)) }
  }

  @inline(__always)
  subscript(block: Block) -> FunctionGraph.BlockRecord {
    unsafeAddress { UnsafePointer(blocks.address(of: block.index)) }
  }

  @inline(__always)
  subscript(edge: Edge) -> FunctionGraph.EdgeRecord {
    unsafeAddress { UnsafePointer(edges.address(of: edge.index)) }
  }

  @inline(__always)
  func instruction(_ value: Value) -> UnsafeMutablePointer<Instruction>? { instructions.element(value.number) }

  @inline(__always)
  func values(_ start: UInt32, count: UInt32) -> FlatSlice<Value> {
    pool.part(Int(start), count: Int(count))
  }

  /// The bits of a constant scalar.
  @inline(__always)
  func constant(_ value: Value) -> UInt64? {
    guard !value.isNone, self[value].operation == .constant, self[value].type != .v128 else { return nil }
    return self[value].immediate
  }

  /// Whether a value is computed by an instruction of the standard with this opcode.
  @inline(__always)
  func isWasm(_ value: Value, _ opcode: Opcode) -> Bool {
    !value.isNone && self[value].operation == .wasm && self[value].opcode == opcode
  }
}
