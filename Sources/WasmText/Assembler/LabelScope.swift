/// The labels of the structured instructions around the one at hand.
struct LabelScope {
  private struct Label {
    /// The identifier's number, or -1.
    var identifier: Int
    /// The position of the label outside of it that has the same identifier, or -1.
    var shadowed: Int
  }

  /// From the outermost to the innermost.
  private var stack: [Label] = []
  /// For each identifier's number the position of the innermost label of that name, or -1.
  private var innermost: [Int] = []
  /// How many labels there were in the function, which is how the name section counts them.
  private var count: UInt32 = 0
  /// The identifiers of labels, in the order in which they began.
  private(set) var identifiers: [(index: UInt32, identifier: Int)] = []

  mutating func push(_ identifier: Int?) {
    var label = Label(identifier: identifier ?? -1, shadowed: -1)
    if let identifier {
      if identifier >= innermost.count {
        innermost.append(contentsOf: repeatElement(-1, count: identifier + 1 - innermost.count))
      }
      label.shadowed = innermost[identifier]
      innermost[identifier] = stack.count
      identifiers.append((count, identifier))
    }
    stack.append(label)
    count += 1
  }

  mutating func pop() {
    let label = stack.removeLast()
    if label.identifier >= 0 { innermost[label.identifier] = label.shadowed }
  }

  /// How many labels out the innermost one with this identifier is.
  func depth(_ identifier: Int) -> UInt32? {
    guard identifier < innermost.count, innermost[identifier] >= 0 else { return nil }
    return UInt32(stack.count - 1 - innermost[identifier])
  }

  /// Whether the innermost label has this identifier.
  func isInnermost(_ identifier: Int) -> Bool { stack.last?.identifier == identifier }

  /// Begins a new function. No label is open then.
  mutating func reset() {
    while !stack.isEmpty { pop() }
    identifiers.removeAll(keepingCapacity: true)
    count = 0
  }
}
