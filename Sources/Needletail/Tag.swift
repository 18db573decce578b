import WasmRuntime
import WebAssembly

/// A tag of exceptions. Two tags are equal if they are the same tag of the same store; equal types do not suffice. (Core specification
/// 3.0, 4.2.11 "Tag Instances".)
public struct Tag {
  /// The store of the tag.
  public let store: Store
  let instance: TagInstance

  init(_ instance: TagInstance, in store: Store) {
    self.instance = instance
    self.store = store
  }

  /// Creates a tag, which lives as long as the store.
  ///
  /// - Parameters:
  ///   - store: the store that owns the tag.
  ///   - type: the types of the payload, as parameters.
  /// - Throws: `ArgumentError` if the engine does not know a concrete type in `type`; `LimitExceeded` if it has more than 1000 parameters
  ///   or results, or there are too many types; `StoreInUse` if another thread uses the store.
  public init(_ store: Store, type: FunctionType) throws {
    self = try store.claimed { Tag(store.state.makeTag(type: try store.hold(type)), in: store) }
  }

  /// The types of the payload, as parameters. Concrete types in it are canonical.
  public var type: FunctionType { store.engine.types.type(instance.type).composite.function ?? FunctionType() }

  /// The name that a module of the store gives the tag: in its name section, as an export, or as an import.
  ///
  /// - Complexity: O(number of tags, exports and imports of all instances).
  public var name: String? { store.claimedOrEnd { store.state.name(of: instance) } }
}

extension Tag: Hashable {
  /// Whether both are the same tag.
  public static func == (a: Tag, b: Tag) -> Bool { a.instance === b.instance }

  /// Hashes the identity of the tag.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(instance)) }
}
