import WasmBinary

/// The index spaces.
enum Space: Int, CaseIterable {
  case function, table, memory, global, tag, element, data, type, local

  /// The word for an entry of this space in error messages.
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

  /// The word for it in "duplicate …", where the standard's test suite uses a different one.
  var duplicateNoun: String {
    switch self {
    case .function: "func"
    case .element: "elem"
    case .data: "data"
    default: noun
    }
  }
}

/// The contents of all index spaces.
struct IndexSpaces {
  private var spaces = [IndexSpace](repeating: IndexSpace(), count: Space.allCases.count)

  subscript(space: Space) -> IndexSpace {
    _read { yield spaces[space.rawValue] }
    _modify { yield &spaces[space.rawValue] }
  }
}

/// A count for each index space.
struct IndexCounts {
  private var counts = [UInt32](repeating: 0, count: Space.allCases.count)

  subscript(space: Space) -> UInt32 {
    get { counts[space.rawValue] }
    set { counts[space.rawValue] = newValue }
  }
}

/// The entries of one index space and the identifiers bound to them. (Core specification 3.0, 6.1.3 "Contexts".)
struct IndexSpace {
  /// The number of definitions so far.
  private(set) var count: UInt32 = 0
  /// The index bound to each identifier number, or ``unbound``.
  private var indices: [UInt32] = []
  /// The bound identifiers in order of their indices.
  private(set) var identifiers: [(index: UInt32, identifier: Int)] = []
  /// Names from annotations, which take precedence over identifiers in the name section.
  var annotatedNames: [UInt32: String] = [:]

  private static let unbound = UInt32.max

  /// Adds an entry and binds an identifier to it. Returns its index; nil if the identifier is already bound.
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

  /// Removes all entries and bindings. O(number of bound identifiers).
  mutating func removeAll() {
    for (_, identifier) in identifiers { indices[identifier] = Self.unbound }
    identifiers.removeAll(keepingCapacity: true)
    annotatedNames.removeAll()
    count = 0
  }

  /// Adds entries without identifiers.
  mutating func defineAnonymous(_ number: Int) { count += UInt32(number) }

  /// The names for the name section.
  func names(_ table: IdentifierTable) -> NameMap {
    // `NameMap` keeps the first of two names for an index.
    var entries = annotatedNames.map { NameMap.Entry(index: $0.key, name: $0.value) }
    for (index, identifier) in identifiers {
      entries.append(NameMap.Entry(index: index, name: table.name(identifier)))
    }
    return NameMap(entries)
  }
}
