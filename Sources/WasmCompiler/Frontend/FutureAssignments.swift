import WebAssembly

/// Where in the rest of a function's body locals are assigned to, and where loops end: found out when the first loop begins, so that a
/// loop gets parameters only for locals that it changes.
struct FutureAssignments: ~Copyable {
  struct Found: BitwiseCopyable {
    var local: UInt32
    var offset: UInt32
  }

  struct Loop: BitwiseCopyable {
    var offset: UInt32
    var end: UInt32
  }

  private(set) var isKnown = false
  private var found = FlatArray<Found>()
  private var loops = FlatArray<Loop>()
  private var nextLoop = 0
  /// Structured instructions that are open: the number of a loop, or -1.
  private var open = FlatArray<Int32>()
  /// The offsets of assignments, by local, ascending; and where each local's begin.
  private var offsets = FlatArray<UInt32>()
  private var starts = FlatArray<UInt32>()

  mutating func removeAll() { isKnown = false }

  /// Walks over the rest of a body. O(its size + number of locals).
  ///
  /// - Parameter reader: at an instruction.
  mutating func scan(_ reader: InstructionReader, localCount: Int) throws {
    isKnown = true
    nextLoop = 0
    found.removeAll()
    loops.removeAll()
    open.removeAll()
    var reader = reader
    while !reader.isAtEnd {
      let offset = UInt32(truncatingIfNeeded: reader.position)
      let opcode = try reader.readOpcode()
      switch opcode {
      case .localGet: _ = try reader.readU32()
      case .localSet, .localTee: found.append(Found(local: try reader.readU32(), offset: offset))
      case .block, .if, .try, .tryTable:
        try reader.skipImmediates(opcode)
        open.append(-1)
      case .loop:
        try reader.skipImmediates(opcode)
        open.append(Int32(truncatingIfNeeded: loops.count))
        loops.append(Loop(offset: offset, end: .max))
      case .end, .delegate:
        try reader.skipImmediates(opcode)
        // What was open before the walk is of no interest.
        guard let loop = open.last else { break }
        open.removeLast()
        if loop >= 0 { loops[Int(loop)].end = UInt32(truncatingIfNeeded: reader.position) }
      default: try reader.skipImmediates(opcode)
      }
    }
    sort(localCount)
  }

  private mutating func sort(_ localCount: Int) {
    starts.reset(0, count: localCount + 1)
    for entry in found.elements { starts[entry.local + 1] += 1 }
    for local in 0..<localCount { starts[local + 1] += starts[local] }
    offsets.reset(0, count: found.count)
    for entry in found.elements {
      offsets[starts[entry.local]] = entry.offset
      starts[entry.local] += 1
    }
    // Each start has moved to the next one's place.
    for local in stride(from: localCount, to: 0, by: -1) { starts[local] = starts[local - 1] }
    starts[0] = 0
  }

  /// The offset behind the end of the loop whose instruction stands at `offset`. Asked for in ascending order.
  mutating func end(ofLoopAt offset: UInt32) -> UInt32 {
    while loops[nextLoop].offset < offset { nextLoop += 1 }
    return loops[nextLoop].end
  }

  /// Whether a local is assigned to from one offset up to another. O(log(number of its assignments)).
  mutating func contains(_ local: Int, from: UInt32, to: UInt32) -> Bool {
    var low = Int(starts[local])
    let end = Int(starts[local + 1])
    var high = end
    while low < high {
      let middle = (low + high) / 2
      if offsets[middle] < from { low = middle + 1 } else { high = middle }
    }
    return low < end && offsets[low] < to
  }
}
