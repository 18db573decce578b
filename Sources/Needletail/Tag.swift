import WasmRuntime
import WebAssembly

/// A tag of exceptions. Two are equal if they are the same tag of the same store, whatever their types.
public struct Tag {
  public let store: Store
  let instance: TagInstance

  init(_ instance: TagInstance, in store: Store) {
    self.instance = instance
    self.store = store
  }

  /// Makes a tag, which lives as long as the store.
  ///
  /// - Parameter type: the types of the payload, as parameters.
  /// - Throws: `ArgumentError` if the engine does not know a concrete type in `type`; `LimitExceeded` if it has more than 1000
  ///   parameters or results, or there are too many types.
  public init(_ store: Store, type: FunctionType) throws {
    self = try store.claimed { Tag(store.state.makeTag(type: try store.hold(type)), in: store) }
  }

  /// The types of the payload, as parameters, in which concrete types are canonical.
  public var type: FunctionType { store.engine.types.type(instance.type).composite.function ?? FunctionType() }

  /// The name that a module of the store has for the tag: in its name section, as an export, or as an import.
  ///
  /// - Complexity: O(number of tags, exports and imports of all instances).
  public var name: String? { store.claimedOrEnd { store.state.name(of: instance) } }
}

extension Tag: Hashable {
  public static func == (a: Tag, b: Tag) -> Bool { a.instance === b.instance }

  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(instance)) }
}
