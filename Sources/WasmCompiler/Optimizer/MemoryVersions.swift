import WebAssembly

/// Versions the states of each memory region: two loads from a region read the same state if the region has the same version at both.
struct MemoryVersions: ~Copyable {
  static let regionCount = 8

  /// The versions at the current position, by region.
  var current = SIMD8<UInt32>(repeating: 0)
  private var atEnd = FlatArray<SIMD8<UInt32>>(minimumCapacity: 1 << 8)
  /// By block: the regions that it writes; by loop header: the regions that the loop writes.
  private var writes = FlatArray<UInt8>(minimumCapacity: 1 << 8)
  private var loopWrites = FlatArray<UInt8>(minimumCapacity: 1 << 8)
  private var last: UInt32 = 0

  init() {}

  /// The regions that an instruction may write, as a bit set.
  @inline(__always)
  static func writes(_ instruction: borrowing Instruction) -> UInt8 {
    switch instruction.operation {
    case .store, .charge: 1 << instruction.region.rawValue
    // Writes of other threads become visible.
    case .atomic: 1 << Region.memory.rawValue
    // Every region except constants and headers. A header is written before the object's reference exists.
    case .call, .callReference, .callRuntime: ~(1 << Region.constant.rawValue | 1 << Region.header.rawValue)
    default: 0
    }
  }

  mutating func begin(_ graph: borrowing FunctionGraph, _ flow: borrowing ControlFlow) {
    atEnd.reset(SIMD8(repeating: 0), count: graph.blocks.count)
    loopWrites.reset(0, count: graph.blocks.count)
    last = 0
    for block in flow.order.elements {
      var mask: UInt8 = 0
      var value = graph[block].first
      while !value.isNone {
        mask |= Self.writes(graph[value])
        value = graph[value].next
      }
      let header = flow.loopHeader(block)
      if mask != 0, !header.isNone { loopWrites[header.index] |= mask }
    }
    // Inner loops come after outer ones.
    for block in flow.order.elements.reversed() where flow.isLoopHeader(block) {
      let outer = flow.loop(around: block)
      if !outer.isNone { loopWrites[outer.index] |= loopWrites[block.index] }
    }
  }

  /// The regions that the loop with this header may write.
  func writes(ofLoop header: Block) -> UInt8 { loopWrites[header.index] }

  /// Moves to the beginning of a block. All its predecessors in reverse postorder must have ended.
  mutating func enter(_ block: Block, _ flow: borrowing ControlFlow) {
    guard block != .entry else {
      current = SIMD8(repeating: 0)
      return
    }
    // The loop's back edges have not been visited; a region that the loop does not write keeps its version.
    let isHeader = flow.isLoopHeader(block)
    var changed: UInt8 = isHeader ? loopWrites[block.index] : 0
    var isFirst = true
    for edge in flow.predecessors(block) {
      let source = flow.source[edge.index]
      if isHeader, flow.dominates(block, source) { continue }
      let versions = atEnd[source.index]
      if isFirst {
        current = versions
        isFirst = false
      } else {
        for region in 0..<Self.regionCount where versions[region] != current[region] { changed |= 1 << UInt8(region) }
      }
    }
    write(changed)
  }

  /// Assigns new versions to regions.
  @inline(__always)
  mutating func write(_ mask: UInt8) {
    var mask = mask
    while mask != 0 {
      last += 1
      current[mask.trailingZeroBitCount] = last
      mask &= mask - 1
    }
  }

  mutating func leave(_ block: Block) { atEnd[block.index] = current }

  @inline(__always)
  func version(_ region: Region) -> UInt32 { current[Int(region.rawValue)] }
}
