/// Types by identity: recursion groups that are alike, up to the names of their own members, become one.
/// (Core specification 3.0, 3.1.x "Rolling and unrolling", iso-recursive equivalence.)
///
/// All types inside refer to each other by canonical index. Each group has holders: those who entered it, and the groups whose types
/// refer to its types. A group without holders is gone, and its indices are given to other types later; so an index means something
/// only as long as somebody holds its group.
public struct CanonicalTypes: Sendable {
  /// What belongs to a canonical index besides its type.
  private struct Record {
    /// The first index of its group, by which the group is known; `none` if the index belongs to no type.
    var group = CanonicalTypes.none
    // Of a group's first index only:
    var hash: UInt32 = 0
    /// The next group in the same bucket.
    var next = CanonicalTypes.none
    var holderCount: UInt32 = 0
  }

  private static let none = UInt32.max

  private var types: [SubType] = []
  private var records: [Record] = []
  /// By canonical index: the supertypes from the root of the hierarchy down, without the type itself, so that "is `a` below `b`" is one
  /// look at `ancestors[a][depth of b]`.
  private var ancestors: [[UInt32]] = []
  /// The indices of groups with more than one member, by the group's first.
  private var members: [UInt32: [UInt32]] = [:]
  /// The first groups of each bucket of the table of groups by hash. Their number is a power of two.
  private var buckets: [UInt32] = [CanonicalTypes.none]
  private var groupCount = 0
  private var freeIndices: [UInt32] = []

  /// The number of types that fit at a time: references inside a group are told apart by the bit above.
  public static let maximumCount = 1 << 19

  /// How many types there may be; tests want less than ``maximumCount``.
  private let limit: Int

  public init() { self.init(limit: Self.maximumCount) }

  init(limit: Int) { self.limit = min(limit, Self.maximumCount) }

  /// How many types there are. O(1).
  public var count: Int { types.count - freeIndices.count }

  // MARK: Entering

  /// Makes room for more types. Without it, room grows by itself, and for a moment the memory is needed twice.
  mutating func reserve(_ additional: Int) {
    let wanted = min(types.count + max(additional - freeIndices.count, 0), Self.maximumCount)
    // Growing a little at a time would copy everything each time.
    guard wanted > 2 * types.count else { return }
    types.reserveCapacity(wanted)
    records.reserveCapacity(wanted)
    ancestors.reserveCapacity(wanted)
  }

  /// Enters a group, or finds it, and holds it.
  ///
  /// - Parameters:
  ///   - group: the types of a recursion group. Indices in it from `start` on are the group's own members, in order; those below it are
  ///     positions in `canonical`.
  ///   - canonical: the canonical indices of all types before the group; those of its members are appended.
  /// - Throws: `LimitExceeded` if there would be more than ``maximumCount``.
  /// - Complexity: O(size of the group).
  public mutating func intern(
    _ group: ArraySlice<SubType>, from start: Int, into canonical: inout [UInt32]
  ) throws(LimitExceeded) {
    let indices = try intern(
      group.map { type in
        type.mapTypeIndices { index in
          Int(index) < start ? canonical[Int(index)] : UInt32(Int(index) - start + Self.maximumCount)
        }
      })
    canonical.append(contentsOf: indices)
  }

  /// Enters a group, or finds it, and holds it.
  ///
  /// - Parameter key: its types. Indices in it from ``maximumCount`` on are the group's own members, in order; those below it are canonical,
  ///   and of types that are held.
  /// - Returns: the canonical indices of the members.
  private mutating func intern(_ key: consuming [SubType]) throws(LimitExceeded) -> [UInt32] {
    guard !key.isEmpty else { return [] }
    let hash = UInt32(truncatingIfNeeded: key.hashValue)
    if let existing = group(key, hash) {
      hold(existing)
      return indices(of: existing)
    }
    guard count + key.count <= limit else {
      throw LimitExceeded("too many types: the limit is \(limit)")
    }
    let indices = key.map { _ in takeIndex() }
    let group = indices[0]
    for (member, index) in indices.enumerated() {
      // The key lets go of the type, so that it is changed in place.
      var type = key[member]
      key[member] = Self.nothing
      Self.unroll(&type, indices)
      types[Int(index)] = type
      records[Int(index)].group = group
      if let supertype = types[Int(index)].supertypes.first {
        ancestors[Int(index)] = ancestors[Int(supertype)] + [supertype]
      }
    }
    if indices.count > 1 { members[group] = indices }
    for other in groups(neededBy: group) { hold(other) }
    records[Int(group)].hash = hash
    records[Int(group)].holderCount = 1
    link(group)
    return indices
  }

