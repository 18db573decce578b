import WebAssembly

extension Component {
  /// A core type definition. (Component model, "Type Definitions".)
  public enum CoreType: Sendable {
    /// The types of a recursion group.
    case group([SubType])
    case module([CoreDeclaration])
  }

  /// A declaration in a core module type.
  public struct CoreDeclaration: Sendable {
    public var kind: Kind
    public var offset: Int

    public init(_ kind: Kind, offset: Int = 0) {
      self.kind = kind
      self.offset = offset
    }

    public enum Kind: Sendable {
      case `import`(module: String, name: String, ExternalType)
      /// A module type cannot be declared here, which validation checks.
      case type(CoreType)
      /// A type of an enclosing scope.
      case outerAlias(scopesOut: UInt32, index: UInt32)
      case export(name: String, ExternalType)
    }
  }
}
