/// The type of addresses into a memory or table.
public enum AddressType: Hashable, Sendable {
  /// 32-bit addresses.
  case i32
  /// 64-bit addresses. (Memory64 proposal, part of 3.0.)
  case i64

  /// The value type of an address.
  public var valueType: ValueType { self == .i32 ? .i32 : .i64 }
}

/// Bounds on the size of a memory (in pages) or of a table (in elements). (Core specification 3.0, 2.3.12 "Limits".)
public struct Limits: Hashable, Sendable {
  /// The initial and smallest size: pages of a memory, elements of a table.
  public var minimum: UInt64
  /// The largest size; nil if there is no limit but that of the address type.
  public var maximum: UInt64?

  /// Creates limits.
  ///
  /// - Parameters:
  ///   - minimum: the initial and smallest size: pages of a memory, elements of a table.
  ///   - maximum: the largest size; nil for no limit.
  public init(minimum: UInt64, maximum: UInt64? = nil) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// Whether an item with these limits can be imported where `other` is declared. (Core specification 3.0, 3.3.11 "Limits".)
  public func matches(_ other: Limits) -> Bool {
    guard minimum >= other.minimum else { return false }
    guard let otherMaximum = other.maximum else { return true }
    guard let maximum else { return false }
    return maximum <= otherMaximum
  }
}

extension Limits: CustomStringConvertible {
  /// The limits as the text format writes them, for example `1 16`.
  public var description: String { maximum.map { "\(minimum) \($0)" } ?? "\(minimum)" }
}

/// The type of a linear memory. Limits count pages.
public struct MemoryType: Hashable, Sendable {
  /// The bounds on the size, in pages of ``pageSizeLog2``.
  public var limits: Limits
  /// The type of addresses into the memory.
  public var addressType: AddressType
  /// Whether several threads can access the memory. (Threads proposal.)
  public var isShared: Bool
  /// The base-2 logarithm of the page size in bytes: 16, or 0 (custom page sizes proposal).
  public var pageSizeLog2: UInt8

  /// The base-2 logarithm of the standard's page size, 65,536 bytes.
  public static let standardPageSizeLog2: UInt8 = 16

  /// Creates a memory type.
  ///
  /// - Parameters:
  ///   - limits: the bounds on the size, in pages.
  ///   - addressType: the type of addresses into the memory.
  ///   - isShared: whether several threads can access the memory; a shared memory needs a maximum.
  ///   - pageSizeLog2: the base-2 logarithm of the page size in bytes.
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
  /// The type as the text format writes it, for example `1 16 shared`.
  public var description: String {
    let page = pageSizeLog2 == Self.standardPageSizeLog2 ? "" : " (pagesize \(UInt64(1) << UInt64(pageSizeLog2)))"
    return "\(addressType == .i64 ? "i64 " : "")\(limits)\(isShared ? " shared" : "")\(page)"
  }
}

/// The type of a table of references.
public struct TableType: Hashable, Sendable {
  /// The type of the elements.
  public var element: ReferenceType
  /// The bounds on the size, in elements.
  public var limits: Limits
  /// The type of indices into the table.
  public var addressType: AddressType
  /// Whether the table is shared between threads, which no feature supports yet.
  public var isShared: Bool

  /// Creates a table type.
  ///
  /// - Parameters:
  ///   - element: the type of the elements.
  ///   - limits: the bounds on the size, in elements.
  ///   - addressType: the type of indices into the table.
  ///   - isShared: whether the table is shared between threads.
  public init(element: ReferenceType, limits: Limits, addressType: AddressType = .i32, isShared: Bool = false) {
    self.element = element
    self.limits = limits
    self.addressType = addressType
    self.isShared = isShared
  }
}

extension TableType: CustomStringConvertible {
  /// The type as the text format writes it, for example `1 10 funcref`.
  public var description: String {
    "\(addressType == .i64 ? "i64 " : "")\(limits)\(isShared ? " shared" : "") \(element)"
  }
}

/// The type of a global: a variable or a constant.
public struct GlobalType: Hashable, Sendable {
  /// The type of the value.
  public var value: ValueType
  /// Whether the global can be written.
  public var isMutable: Bool

  /// Creates a global type.
  public init(value: ValueType, isMutable: Bool) {
    self.value = value
    self.isMutable = isMutable
  }
}

extension GlobalType: CustomStringConvertible {
  /// The type as the text format writes it, for example `(mut i32)`.
  public var description: String { isMutable ? "(mut \(value))" : value.description }
}

/// The type of an import or export. Functions and tags name their function type by index. (Core specification 3.0, 2.3.19 "External
/// Types".)
public enum ExternalType: Hashable, Sendable {
  /// A function. `isExact`: the import accepts only this very type. (Custom descriptors proposal.)
  case function(typeIndex: UInt32, isExact: Bool = false)
  /// A table. Indirect, as are the following: nearly all of a million imports are functions.
  indirect case table(TableType)
  /// A linear memory.
  indirect case memory(MemoryType)
  /// A global.
  indirect case global(GlobalType)
  /// An exception tag, whose parameters are those of the function type.
  case tag(typeIndex: UInt32)

  /// The index space that the item belongs to.
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
  /// A function.
  case function = 0
  /// A table.
  case table = 1
  /// A linear memory.
  case memory = 2
  /// A global.
  case global = 3
  /// An exception tag.
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
