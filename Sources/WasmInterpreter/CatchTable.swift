/// Which exceptions a function catches, and where it goes on then. Kept beside its code words, and read by nobody until
/// something is thrown.
struct CatchTable {
  /// Words inside a `try_table`, or inside the `try` part of a legacy `try`.
  struct Region {
    /// The first word, and the one behind the last.
    var start: Int
    var end: Int
    /// The region around it.
    var enclosing: Int?
    /// The region that exceptions go to which no clause here catches: the one around, but for a legacy `delegate`.
    var next: Int?
    /// The first and last clause.
    var firstClause: Int?
    var lastClause: Int?
  }

  struct Clause {
    /// The index of the tag that it catches, or nil if it catches all.
    var tag: UInt32?
    /// The word at which the function goes on.
    var target: Int
    /// The slot for the first slot of the payload; nil if the clause catches all.
    var payloadSlot: Int?
    /// The slot for the reference, if it is asked for.
    var referenceSlot: Int?
    /// The next clause of the same region.
    var next: Int?
  }

  /// By first word; outer ones first where they begin alike.
  private(set) var regions: [Region] = []
  private(set) var clauses: [Clause] = []

  // MARK: Making

  /// Opens a region inside another; returns its index.
  mutating func openRegion(at start: Int, enclosing: Int?) -> Int {
    regions.append(Region(start: start, end: .max, enclosing: enclosing, next: enclosing))
    return regions.count - 1
  }

  mutating func closeRegion(_ region: Int, at end: Int) { regions[region].end = end }

  /// Lets all exceptions of a region go on to another one, or to the caller.
  mutating func delegate(_ region: Int, to next: Int?) { regions[region].next = next }

  /// Adds a clause behind the others of a region; returns its index.
  mutating func add(_ clause: Clause, to region: Int) -> Int {
    let index = clauses.count
    clauses.append(clause)
    if let last = regions[region].lastClause {
      clauses[last].next = index
    } else {
      regions[region].firstClause = index
    }
    regions[region].lastClause = index
    return index
  }

  mutating func setTarget(of clause: Int, to word: Int) { clauses[clause].target = word }

  mutating func setReferenceSlot(of clause: Int, to slot: Int) { clauses[clause].referenceSlot = slot }

  // MARK: Searching

  /// The clause that catches an exception thrown at a word: the innermost one, and of those the first, that catches all or whose
  /// tag is the exception's. O(log(number of regions) + nesting depth + clauses looked at).
  func clause(at word: Int, isTag: (UInt32) -> Bool) -> Clause? {
    var region = innermostRegion(at: word)
    while let index = region {
      var clause = regions[index].firstClause
      while let candidate = clause.map({ clauses[$0] }) {
        guard let tag = candidate.tag, !isTag(tag) else { return candidate }
        clause = candidate.next
      }
      region = regions[index].next
    }
    return nil
  }

  private func innermostRegion(at word: Int) -> Int? {
    // The last region that begins at or before the word; regions nest.
    var low = 0
    var high = regions.count
    while low < high {
      let middle = (low + high) / 2
      if regions[middle].start <= word { low = middle + 1 } else { high = middle }
    }
    var region: Int? = low == 0 ? nil : low - 1
    while let index = region, word >= regions[index].end { region = regions[index].enclosing }
    return region
  }
}
