extension Component {
  /// The kind of a core definition; the raw value is its code in the binary format. (Component model, "Index Spaces".)
  public enum CoreSort: UInt8, Hashable, Sendable, CaseIterable {
    case function = 0x00
    case table = 0x01
    case memory = 0x02
    case global = 0x03
    case tag = 0x04
    case type = 0x10
    case module = 0x11
    case instance = 0x12

    /// The keyword in the text format.
    public var keyword: String {
      switch self {
      case .function: "func"
      case .table: "table"
      case .memory: "memory"
      case .global: "global"
      case .tag: "tag"
      case .type: "type"
      case .module: "module"
      case .instance: "instance"
      }
    }
  }

  /// The kind of a definition, which has an index space of its own.
  public enum Sort: Hashable, Sendable {
    case core(CoreSort)
    case function, value, type, component, instance

    /// The words in the text format, such as `core func`.
    public var keyword: String {
      switch self {
      case .core(let sort): "core \(sort.keyword)"
      case .function: "func"
      case .value: "value"
      case .type: "type"
      case .component: "component"
      case .instance: "instance"
      }
    }

    /// The code in the binary format. 0 is followed by the code of a core sort.
    public var code: UInt8 {
      switch self {
      case .core: 0
      case .function: 1
      case .value: 2
      case .type: 3
      case .component: 4
      case .instance: 5
      }
    }

    /// The sort with a code other than 0.
    public init?(code: UInt8) {
      switch code {
      case 1: self = .function
      case 2: self = .value
      case 3: self = .type
      case 4: self = .component
      case 5: self = .instance
      default: return nil
      }
    }

    /// All sorts.
    public static let all: [Sort] =
      CoreSort.allCases.map { .core($0) } + [.function, .value, .type, .component, .instance]
  }

  /// A definition: an index in the space of its sort.
  public struct SortIndex: Hashable, Sendable {
    public var sort: Sort
    public var index: UInt32

    public init(_ sort: Sort, _ index: UInt32) {
      self.sort = sort
      self.index = index
    }
  }
}
