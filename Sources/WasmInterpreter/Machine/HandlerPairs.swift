/// The handlers of pairs of instructions, by the handlers of the two: see ``Pair``.
struct HandlerPairs {
  /// A pair whose first instruction is known.
  struct Entry {
    /// The handler of the second instruction, or of a pair that begins with it.
    var second: UInt16
    /// The handler of the pair.
    var pair: UInt16
    /// The handler of the ``SilentPair``, if there is one.
    var silentPair: UInt16?
    /// Where the second instruction has the operand that it reads from the accumulator, in bytes.
    var operandOffset: UInt8
    /// The next pair with the same first instruction.
    fileprivate var next: UInt16
  }

  private var entries: [Entry] = []
  /// By handler: its first pair. Shorter than the handler table if the last handlers begin no pair.
  private var first: [UInt16] = []

  private static let none = UInt16.max

  /// The pair of two handlers.
  @inline(__always)
  subscript(first: Int, second: Int) -> Entry? {
    guard first < self.first.count else { return nil }
    var index = self.first[first]
    while index != Self.none {
      let entry = entries[Int(index)]
      if Int(entry.second) == second { return entry }
      index = entry.next
    }
    return nil
  }

  /// Calls a function with each pair's handler, and that of its first instruction.
  func forEach(_ body: (_ pair: Int, _ first: Int, _ isSilent: Bool) -> Void) {
    for first in self.first.indices {
      var index = self.first[first]
      while index != Self.none {
        let entry = entries[Int(index)]
        body(Int(entry.pair), first, false)
        if let silentPair = entry.silentPair { body(Int(silentPair), first, true) }
        index = entry.next
      }
    }
  }

  mutating func insert(
    _ pair: Int, first: Int, second: Int, silentPair: Int? = nil, operandOffset: Int = 0
  ) {
    assert(self[first, second] == nil, "registered twice")
    while self.first.count <= first { self.first.append(Self.none) }
    entries.append(
      Entry(
        second: UInt16(second), pair: UInt16(pair), silentPair: silentPair.map { UInt16($0) },
        operandOffset: UInt8(operandOffset), next: self.first[first]))
    self.first[first] = UInt16(entries.count - 1)
  }
}
