extension Component {
  /// A core instance definition. (Component model, "Instance Definitions".)
  public enum CoreInstance: Hashable, Sendable {
    case instantiate(module: UInt32, arguments: [Argument])
    /// An instance made of existing definitions.
    case exports([Export])

    /// An instance that satisfies the imports with this module name.
    public struct Argument: Hashable, Sendable {
      public var name: String
      /// The index of a core instance.
      public var instance: UInt32

      public init(name: String, instance: UInt32) {
        self.name = name
        self.instance = instance
      }
    }

    /// A named definition.
    public struct Export: Hashable, Sendable {
      public var name: String
      public var sort: CoreSort
      public var index: UInt32

      public init(name: String, sort: CoreSort, index: UInt32) {
        self.name = name
        self.sort = sort
        self.index = index
      }
    }
  }

  /// An instance definition. (Component model, "Instance Definitions".)
  public enum Instance: Hashable, Sendable {
    case instantiate(component: UInt32, arguments: [Argument])
    /// An instance made of existing definitions.
    case exports([InlineExport])

    /// A definition that satisfies the import with this name.
    public struct Argument: Hashable, Sendable {
      public var name: String
      public var value: SortIndex

      public init(name: String, value: SortIndex) {
        self.name = name
        self.value = value
      }
    }

    /// A named definition.
    public struct InlineExport: Hashable, Sendable {
      public var name: ExternName
      public var value: SortIndex

      public init(name: ExternName, value: SortIndex) {
        self.name = name
        self.value = value
      }
    }
  }
}
