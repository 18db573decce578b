import Synchronization

/// The types of all modules of one engine by canonical identity, so that modules can be linked by comparing numbers.
///
/// Safe to use from several threads. Types are kept as long as the registry.
public final class TypeRegistry: Sendable {
  private let types = Mutex(CanonicalTypes())

  public init() {}

  /// Enters the types of a valid module; returns for each its canonical index.
  public func intern(_ module: Module) throws(LimitExceeded) -> [UInt32] {
    let result = types.withLock { types in
      Result { () throws(LimitExceeded) in try types.intern(module.types, recursionGroups: module.recursionGroups) }
    }
    return try result.get()
  }

  /// Enters a function type that stands for itself (final, without supertype), such as a host function's.
  /// References to concrete types in it are canonical.
  public func intern(_ type: FunctionType) throws(LimitExceeded) -> UInt32 { try intern(SubType(.function(type))) }

  /// Enters a type that is its recursion group's only member and does not refer to itself. Type indices in it are canonical.
  public func intern(_ type: SubType) throws(LimitExceeded) -> UInt32 {
    let result = types.withLock { types in
      Result { () throws(LimitExceeded) in
        // It stands after everything that it refers to.
        var canonical = (0..<UInt32(types.entries.count)).map { $0 }
        try types.intern([type][...], from: canonical.count, into: &canonical)
        return canonical.last!
      }
    }
    return try result.get()
  }

  /// The canonical type with this index, in canonical indices, or nil if there is none.
  public func typeIfKnown(_ index: UInt32) -> SubType? {
    types.withLock { Int(index) < $0.entries.count ? $0.entries[Int(index)].type : nil }
  }

  /// The canonical type with this index, in canonical indices.
  public func type(_ index: UInt32) -> SubType { types.withLock { $0.entries[Int(index)].type } }

  /// The canonical types from an index on.
  public func entries(from index: Int) -> [CanonicalTypes.Entry] {
    types.withLock { index < $0.entries.count ? Array($0.entries[index...]) : [] }
  }

  /// The supertypes of a canonical type from the root down to itself.
  public func display(_ index: UInt32) -> [UInt32] { types.withLock { $0.entries[Int(index)].display } }

  public func isSubtype(_ index: UInt32, of other: UInt32) -> Bool {
    types.withLock { $0.isSubtype(index, of: other) }
  }

  /// The root of the hierarchy that a heap type, in canonical indices, belongs to.
  public func top(of type: HeapType) -> HeapType {
    type.isConcrete ? types.withLock { $0.top(of: type) } : CanonicalTypes().top(of: type)
  }

  public func matches(_ type: ValueType, _ other: ValueType) -> Bool {
    type == other || types.withLock { $0.matches(type, other) }
  }

  public func matches(_ type: ReferenceType, _ other: ReferenceType) -> Bool {
    type == other || types.withLock { $0.matches(type, other) }
  }
}
