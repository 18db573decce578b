/// What can be asked of a graph, be it the graph itself or plain pointers into it.
protocol GraphReading: ~Copyable {
  subscript(value: Value) -> Instruction { get }
  subscript(block: Block) -> FunctionGraph.BlockRecord { get }
  subscript(edge: Edge) -> FunctionGraph.EdgeRecord { get }
  /// A part of the pool.
  func values(_ start: UInt32, count: UInt32) -> FlatSlice<Value>
}

extension GraphReading where Self: ~Copyable {
  /// The operands of an instruction that stand in the pool.
  @inline(__always)
  func list(_ value: Value) -> FlatSlice<Value> {
    values(self[value].listStart, count: self[value].listCount)
  }

  @inline(__always)
  func parameters(_ block: Block) -> FlatSlice<Value> {
    values(self[block].parameterStart, count: self[block].parameterCount)
  }

  @inline(__always)
  func arguments(_ edge: Edge) -> FlatSlice<Value> {
    values(self[edge].argumentStart, count: self[edge].argumentCount)
  }

  /// The edges of the terminator of a block.
  @inline(__always)
  func successors(_ block: Block) -> Range<Int> {
    let last = self[block].last
    guard !last.isNone else { return 0..<0 }
    let start = Int(self[last].firstEdge)
    return start..<start + Int(self[last].edgeCount)
  }

  /// The value itself, behind copies.
  @inline(__always)
  func resolve(_ value: Value) -> Value {
    var value = value
    while !value.isNone, self[value].operation == .copy { value = self[value].a }
    return value
  }
}
