import WasmBinary

/// The kinds of things that are named by index.
enum Space: Int, CaseIterable {
  case function, table, memory, global, tag, element, data, type, local

  /// What error messages call something of this kind.
  var noun: String {
    switch self {
    case .function: "function"
    case .table: "table"
    case .memory: "memory"
    case .global: "global"
    case .tag: "tag"
    case .element: "elem segment"
    case .data: "data segment"
    case .type: "type"
    case .local: "local"
    }
  }

  /// What they call it in "duplicate …", where the standard's suite has some other words.
  var duplicateNoun: String {
    switch self {
    case .function: "func"
    case .element: "elem"
    case .data: "data"
    default: noun
    }
  }
}

/// All index spaces.
struct IndexSpaces {
  private var spaces = [IndexSpace](repeating: IndexSpace(), count: Space.allCases.count)

  subscript(space: Space) -> IndexSpace {
    _read { yield spaces[space.rawValue] }
    _modify { yield &spaces[space.rawValue] }
  }
}

/// A number for each kind.
struct IndexCounts {
  private var counts = [UInt32](repeating: 0, count: Space.allCases.count)

  subscript(space: Space) -> UInt32 {
    get { counts[space.rawValue] }
    set { counts[space.rawValue] = newValue }
  }
}

/// The indices of one kind of definition, and the identifiers bound to them.
/// (Core specification 3.0, 6.1.4 "Contexts".)
struct IndexSpace {
  /// The number of definitions so far.
  private(set) var count: UInt32 = 0
  /// For each identifier's number the index, or ``unbound``.
  private var indices: [UInt32] = []
  /// The identifiers of indices, in the order of the indices.
  private(set) var identifiers: [(index: UInt32, identifier: Int)] = []
  /// Names from annotations, which come before identifiers in the name section.
  var annotatedNames: [UInt32: String] = [:]

  private static let unbound = UInt32.max

  /// Gives the next definition its index, and binds an identifier to it. Returns nil if the identifier is bound already.
  mutating func define(_ identifier: Int?) -> UInt32? {
    let index = count
    count += 1
    guard let identifier else { return index }
    guard self[identifier] == nil else { return nil }
    if identifier >= indices.count {
      indices.append(contentsOf: repeatElement(Self.unbound, count: identifier + 1 - indices.count))
    }
    indices[identifier] = index
    identifiers.append((index, identifier))
    return index
  }

  /// The index to which an identifier is bound.
  @inline(__always)
  subscript(identifier: Int) -> UInt32? {
    guard identifier < indices.count, indices[identifier] != Self.unbound else { return nil }
    return indices[identifier]
  }

  /// Unbinds all identifiers and begins anew. O(number of bound identifiers).
  mutating func removeAll() {
    for (_, identifier) in identifiers { indices[identifier] = Self.unbound }
    identifiers.removeAll(keepingCapacity: true)
    annotatedNames.removeAll()
    count = 0
  }

  /// Adds definitions without identifiers.
  mutating func defineAnonymous(_ number: Int) { count += UInt32(number) }

  /// The names for the name section.
  func names(_ table: IdentifierTable) -> NameMap {
    // Of two names for an index the first one counts.
    var entries = annotatedNames.map { NameMap.Entry(index: $0.key, name: $0.value) }
    for (index, identifier) in identifiers {
      entries.append(NameMap.Entry(index: index, name: table.name(identifier)))
    }
    return NameMap(entries)
  }
}
