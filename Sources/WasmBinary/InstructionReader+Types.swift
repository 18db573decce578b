import WebAssembly

// Types that do not occur in instructions. (Core specification 3.0, 5.3 "Types".)
extension InstructionReader {
  mutating func readStorageType() throws(DecodingError) -> StorageType {
    let start = position
    switch peekByte() {
    case TypeCode.i8:
      position += 1
      return .i8
    case TypeCode.i16:
      position += 1
      return .i16
    default:
      do {
        return .value(try readValueType())
      } catch {
        throw error.message.hasPrefix("malformed") ? DecodingError("malformed storage type", offset: start) : error
      }
    }
  }

  mutating func readMutability() throws(DecodingError) -> Bool {
    let start = position
    let byte = try readByte()
    guard byte <= 1 else { throw DecodingError("malformed mutability: expected 0 or 1, found \(byte)", offset: start) }
    return byte == 1
  }

  mutating func readFieldType() throws(DecodingError) -> FieldType {
    FieldType(storage: try readStorageType(), isMutable: try readMutability())
  }

  private mutating func readValueTypes(
    _ limits: ModuleLimits, _ limit: Int, _ resource: LimitExceeded.Resource
  ) throws(DecodingError) -> [ValueType] {
    let count = try readCount(limits, limit, resource)
    var types: [ValueType] = []
    types.reserveCapacity(count)
    for _ in 0..<count { types.append(try readValueType()) }
    return types
  }

  /// A composite type whose first byte was just read.
  private mutating func readCompositeType(
    _ code: UInt8, _ limits: ModuleLimits
  ) throws(DecodingError) -> CompositeType {
    switch code {
    case TypeCode.function:
      let parameters = try readValueTypes(limits, limits.parameters, .parameters)
      let results = try readValueTypes(limits, limits.results, .results)
      return .function(FunctionType(parameters: parameters, results: results))
    case TypeCode.structure:
      let count = try readCount(limits, limits.fields, .fields)
      var fields: [FieldType] = []
      fields.reserveCapacity(count)
      for _ in 0..<count { fields.append(try readFieldType()) }
      return .structure(fields)
    case TypeCode.array: return .array(try readFieldType())
    // The first byte is a signed LEB128 of 7 bits.
    case 0x80...: throw DecodingError("integer representation too long", offset: position - 1)
    default: throw DecodingError("malformed definition type", offset: position - 1)
    }
  }

  /// A composite type with its finality, supertypes, and clauses of the custom descriptors proposal.
  package mutating func readSubType(_ limits: ModuleLimits) throws(DecodingError) -> SubType {
    var code = try readByte()
    var isFinal = true
    var supertypes: [UInt32] = []
    if code == TypeCode.subType || code == TypeCode.finalSubType {
      isFinal = code == TypeCode.finalSubType
      for _ in 0..<(try readCount(of: "supertypes")) { supertypes.append(try readU32()) }
      code = try readByte()
    }
    var describes: UInt32?
    if code == TypeCode.describes {
      describes = try readU32()
      code = try readByte()
    }
    var descriptor: UInt32?
    if code == TypeCode.descriptor {
      descriptor = try readU32()
      code = try readByte()
    }
    return SubType(
      try readCompositeType(code, limits), isFinal: isFinal, supertypes: supertypes, descriptor: descriptor,
      describes: describes)
  }

  /// The types of a recursion group; a type by itself is a group of one.
  package mutating func readRecursionGroup(_ limits: ModuleLimits) throws(DecodingError) -> [SubType] {
    guard peekByte() == TypeCode.recursionGroup else { return [try readSubType(limits)] }
    position += 1
    var types: [SubType] = []
    for _ in 0..<(try readCount(limits, limits.types, .types)) { types.append(try readSubType(limits)) }
    return types
  }

  /// Reads limits and the flags before them; only the flags in `admitted` may be set.
  private mutating func readLimits(
    _ admitted: LimitsFlags
  ) throws(DecodingError) -> (limits: Limits, flags: LimitsFlags, pageSizeLog2: UInt8) {
    let start = position
    let flags = LimitsFlags(rawValue: try readByte())
    // The standard's suite does not know the flag of the custom page sizes proposal, and uses it, with nothing after it, as an example of
    // malformed flags.
    guard flags.isSubset(of: admitted), !(flags.contains(.hasPageSize) && isAtEnd) else {
      throw DecodingError("malformed limits flags: found \(flags.rawValue)", offset: start)
    }
    let minimum = try readU64()
    let limits = Limits(minimum: minimum, maximum: flags.contains(.hasMaximum) ? try readU64() : nil)
    var pageSizeLog2 = MemoryType.standardPageSizeLog2
    if flags.contains(.hasPageSize) {
      let start = position
      let logarithm = try readU32()
      guard logarithm < 64 else {
        throw DecodingError(
          "invalid custom page size: expected 2 to the power of 0 or 16, found \(logarithm)", offset: start)
      }
      pageSizeLog2 = UInt8(logarithm)
    }
    return (limits, flags, pageSizeLog2)
  }

  mutating func readMemoryType() throws(DecodingError) -> MemoryType {
    let (limits, flags, pageSizeLog2) = try readLimits([.hasMaximum, .isShared, .is64Bit, .hasPageSize])
    return MemoryType(
      limits: limits, addressType: flags.contains(.is64Bit) ? .i64 : .i32, isShared: flags.contains(.isShared),
      pageSizeLog2: pageSizeLog2)
  }

  mutating func readTableType() throws(DecodingError) -> TableType {
    let element = try readReferenceType()
    let (limits, flags, _) = try readLimits([.hasMaximum, .is64Bit])
    return TableType(element: element, limits: limits, addressType: flags.contains(.is64Bit) ? .i64 : .i32)
  }

  mutating func readGlobalType() throws(DecodingError) -> GlobalType {
    GlobalType(value: try readValueType(), isMutable: try readMutability())
  }

  /// Reads the type of a tag and returns its type index.
  mutating func readTagType() throws(DecodingError) -> UInt32 {
    try readZeroByte()
    return try readU32()
  }

  static let malformedImportKind = "malformed import kind"

  /// The kind and type of an import.
  package mutating func readExternalType() throws(DecodingError) -> ExternalType {
    let start = position
    let code = try readByte()
    if code == ExternalKind.exactFunctionCode { return .function(typeIndex: try readU32(), isExact: true) }
    switch ExternalKind(rawValue: code) {
    case .function: return .function(typeIndex: try readU32())
    case .table: return .table(try readTableType())
    case .memory: return .memory(try readMemoryType())
    case .global: return .global(try readGlobalType())
    case .tag: return .tag(typeIndex: try readTagType())
    case nil: throw DecodingError(Self.malformedImportKind, offset: start)
    }
  }
}
