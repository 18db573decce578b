import WasmBinary

/// The identifiers of the labels around the current instruction.
struct LabelNames {
  private struct Label {
    /// The identifier with its `$`; empty if there is none.
    var identifier: String
    /// The position of the enclosing label with the same identifier, or -1.
    var shadowed: Int
  }

  /// From outermost to innermost.
  private var stack: [Label] = []
  /// The position of the innermost label of each identifier.
  private var innermost: [String: Int] = [:]
  private var names = NameMap()
  /// The number of labels with a name that the text preserves.
  private(set) var nameCount = 0

  /// The number of open labels.
  var count: Int { stack.count }

  /// Starts a function.
  mutating func reset(_ names: NameMap = NameMap()) {
    stack.removeAll(keepingCapacity: true)
    if !innermost.isEmpty { innermost.removeAll() }
    self.names = names
    nameCount = 0
  }

  /// The identifier of a label by its index, which counts structured instructions.
  func identifier(ofIndex index: UInt32) -> String? {
    guard !names.isEmpty, let name = names[index], !name.isEmpty else { return nil }
    return IdentifierMap.identifier(name)
  }

  /// Opens the label with this index.
  mutating func push(index: UInt32) {
    guard let identifier = identifier(ofIndex: index) else {
      stack.append(Label(identifier: "", shadowed: -1))
      return
    }
    nameCount += 1
    let shadowed = innermost.updateValue(stack.count, forKey: identifier) ?? -1
    stack.append(Label(identifier: identifier, shadowed: shadowed))
  }

  mutating func pop() {
    let label = stack.removeLast()
    if !label.identifier.isEmpty { innermost[label.identifier] = label.shadowed < 0 ? nil : label.shadowed }
  }

  /// The identifier of the label at a relative depth; nil if it has none or an inner label shadows it.
  func identifier(ofDepth depth: UInt32) -> String? {
    guard Int(depth) < stack.count else { return nil }
    let position = stack.count - 1 - Int(depth)
    let identifier = stack[position].identifier
    return identifier.isEmpty || innermost[identifier] != position ? nil : identifier
  }
}
