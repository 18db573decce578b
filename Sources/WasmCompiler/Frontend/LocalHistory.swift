import WebAssembly

/// The facts about a local.
struct LocalHistory: BitwiseCopyable {
  /// Its last assignment in code order.
  var last: UInt32
  /// A block for which the local's value at its start was found before.
  var knownBlock: Block = .none
  var knownValue: Value = .none
}

/// The value of a local from a position in the binary up to the next assignment.
struct Assignment: BitwiseCopyable {
  /// The offset of the instruction; 0 for the initial value.
  var offset: UInt32
  var value: Value
  /// The previous assignment, and an earlier one, for searches in logarithmic time.
  var previous: UInt32
  var jump: UInt32
  /// The number of earlier assignments.
  var depth: UInt32
}

/// A block where values of the local merge.
struct PendingMerge: BitwiseCopyable {
  var block: Block
  var local: UInt32
  /// The parameter, if one is required in any case.
  var parameter: Value
  /// Its position among the block's parameters.
  var index: UInt32
  /// The edge whose value is searched next, and the start in ``FrontEnd/gathered`` of the values found so far.
  var edge: UInt32
  var base: UInt32
}

/// A parameter of a block for a local, and its position among the block's parameters.
struct LocalParameter: BitwiseCopyable {
  var value: Value
  var index: UInt32
}

/// A parameter of a loop's header with unknown arguments.
struct IncompleteParameter: BitwiseCopyable {
  var block: Block
  var local: UInt32
  var parameter: Value
  var index: UInt32
}

/// The values of locals at the starts of merge blocks that were found before: a hash table.
struct MergedLocals: ~Copyable {
  struct Entry: BitwiseCopyable {
    var key: UInt64
    var value: Value
  }

  private static let empty = UInt64.max

  private var entries = FlatArray<Entry>(minimumCapacity: 1 << 8)
  private var used = FlatArray<UInt32>(minimumCapacity: 1 << 8)

  init() { entries.reset(Entry(key: Self.empty, value: .none), count: 1 << 8) }

  /// Removes all entries. O(number of entries).
  mutating func removeAll() {
    for slot in used.elements { entries[slot].key = Self.empty }
    used.removeAll()
  }

  private static func key(_ block: Block, _ local: UInt32) -> UInt64 { UInt64(block.number) << 32 | UInt64(local) }

  @inline(__always)
  private func slot(_ key: UInt64) -> Int {
    let mask = entries.count - 1
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while entries[slot].key != key, entries[slot].key != Self.empty { slot = (slot + 1) & mask }
    return slot
  }

  @inline(__always)
  mutating func find(_ block: Block, _ local: UInt32) -> Value? {
    let key = Self.key(block, local)
    let entry = entries[slot(key)]
    return entry.key == key ? entry.value : nil
  }

  mutating func set(_ block: Block, _ local: UInt32, _ value: Value) {
    if 2 * used.count >= entries.count { grow() }
    let key = Self.key(block, local)
    let slot = slot(key)
    if entries[slot].key != key { used.append(UInt32(slot)) }
    entries[slot] = Entry(key: key, value: value)
  }

  private mutating func grow() {
    var old = FlatArray<Entry>(minimumCapacity: used.count)
    for slot in used.elements { old.append(entries[slot]) }
    used.removeAll()
    entries.reset(Entry(key: Self.empty, value: .none), count: 2 * entries.count)
    for entry in old.elements {
      let slot = slot(entry.key)
      entries[slot] = entry
      used.append(UInt32(slot))
    }
  }
}
