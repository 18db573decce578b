/// The constants of the block that is being filled, so that each is made once there. A constant stands in the block that uses it: it
/// costs less to make it again than to keep it in a register.
struct ConstantCache: ~Copyable {
  private static let size = 64

  private var values = FlatArray<Value>(minimumCapacity: Self.size)
  private var block: Block = .none

  init() { values.reset(.none, count: Self.size) }

  /// Forgets all, for a new block.
  @inline(__always)
  mutating func begin(_ block: Block) { self.block = block }

  private static func slot(_ type: IRType, _ bits: UInt64) -> Int {
    let key = (bits &+ UInt64(type.rawValue)) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: key >> 58)
  }

  /// The constant, if the block has it.
  @inline(__always)
  mutating func find(_ type: IRType, _ bits: UInt64, _ graph: borrowing FunctionGraph) -> Value? {
    let value = values[Self.slot(type, bits)]
    // What is left of other blocks, or other functions, is recognised by what stands there now.
    guard value.number < graph.instructions.count else { return nil }
    let found = graph[value]
    guard found.block == block, found.operation == .constant, found.type == type, found.immediate == bits else {
      return nil
    }
    return value
  }

  @inline(__always)
  mutating func add(_ value: Value, _ type: IRType, _ bits: UInt64) { values[Self.slot(type, bits)] = value }
}