  /// A type with the canonical indices of its group's members.
  private static func unrolled(_ type: SubType, _ members: [UInt32]) -> SubType {
    var type = type
    unroll(&type, members)
    return type
  }

  private static func unroll(_ type: inout SubType, _ members: [UInt32]) {
    type.replaceTypeIndices { Int($0) < maximumCount ? $0 : members[Int($0) - maximumCount] }
  }

  private mutating func takeIndex() -> UInt32 {
    if let index = freeIndices.popLast() { return index }
    types.append(Self.nothing)
    records.append(Record())
    ancestors.append([])
    return UInt32(types.count - 1)
  }

  /// What stands at indices that belong to no type.
  private static let nothing = SubType(.function(FunctionType()))

  private func indices(of group: UInt32) -> [UInt32] { members[group] ?? [group] }

  /// The groups whose types a group's types refer to, but for itself, each once.
  private func groups(neededBy group: UInt32) -> [UInt32] {
    var needed: [UInt32] = []
    for index in indices(of: group) {
      types[Int(index)].forEachTypeIndex { other in
        let otherGroup = records[Int(other)].group
        if otherGroup != group, needed.last != otherGroup { needed.append(otherGroup) }
      }
    }
    guard needed.count > 1 else { return needed }
    needed.sort()
    return needed.indices.filter { $0 == 0 || needed[$0] != needed[$0 - 1] }.map { needed[$0] }
  }

  // MARK: The table of groups

  private func group(_ key: [SubType], _ hash: UInt32) -> UInt32? {
    var candidate = buckets[Int(hash) & (buckets.count - 1)]
    while candidate != Self.none {
      if records[Int(candidate)].hash == hash, isGroup(candidate, key) { return candidate }
      candidate = records[Int(candidate)].next
    }
    return nil
  }

  private func isGroup(_ group: UInt32, _ key: [SubType]) -> Bool {
    let indices = indices(of: group)
    return indices.count == key.count
      && zip(indices, key).allSatisfy { types[Int($0)] == Self.unrolled($1, indices) }
  }

  private mutating func link(_ group: UInt32) {
    groupCount += 1
    if groupCount > buckets.count { growTable() }
    insert(group)
  }

  private mutating func insert(_ group: UInt32) {
    let bucket = Int(records[Int(group)].hash) & (buckets.count - 1)
    records[Int(group)].next = buckets[bucket]
    buckets[bucket] = group
  }

  private mutating func growTable() {
    let old = buckets
    buckets = Array(repeating: Self.none, count: 2 * old.count)
    for first in old {
      var group = first
      while group != Self.none {
        let next = records[Int(group)].next
        insert(group)
        group = next
      }
    }
  }

  private mutating func unlink(_ group: UInt32) {
    groupCount -= 1
    let bucket = Int(records[Int(group)].hash) & (buckets.count - 1)
    let next = records[Int(group)].next
    if buckets[bucket] == group {
      buckets[bucket] = next
      return
    }
    var previous = buckets[bucket]
    while records[Int(previous)].next != group { previous = records[Int(previous)].next }
    records[Int(previous)].next = next
  }

  // MARK: Holding

  /// Holds the group of a type once more.
  ///
  /// - Returns: false if there is no such type.
  mutating func hold(typeAt index: UInt32) -> Bool {
    guard isKnown(index) else { return false }
    hold(records[Int(index)].group)
    return true
  }

  /// A group that is held four billion times stays for ever.
  private mutating func hold(_ group: UInt32) {
    let (count, overflow) = records[Int(group)].holderCount.addingReportingOverflow(1)
    if !overflow { records[Int(group)].holderCount = count }
  }

  /// Lets go of the group of a type, which the caller holds. Types that nobody holds any more are forgotten.
  ///
  /// - Complexity: O(size of what is forgotten).
  mutating func release(typeAt index: UInt32) {
    // Not recursive: groups may refer to each other in a long row.
    var waiting = [records[Int(index)].group]
    while let group = waiting.popLast() {
      precondition(records[Int(group)].holderCount > 0, "a group of types is released more often than held")
      guard records[Int(group)].holderCount != .max else { continue }
      records[Int(group)].holderCount -= 1
      guard records[Int(group)].holderCount == 0 else { continue }
      waiting.append(contentsOf: groups(neededBy: group))
      remove(group)
    }
  }

  private mutating func remove(_ group: UInt32) {
    unlink(group)
    for index in indices(of: group) {
      types[Int(index)] = Self.nothing
      ancestors[Int(index)] = []
      records[Int(index)] = Record()
      freeIndices.append(index)
    }
    members[group] = nil
  }

  // MARK: Reading

