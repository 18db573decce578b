import WebAssembly

// Types in the binary format. (Core specification 3.0, 5.3 "Types".)
extension BinaryWriter {
  @inlinable
  public mutating func valueType(_ type: ValueType) {
    if let reference = type.referenceType {
      referenceType(reference)
    } else {
      byte(UInt8(truncatingIfNeeded: type.bits))
    }
  }

  public mutating func referenceType(_ type: ReferenceType) {
    // A nullable reference to an abstract type has a one-byte form.
    if !type.isNullable {
      byte(TypeCode.reference)
    } else if type.heapType.isConcrete {
      byte(TypeCode.nullableReference)
    }
    heapType(type.heapType)
  }

  public mutating func heapType(_ type: HeapType) {
    guard let index = type.typeIndex else {
      byte(type.code)
      return
    }
    if type.isExact { byte(TypeCode.exact) }
    s33(Int64(index))
  }

  public mutating func storageType(_ type: StorageType) {
    switch type {
    case .value(let type): valueType(type)
    case .i8: byte(TypeCode.i8)
    case .i16: byte(TypeCode.i16)
    }
  }

  public mutating func fieldType(_ type: FieldType) {
    storageType(type.storage)
    byte(type.isMutable ? 1 : 0)
  }

  public mutating func valueTypes(_ types: [ValueType]) {
    vector(types) { writer, type in writer.valueType(type) }
  }

  public mutating func compositeType(_ type: CompositeType) {
    switch type {
    case .function(let type):
      byte(TypeCode.function)
      valueTypes(type.parameters)
      valueTypes(type.results)
    case .structure(let fields):
      byte(TypeCode.structure)
      vector(fields) { writer, field in writer.fieldType(field) }
    case .array(let element):
      byte(TypeCode.array)
      fieldType(element)
    }
  }

  /// A composite type with its supertypes, in the short form if possible.
  public mutating func subType(_ type: SubType) {
    if !type.isFinal || !type.supertypes.isEmpty {
      byte(type.isFinal ? TypeCode.finalSubType : TypeCode.subType)
      vector(type.supertypes) { writer, index in writer.u32(index) }
    }
    if let describes = type.describes {
      byte(TypeCode.describes)
      u32(describes)
    }
    if let descriptor = type.descriptor {
      byte(TypeCode.descriptor)
      u32(descriptor)
    }
    compositeType(type.composite)
  }

  /// A recursion group, which is one entry of the type section. A group of one type is written as that type.
  public mutating func recursionGroup(_ types: some Collection<SubType>) {
    recursionGroupHeader(count: types.count)
    for type in types { subType(type) }
  }

  /// The bytes before the types of a recursion group.
  package mutating func recursionGroupHeader(count: Int) {
    guard count != 1 else { return }
    byte(TypeCode.recursionGroup)
    self.count(count)
  }

  /// Limits with their flags.
  ///
  /// - Parameter pageSizeLog2: the logarithm to base 2 of a memory's page size, or nil for a table.
  public mutating func limits(
    _ limits: Limits, addressType: AddressType = .i32, isShared: Bool = false, pageSizeLog2: UInt8? = nil
  ) {
    let customPageSize = pageSizeLog2 == MemoryType.standardPageSizeLog2 ? nil : pageSizeLog2
    var flags: LimitsFlags = []
    if limits.maximum != nil { flags.insert(.hasMaximum) }
    if isShared { flags.insert(.isShared) }
    if addressType == .i64 { flags.insert(.is64Bit) }
    if customPageSize != nil { flags.insert(.hasPageSize) }
    byte(flags.rawValue)
    u64(limits.minimum)
    if let maximum = limits.maximum { u64(maximum) }
    if let customPageSize { u32(UInt32(customPageSize)) }
  }

  public mutating func memoryType(_ type: MemoryType) {
    limits(
      type.limits, addressType: type.addressType, isShared: type.isShared, pageSizeLog2: type.pageSizeLog2)
  }

  public mutating func tableType(_ type: TableType) {
    referenceType(type.element)
    limits(type.limits, addressType: type.addressType, isShared: type.isShared)
  }

  public mutating func globalType(_ type: GlobalType) {
    valueType(type.value)
    byte(type.isMutable ? 1 : 0)
  }

  public mutating func tagType(_ typeIndex: UInt32) {
    byte(TypeCode.exceptionAttribute)
    u32(typeIndex)
  }
}

/// The first bytes of types, other than ``WebAssembly/HeapType/code``.
package enum TypeCode {
  package static let i8: UInt8 = 0x78
  package static let i16: UInt8 = 0x77
  package static let reference: UInt8 = 0x64
  package static let nullableReference: UInt8 = 0x63
  package static let exact: UInt8 = 0x62
  package static let function: UInt8 = 0x60
  package static let structure: UInt8 = 0x5F
  package static let array: UInt8 = 0x5E
  package static let subType: UInt8 = 0x50
  package static let finalSubType: UInt8 = 0x4F
  package static let recursionGroup: UInt8 = 0x4E
  /// The first bytes of types that version 1.0 of the standard does not have.
  static let groupForms: [UInt8] = [recursionGroup, subType, finalSubType]
  package static let descriptor: UInt8 = 0x4D
  package static let describes: UInt8 = 0x4C
  package static let exceptionAttribute: UInt8 = 0x00
  /// Precedes the type of a table with an initializer. A zero byte follows.
  package static let tableWithInitializer: UInt8 = 0x40
}

/// The flags before limits. (Core specification 3.0, 5.3.9 "Limits"; custom page sizes proposal for the last.)
struct LimitsFlags: OptionSet {
  let rawValue: UInt8

  static let hasMaximum = LimitsFlags(rawValue: 1)
  static let isShared = LimitsFlags(rawValue: 2)
  static let is64Bit = LimitsFlags(rawValue: 4)
  static let hasPageSize = LimitsFlags(rawValue: 8)
}
