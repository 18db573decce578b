import WebAssembly

extension Component {
  /// A canonical definition: a function made from one on the other side of the component's border, or a built-in function.
  /// (Component model, "Canonical Definitions".)
  public enum Canonical: Hashable, Sendable {
    /// A component function from a core function.
    case lift(function: UInt32, options: [CanonicalOption], type: UInt32)
    /// A core function from a component function.
    case lower(function: UInt32, options: [CanonicalOption])
    /// A core function.
    case builtIn(BuiltIn, Immediates)

    /// The immediates of a built-in function; those that it does not have are unused.
    public struct Immediates: Hashable, Sendable {
      /// The index of a component type.
      public var type: UInt32 = 0
      public var coreType: UInt32 = 0
      public var table: UInt32 = 0
      public var memory: UInt32 = 0
      public var options: [CanonicalOption] = []
      /// `async`, `cancellable` or `shared`.
      public var flag = false
      /// The type of the slot of `context.get` and `context.set`.
      public var valueType = WebAssembly.ValueType.i32
      public var slot: UInt32 = 0
      /// The result of `task.return`.
      public var result: ValueType?

      public init() {}
    }
  }

  /// An option of a canonical definition.
  public enum CanonicalOption: Hashable, Sendable {
    case encoding(StringEncoding)
    case memory(UInt32)
    case realloc(UInt32)
    case postReturn(UInt32)
    case async
    case callback(UInt32)
  }

  /// The encoding of strings in a memory; the raw value is its code in the binary format.
  public enum StringEncoding: UInt8, Hashable, Sendable, CaseIterable {
    case utf8 = 0
    case utf16 = 1
    case latin1OrUTF16 = 2

    /// The word in the text format.
    public var keyword: String {
      switch self {
      case .utf8: "string-encoding=utf8"
      case .utf16: "string-encoding=utf16"
      case .latin1OrUTF16: "string-encoding=latin1+utf16"
      }
    }
  }
}
