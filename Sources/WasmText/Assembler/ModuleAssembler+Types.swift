import WebAssembly

// Types and their definitions. (Core specification 3.0, 6.4 "Types".)
extension ModuleAssembler {
  // MARK: Definitions

  /// Reads all type definitions. Their identifiers must already be bound.
  mutating func readTypes(_ fields: Fields) throws(ParseError) {
    cursor.reportsAnnotations = true
    for offset in fields.typeDefinitions {
      try cursor.move(to: offset)
      var group: [SubType] = []
      var positions: [Int] = []
      let first = UInt32(types.definitions.count)
      if cursor.isOpening(.type) {
        positions.append(cursor.following.start)
        group.append(try typeDefinition(index: first))
      } else {
        try cursor.expectOpen(.rec)
        while cursor.isOpening(.type) {
          positions.append(cursor.following.start)
          group.append(try typeDefinition(index: first + UInt32(group.count)))
        }
        try cursor.close()
      }
      guard types.definitions.count + group.count <= TypeSpace.maximumCount else {
        throw error("too many types: expected at most \(TypeSpace.maximumCount)", at: offset)
      }
      types.append(group, at: positions)
    }
  }

  private mutating func typeDefinition(index: UInt32) throws(ParseError) -> SubType {
    try cursor.expectOpen(.type)
    _ = try optionalIdentifier()
    if let name = try takeNameAnnotation() { spaces[.type].annotatedNames[index] = name }
    let type = try subType(index: index)
    try cursor.close()
    return type
  }

  /// A type after `(type $id`.
  mutating func subType(index: UInt32) throws(ParseError) -> SubType {
    guard try cursor.open(.sub) else { return try describedType(index: index, isFinal: true, supertypes: []) }
    let isFinal = try cursor.accept(.final)
    var supertypes: [UInt32] = []
    while isAtIndex { supertypes.append(try typeIndex()) }
    let type = try describedType(index: index, isFinal: isFinal, supertypes: supertypes)
    try cursor.close()
    return type
  }

  /// A composite type, with the clauses of the custom descriptors proposal.
  private mutating func describedType(
    index: UInt32, isFinal: Bool, supertypes: [UInt32]
  ) throws(ParseError) -> SubType {
    let describes = try typeClause(.describes)
    let descriptor = try typeClause(.descriptor)
    let composite = try compositeType(index: index)
    return SubType(
      composite, isFinal: isFinal, supertypes: supertypes, descriptor: descriptor, describes: describes)
  }

  private mutating func typeClause(_ keyword: Keyword) throws(ParseError) -> UInt32? {
    guard try cursor.open(keyword) else { return nil }
    let index = try typeIndex()
    try cursor.close()
    return index
  }

  private mutating func compositeType(index: UInt32) throws(ParseError) -> CompositeType {
    if try cursor.open(.func) {
      let (type, _) = try functionType(allowsIdentifiers: true)
      try cursor.close()
      return .function(type)
    }
    if try cursor.open(.struct) {
      let fields = try structureFields(type: index)
      try cursor.close()
      return .structure(fields)
    }
    try cursor.expectOpen(.array, "a type")
    let element = try fieldType()
    try cursor.close()
    return .array(element)
  }

  private mutating func structureFields(type: UInt32) throws(ParseError) -> [FieldType] {
    var fields: [FieldType] = []
    while try cursor.open(.field) {
      if let named = try namedPosition(fields.count) {
        try defineField(named, type: type)
        fields.append(try fieldType())
      } else {
        while cursor.current.kind != .rightParenthesis { fields.append(try fieldType()) }
      }
      try cursor.close()
    }
    return fields
  }

  private mutating func defineField(_ named: NamedPosition, type: UInt32) throws(ParseError) {
    let field = UInt32(named.position)
    if let token = named.identifier {
      let identifier = number(of: token)
      guard types.defineField(identifier, type: type, field: field) else {
        throw error("duplicate field '\(cursor.spelling(token))': another field has this name", at: token.start)
      }
      names.fields[type, field] = identifiers.name(identifier)
    }
    if let name = named.name { names.fields[type, field] = name }
  }

  private mutating func fieldType() throws(ParseError) -> FieldType {
    guard try cursor.open(.mut) else { return FieldType(storage: try storageType(), isMutable: false) }
    let storage = try storageType()
    try cursor.close()
    return FieldType(storage: storage, isMutable: true)
  }

  private mutating func storageType() throws(ParseError) -> StorageType {
    if try cursor.accept(.i8) { return .i8 }
    if try cursor.accept(.i16) { return .i16 }
    return .value(try valueType())
  }

  // MARK: Function types

  /// An identifier, a name annotation, or both, before the only type in a clause.
  struct NamedPosition {
    /// The position of the type among all parameters, locals or fields.
    var position: Int
    var identifier: Token?
    var name: String?
  }

  /// The identifier and name annotation at this position, if there are any.
  mutating func namedPosition(_ position: Int) throws(ParseError) -> NamedPosition? {
    let identifier = cursor.current.kind == .identifier ? cursor.current : nil
    if identifier != nil { try cursor.advance() }
    let name = try takeNameAnnotation()
    guard identifier != nil || name != nil else { return nil }
    return NamedPosition(position: position, identifier: identifier, name: name)
  }

