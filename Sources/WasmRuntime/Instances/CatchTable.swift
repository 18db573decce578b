import WebAssembly

/// The exceptions that an interpreted function catches, and where it continues. Kept apart from its code words, and read only when something is thrown.
package struct CatchTable: Sendable {
  /// An index or none, in 32 bits: a body can have a region or a clause for every few of its bytes.
  package struct Index: Equatable, Sendable {
    private var number: UInt32

    package static let none = Index(number: .max)

    private init(number: UInt32) { self.number = number }

    package init(_ index: Int?) { self.init(number: index.map { UInt32($0) } ?? .max) }

    package var value: Int? { number == .max ? nil : Int(number) }
  }

  /// Words inside a `try_table`, or inside the `try` part of a legacy `try`.
  package struct Region: Sendable {
    /// The first word, and the word after the last.
    package fileprivate(set) var start: UInt32
    package fileprivate(set) var end = UInt32.max
    /// The enclosing region.
    package var enclosing: Index
    /// The region that receives exceptions that no clause here catches: the enclosing one, except for a legacy `delegate`.
    package fileprivate(set) var next: Index
    /// The first and last clause.
    var firstClause = Index.none
    var lastClause = Index.none
  }

  package struct Clause: Sendable {
    /// The index of the tag that it catches; none if it catches all.
    package var tag: Index
    /// The word at which the function continues.
    package var target: Int { Int(targetWord) }
    fileprivate var targetWord: UInt32
    /// The slot for the first slot of the payload; none if the clause catches all.
    package var payloadSlot: Index
    /// The slot for the reference, if the label takes it.
    package var referenceSlot: Index
    /// The next clause of the same region.
    fileprivate(set) var next = Index.none

    package init(tag: UInt32?, target: Int, payloadSlot: Int?, referenceSlot: Int? = nil) {
      self.tag = Index(tag.map { Int($0) })
      targetWord = UInt32(target)
      self.payloadSlot = Index(payloadSlot)
      self.referenceSlot = Index(referenceSlot)
    }
  }

  /// By first word; outer regions first if they begin at the same word.
  package private(set) var regions: [Region] = []
  private var clauses: [Clause] = []
  /// By word: where the innermost region becomes another one. The last of several at one word counts.
  private var boundaries: [(word: UInt32, innermost: Index)] = []

  /// The clauses of a region, in order.
  package func clauses(of region: Int) -> [Clause] {
    var result: [Clause] = []
    var next = regions[region].firstClause.value
    while let index = next {
      result.append(clauses[index])
      next = clauses[index].next.value
    }
    return result
  }

  package init() {}

  // MARK: Building

  /// Opens a region inside another; returns its index.
  package mutating func openRegion(at start: Int, enclosing: Int?) -> Int {
    regions.append(Region(start: UInt32(start), enclosing: Index(enclosing), next: Index(enclosing)))
    appendBoundary(at: start, Index(regions.count - 1))
    return regions.count - 1
  }

  /// Closes the innermost region that is open.
  package mutating func closeRegion(_ region: Int, at end: Int) {
    regions[region].end = UInt32(end)
    appendBoundary(at: end, regions[region].enclosing)
  }

  private mutating func appendBoundary(at word: Int, _ innermost: Index) {
    assert(boundaries.last.map { Int($0.word) <= word } ?? true, "regions open and close in the order of the code")
    boundaries.append((UInt32(word), innermost))
  }

  /// Passes all exceptions of a region on to another region, or to the caller.
  package mutating func delegate(_ region: Int, to next: Int?) { regions[region].next = Index(next) }

  /// Appends a clause to a region; returns its index.
  package mutating func add(_ clause: Clause, to region: Int) -> Int {
    let index = clauses.count
    clauses.append(clause)
    if let last = regions[region].lastClause.value {
      clauses[last].next = Index(index)
    } else {
      regions[region].firstClause = Index(index)
    }
    regions[region].lastClause = Index(index)
    return index
  }

  package mutating func setTarget(of clause: Int, to word: Int) { clauses[clause].targetWord = UInt32(word) }

  package mutating func setReferenceSlot(of clause: Int, to slot: Int) { clauses[clause].referenceSlot = Index(slot) }

  // MARK: Searching

  /// The clause that catches an exception thrown at a word: in the innermost region that has one, the first clause that catches all or
  /// has the exception's tag. O(log(number of regions) + number of regions around the word + number of clauses examined).
  package func clause(at word: Int, isTag: (UInt32) -> Bool) -> Clause? {
    var region = innermostRegion(at: word)
    while let index = region {
      var clause = regions[index].firstClause.value
      while let candidate = clause.map({ clauses[$0] }) {
        guard let tag = candidate.tag.value, !isTag(UInt32(tag)) else { return candidate }
        clause = candidate.next.value
      }
      region = regions[index].next.value
    }
    return nil
  }

  private func innermostRegion(at word: Int) -> Int? {
    let next = partitionPoint(to: boundaries.count) { Int(boundaries[$0].word) > word }
    return next == 0 ? nil : boundaries[next - 1].innermost.value
  }
}
