import WebAssembly

/// Decides which jumps are replaced by copies of their target: the dispatch of an interpreter loop (tail duplication).
///
/// An interpreter in Wasm is a loop around a `br_table`, and each of its cases ends with a jump back to it. With a copy of the dispatch
/// at the end of each case, the processor predicts the next case separately for each, and the jump is gone. (As for computed `goto` in C:
/// compilers also merge all dispatches, and duplicate them late.) It is done during emission, after register allocation: all copies use
/// the same locations, and values and paths need no analysis any more.
///
/// A dispatch is a path of a few blocks to a jump table, through jumps and through branches of which one side leads on.
struct DispatchCopies: ~Copyable {
  /// By block: the next one on its path to a jump table; itself if it ends in one; ``none`` if it is on no such path.
  private var next = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By block: the approximate size of its path in bytes, from it on.
  private var byteCounts = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By block on a path: the number of jumps to it that could become copies.
  private var jumpCounts = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  private var hasDispatch = false

  private static let none = UInt32.max
  /// The longest path that is copied in this function, in bytes.
  private var maximumCopy: UInt32 = 0

  /// The longest paths that are copied, in bytes; the shorter limits are for functions that would become too large otherwise.
  private static let maximumWays: [UInt32] = [320, 200, 120]
  /// The largest number of bytes that copies may add to a function, in addition to one for each of its instructions.
  private static let maximumGrowth = 48 << 10
  /// A path with fewer jumps to it is not copied.
  private static let minimumCount: UInt32 = 3

  init() {}

  /// Finds dispatches in a function after register allocation.
  ///
  /// - Parameter destinations: by block, the final target of a jump to it.
  mutating func find(_ function: borrowing MachineFunction, destinations: borrowing FlatArray<UInt32>) {
    hasDispatch = false
    for block in function.blocks.indices where endsInTable(function, block) { hasDispatch = true }
    guard hasDispatch else { return }
    next.reset(Self.none, count: function.blocks.count)
    byteCounts.reset(0, count: function.blocks.count)
    // Paths lead forward, except for a last jump back to the loop's header.
    extendWays(function, destinations)
    extendWays(function, destinations)
    countJumps(function, destinations)
  }

  /// Whether the jump at the end of a block, to `target`, is replaced by the path that begins there.
  @inline(__always)
  func isCopied(_ target: UInt32, atEndOf block: Int, _ function: borrowing MachineFunction) -> Bool {
    hasDispatch && jumpCounts[target] >= Self.minimumCount && byteCounts[target] <= maximumCopy
      && isJumpBack(function, block, to: target)
  }

  /// The next block on a path; nil at its end.
  func block(behind block: UInt32) -> UInt32? { next[block] == block ? nil : next[block] }

  /// The approximate size of a path in bytes.
  func byteCount(from block: UInt32) -> UInt32 { byteCounts[block] }

  // MARK: Steps

  private func endsInTable(_ function: borrowing MachineFunction, _ block: Int) -> Bool {
    let record = function.blocks[block]
    let last = record.firstInstruction + record.instructionCount - 1
    return record.loopDepth > 0 && !record.isCold && function.instructions[last].machineOpcode == .switchTable
  }

  /// Only blocks in loops that are not cold are worth a copy.
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

  /// Determines whether a block is on a path, from its successors.
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

  /// The next block on a block's path.
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
        // If both sides lead to a table, this is more than a dispatch.
        if result != nil { return nil }
        result = target
      }
      return result
    default: return nil
    }
  }

  /// Gives up if there are few jumps to paths, or so many that copies would make the function too large.
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
    // Whole paths if possible; else only their ends, which are closer to the table.
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
