import WasmRuntime
import WebAssembly

/// A function in SSA form: flat arrays of small values that refer to each other by number. Blocks have parameters; each edge to a block
/// passes their values.
///
/// One graph serves all functions that a thread compiles; ``removeAll()`` keeps its memory.
package struct FunctionGraph: GraphReading, ~Copyable {
  struct BlockRecord: BitwiseCopyable {
    var first: Value = .none
    var last: Value = .none
    /// The range of its parameters in ``pool``.
    var parameterStart: UInt32 = 0
    var parameterCount: UInt32 = 0
    /// Rarely executed: traps, slow paths, unlikely branches.
    var isCold = false
  }

  struct EdgeRecord: BitwiseCopyable {
    var target: Block
    /// The range of its arguments in ``pool``.
    var argumentStart: UInt32 = 0
    var argumentCount: UInt32 = 0
  }

  var instructions = FlatArray<Instruction>(minimumCapacity: 1 << 12)
  /// The first is the entry. Unreachable blocks may remain.
  var blocks = FlatArray<BlockRecord>(minimumCapacity: 1 << 9)
  var edges = FlatArray<EdgeRecord>(minimumCapacity: 1 << 9)
  /// Lists of values: operands, parameters, arguments of edges.
  var pool = FlatArray<Value>(minimumCapacity: 1 << 10)
  /// The upper halves of vector constants and shuffles.
  var vectorHighs = FlatArray<UInt64>()
  /// The table that positions with the top bit set refer to.
  var inlinedPositions = FlatArray<InlinedPosition>()
  /// Calls of functions of the module, and of references, that the front end and the inliner created. Some may have been removed.
  var callSites = FlatArray<Value>()
  /// The function's index in its module, the offset of its first instruction in the binary, and the types of its results.
  var functionIndex: UInt32 = 0
  var start: UInt32 = 0
  var results: [IRType] = []

  init() {}

  mutating func removeAll() {
    instructions.removeAll()
    blocks.removeAll()
    edges.removeAll()
    pool.removeAll()
    vectorHighs.removeAll()
    inlinedPositions.removeAll()
    callSites.removeAll()
    results.removeAll(keepingCapacity: true)
  }

  // MARK: Reading

  @inline(__always)
  subscript(value: Value) -> Instruction {
    unsafeAddress { UnsafePointer(instructions.address(of: value.index)) }
    nonmutating unsafeMutableAddress { instructions.address(of: value.index) }
  }

  @inline(__always)
  subscript(block: Block) -> BlockRecord {
    unsafeAddress { UnsafePointer(blocks.address(of: block.index)) }
    nonmutating unsafeMutableAddress { blocks.address(of: block.index) }
  }

  @inline(__always)
  subscript(edge: Edge) -> EdgeRecord {
    unsafeAddress { UnsafePointer(edges.address(of: edge.index)) }
    nonmutating unsafeMutableAddress { edges.address(of: edge.index) }
  }

  @inline(__always)
  func instruction(_ value: Value) -> UnsafeMutablePointer<Instruction>? { instructions.element(value.number) }

  @inline(__always)
  func values(_ start: UInt32, count: UInt32) -> FlatSlice<Value> {
    pool[Int(start)..<Int(start) + Int(count)]
  }

  // MARK: Building

  mutating func makeBlock() -> Block {
    blocks.append(BlockRecord())
    return Block(blocks.count - 1)
  }

  /// Appends an instruction to a block.
  @inline(__always)
  @discardableResult
  mutating func append(_ instruction: Instruction, to block: Block) -> Value {
    let value = Value(instructions.count)
    let record = blocks.address(of: block.index)
    let last = record.pointee.last
    var instruction = instruction
    instruction.block = block
    instruction.previous = last
    instruction.next = .none
    instructions.append(instruction)
    if last.isNone { record.pointee.first = value } else { self[last].next = value }
    record.pointee.last = value
    return value
  }

  /// Adds an instruction that is in no block yet.
  mutating func append(unlinked instruction: Instruction) -> Value {
    instructions.append(instruction)
    return Value(instructions.count - 1)
  }

  /// Inserts an instruction before another.
  @discardableResult
  mutating func insert(_ instruction: Instruction, before place: Value) -> Value {
    let value = Value(instructions.count)
    instructions.append(instruction)
    link(value, before: place)
    return value
  }

  /// Removes an instruction from its block. It keeps its number.
  mutating func unlink(_ value: Value) {
    let instruction = instructions.address(of: value.index)
    let (block, previous, next) = (instruction.pointee.block, instruction.pointee.previous, instruction.pointee.next)
    if previous.isNone { self[block].first = next } else { self[previous].next = next }
    if next.isNone { self[block].last = previous } else { self[next].previous = previous }
    instruction.pointee.block = .none
  }

  /// Inserts an instruction that is in no block before another.
  mutating func link(_ value: Value, before place: Value) {
    let block = self[place].block
    let previous = self[place].previous
    self[value].block = block
    self[value].previous = previous
    self[value].next = place
    self[place].previous = value
    if previous.isNone { self[block].first = value } else { self[previous].next = value }
  }

  /// Adds a parameter to a block. It is not in the list of instructions. Each edge to the block must get an argument.
  mutating func appendParameter(_ type: IRType, to block: Block) -> Value {
    let value = Value(instructions.count)
    var instruction = Instruction(operation: .parameter, type: type)
    instruction.block = block
    instruction.index = self[block].parameterCount
    instructions.append(instruction)
    var (start, count) = (self[block].parameterStart, self[block].parameterCount)
    append(value, toListAt: &start, count: &count)
    (self[block].parameterStart, self[block].parameterCount) = (start, count)
    return value
  }

  mutating func makeEdge(to target: Block) -> Edge {
    edges.append(EdgeRecord(target: target))
    return Edge(edges.count - 1)
  }

  mutating func appendArgument(_ value: Value, to edge: Edge) {
    var (start, count) = (self[edge].argumentStart, self[edge].argumentCount)
    append(value, toListAt: &start, count: &count)
    (self[edge].argumentStart, self[edge].argumentCount) = (start, count)
  }

  /// Appends values to the pool as a list; returns its start.
  mutating func makeList(_ values: FlatSlice<Value>) -> UInt32 {
    pool.append(contentsOf: values)
    return UInt32(pool.count - values.count)
  }

  mutating func makeList(_ values: [Value]) -> UInt32 {
    pool.append(contentsOf: values)
    return UInt32(pool.count - values.count)
  }

  /// A list doubles its capacity when it moves to the pool's end, so that appending is amortized O(1).
  private mutating func append(_ value: Value, toListAt start: inout UInt32, count: inout UInt32) {
    // A list of 2ⁿ elements is full; a list at the pool's end can always grow in place.
    if Int(start) + Int(count) == pool.count {
      pool.append(value)
    } else if count != 0, count & (count - 1) != 0, Int(start) + Int(count) < pool.count, hasRoom(start, count) {
      pool[Int(start + count)] = value
    } else {
      let moved = UInt32(pool.count)
      for index in 0..<Int(count) { pool.append(pool[Int(start) + index]) }
      pool.append(value)
      // Capacity up to the next power of two.
      var room = 1
      while room < Int(count) + 1 { room *= 2 }
      pool.append(repeating: FunctionGraph.room, count: room - Int(count) - 1)
      start = moved
    }
    count += 1
  }

  /// Marks unused capacity of a list in the pool.
  private static var room: Value { Value(Int(UInt32.max) - 1) }

  private func hasRoom(_ start: UInt32, _ count: UInt32) -> Bool { pool[Int(start + count)] == Self.room }
}
