import WebAssembly

/// A component: its sections in order, as the binary format has them. (Component model, "Component Definitions".)
///
/// Indices refer to the component's index spaces, which its definitions fill in order.
public struct Component: Sendable {
  /// In order. Consecutive definitions of one kind may be in one section or in several.
  public var sections: [Section]

  public init(sections: [Section] = []) { self.sections = sections }

  /// The magic number `\0asm`, version 13 of the drafts, and layer 1.
  public static let header: [UInt8] = [0x00, 0x61, 0x73, 0x6D, 0x0D, 0x00, 0x01, 0x00]

  /// A section, with the places of its entries.
  public struct Section: Sendable {
    public var contents: Contents
    /// The offset of the section's identifier in the binary, or of its first definition in the text.
    public var offset: Int
    /// The offset of each entry.
    public var entryOffsets: [Int]

    public init(_ contents: Contents, offset: Int = 0, entryOffsets: [Int] = []) {
      self.contents = contents
      self.offset = offset
      self.entryOffsets = entryOffsets
    }

    /// The offset of an entry; that of the section if it is not known.
    public func offset(ofEntry index: Int) -> Int { index < entryOffsets.count ? entryOffsets[index] : offset }
  }

  /// What a section defines.
  public enum Contents: Sendable {
    case custom(CustomSection)
    case coreModule(CoreModule)
    case coreInstances([CoreInstance])
    case coreTypes([CoreType])
    case component(Component)
    case instances([Instance])
    case aliases([Alias])
    case types([TypeDefinition])
    case canonicals([Canonical])
    case start(Start)
    case imports([Import])
    case exports([Export])
    case values([Value])
  }

  /// A custom section. Its contents do not affect the component.
  public struct CustomSection: Sendable {
    public var name: String
    public var data: [UInt8]

    public init(name: String, data: [UInt8]) {
      self.name = name
      self.data = data
    }
  }

  /// A core module that the component contains.
  public struct CoreModule: Sendable {
    /// Offsets in it count from the module's first byte.
    public var module: Module
    /// The offset of the module's first byte in the component; nil if the component was read from a text.
    public var start: Int?

    public init(_ module: Module, start: Int?) {
      self.module = module
      self.start = start
    }
  }

  /// A start definition. (Draft; "Start Definitions".)
  public struct Start: Hashable, Sendable {
    public var function: UInt32
    /// Indices of values.
    public var arguments: [UInt32]
    public var resultCount: UInt32

    public init(function: UInt32, arguments: [UInt32], resultCount: UInt32) {
      self.function = function
      self.arguments = arguments
      self.resultCount = resultCount
    }
  }

  /// A value definition. (Draft; "Value Definitions".)
  public struct Value: Hashable, Sendable {
    public var type: ValueType
    /// The value in the binary format.
    public var bytes: [UInt8]

    public init(type: ValueType, bytes: [UInt8]) {
      self.type = type
      self.bytes = bytes
    }
  }
}
