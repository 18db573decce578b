extension Component {
  /// A value type without parts; the raw value is its code in the binary format. (Component model, "Type Definitions".)
  public enum PrimitiveType: UInt8, Hashable, Sendable, CaseIterable {
    case bool = 0x7F
    case s8 = 0x7E
    case u8 = 0x7D
    case s16 = 0x7C
    case u16 = 0x7B
    case s32 = 0x7A
    case u32 = 0x79
    case s64 = 0x78
    case u64 = 0x77
    case f32 = 0x76
    case f64 = 0x75
    case char = 0x74
    case string = 0x73
    case errorContext = 0x64

    /// The keyword in the text format.
    public var keyword: String { self == .errorContext ? "error-context" : "\(self)" }

    /// The type with a keyword. `float32` and `float64` are the names of older drafts.
    public init?(keyword: String) {
      switch keyword {
      case "float32": self = .f32
      case "float64": self = .f64
      default:
        guard let type = Self.allCases.first(where: { $0.keyword == keyword }) else { return nil }
        self = type
      }
    }

    /// Whether values can be keys of a map.
    public var isKey: Bool {
      switch self {
      case .f32, .f64, .errorContext: false
      default: true
      }
    }
  }

  /// A use of a value type: a primitive type, or an index of a type.
  public enum ValueType: Hashable, Sendable {
    case primitive(PrimitiveType)
    case index(UInt32)
  }

  /// A field of a record or a parameter of a function.
  public struct Field: Hashable, Sendable {
    public var name: String
    public var type: ValueType

    public init(_ name: String, _ type: ValueType) {
      self.name = name
      self.type = type
    }
  }

  /// A case of a variant.
  public struct Case: Hashable, Sendable {
    public var name: String
    public var type: ValueType?

    public init(_ name: String, _ type: ValueType?) {
      self.name = name
      self.type = type
    }
  }

  /// The definition of a value type.
  public enum DefinedType: Hashable, Sendable {
    case primitive(PrimitiveType)
    case record([Field])
    case variant([Case])
    case list(ValueType)
    case fixedLengthList(ValueType, UInt32)
    case tuple([ValueType])
    case flags([String])
    case enumeration([String])
    case option(ValueType)
    case result(ok: ValueType?, error: ValueType?)
    case own(UInt32)
    case borrow(UInt32)
    case stream(ValueType?)
    case future(ValueType?)
    case map(key: ValueType, value: ValueType)
  }
}
