import WebAssembly

/// The constants of the current block, so that each is created once there. A constant is in the block that uses it: creating it again
/// costs less than keeping it in a register.
struct ConstantCache: ~Copyable {
  private static let size = 64

  private var values = FlatArray<Value>(minimumCapacity: Self.size)
  private var block: Block = .none

  init() { values.reset(.none, count: Self.size) }

  /// Empties the cache, for a new block.
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
    // Stale entries of other blocks or functions are recognized by the instruction that has the number now.
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
