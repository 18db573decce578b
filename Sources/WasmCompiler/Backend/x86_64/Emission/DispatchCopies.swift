/// Which jumps become copies of where they lead to: to the dispatch of an interpreter's loop.
///
/// An interpreter in Wasm is a loop around a `br_table`, and each of its cases ends with a jump back to it. With a copy of the dispatch at
/// the end of each case, the processor predicts each one's next case on its own, and the jump is gone. (As for computed `goto` in C:
/// compilers make one dispatch of all, too, and copy it at last.) That is done when code is written: then registers are allocated,
/// all copies find the same places, and nothing has to be known of values and ways any more.
///
/// A dispatch is a way of a few blocks to a table of jumps, through jumps and branches of which one side leads on.
struct DispatchCopies: ~Copyable {
  /// By block: the one behind it on its way to a table of jumps; itself if it ends in one; ``none`` if it stands on no such way.
  private var next = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By block: about how many bytes its way takes, from it on.
  private var byteCounts = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By block on a way: how many jumps lead to it that might become copies.
  private var jumpCounts = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  private var hasDispatch = false

  private static let none = UInt32.max
  /// The longest way that is copied in this function.
  private var maximumCopy: UInt32 = 0

  /// How long ways may be that are copied, in bytes: the shorter ones are for functions that would become too large otherwise.
  private static let maximumWays: [UInt32] = [320, 200, 120]
  /// How many bytes copies may add to a function, beyond one for each of its instructions.
  private static let maximumGrowth = 48 << 10
  /// Fewer jumps to a way are left as they are.
  private static let minimumCount: UInt32 = 3

  init() {}

  /// Looks for dispatches in a function whose registers are allocated.
  ///
  /// - Parameter destinations: by block, where a jump to it ends up.
  mutating func find(_ function: borrowing MachineFunction, destinations: borrowing FlatArray<UInt32>) {
    hasDispatch = false
    for block in function.blocks.indices where endsInTable(function, block) { hasDispatch = true }
    guard hasDispatch else { return }
    next.reset(Self.none, count: function.blocks.count)
    byteCounts.reset(0, count: function.blocks.count)
    // Ways lead forward, but for a last jump back to the loop's header.
    extendWays(function, destinations)
    extendWays(function, destinations)
    countJumps(function, destinations)
  }

  /// Whether the jump at the end of a block, to `target`, is replaced by the way that begins there.
  @inline(__always)
  func isCopied(_ target: UInt32, atEndOf block: Int, _ function: borrowing MachineFunction) -> Bool {
    hasDispatch && jumpCounts[target] >= Self.minimumCount && byteCounts[target] <= maximumCopy
      && isJumpBack(function, block, to: target)
  }

  /// The block behind one on a way; nil at its end.
  func block(behind block: UInt32) -> UInt32? { next[block] == block ? nil : next[block] }

  /// About how many bytes a way takes.
  func byteCount(from block: UInt32) -> UInt32 { byteCounts[block] }

  // MARK: Steps

  private func endsInTable(_ function: borrowing MachineFunction, _ block: Int) -> Bool {
    let record = function.blocks[block]
    let last = record.firstInstruction + record.instructionCount - 1
    return record.loopDepth > 0 && !record.isCold && function.instructions[last].machineOpcode == .switchTable
  }

  /// Only what runs in loops, and is not cold itself, is worth a copy.
  private func isJumpBack(_ function: borrowing MachineFunction, _ block: Int, to target: UInt32) -> Bool {
    let record = function.blocks[block]
    let last = record.firstInstruction + record.instructionCount - 1
    return function.instructions[last].machineOpcode == .jump && !record.isCold
      && record.loopDepth >= function.blocks[target].loopDepth && UInt32(block) != target
  }

  private func extendWays(_ function: borrowing MachineFunction, _ destinations: borrowing FlatArray<UInt32>) {
    for block in function.blocks.indices.reversed() where next[block] == Self.none {
      extendWay(function, UInt32(block), moveCount: UInt32(function.moves(of: block).count), destinations)
    }
  }

  /// Finds out whether a block stands on a way, from what is known of those that it leads to.
  private func extendWay(
    _ function: borrowing MachineFunction, _ block: UInt32, moveCount: UInt32,
    _ destinations: borrowing FlatArray<UInt32>
  ) {
    let record = function.blocks[block]
    guard !record.isCold, record.loopDepth > 0, record.instructionCount < 48, !record.isLandingPad else { return }
    var byteCount = 5 * moveCount
    for index in record.firstInstruction..<record.firstInstruction + record.instructionCount {
      let opcode = function.instructions[index].machineOpcode
      if opcode.isCall { return }
      byteCount += opcode.typicalByteCount
    }
    guard let behind = wayOn(function, block, destinations) else { return }
    if behind != block { byteCount += byteCounts[behind] }
    guard byteCount <= Self.maximumWays[0] else { return }
    next[block] = behind
    byteCounts[block] = byteCount
  }

  /// The block behind one on its way.
  private func wayOn(
    _ function: borrowing MachineFunction, _ block: UInt32, _ destinations: borrowing FlatArray<UInt32>
  ) -> UInt32? {
    let record = function.blocks[block]
    let last = record.firstInstruction + record.instructionCount - 1
    switch function.instructions[last].machineOpcode {
    case .switchTable: return block
    case .jump, .compareBranch:
      var result: UInt32?
      for edge in record.firstEdge..<record.firstEdge + record.edgeCount {
        let target = destinations[function.edges[edge].target]
        guard next[target] != Self.none else { continue }
        // Where both sides lead to a table, this is more than a dispatch.
        if result != nil { return nil }
        result = target
      }
      return result
    default: return nil
    }
  }

  /// Gives up if there are few jumps to ways, or so many that their copies would make the function too large.
  private mutating func countJumps(
    _ function: borrowing MachineFunction, _ destinations: borrowing FlatArray<UInt32>
  ) {
    jumpCounts.reset(0, count: function.blocks.count)
    for block in function.blocks.indices {
      let record = function.blocks[block]
      guard record.edgeCount == 1 else { continue }
      let target = destinations[function.edges[record.firstEdge].target]
      if next[target] != Self.none, isJumpBack(function, block, to: target) { jumpCounts[target] += 1 }
    }
    // Whole ways if possible; else only their ends, which are closer to the table.
    for length in Self.maximumWays {
      var growth = 0
      for block in function.blocks.indices where jumpCounts[block] >= Self.minimumCount && byteCounts[block] <= length {
        growth += Int(jumpCounts[block] * byteCounts[block])
      }
      if growth <= Self.maximumGrowth + function.instructions.count {
        maximumCopy = length
        hasDispatch = growth > 0
        return
      }
    }
    hasDispatch = false
  }
}
