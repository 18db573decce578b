import Synchronization

/// The types of all modules of one engine by canonical identity, so that linking compares numbers.
///
/// Safe to use from several threads. A type is kept while an ``InternedTypes`` contains it or a type that refers to it; afterwards its
/// canonical index is reused. Code that trusts a canonical index (running code, objects, functions, tables, tags) must therefore keep an
/// `InternedTypes` as well: a module's image keeps those of the module, and a store keeps those of its modules and of what the host
/// created in it.
public final class TypeRegistry: Sendable {
  private let types: Mutex<CanonicalTypes>

  /// Creates an empty registry.
  public init() { types = Mutex(CanonicalTypes()) }

  /// A registry with room for fewer types than `CanonicalTypes.maximumCount`.
  package init(limit: Int) { types = Mutex(CanonicalTypes(limit: limit)) }

  /// The number of types. O(1).
  public var count: Int { types.withLock { $0.count } }

  // MARK: Interning

  /// Interns the types of a valid module; the result has a canonical index for each.
  ///
  /// - Throws: `LimitExceeded` if there would be more than `CanonicalTypes.maximumCount` types.
  /// - Complexity: O(size of all types).
  public func intern(_ module: Module) throws(LimitExceeded) -> InternedTypes {
    let result = types.withLock { types in
      Result { () throws(LimitExceeded) in try types.intern(module) }
    }
    return InternedTypes(try result.get(), module.recursionGroups, self)
  }

  /// Interns a function type on its own (final, without supertype), such as a host function's. References to concrete types in it are
  /// canonical.
  ///
  /// - Returns: nil if it refers to an unknown type.
  public func intern(_ type: FunctionType) throws(LimitExceeded) -> InternedTypes? {
    try intern(SubType(.function(type)))
  }

  /// Interns a type that is its recursion group's only member and does not refer to itself. Type indices in it are canonical.
  ///
  /// - Returns: nil if it refers to an unknown type.
  public func intern(_ type: SubType) throws(LimitExceeded) -> InternedTypes? {
    let result = types.withLock { types in
      Result { () throws(LimitExceeded) in try types.intern(type) }
    }
    return try result.get().map { InternedTypes([$0], .single, self) }
  }

  /// Holds a type that is known now.
  ///
  /// - Returns: nil if the index is unused.
  public func hold(_ index: UInt32) -> InternedTypes? {
    types.withLock { $0.hold(typeAt: index) } ? InternedTypes([index], .single, self) : nil
  }

  fileprivate func release(_ indices: [UInt32], _ groups: RecursionGroups) {
    types.withLock { $0.release(indices, groups) }
  }

  // MARK: Reading

  /// The canonical type with this index, in canonical indices, or nil if there is none.
  public func typeIfKnown(_ index: UInt32) -> SubType? {
    types.withLock { $0.isKnown(index) ? $0.type(index) : nil }
  }

  /// The canonical type with this index, in canonical indices. The caller holds it.
  public func type(_ index: UInt32) -> SubType { types.withLock { $0.type(index) } }

  /// The supertypes of a canonical type from the root down to itself. The caller holds it.
  public func display(_ index: UInt32) -> [UInt32] { types.withLock { $0.display(index) } }

  /// Whether canonical type `index` is `other` or a subtype of it. O(1).
  public func isSubtype(_ index: UInt32, of other: UInt32) -> Bool {
    types.withLock { $0.isSubtype(index, of: other) }
  }

  /// The root of the hierarchy that a heap type, in canonical indices, belongs to.
  public func top(of type: HeapType) -> HeapType {
    type.isConcrete ? types.withLock { $0.top(of: type) } : CanonicalTypes().top(of: type)
  }

  /// Whether a value type, in canonical indices, matches another.
  public func matches(_ type: ValueType, _ other: ValueType) -> Bool {
    type == other || types.withLock { $0.matches(type, other) }
  }

  /// Whether a reference type, in canonical indices, matches another.
  public func matches(_ type: ReferenceType, _ other: ReferenceType) -> Bool {
    type == other || types.withLock { $0.matches(type, other) }
  }
}

/// Types of a registry, which are held as long as this object lives.
public final class InternedTypes: Sendable {
  /// The canonical index of each type.
  public let indices: [UInt32]
  private let groups: RecursionGroups
  private let registry: TypeRegistry

  fileprivate init(_ indices: [UInt32], _ groups: RecursionGroups, _ registry: TypeRegistry) {
    self.indices = indices
    self.groups = groups
    self.registry = registry
  }

  deinit { registry.release(indices, groups) }
}

extension RecursionGroups {
  /// A collection of one group with one type.
  fileprivate static var single: RecursionGroups {
    var groups = RecursionGroups()
    groups.append(0..<1)
    return groups
  }
}
