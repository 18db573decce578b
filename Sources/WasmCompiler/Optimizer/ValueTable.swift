import WebAssembly

/// Finds an instruction that computes the same value as another: a hash table keyed by operation and operands.
struct ValueTable: ~Copyable {
  // Not private: Swift 6.3.1 cannot destroy such an array from another file otherwise.
  struct Entry: BitwiseCopyable {
    /// The instruction that identifies the computation.
    var key: Value
    /// The value of the computation.
    var result: Value
    /// The generation of the entry, so that the table need not be cleared between functions.
    var generation: UInt32
    /// The version of the memory region that it reads.
    var version: UInt32
    var hash: UInt32
  }

  private var entries = FlatArray<Entry>(minimumCapacity: 1 << 12)
  private var generation: UInt32 = 0
  private var count = 0

  init() {}

  /// Empties the table.
  mutating func begin(expectedCount: Int) {
    var size = 1 << 10
    while size < 2 * expectedCount { size *= 2 }
    generation &+= 1
    count = 0
    if entries.count < size || generation == 0 {
      entries.reset(Entry(key: .none, result: .none, generation: 0, version: 0, hash: 0), count: size)
      generation = 1
    }
  }

  /// The position of an equal instruction on the same memory version, or of a free entry for it.
  @inline(__always)
  func find(_ instruction: borrowing Instruction, version: UInt32, in graph: borrowing FunctionGraph) -> Int {
    let hash = Self.hash(instruction, version)
    let mask = entries.count - 1
    var place = Int(hash) & mask
    while entries[place].generation == generation {
      let entry = entries[place]
      if entry.hash == hash, entry.version == version, Self.areEqual(graph[entry.key], instruction) { return place }
      place = (place + 1) & mask
    }
    return place
  }

  /// The entry at a position: an instruction, and the value of its computation; nil if it is free.
  @inline(__always)
  subscript(place: Int) -> (key: Value, result: Value)? {
    entries[place].generation == generation ? (entries[place].key, entries[place].result) : nil
  }

  /// Enters an instruction, or replaces the entry.
  @inline(__always)
  mutating func enter(
    _ key: Value, result: Value, at place: Int, version: UInt32, in graph: borrowing FunctionGraph
  ) {
    if entries[place].generation != generation {
      // The table is at most half full.
      guard 2 * (count + 1) <= entries.count else { return }
      count += 1
    }
    entries[place] = Entry(
      key: key, result: result, generation: generation, version: version, hash: Self.hash(graph[key], version))
  }

  @inline(__always)
  private static func hash(_ instruction: Instruction, _ version: UInt32) -> UInt32 {
    let a = UInt64(instruction.a.number) | UInt64(instruction.b.number) << 32
    let b = UInt64(instruction.c.number) | UInt64(version) << 32
    let kind = UInt64(instruction.operation.rawValue) | UInt64(instruction.opcode.rawValue) << 8
    var hash = (a ^ kind << 40) &* 0x9E37_79B9_7F4A_7C15
    hash = (hash ^ hash >> 29 ^ b) &* 0xBF58_476D_1CE4_E5B9
    hash = (hash ^ hash >> 32 ^ instruction.immediate) &* 0x94D0_49BB_1331_11EB
    return UInt32(truncatingIfNeeded: hash >> 32)
  }

  @inline(__always)
  private static func areEqual(_ x: Instruction, _ y: Instruction) -> Bool {
    x.operation == y.operation && x.opcode == y.opcode && x.type == y.type && x.a == y.a && x.b == y.b && x.c == y.c
      && x.immediate == y.immediate && x.index == y.index && x.region == y.region
  }
}
