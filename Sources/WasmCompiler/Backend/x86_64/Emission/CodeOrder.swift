import WebAssembly

/// The order in which the blocks of a function are written: that of the machine function, with loops rotated.
///
/// A loop that ends with a jump to its beginning and has its exit in the middle is written starting after the exit: the exit block comes
/// last, its branch leads back, and the jump is moved from the loop to before it. So a loop that tests first becomes one that tests last
/// (loop rotation). Registers are already allocated, so nothing else changes.
struct CodeOrder: ~Copyable {
  /// The blocks in code order.
  private(set) var blocks = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By block: its position in ``blocks``.
  private var places = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By block, and one more: the number of written blocks before it in the function. Gives the start and end of loops, rotated or not.
  private var firstPlaces = FlatArray<UInt32>(minimumCapacity: 1 << 8)
  /// By block: whether it is the first block of a loop in code order.
  private var beginsLoop = FlatArray<Bool>(minimumCapacity: 1 << 8)
  /// The blocks of the loop that is being rotated.
  private var loop = FlatArray<UInt32>(minimumCapacity: 1 << 6)
  /// Whether any loop was rotated.
  private(set) var hasTurnedLoops = false

  static let none = UInt32.max

  init() {}

  /// - Parameters:
  ///   - isWritten: by block, whether it has code.
  ///   - destinations: by block, the final target of a jump to it.
  ///   - turnsLoops: whether loops are rotated; otherwise blocks keep their order.
  mutating func compute(
    _ function: borrowing MachineFunction, isWritten: borrowing FlatArray<Bool>,
    destinations: borrowing FlatArray<UInt32>, turnsLoops: Bool
  ) {
    blocks.removeAll()
    places.removeAll()
    firstPlaces.removeAll()
    hasTurnedLoops = false
    beginsLoop.reset(false, count: function.blocks.count)
    for block in function.blocks.indices {
      places.append(UInt32(blocks.count))
      firstPlaces.append(UInt32(blocks.count))
      if isWritten[block] { blocks.append(UInt32(block)) }
    }
    firstPlaces.append(UInt32(blocks.count))
    // Inner loops first: they stay contiguous when outer loops are rotated.
    for header in function.blocks.indices.reversed() {
      let record = function.blocks[header]
      guard record.isLoopHeader, !record.isCold, isWritten[header] else { continue }
      let (first, last) = (firstPlaces[header], firstPlaces[max(record.loopEnd, UInt32(header)) + 1] - 1)
      if turnsLoops { turn(function, UInt32(header), first, last, destinations) }
      beginsLoop[blocks[first]] = true
    }
  }

  /// The next block in the code, or ``none``.
  @inline(__always)
  func block(behind block: UInt32) -> UInt32 {
    let place = Int(places[block]) + 1
    return place < blocks.count ? blocks[place] : Self.none
  }

  /// Whether a block comes after another, or is the same.
  @inline(__always)
  func isBehind(_ block: UInt32, _ other: UInt32) -> Bool { places[block] >= places[other] }

  func isLoopBeginning(_ block: Int) -> Bool { beginsLoop[block] }

  // MARK: Steps

  /// Rotates a loop between two positions, if that saves a jump.
  private mutating func turn(
    _ function: borrowing MachineFunction, _ header: UInt32, _ first: UInt32, _ last: UInt32,
    _ destinations: borrowing FlatArray<UInt32>
  ) {
    guard first < last, blocks[first] == header else { return }
    let end = function.blocks[blocks[last]]
    guard terminator(function, blocks[last]) == .jump,
      destinations[function.edges[end.firstEdge].target] == header
    else { return }
    var place = last
    while place > first {
      place -= 1
      guard isLeft(function, at: place, header, destinations) else { continue }
      loop.removeAll()
      for index in place + 1...last { loop.append(blocks[index]) }
      for index in first...place { loop.append(blocks[index]) }
      for index in loop.indices {
        blocks[first + UInt32(index)] = loop[index]
        places[loop[index]] = first + UInt32(index)
      }
      hasTurnedLoops = true
      return
    }
  }

  /// Whether the block at a position either leaves the loop or continues at the next position.
  private func isLeft(
    _ function: borrowing MachineFunction, at place: UInt32, _ header: UInt32,
    _ destinations: borrowing FlatArray<UInt32>
  ) -> Bool {
    let (block, next) = (blocks[place], blocks[place + 1])
    let record = function.blocks[block]
    let loop = function.blocks[header]
    guard terminator(function, block) == .compareBranch, record.loopDepth == loop.loopDepth else { return false }
    let then = destinations[function.edges[record.firstEdge].target]
    let otherwise = destinations[function.edges[record.firstEdge + 1].target]
    guard then == next || otherwise == next else { return false }
    let other = then == next ? otherwise : then
    return other < header || other > loop.loopEnd && !function.blocks[other].isCold
  }

  private func terminator(_ function: borrowing MachineFunction, _ block: UInt32) -> MachineOpcode {
    let record = function.blocks[block]
    return function.instructions[record.firstInstruction + record.instructionCount - 1].machineOpcode
  }
}