  /// Parameters and results, and the identifiers and names of parameters.
  mutating func functionType(
    allowsIdentifiers: Bool
  ) throws(ParseError) -> (type: FunctionType, identifiers: [NamedPosition]) {
    var type = FunctionType()
    var identifiers: [NamedPosition] = []
    while try cursor.open(.param) {
      if allowsIdentifiers, let named = try namedPosition(type.parameters.count) {
        identifiers.append(named)
        type.parameters.append(try valueType())
      } else {
        while cursor.current.kind != .rightParenthesis { type.parameters.append(try valueType()) }
      }
      try cursor.close()
    }
    while try cursor.open(.result) {
      while cursor.current.kind != .rightParenthesis { type.results.append(try valueType()) }
      try cursor.close()
    }
    return (type, identifiers)
  }

  // MARK: Value types

  mutating func typeIndex() throws(ParseError) -> UInt32 { try index(.type) }

  /// A type index in a heap type, clamped to a value above the number of types that a module can have.
  private mutating func heapTypeIndex() throws(ParseError) -> UInt32 {
    min(try typeIndex(), HeapType.maximumTypeIndex)
  }

  mutating func valueType() throws(ParseError) -> ValueType {
    let number: ValueType? =
      switch cursor.current.keyword {
      case .i32: .i32
      case .i64: .i64
      case .f32: .f32
      case .f64: .f64
      case .v128: .v128
      default: nil
      }
    guard let number else { return ValueType(try referenceType("a value type")) }
    try cursor.advance()
    return number
  }

  /// Whether a reference type starts here.
  var isAtReferenceType: Bool { cursor.isOpening(.ref) || abbreviatedReferenceType != nil }

  private var abbreviatedReferenceType: ReferenceType? {
    let heapType: HeapType? =
      switch cursor.current.keyword {
      case .funcref, .anyfunc: .function
      case .nofuncref: .noFunction
      case .externref: .external
      case .noexternref: .noExternal
      case .anyref: .any
      case .eqref: .equatable
      case .i31ref: .i31
      case .structref: .structure
      case .arrayref: .array
      case .nullref: HeapType.none
      case .exnref: .exception
      case .noexnref: .noException
      default: nil
      }
    return heapType.map { ReferenceType(isNullable: true, heapType: $0) }
  }

  mutating func referenceType(_ expected: String = "a reference type") throws(ParseError) -> ReferenceType {
    if let type = abbreviatedReferenceType {
      try cursor.advance()
      return type
    }
    try cursor.expectOpen(.ref, expected)
    let isNullable = try cursor.accept(.null)
    let type = ReferenceType(isNullable: isNullable, heapType: try heapType())
    try cursor.close()
    return type
  }

  mutating func heapType() throws(ParseError) -> HeapType {
    if isAtIndex { return .concrete(try heapTypeIndex()) }
    if try cursor.open(.exact) {
      let index = try heapTypeIndex()
      try cursor.close()
      return .concrete(index, isExact: true)
    }
    guard let type = Self.abstractHeapType(cursor.current.keyword) else { throw cursor.unexpected("a heap type") }
    try cursor.advance()
    return type
  }

  static func abstractHeapType(_ keyword: Keyword) -> HeapType? {
    switch keyword {
    case .func: .function
    case .nofunc: .noFunction
    case .extern: .external
    case .noextern: .noExternal
    case .any: .any
    case .eq: .equatable
    case .i31: .i31
    case .struct: .structure
    case .array: .array
    case .none: HeapType.none
    case .exn: .exception
    case .noexn: .noException
    default: nil
    }
  }

  // MARK: Limits

  /// `i32` or `i64` before limits, if there is one.
  mutating func addressType() throws(ParseError) -> AddressType {
    if try cursor.accept(.i64) { return .i64 }
    _ = try cursor.accept(.i32)
    return .i32
  }

  /// Limits. Validation rejects limits of 32-bit memories and tables that are too large. Without the memory64 proposal,
  /// limits are 32-bit numbers.
  mutating func limits() throws(ParseError) -> Limits {
    let bits: UInt64 = options.features.contains(.memory64) ? 64 : 32
    let minimum = try cursor.natural(bits: bits, "a size")
    let maximum = cursor.isNatural ? try cursor.natural(bits: bits, "a size") : nil
    return Limits(minimum: minimum, maximum: maximum)
  }

  /// The page size of a memory as a power of 2, if there is one. (Custom page sizes proposal.)
  mutating func pageSizeLog2() throws(ParseError) -> UInt8 {
    guard try cursor.open(.pagesize) else { return MemoryType.standardPageSizeLog2 }
    let offset = cursor.current.start
    let size = try cursor.natural(bits: 64, "a page size")
    guard size > 0, size & (size - 1) == 0 else {
      throw error("invalid custom page size: \(size) is not a power of two", at: offset)
    }
    try cursor.close()
    return UInt8(size.trailingZeroBitCount)
  }

  mutating func memoryType() throws(ParseError) -> MemoryType {
    let addressType = try addressType()
    let limits = try limits()
    let isShared = try cursor.accept(.shared)
    return MemoryType(
      limits: limits, addressType: addressType, isShared: isShared, pageSizeLog2: try pageSizeLog2())
  }

  mutating func tableType() throws(ParseError) -> TableType {
    let addressType = try addressType()
    let limits = try limits()
    let isShared = try cursor.accept(.shared)
    return TableType(
      element: try referenceType(), limits: limits, addressType: addressType, isShared: isShared)
  }

  mutating func globalType() throws(ParseError) -> GlobalType {
    guard try cursor.open(.mut) else { return GlobalType(value: try valueType(), isMutable: false) }
    let type = try valueType()
    try cursor.close()
    return GlobalType(value: type, isMutable: true)
  }
}
