/// The recursion groups of a module: ranges of type indices, in order and without gaps. A module can have half a million, so each takes
/// four bytes.
public struct RecursionGroups: RandomAccessCollection, Sendable {
  /// Where each group ends, and the next begins.
  private var ends: [UInt32] = []

  public init() {}

  public var startIndex: Int { 0 }
  public var endIndex: Int { ends.count }

  public subscript(index: Int) -> Range<Int> { start(index)..<Int(ends[index]) }

  private func start(_ index: Int) -> Int { index == 0 ? 0 : Int(ends[index - 1]) }

  /// Adds a group, which begins where the last one ends.
  public mutating func append(_ group: Range<Int>) {
    precondition(group.lowerBound == start(ends.count), "recursion groups have no gaps")
    ends.append(UInt32(group.upperBound))
  }

  public mutating func removeLast() { ends.removeLast() }

  public mutating func reserveCapacity(_ count: Int) { ends.reserveCapacity(count) }
}
