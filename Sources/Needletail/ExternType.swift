import WebAssembly

/// The type of an import or export, spelled out. References to concrete types are those of the module.
public enum ExternType: Hashable, Sendable {
  case function(FunctionType)
  case table(TableType)
  case memory(MemoryType)
  case global(GlobalType)
  case tag(FunctionType)

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

/// Something that a module imports.
public struct ImportDescription: Hashable, Sendable {
  public var module: String
  public var name: String
  public var type: ExternType
}

/// Something that a module exports.
public struct ExportDescription: Hashable, Sendable {
  public var name: String
  public var type: ExternType
}
