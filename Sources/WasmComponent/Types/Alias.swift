extension Component {
  /// A second index for an existing definition. (Component model, "Alias Definitions".)
  public enum Alias: Hashable, Sendable {
    /// An export of an instance.
    case export(Sort, instance: UInt32, name: String)
    /// An export of a core instance.
    case coreExport(CoreSort, instance: UInt32, name: String)
    /// A definition of an enclosing component or type; 0 scopes out is the current one.
    case outer(Sort, scopesOut: UInt32, index: UInt32)

    /// The index space that the alias adds to.
    public var sort: Sort {
      switch self {
      case .export(let sort, _, _), .outer(let sort, _, _): sort
      case .coreExport(let sort, _, _): .core(sort)
      }
    }
  }
}
