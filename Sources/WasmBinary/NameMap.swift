import WebAssembly

/// Names by index, in the order of their indices. (Core specification 3.0, appendix "Name Maps".)
public struct NameMap: Hashable, Sendable {
  /// A name and the index that it belongs to.
  public struct Entry: Hashable, Sendable {
    public var index: UInt32
    public var name: String

    public init(index: UInt32, name: String) {
      self.index = index
      self.name = name
    }
  }

  /// Sorted by index; no index twice.
  public private(set) var entries: [Entry] = []

  public init() {}

  /// The largest number of entries decoded into one map: a module's limit on functions.
  static let decodingLimit = ModuleLimits().functions

  /// Creates a map from entries in any order; of several entries with the same index, the first counts.
  ///
  /// - Complexity: O(n) if the indices are in order, else O(n log n).
  public init(_ entries: [Entry]) {
    if zip(entries, entries.dropFirst()).allSatisfy({ $0.index < $1.index }) {
      self.entries = entries
      return
    }
    // Positions break ties, so that the first of equal entries comes first. Only positions are sorted, since there can be a million names.
    var order = (0..<entries.count).map { UInt32($0) }
    order.sort { (entries[Int($0)].index, $0) < (entries[Int($1)].index, $1) }
    self.entries.reserveCapacity(entries.count)
    for position in order where self.entries.last?.index != entries[Int(position)].index {
      self.entries.append(entries[Int(position)])
    }
  }

  public var isEmpty: Bool { entries.isEmpty }

  /// The name at an index. O(log n) to read or change; O(1) to insert in the order of the indices.
  public subscript(index: UInt32) -> String? {
    get {
      let position = position(of: index)
      return position < entries.count && entries[position].index == index ? entries[position].name : nil
    }
    set {
      let position = position(of: index)
      let isPresent = position < entries.count && entries[position].index == index
      switch (isPresent, newValue) {
      case (true, let name?): entries[position].name = name
      case (false, let name?): entries.insert(Entry(index: index, name: name), at: position)
      case (true, nil): entries.remove(at: position)
      case (false, nil): break
      }
    }
  }

  /// The position of the first entry whose index is at least `index`.
  private func position(of index: UInt32) -> Int {
    if entries.last.map({ $0.index < index }) ?? true { return entries.count }
    return partitionPoint(to: entries.count) { entries[$0].index >= index }
  }
}

/// Names by two indices, such as a function's and a local's. (Core specification 3.0, appendix "Name Maps".)
public struct IndirectNameMap: Hashable, Sendable {
  /// By the first index: the names by the second. A map can be empty.
  public var maps: [UInt32: NameMap] = [:]

  public init() {}

  public var isEmpty: Bool { maps.isEmpty }

  /// The name at two indices. Setting nil removes it.
  public subscript(outer: UInt32, inner: UInt32) -> String? {
    get { maps[outer]?[inner] }
    set { maps[outer, default: NameMap()][inner] = newValue }
  }

  /// The names under one outer index.
  public subscript(outer: UInt32) -> NameMap { maps[outer] ?? NameMap() }
}
