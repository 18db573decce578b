/// Types by identity: recursion groups that are alike, up to the names of their own members, become one.
/// (Core specification 3.0, 3.1.x "Rolling and unrolling", iso-recursive equivalence.)
///
/// Canonical indices are dense and count from 0 in the order of first appearance. All types inside refer to each other by
/// canonical index.
public struct CanonicalTypes: Sendable {
  /// A canonical type with what subtype tests need.
  public struct Entry: Sendable {
    public var type: SubType
    /// The supertypes from the root of the hierarchy down to the type itself, so that "is `a` below `b`" is one look at
    /// `display[depth of b]`.
    public var display: [UInt32]

    public var depth: Int { display.count - 1 }
  }

  public private(set) var entries: [Entry] = []
  private var groups: [[SubType]: UInt32] = [:]

  /// The number of types that fit: references inside a group are told apart by the bit above.
  public static let maximumCount = 1 << 19

  public init() {}

  /// Enters the types of a module.
  ///
  /// - Parameters:
  ///   - types: the types; indices in them are positions in this array, and valid.
  ///   - recursionGroups: ranges of positions, in order and without gaps.
  /// - Returns: for each type its canonical index.
  /// - Throws: `LimitExceeded` if there would be more than ``maximumCount``.
  /// - Complexity: O(size of all types).
  public mutating func intern(
    _ types: [SubType], recursionGroups: [Range<Int>]
  ) throws(LimitExceeded) -> [UInt32] {
    var canonical: [UInt32] = []
    canonical.reserveCapacity(types.count)
    for group in recursionGroups {
      try intern(types[group], from: group.lowerBound, into: &canonical)
    }
    return canonical
  }

  /// Enters one group whose first member has the index `start`; `canonical` holds the canonical indices of all types before it.
  public mutating func intern(
    _ group: ArraySlice<SubType>, from start: Int, into canonical: inout [UInt32]
  ) throws(LimitExceeded) {
    let key = group.map { type in
      type.mapTypeIndices { index in
        Int(index) < start ? canonical[Int(index)] : UInt32(Int(index) - start + Self.maximumCount)
      }
    }
    let base: UInt32
    if let existing = groups[key] {
      base = existing
    } else {
      base = UInt32(entries.count)
      guard entries.count + group.count <= Self.maximumCount else {
        throw LimitExceeded("too many types: the limit is \(Self.maximumCount)")
      }
      groups[key] = base
      for type in key {
        let unrolled = type.mapTypeIndices { index in
          Int(index) < Self.maximumCount ? index : index - UInt32(Self.maximumCount) + base
        }
        var display = unrolled.supertypes.first.map { entries[Int($0)].display } ?? []
        display.append(UInt32(entries.count))
        entries.append(Entry(type: unrolled, display: display))
      }
    }
    for offset in 0..<group.count { canonical.append(base + UInt32(offset)) }
  }

  /// Whether canonical type `index` is `other` or below it. O(1).
  public func isSubtype(_ index: UInt32, of other: UInt32) -> Bool {
    if index == other { return true }
    let display = entries[Int(index)].display
    let depth = entries[Int(other)].depth
    return depth < display.count && display[depth] == other
  }

  /// Whether a heap type, in canonical indices, matches another. (Core specification 3.0, 3.3 "Heap Types", matching.)
  public func matches(_ type: HeapType, _ other: HeapType) -> Bool {
    if type == other { return true }
    if let otherIndex = other.typeIndex {
      if let index = type.typeIndex {
        return other.isExact ? type.isExact && index == otherIndex : isSubtype(index, of: otherIndex)
      }
      return switch entries[Int(otherIndex)].type.composite {
      case .function: type == .noFunction
      case .structure, .array: type == .none
      }
    }
    if let index = type.typeIndex {
      return switch entries[Int(index)].type.composite {
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
      return entries[Int(index)].type.composite.function != nil ? .function : .any
    }
    return switch type {
    case .function, .noFunction: .function
    case .external, .noExternal: .external
    case .exception, .noException: .exception
    default: .any
    }
  }
}
