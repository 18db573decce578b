/// The labels of the structured instructions around the current one.
struct LabelScope {
  private struct Label {
    /// The identifier's number, or -1.
    var identifier: Int
    /// The position of the enclosing label with the same identifier, or -1.
    var shadowed: Int
  }

  /// From outermost to innermost.
  private var stack: [Label] = []
  /// The position of the innermost label for each identifier number, or -1.
  private var innermost: [Int] = []
  /// The number of labels so far in the function, which is how the name section counts them.
  private var count: UInt32 = 0
  /// The identifiers of labels, in order of their beginnings.
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

  /// The relative depth of the innermost label with this identifier.
  func depth(_ identifier: Int) -> UInt32? {
    guard identifier < innermost.count, innermost[identifier] >= 0 else { return nil }
    return UInt32(stack.count - 1 - innermost[identifier])
  }

  /// The identifiers of the labels that can be used, innermost first.
  var openIdentifiers: [Int] { stack.reversed().map(\.identifier).filter { $0 >= 0 } }

  /// The identifier of the innermost label; nil if it has none.
  var innermostIdentifier: Int? { stack.last.flatMap { $0.identifier >= 0 ? $0.identifier : nil } }

  /// Whether the innermost label has this identifier.
  func isInnermost(_ identifier: Int) -> Bool { stack.last?.identifier == identifier }

  /// Starts a new function, without labels.
  mutating func reset() {
    while !stack.isEmpty { pop() }
    identifiers.removeAll(keepingCapacity: true)
    count = 0
  }
}
