/// Types by identity: recursion groups that are equal, up to the indices of their own members, are stored once. (Core specification 3.0,
/// 3.1.3 "Rolling and Unrolling", iso-recursive equivalence.)
///
/// Stored types refer to each other by canonical index. A group is reference counted: callers that interned it hold it, and so do the
/// groups whose types refer to its types. A group that is no longer held is removed and its indices are reused, so an index is meaningful
/// only while its group is held.
public struct CanonicalTypes: Sendable {
  /// The record of a canonical index, besides its type.
  private struct Record {
    /// The first index of its group, which identifies the group; `none` if the index is unused.
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
  /// By canonical index: the supertypes from the root of the hierarchy down, without the type itself, so that "is `a` a subtype of `b`"
  /// is one load of `ancestors[a][depth of b]`.
  private var ancestors: [[UInt32]] = []
  /// The indices of groups with more than one member, by the group's first index.
  private var members: [UInt32: [UInt32]] = [:]
  /// The first group of each bucket of the hash table of groups. The number of buckets is a power of two.
  private var buckets: [UInt32] = [CanonicalTypes.none]
  private var groupCount = 0
  private var freeIndices: [UInt32] = []

  /// The largest number of types at a time. In a key, references to the group's own members have the bit above it set.
  public static let maximumCount = 1 << 19

  /// The largest number of types; tests use less than ``maximumCount``.
  private let limit: Int

  /// Creates an empty table.
  public init() { self.init(limit: Self.maximumCount) }

  init(limit: Int) { self.limit = min(limit, Self.maximumCount) }

  /// The number of types. O(1).
  public var count: Int { types.count - freeIndices.count }

  // MARK: Interning

  /// Reserves room for more types. Otherwise the arrays grow by themselves, and need twice the memory for a moment.
  mutating func reserve(_ additional: Int) {
    let wanted = min(types.count + max(additional - freeIndices.count, 0), Self.maximumCount)
    // Reserving a little at a time would copy everything each time.
    guard wanted > 2 * types.count else { return }
    types.reserveCapacity(wanted)
    records.reserveCapacity(wanted)
    ancestors.reserveCapacity(wanted)
  }

  /// Finds or adds a group, and holds it.
  ///
  /// - Parameters:
  ///   - group: the types of a recursion group. Indices from `start` on are the group's own members, in order; lower ones are positions
  ///     in `canonical`.
  ///   - canonical: the canonical indices of all types before the group; those of the group's members are appended.
  /// - Throws: `LimitExceeded` if there would be more than ``maximumCount`` types.
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

  /// Finds or adds a group, and holds it.
  ///
  /// - Parameter key: its types. Indices from ``maximumCount`` on are the group's own members, in order; lower ones are canonical, and
  ///   their types are held.
  /// - Returns: the canonical indices of the members.
  private mutating func intern(_ key: consuming [SubType]) throws(LimitExceeded) -> [UInt32] {
    guard !key.isEmpty else { return [] }
    let hash = UInt32(truncatingIfNeeded: key.hashValue)
    if let existing = group(key, hash) {
      hold(existing)
      return indices(of: existing)
    }
    guard count + key.count <= limit else {
      throw LimitExceeded(fixed: .types, requested: count + key.count, limit: limit)
    }
    let indices = key.map { _ in takeIndex() }
    let group = indices[0]
    for (member, index) in indices.enumerated() {
      // The key gives up its reference to the type, so that the type is changed in place.
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

  /// A type with its references to group members replaced by canonical indices.
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

  /// The placeholder at unused indices.
  private static let nothing = SubType(.function(FunctionType()))

  private func indices(of group: UInt32) -> [UInt32] { members[group] ?? [group] }

  /// The other groups that a group's types refer to, each once.
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

  // MARK: The hash table of groups

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

  /// Adds a hold on the group of a type.
  ///
  /// - Returns: false if there is no such type.
  mutating func hold(typeAt index: UInt32) -> Bool {
    guard isKnown(index) else { return false }
    hold(records[Int(index)].group)
    return true
  }

  /// A group that is held four billion times is never removed.
  private mutating func hold(_ group: UInt32) {
    let (count, overflow) = records[Int(group)].holderCount.addingReportingOverflow(1)
    if !overflow { records[Int(group)].holderCount = count }
  }

  /// Releases a hold on the group of a type. Types that are no longer held are removed.
  ///
  /// - Complexity: O(size of the removed types).
  mutating func release(typeAt index: UInt32) {
    // Not recursive: groups may refer to each other in a long chain.
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

  /// The type at a canonical index, in canonical indices. An unused index has the function type without parameters and results.
  public func type(_ index: UInt32) -> SubType { types[Int(index)] }

  /// The number of supertypes of a type.
  public func depth(_ index: UInt32) -> Int { ancestors[Int(index)].count }

  /// The supertypes from the root of the hierarchy down to the type itself.
  public func display(_ index: UInt32) -> [UInt32] { ancestors[Int(index)] + [index] }

  // MARK: Matching

  /// Whether canonical type `index` is `other` or a subtype of it. O(1).
  public func isSubtype(_ index: UInt32, of other: UInt32) -> Bool {
    guard isKnown(index), isKnown(other) else { return false }
    if index == other { return true }
    let ancestors = ancestors[Int(index)]
    let depth = depth(other)
    return depth < ancestors.count && ancestors[depth] == other
  }

  /// Whether a heap type, in canonical indices, matches another. (Core specification 3.0, 3.3.3 "Heap Types", matching.)
  ///
  /// An unused index matches only itself.
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

  /// Whether a reference type, in canonical indices, matches another.
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
  /// Interns the types of a module, group by group, and holds their groups; if there are too many, it holds none of them.
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

  /// Releases groups that were interned together, the last ones first.
  mutating func release(_ canonical: [UInt32], _ groups: some BidirectionalCollection<Range<Int>>) {
    for group in groups.reversed() where !group.isEmpty { release(typeAt: canonical[group.lowerBound]) }
  }

  /// Interns a type that is its group's only member, and holds it.
  ///
  /// - Parameter type: type indices in it are canonical.
  /// - Returns: its index; nil if it refers to an unknown type.
  mutating func intern(_ type: SubType) throws(LimitExceeded) -> UInt32? {
    var isKnown = true
    type.forEachTypeIndex { if !self.isKnown($0) { isKnown = false } }
    guard isKnown else { return nil }
    return try intern([type])[0]
  }
}