  /// Whether a canonical index belongs to a type.
  public func isKnown(_ index: UInt32) -> Bool {
    Int(index) < records.count && records[Int(index)].group != Self.none
  }

  /// The type at a canonical index, in canonical indices. That of an index without a type is the function type without parameters and
  /// results.
  public func type(_ index: UInt32) -> SubType { types[Int(index)] }

  /// The number of supertypes of a type.
  public func depth(_ index: UInt32) -> Int { ancestors[Int(index)].count }

  /// The supertypes from the root of the hierarchy down to the type itself.
  public func display(_ index: UInt32) -> [UInt32] { ancestors[Int(index)] + [index] }

  // MARK: Matching

  /// Whether canonical type `index` is `other` or below it. O(1).
  public func isSubtype(_ index: UInt32, of other: UInt32) -> Bool {
    guard isKnown(index), isKnown(other) else { return false }
    if index == other { return true }
    let ancestors = ancestors[Int(index)]
    let depth = depth(other)
    return depth < ancestors.count && ancestors[depth] == other
  }

  /// Whether a heap type, in canonical indices, matches another. (Core specification 3.0, 3.3 "Heap Types", matching.)
  ///
  /// An index that belongs to no type matches nothing but itself.
  public func matches(_ type: HeapType, _ other: HeapType) -> Bool {
    if type == other { return true }
    if let otherIndex = other.typeIndex {
      guard isKnown(otherIndex) else { return false }
      if let index = type.typeIndex {
        return other.isExact ? type.isExact && index == otherIndex : isSubtype(index, of: otherIndex)
      }
      return switch types[Int(otherIndex)].composite {
      case .function: type == .noFunction
      case .structure, .array: type == .none
      }
    }
    if let index = type.typeIndex {
      guard isKnown(index) else { return false }
      return switch types[Int(index)].composite {
      case .function: other == .function
      case .structure: other == .structure || other == .equatable || other == .any
      case .array: other == .array || other == .equatable || other == .any
      }
    }
    return switch other {
    case .any: type == .equatable || type == .i31 || type == .structure || type == .array || type == .none
    case .equatable: type == .i31 || type == .structure || type == .array || type == .none
    case .i31, .structure, .array: type == .none
    case .function: type == .noFunction
    case .external: type == .noExternal
    case .exception: type == .noException
    default: false
    }
  }

  public func matches(_ type: ReferenceType, _ other: ReferenceType) -> Bool {
    (!type.isNullable || other.isNullable) && matches(type.heapType, other.heapType)
  }

  /// Whether a value type, in canonical indices, matches another.
  public func matches(_ type: ValueType, _ other: ValueType) -> Bool {
    if type == other || type == .bottom { return true }
    guard let reference = type.referenceType, let otherReference = other.referenceType else { return false }
    return matches(reference, otherReference)
  }

  /// The root of the hierarchy that a heap type belongs to: `any`, `func`, `extern` or `exn`.
  public func top(of type: HeapType) -> HeapType {
    if let index = type.typeIndex {
      return isKnown(index) && types[Int(index)].composite.function != nil ? .function : .any
    }
    return switch type {
    case .function, .noFunction: .function
    case .external, .noExternal: .external
    case .exception, .noException: .exception
    default: .any
    }
  }
}

extension CanonicalTypes {
  /// Enters the types of a module, group by group, and holds their groups; if there are too many, none of them.
  mutating func intern(_ module: Module) throws(LimitExceeded) -> [UInt32] {
    reserve(module.types.count)
    var canonical: [UInt32] = []
    canonical.reserveCapacity(module.types.count)
    for group in module.recursionGroups {
      do throws(LimitExceeded) {
        try intern(module.types[group], from: group.lowerBound, into: &canonical)
      } catch {
        let entered = module.recursionGroups.prefix { $0.lowerBound < group.lowerBound }
        release(canonical, entered)
        throw error
      }
    }
    return canonical
  }

  /// Lets go of groups that were entered together, the last ones first.
  mutating func release(_ canonical: [UInt32], _ groups: some BidirectionalCollection<Range<Int>>) {
    for group in groups.reversed() where !group.isEmpty { release(typeAt: canonical[group.lowerBound]) }
  }

  /// Enters a type that is its group's only member, and holds it.
  ///
  /// - Parameter type: type indices in it are canonical.
  /// - Returns: its index; nil if it refers to a type that is not known.
  mutating func intern(_ type: SubType) throws(LimitExceeded) -> UInt32? {
    var isKnown = true
    type.forEachTypeIndex { if !self.isKnown($0) { isKnown = false } }
    guard isKnown else { return nil }
    return try intern([type])[0]
  }
}
