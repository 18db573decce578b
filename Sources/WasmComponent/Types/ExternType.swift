extension Component {
  /// The type of an import or export. (Component model, "Type Definitions".)
  public enum ExternType: Hashable, Sendable {
    /// An index of a core module type.
    case coreModule(UInt32)
    /// An index of a function type; likewise for components and instances.
    case function(UInt32)
    case value(ValueBound)
    case type(TypeBound)
    case component(UInt32)
    case instance(UInt32)

    /// The sort of what has this type.
    public var sort: Sort {
      switch self {
      case .coreModule: .core(.module)
      case .function: .function
      case .value: .value
      case .type: .type
      case .component: .component
      case .instance: .instance
      }
    }
  }

  /// What is known of an imported or exported type.
  public enum TypeBound: Hashable, Sendable {
    /// It is this type.
    case equal(UInt32)
    /// It is some resource type.
    case resource
  }

  /// What is known of an imported or exported value. (Draft.)
  public enum ValueBound: Hashable, Sendable {
    case equal(UInt32)
    case type(ValueType)
  }

  /// The name of an import or export, with its attributes.
  public struct ExternName: Hashable, Sendable {
    public var name: String
    /// Nil if the binary has the form without attributes.
    public var attributes: [Attribute]?
    /// Whether the binary has the form 0x01, which older tools write for interface names.
    public var hasLegacyForm: Bool

    public init(_ name: String, attributes: [Attribute]? = nil, hasLegacyForm: Bool = false) {
      self.name = name
      self.attributes = attributes
      self.hasLegacyForm = hasLegacyForm
    }
  }

  /// What is said of an import or export besides its name.
  public enum Attribute: Hashable, Sendable {
    /// The interface that an instance implements.
    case implements(String)
    /// The rest of the version in the name.
    case versionSuffix(String)
    case externalID(String)

    /// The keyword in the text format.
    public var keyword: String {
      switch self {
      case .implements: "implements"
      case .versionSuffix: "versionsuffix"
      case .externalID: "external-id"
      }
    }

    /// The text after the keyword.
    public var value: String {
      switch self {
      case .implements(let value), .versionSuffix(let value), .externalID(let value): value
      }
    }
  }

  /// An import. (Component model, "Import and Export Definitions".)
  public struct Import: Hashable, Sendable {
    public var name: ExternName
    public var type: ExternType

    public init(name: ExternName, type: ExternType) {
      self.name = name
      self.type = type
    }
  }

  /// An export.
  public struct Export: Hashable, Sendable {
    public var name: ExternName
    public var value: SortIndex
    /// The type as which it is exported; nil for its own.
    public var type: ExternType?

    public init(name: ExternName, value: SortIndex, type: ExternType?) {
      self.name = name
      self.value = value
      self.type = type
    }
  }
}
