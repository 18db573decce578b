import WebAssembly

/// Read access to a graph, either the graph itself or plain pointers into it.
protocol GraphReading: ~Copyable {
  subscript(value: Value) -> Instruction { get }
  subscript(block: Block) -> FunctionGraph.BlockRecord { get }
  subscript(edge: Edge) -> FunctionGraph.EdgeRecord { get }
  /// The address of an instruction, valid until the graph grows; nil for no value.
  func instruction(_ value: Value) -> UnsafeMutablePointer<Instruction>?
  /// A range of the pool.
  func values(_ start: UInt32, count: UInt32) -> FlatSlice<Value>
}

extension GraphReading where Self: ~Copyable {
  /// The operands of an instruction in the pool.
  @inline(__always)
  func list(_ value: Value) -> FlatSlice<Value> {
    let instruction = self[value]
    return values(instruction.listStart, count: instruction.listCount)
  }

  @inline(__always)
  func parameters(_ block: Block) -> FlatSlice<Value> {
    let record = self[block]
    return values(record.parameterStart, count: record.parameterCount)
  }

  @inline(__always)
  func arguments(_ edge: Edge) -> FlatSlice<Value> {
    let record = self[edge]
    return values(record.argumentStart, count: record.argumentCount)
  }

  /// The edges of the terminator of a block.
  @inline(__always)
  func successors(_ block: Block) -> Range<Int> {
    let last = self[block].last
    guard !last.isNone else { return 0..<0 }
    let instruction = self[last]
    return Int(instruction.firstEdge)..<Int(instruction.firstEdge) + Int(instruction.edgeCount)
  }

  /// The value that a chain of copies leads to; the value itself if it is not a copy.
  @inline(__always)
  func resolve(_ value: Value) -> Value {
    var value = value
    while let instruction = instruction(value), instruction.pointee.operation == .copy { value = instruction.pointee.a }
    return value
  }
}
