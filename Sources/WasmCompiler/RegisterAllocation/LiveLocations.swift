import WebAssembly

/// The registers and spill slots whose values are needed after each call of a function with allocated registers. The garbage collector
/// finds references there, and ignores what is left over in other locations.
///
/// A backward data-flow analysis. Only 64-bit integers can be references.
package struct LiveLocations: ~Copyable {
  /// Functions for which the analysis would take longer have no result: they have many blocks and slots, or many loops in each other.
  private static let maximumWordCount = 1 << 20
  private static let maximumRoundCount = 32
  /// The number of words for each instruction, on average, in the sets of all calls. Later calls have no set.
  private static let wordsPerInstruction = 2

  /// The sets of all calls. A set begins with a word: the registers in the integer class by number, and in the upper half the number of
  /// the words that follow, with a bit for each spill slot.
  package private(set) var words = FlatArray<UInt64>(minimumCapacity: 1 << 6)
  /// By instruction: the start of its set in ``words``, or `UInt32.max`.
  private var starts = FlatArray<UInt32>(minimumCapacity: 1 << 8)

  /// The number of words of a set during the analysis: one for registers, then those for slots. Bits are those of ``Allocation``.
  private var wordCount = 0
  /// By block: the set at its start.
  private var entries = FlatArray<UInt64>(minimumCapacity: 1 << 6)
  private var live = FlatArray<UInt64>(minimumCapacity: 1 << 2)
  private var lastStart = UInt32.max

  package init() {}

  /// The start of a call's set in ``words``; nil if it is not known.
  package func start(ofCall instruction: Int) -> UInt32? {
    guard instruction < starts.count, starts[instruction] != .max else { return nil }
    return starts[instruction]
  }

  mutating func forget() {
    words.removeAll()
    starts.removeAll()
  }

  /// - Parameter isCall: whether code that collects garbage can run during an instruction.
  package mutating func compute(_ function: borrowing MachineFunction, isCall: (MachineInstruction) -> Bool) {
    forget()
    guard function.instructions.elements.contains(where: isCall) else { return }
    wordCount = 1 + (function.spillSlotCount + 63) / 64
    guard function.blocks.count * wordCount <= Self.maximumWordCount else { return }
    entries.reset(0, count: function.blocks.count * wordCount)
    var round = 0
    var hasChanged = true
    while hasChanged {
      guard round < Self.maximumRoundCount else { return }
      round += 1
      hasChanged = false
      for block in function.blocks.indices.reversed() {
        follow(function, block) { _ in false }
        for word in 0..<wordCount where entries[block * wordCount + word] != live[word] {
          entries[block * wordCount + word] = live[word]
          hasChanged = true
        }
      }
    }
    starts.reset(.max, count: function.instructions.count)
    lastStart = .max
    for block in function.blocks.indices { follow(function, block, isCall) }
  }

  /// Computes the set at the start of a block in ``live``, and records the sets of calls.
  private mutating func follow(
    _ function: borrowing MachineFunction, _ block: Int, _ isRecorded: (MachineInstruction) -> Bool
  ) {
    let record = function.blocks[block]
    live.reset(0, count: wordCount)
    for edge in record.firstEdge..<record.firstEdge + record.edgeCount { add(entry: function.edges[edge].target) }
    var isAfterLastCall = true
    let moves = function.moves(of: block)
    var move = moves.upperBound
    for index in (Int(record.firstInstruction)..<Int(record.firstInstruction + record.instructionCount)).reversed() {
      let instruction = function.instructions[index]
      let operands = function.operands(of: index)
      for operand in operands where operand.isResult {
        remove(operand.allocation, function.types[operand.register.index])
      }
      if instruction.clobber != 0 {
        if isAfterLastCall {
          // If the call throws, its results and the moves after it do not happen.
          for edge in record.firstEdge..<record.firstEdge + record.edgeCount
          where function.blocks[function.edges[edge].target].isLandingPad {
            add(entry: function.edges[edge].target)
          }
          isAfterLastCall = false
        }
        live[0] &= ~function.clobbers[Int(instruction.clobber)].rawValue
        if isRecorded(instruction) { keepLive(at: index) }
      }
      for operand in operands where !operand.isResult && function.types[operand.register.index] == .i64 {
        insert(operand.allocation)
      }
      while move > moves.lowerBound, function.moves[move - 1].position == UInt32(index) {
        move -= 1
        let (from, to) = (function.moves[move].from, function.moves[move].to)
        let isNeeded = contains(to)
        remove(to, function.moves[move].registerType)
        // Whatever the type: the allocator moves an integer as a float where it passes through a vector register.
        if isNeeded { insert(from) }
      }
    }
  }

  private mutating func keepLive(at instruction: Int) {
    if lastStart != .max, words[lastStart] & 0xFFFF_FFFF == live[0] & 0xFFFF_FFFF,
      (1..<wordCount).allSatisfy({ words[Int(lastStart) + $0] == live[$0] })
    {
      starts[instruction] = lastStart
      return
    }
    guard words.count + wordCount <= Self.wordsPerInstruction * starts.count + 256 else { return }
    lastStart = UInt32(words.count)
    starts[instruction] = lastStart
    words.append(UInt64(wordCount - 1) << 32 | live[0] & 0xFFFF_FFFF)
    for word in 1..<wordCount { words.append(live[word]) }
  }

  // MARK: Sets

  private mutating func add(entry block: UInt32) {
    for word in 0..<wordCount { live[word] |= entries[Int(block) * wordCount + word] }
  }

  private func contains(_ place: Allocation) -> Bool { live[place.bits >> 6] >> UInt64(place.bits & 63) & 1 != 0 }

  private mutating func insert(_ place: Allocation) {
    guard place != .none else { return }
    live[place.bits >> 6] |= 1 << UInt64(place.bits & 63)
  }

  private mutating func remove(_ place: Allocation, _ type: IRType) {
    guard place != .none else { return }
    live[place.bits >> 6] &= ~(1 << UInt64(place.bits & 63))
    // A vector takes two slots.
    if type == .v128, place.slot != nil { live[(place.bits + 1) >> 6] &= ~(1 << UInt64((place.bits + 1) & 63)) }
  }
}
