/// The recursion groups of a module: ranges of type indices, in order and without gaps. A module can have half a million, so each takes
/// four bytes.
public struct RecursionGroups: RandomAccessCollection, Sendable {
  /// The end of each group, which is the start of the next.
  private var ends: [UInt32] = []

  /// Creates an empty collection.
  public init() {}

  /// Always 0.
  public var startIndex: Int { 0 }
  /// The number of groups.
  public var endIndex: Int { ends.count }

  /// The type indices of a group. O(1).
  public subscript(index: Int) -> Range<Int> { start(index)..<Int(ends[index]) }

  private func start(_ index: Int) -> Int { index == 0 ? 0 : Int(ends[index - 1]) }

  /// Appends a group, which must begin where the last one ends.
  public mutating func append(_ group: Range<Int>) {
    precondition(group.lowerBound == start(ends.count), "recursion groups have no gaps")
    ends.append(UInt32(group.upperBound))
  }

  /// Removes the last group.
  public mutating func removeLast() { ends.removeLast() }

  /// Reserves room for this many groups in total.
  public mutating func reserveCapacity(_ count: Int) { ends.reserveCapacity(count) }
}
