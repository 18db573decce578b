import WebAssembly

extension Component {
  /// A type definition. (Component model, "Type Definitions".)
  public enum TypeDefinition: Sendable {
    case defined(DefinedType)
    case function(FunctionType)
    case component([Declaration])
    case instance([Declaration])
    case resource(ResourceType)
  }

  /// The type of a function.
  public struct FunctionType: Hashable, Sendable {
    public var isAsync: Bool
    public var parameters: [Field]
    public var result: ValueType?

    public init(isAsync: Bool = false, parameters: [Field], result: ValueType?) {
      self.isAsync = isAsync
      self.parameters = parameters
      self.result = result
    }
  }

  /// A resource type that a component defines.
  public struct ResourceType: Hashable, Sendable {
    /// The core type of what handles stand for.
    public var representation: WebAssembly.ValueType
    /// The index of a core function.
    public var destructor: UInt32?

    public init(representation: WebAssembly.ValueType, destructor: UInt32?) {
      self.representation = representation
      self.destructor = destructor
    }
  }

  /// A declaration in a component or instance type.
  public struct Declaration: Sendable {
    public var kind: Kind
    public var offset: Int

    public init(_ kind: Kind, offset: Int = 0) {
      self.kind = kind
      self.offset = offset
    }

    public enum Kind: Sendable {
      case coreType(CoreType)
      case type(TypeDefinition)
      case alias(Alias)
      /// In component types only.
      case `import`(Import)
      case export(ExternName, ExternType)
    }
  }
}
