import WebAssembly

/// The assignments to locals in the rest of a function's body, and the ends of loops: computed when the first loop begins, so that a loop
/// gets parameters only for the locals that it changes.
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
  /// Open structured instructions: the number of a loop, or -1.
  private var open = FlatArray<Int32>()
  /// The offsets of assignments, by local, ascending; and the start of each local's range.
  private var offsets = FlatArray<UInt32>()
  private var starts = FlatArray<UInt32>()

  mutating func removeAll() { isKnown = false }

  /// Scans the rest of a body. O(size of the rest + number of locals).
  ///
  /// - Parameters:
  ///   - reader: at an instruction of a validated body; its `end` is the body's.
  ///   - base: the address that the reader's positions are relative to.
  mutating func scan(_ reader: InstructionReader, _ base: UnsafePointer<UInt8>, localCount: Int) throws {
    isKnown = true
    nextLoop = 0
    found.removeAll()
    loops.removeAll()
    open.removeAll()
    var reader = reader
    var position = reader.position
    while position < reader.end {
      // The most frequent instructions, by their bytes. No number extends past the body, whose last byte ends any.
      let byte = base[position]
      switch byte {
      case 0x45...0xC4: position += 1
      case 0x20, 0x23, 0x24, 0x0C, 0x0D, 0x10, 0x41, 0x42: position = Self.skipNumber(base, position + 1)
      case 0x28...0x3E where base[position + 1] < 0x40: position = Self.skipNumber(base, position + 2)
      case 0x00, 0x01, 0x05, 0x0F, 0x1A, 0x1B: position += 1
      default:
        reader.position = position
        try note(try reader.readOpcode(), at: UInt32(truncatingIfNeeded: position), &reader)
        position = reader.position
      }
    }
    sort(localCount)
  }

  @inline(__always)
  private static func skipNumber(_ base: UnsafePointer<UInt8>, _ start: Int) -> Int {
    var position = start
    while base[position] >= 0x80 { position += 1 }
    return position + 1
  }

  @inline(__always)
  private mutating func note(_ opcode: Opcode, at offset: UInt32, _ reader: inout InstructionReader) throws {
    switch opcode {
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
      // Instructions that were opened before the scan are ignored.
      guard let loop = open.last else { return }
      open.removeLast()
      if loop >= 0 { loops[Int(loop)].end = UInt32(truncatingIfNeeded: reader.position) }
    default: try reader.skipImmediates(opcode)
    }
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
    // Each start has advanced to that of the next local.
    for local in stride(from: localCount, to: 0, by: -1) { starts[local] = starts[local - 1] }
    starts[0] = 0
  }

  /// The offset after the end of the loop whose instruction is at `offset`. Must be called in ascending order.
  mutating func end(ofLoopAt offset: UInt32) -> UInt32 {
    while loops[nextLoop].offset < offset { nextLoop += 1 }
    return loops[nextLoop].end
  }

  /// Whether a local is assigned between two offsets. O(log(number of its assignments)).
  mutating func contains(_ local: Int, from: UInt32, to: UInt32) -> Bool {
    let end = Int(starts[local + 1])
    let offsets = offsets.elements
    let next = partitionPoint(from: Int(starts[local]), to: end) { offsets[$0] >= from }
    return next < end && offsets[next] < to
  }
}
