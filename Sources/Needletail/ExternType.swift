import WebAssembly

/// The type of an import or export, with function types in full. References to concrete types in it have the module's indices.
public enum ExternType: Hashable, Sendable {
  /// A function.
  case function(FunctionType)
  /// A table.
  case table(TableType)
  /// A linear memory.
  case memory(MemoryType)
  /// A global.
  case global(GlobalType)
  /// An exception tag, with the types of its payload as parameters.
  case tag(FunctionType)

  /// The kind of the item.
  public var kind: ExternalKind {
    switch self {
    case .function: .function
    case .table: .table
    case .memory: .memory
    case .global: .global
    case .tag: .tag
    }
  }

  init(_ type: ExternalType, function: (UInt32) -> FunctionType?) {
    switch type {
    case .function(let index, _): self = .function(function(index) ?? FunctionType())
    case .table(let type): self = .table(type)
    case .memory(let type): self = .memory(type)
    case .global(let type): self = .global(type)
    case .tag(let index): self = .tag(function(index) ?? FunctionType())
    }
  }
}

extension ExternType: CustomStringConvertible {
  /// The type as the text format writes it, for example `(func (param i32) (result i32))`.
  public var description: String {
    switch self {
    case .function(let type): type.description
    case .table(let type): "(table \(type))"
    case .memory(let type): "(memory \(type))"
    case .global(let type): "(global \(type))"
    case .tag(let type): "(tag\(type.description.dropFirst(5))"
    }
  }
}

/// An import of a module.
public struct ImportDescription: Hashable, Sendable {
  /// The name of the module that it is imported from.
  public var module: String
  /// The name within that module.
  public var name: String
  /// The required type.
  public var type: ExternType
}

/// An export of a module.
public struct ExportDescription: Hashable, Sendable {
  /// The name of the export.
  public var name: String
  /// The type of the export.
  public var type: ExternType
}
