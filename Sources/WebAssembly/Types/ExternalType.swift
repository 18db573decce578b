/// The width of addresses into a memory or table.
public enum AddressType: Hashable, Sendable {
  case i32
  case i64

  public var valueType: ValueType { self == .i32 ? .i32 : .i64 }
}

/// Bounds on the size of a memory (in pages) or of a table (in elements). (Core specification 3.0, 2.3.11 "Limits".)
public struct Limits: Hashable, Sendable {
  public var minimum: UInt64
  public var maximum: UInt64?

  public init(minimum: UInt64, maximum: UInt64? = nil) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// Whether something with these limits may stand where `other` is asked for. (Core specification, "Import matching".)
  public func matches(_ other: Limits) -> Bool {
    guard minimum >= other.minimum else { return false }
    guard let otherMaximum = other.maximum else { return true }
    guard let maximum else { return false }
    return maximum <= otherMaximum
  }
}

extension Limits: CustomStringConvertible {
  public var description: String { maximum.map { "\(minimum) \($0)" } ?? "\(minimum)" }
}

/// A linear memory. Limits count pages.
public struct MemoryType: Hashable, Sendable {
  public var limits: Limits
  public var addressType: AddressType
  public var isShared: Bool
  /// The logarithm to base 2 of the page size in bytes: 16, or 0 (custom page sizes proposal).
  public var pageSizeLog2: UInt8

  public static let standardPageSizeLog2: UInt8 = 16

  public init(
    limits: Limits, addressType: AddressType = .i32, isShared: Bool = false,
    pageSizeLog2: UInt8 = MemoryType.standardPageSizeLog2
  ) {
    self.limits = limits
    self.addressType = addressType
    self.isShared = isShared
    self.pageSizeLog2 = pageSizeLog2
  }

  /// The largest number of pages that addresses can reach.
  public var maximumPageCount: UInt64 {
    switch addressType {
    case .i32: pageSizeLog2 == 0 ? UInt64(UInt32.max) : 1 << (32 - Int(pageSizeLog2))
    case .i64: pageSizeLog2 == 0 ? UInt64.max : 1 << (64 - Int(pageSizeLog2))
    }
  }
}

extension MemoryType: CustomStringConvertible {
  public var description: String {
    let page = pageSizeLog2 == Self.standardPageSizeLog2 ? "" : " (pagesize \(UInt64(1) << UInt64(pageSizeLog2)))"
    return "\(addressType == .i64 ? "i64 " : "")\(limits)\(isShared ? " shared" : "")\(page)"
  }
}

/// A table of references.
public struct TableType: Hashable, Sendable {
  public var element: ReferenceType
  public var limits: Limits
  public var addressType: AddressType
  public var isShared: Bool

  public init(element: ReferenceType, limits: Limits, addressType: AddressType = .i32, isShared: Bool = false) {
    self.element = element
    self.limits = limits
    self.addressType = addressType
    self.isShared = isShared
  }
}

extension TableType: CustomStringConvertible {
  public var description: String {
    "\(addressType == .i64 ? "i64 " : "")\(limits)\(isShared ? " shared" : "") \(element)"
  }
}

/// A global variable or constant.
public struct GlobalType: Hashable, Sendable {
  public var value: ValueType
  public var isMutable: Bool

  public init(value: ValueType, isMutable: Bool) {
    self.value = value
    self.isMutable = isMutable
  }
}

extension GlobalType: CustomStringConvertible {
  public var description: String { isMutable ? "(mut \(value))" : value.description }
}

/// What an import asks for, or an export offers. Functions and tags name their function type by index.
/// (Core specification 3.0, 2.3.16 "External Types".)
public enum ExternalType: Hashable, Sendable {
  /// `isExact`: the import admits only this very type. (Custom descriptors proposal.)
  case function(typeIndex: UInt32, isExact: Bool = false)
  // Indirect: nearly all of a million imports are functions.
  indirect case table(TableType)
  indirect case memory(MemoryType)
  indirect case global(GlobalType)
  case tag(typeIndex: UInt32)

  public var kind: ExternalKind {
    switch self {
    case .function: .function
    case .table: .table
    case .memory: .memory
    case .global: .global
    case .tag: .tag
    }
  }
}

/// The index space of an import or export; the raw value is its code in the binary format.
public enum ExternalKind: UInt8, Hashable, Sendable, CaseIterable {
  case function = 0
  case table = 1
  case memory = 2
  case global = 3
  case tag = 4

  /// The keyword in the text format.
  public var keyword: String {
    switch self {
    case .function: "func"
    case .table: "table"
    case .memory: "memory"
    case .global: "global"
    case .tag: "tag"
    }
  }
}
