import WebAssembly

/// Numbers the states of each region of memory, so that two loads see the same if they see the same version.
struct MemoryVersions: ~Copyable {
  static let regionCount = 8

  /// The versions at the current place, by region.
  var current = SIMD8<UInt32>(repeating: 0)
  private var atEnd = FlatArray<SIMD8<UInt32>>(minimumCapacity: 1 << 8)
  /// By block: which regions it writes; by a loop's header: which ones the loop writes.
  private var writes = FlatArray<UInt8>(minimumCapacity: 1 << 8)
  private var loopWrites = FlatArray<UInt8>(minimumCapacity: 1 << 8)
  private var last: UInt32 = 0

  init() {}

  /// The regions that an instruction may write, as a set of bits.
  @inline(__always)
  static func writes(_ instruction: borrowing Instruction) -> UInt8 {
    switch instruction.operation {
    case .store: 1 << instruction.region.rawValue
    // What others wrote becomes visible.
    case .atomic: 1 << Region.memory.rawValue
    // All but what never changes. Headers are written before anybody has the object.
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
    // Inner loops stand behind outer ones.
    for block in flow.order.elements.reversed() where flow.isLoopHeader(block) {
      let outer = flow.loop(around: block)
      if !outer.isNone { loopWrites[outer.index] |= loopWrites[block.index] }
    }
  }

  /// The regions that the loop with this header may write.
  func writes(ofLoop header: Block) -> UInt8 { loopWrites[header.index] }

  /// Goes to the beginning of a block. All blocks before it in reverse postorder must have been ended.
  mutating func enter(_ block: Block, _ flow: borrowing ControlFlow) {
    guard block != .entry else {
      current = SIMD8(repeating: 0)
      return
    }
    // A loop's ends have not been seen; what is not written in it is what it was before.
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

  /// Gives regions new versions.
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
