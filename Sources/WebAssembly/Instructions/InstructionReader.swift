/// Reads the numbers, types and instructions of the binary format from memory that it does not own.
///
/// The validator, the interpreter's lowering and the compiler's front end all walk function bodies with it. It allocates nothing. The
/// creator keeps the bytes alive; every read is checked against their end. (Core specification 3.0, 5.2 "Values".)
@frozen
public struct InstructionReader {
  /// The whole binary, so that positions are offsets into it.
  @usableFromInline let base: UnsafePointer<UInt8>
  /// The offset of the next byte.
  public var position: Int
  /// The offset after the last byte that may be read.
  public let end: Int
  @usableFromInline let table: InstructionTable
  /// The message of a read past the end: the standard's suite distinguishes a section from the module.
  public var endMessage: StaticString
  /// The offset of the last nullable reference type that was read in its long form (0x63 and a heap type), which ``ReferenceType`` does
  /// not record; negative if there was none. (Core specification 3.0, 5.3.4 "Reference Types"; earlier versions have the short forms only.)
  @usableFromInline var _longReferenceOffset = -1

  /// Requires that `base` is valid for `range.upperBound` bytes as long as the reader is used.
  @inlinable
  public init(
    base: UnsafePointer<UInt8>, range: Range<Int>, endMessage: StaticString = "unexpected end of section or function"
  ) {
    self.base = base
    position = range.lowerBound
    end = range.upperBound
    table = InstructionTable.shared
    self.endMessage = endMessage
  }

  /// A reader of a part of the same bytes, with the same message at its end.
  package func part(_ range: Range<Int>) -> InstructionReader {
    precondition(range.upperBound <= end, "a part is inside the whole")
    return InstructionReader(base: base, range: range, endMessage: endMessage)
  }

  @inlinable
  public var isAtEnd: Bool { position >= end }

  @inlinable
  public var remaining: Int { end - position }

  @inline(never)
  @usableFromInline
  func endError() -> DecodingError { DecodingError(endMessage.description, offset: position) }

  /// The offset of the last reference type that was read in the long form; nil if there was none.
  package var longReferenceOffset: Int? { _longReferenceOffset < 0 ? nil : _longReferenceOffset }

  // MARK: Numbers

  /// The next byte, without reading it; nil at the end.
  @inlinable
  public func peekByte() -> UInt8? { position < end ? base[position] : nil }

  @inlinable
  public mutating func readByte() throws(DecodingError) -> UInt8 {
    guard position < end else { throw endError() }
    defer { position &+= 1 }
    return base[position]
  }

  /// An unsigned LEB128 of at most 32 bits.
  @inlinable
  public mutating func readU32() throws(DecodingError) -> UInt32 {
    if position < end {
      let byte = base[position]
      if byte < 0x80 {
        position &+= 1
        return UInt32(byte)
      }
    }
    return UInt32(truncatingIfNeeded: try readUnsigned(bits: 32))
  }

  /// An unsigned LEB128 of at most 64 bits.
  @inlinable
  public mutating func readU64() throws(DecodingError) -> UInt64 { try readUnsigned(bits: 64) }

  @inlinable
  public mutating func readS32() throws(DecodingError) -> Int32 {
    if position < end {
      let byte = base[position]
      if byte < 0x80 {
        position += 1
        // The sign is the highest of seven bits.
        return Int32(Int8(bitPattern: byte << 1) >> 1)
      }
    }
    return Int32(truncatingIfNeeded: try readSigned(bits: 32))
  }

  /// A signed LEB128 of 33 bits, the form of block types and heap types.
  @inlinable
  public mutating func readS33() throws(DecodingError) -> Int64 { try readSigned(bits: 33) }

  @inlinable
  public mutating func readS64() throws(DecodingError) -> Int64 { try readSigned(bits: 64) }

  @usableFromInline
  mutating func readUnsigned(bits: UInt64) throws(DecodingError) -> UInt64 {
    let start = position
    if bits > 14, end - start >= 2, base[start + 1] < 0x80 {
      // Two bytes, as nearly all values that do not fit in one.
      let (low, high) = (UInt64(base[start]), UInt64(base[start + 1]))
      position = start + (low < 0x80 ? 1 : 2)
      return low < 0x80 ? low : low & 0x7F | high << 7
    }
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard position < end else { throw endError() }
      let byte = base[position]
      position += 1
      let payload = UInt64(byte & 0x7F)
      let left = bits - shift
      if left < 7, payload >> left != 0 {
        throw DecodingError(byte < 0x80 ? "integer too large" : "integer representation too long", offset: start)
      }
      result |= payload << shift
      if byte < 0x80 { return result }
      shift += 7
      if shift >= bits { throw DecodingError("integer representation too long", offset: start) }
    }
  }

  @usableFromInline
  mutating func readSigned(bits: UInt64) throws(DecodingError) -> Int64 {
    let start = position
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard position < end else { throw endError() }
      let byte = base[position]
      position += 1
      let left = bits - shift
      if left < 7 {
        // The bits beyond the value must all repeat its sign.
        let extra = Int8(bitPattern: byte << 1) >> (left)
        if byte >= 0x80 { throw DecodingError("integer representation too long", offset: start) }
        if extra != 0, extra != -1 { throw DecodingError("integer too large", offset: start) }
      }
      result |= UInt64(byte & 0x7F) << shift
      shift += 7
      if byte < 0x80 {
        if shift < 64, byte & 0x40 != 0 { result |= ~0 << shift }
        return Int64(bitPattern: result)
      }
      if shift >= bits { throw DecodingError("integer representation too long", offset: start) }
    }
  }

  /// Four bytes, little-endian: the bits of an `f32`.
  @inlinable
  public mutating func readFixed32() throws(DecodingError) -> UInt32 {
    guard remaining >= 4 else { throw endError() }
    defer { position &+= 4 }
    return UInt32(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt32.self))
  }

  /// Eight bytes, little-endian: the bits of an `f64`.
  @inlinable
  public mutating func readFixed64() throws(DecodingError) -> UInt64 {
    guard remaining >= 8 else { throw endError() }
    defer { position &+= 8 }
    return UInt64(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
  }

  /// The bits of a `v128`, the low half first.
  @inlinable
  public mutating func readFixed128() throws(DecodingError) -> SIMD2<UInt64> {
    guard remaining >= 16 else { throw endError() }
    let low = try readFixed64()
    return SIMD2(low, try readFixed64())
  }

  /// Reads `count` bytes and returns their range.
  @inlinable
  public mutating func readBytes(_ count: Int) throws(DecodingError) -> Range<Int> {
    guard count >= 0, remaining >= count else { throw endError() }
    defer { position &+= count }
    return position..<position + count
  }

  /// Bytes that ``readBytes(_:)`` returned.
  @inlinable
  public func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  // MARK: Types

  /// A value type. (Core specification 3.0, 5.3.5 "Value Types".)
  @inlinable
  public mutating func readValueType() throws(DecodingError) -> ValueType {
    if position < end {
      let byte = base[position]
      if byte >= 0x7B, byte <= 0x7F {
        position &+= 1
        return ValueType(bits: UInt32(byte))
      }
    }
    return ValueType(try readReferenceType(malformed: "malformed value type"))
  }

  /// A reference type. (Core specification 3.0, 5.3.4 "Reference Types".)
  public mutating func readReferenceType(
    malformed: StaticString = "malformed reference type"
  ) throws(DecodingError) -> ReferenceType {
    let start = position
    let byte = try readByte()
    switch byte {
    case 0x63:
      _longReferenceOffset = start
      return ReferenceType(isNullable: true, heapType: try readHeapType())
    case 0x64: return ReferenceType(isNullable: false, heapType: try readHeapType())
    default:
      guard let heapType = HeapType(code: byte) else {
        throw DecodingError(malformed.description, offset: start)
      }
      return ReferenceType(isNullable: true, heapType: heapType)
    }
  }

  /// A heap type. (Core specification 3.0, 5.3.3 "Heap Types"; 0x62 from the custom descriptors proposal.)
  public mutating func readHeapType() throws(DecodingError) -> HeapType {
    let start = position
    if peekByte() == 0x62 {
      position += 1
      let index = try readS33()
      guard index >= 0 else { throw DecodingError("malformed heap type", offset: start) }
      return .concrete(try Self.checkTypeIndex(index, start), isExact: true)
    }
    let code = try readS33()
    if code >= 0 { return .concrete(try Self.checkTypeIndex(code, start)) }
    guard code >= -64, let heapType = HeapType(code: UInt8(code & 0x7F)) else {
      throw DecodingError("malformed heap type", offset: start)
    }
    return heapType
  }

  static func checkTypeIndex(_ index: Int64, _ offset: Int) throws(DecodingError) -> UInt32 {
    // An index over every module's limit: the validator reports the clamped number in the same way.
    UInt32(min(index, Int64(HeapType.maximumTypeIndex)))
  }

  // MARK: Instructions

  /// The next instruction's opcode. Its immediates must be read next, with ``skipImmediates(_:)`` or one by one.
  @inlinable
  public mutating func readOpcode() throws(DecodingError) -> Opcode {
    guard position < end else { throw endError() }
    let byte = base[position]
    if let opcode = table.opcode(byte) {
      position &+= 1
      return opcode
    }
    return try readPrefixedOpcode(byte)
  }

  @usableFromInline
  mutating func readPrefixedOpcode(_ prefix: UInt8) throws(DecodingError) -> Opcode {
    let start = position
    position += 1
    guard InstructionTable.isPrefix(prefix) else {
      throw DecodingError("illegal opcode \(hex(UInt32(prefix)))", offset: start)
    }
    let code = try readU32()
    guard let opcode = table.opcode(prefix: prefix, code) else {
      throw DecodingError("illegal opcode \(hex(UInt32(prefix))) \(hex(code))", offset: start)
    }
    return opcode
  }

  private func hex(_ number: UInt32) -> String {
    let digits = String(number, radix: 16)
    return digits.count < 2 ? "0" + digits : digits
  }

  /// The type of a block: none, one result, or a type index. (Core specification 3.0, 5.4.2 "Control Instructions".)
  @inlinable
  public mutating func readBlockType() throws(DecodingError) -> BlockType {
    if position < end {
      let byte = base[position]
      if byte == 0x40 {
        position &+= 1
        return .empty
      }
      if byte >= 0x7B, byte <= 0x7F {
        position &+= 1
        return .result(ValueType(bits: UInt32(byte)))
      }
    }
    return try readOtherBlockType()
  }

  @usableFromInline
  mutating func readOtherBlockType() throws(DecodingError) -> BlockType {
    let start = position
    if let byte = peekByte(), byte == 0x63 || byte == 0x64 || HeapType(code: byte) != nil {
      return .result(try readValueType())
    }
    let index = try readS33()
    guard index >= 0, index <= Int64(UInt32.max) else {
      throw DecodingError("malformed block type", offset: start)
    }
    return .type(UInt32(index))
  }

  /// Alignment, memory index and offset of a memory access. (Core specification 3.0, 5.4.5 "Memory Instructions".)
  @inlinable
  public mutating func readMemoryArgument() throws(DecodingError) -> MemoryArgument {
    if remaining >= 2 {
      let flags = base[position]
      let offset = base[position &+ 1]
      if flags < 0x40, offset < 0x80 {
        position &+= 2
        return MemoryArgument(alignmentLog2: UInt32(flags), memory: 0, offset: UInt64(offset))
      }
    }
    return try readOtherMemoryArgument()
  }

  @usableFromInline
  mutating func readOtherMemoryArgument() throws(DecodingError) -> MemoryArgument {
    let start = position
    let flags = try readU32()
    guard flags < 0x80 else { throw DecodingError("malformed memop flags", offset: start) }
    let memory = flags & 0x40 != 0 ? try readU32() : 0
    return MemoryArgument(alignmentLog2: flags & 0x3F, memory: memory, offset: try readU64())
  }

  /// The flags, label and heap types of `br_on_cast` and its relatives. (Core specification 3.0, 5.4.2 "Control Instructions".)
  public mutating func readCastBranch() throws(DecodingError) -> CastBranch {
    let start = position
    let flags = try readByte()
    guard flags < 4 else { throw DecodingError("malformed br_on_cast flags", offset: start) }
    let label = try readU32()
    let source = ReferenceType(isNullable: flags & 1 != 0, heapType: try readHeapType())
    return CastBranch(
      label: label, source: source,
      target: ReferenceType(isNullable: flags & 2 != 0, heapType: try readHeapType()))
  }

  /// One clause of a `try_table`. (Core specification 3.0, 5.4.2 "Control Instructions".)
  public mutating func readCatchClause() throws(DecodingError) -> CatchClause {
    let start = position
    let kind = try readByte()
    switch kind {
    case 0, 1: return CatchClause(tag: try readU32(), label: try readU32(), withReference: kind == 1)
    case 2, 3: return CatchClause(tag: nil, label: try readU32(), withReference: kind == 3)
    default: throw DecodingError("malformed catch clause", offset: start)
    }
  }

  /// Skips the rest of an instruction whose opcode was just read: its immediates, and everything up to its `end` if it has one.
  ///
  /// - Throws: `DecodingError` if any of it is malformed.
  public mutating func skipInstruction(_ opcode: Opcode) throws(DecodingError) {
    var depth = 0
    var opcode = opcode
    while true {
      switch opcode {
      case .block, .loop, .if, .tryTable, .try: depth += 1
      case .end, .delegate: depth -= 1
      default: break
      }
      try skipImmediates(opcode)
      if depth == 0 { return }
      opcode = try readOpcode()
    }
  }

  /// Skips the immediates of an instruction whose opcode was just read.
  ///
  /// - Throws: `DecodingError` if they are malformed.
  public mutating func skipImmediates(_ opcode: Opcode) throws(DecodingError) {
    switch table[opcode].immediates {
    case .none: break
    case .block: _ = try readBlockType()
    case .label, .function, .type, .tag, .local, .global, .element, .data, .table, .memoryIndex: _ = try readU32()
    case .labelTable:
      for _ in 0...(try readU32()) { _ = try readU32() }
    case .tryTable:
      _ = try readBlockType()
      for _ in 0..<(try readU32()) { _ = try readCatchClause() }
    case .indirectCall, .field, .typeAndCount, .typeAndData, .typeAndElement, .typeAndType, .tableAndTable,
      .elementAndTable, .memoryAndMemory, .dataAndMemory:
      _ = try readU32()
      _ = try readU32()
    case .memory: _ = try readMemoryArgument()
    case .memoryLane:
      _ = try readMemoryArgument()
      _ = try readByte()
    case .lane: _ = try readByte()
    case .shuffle, .v128: _ = try readBytes(16)
    case .heapType: _ = try readHeapType()
    case .selectTypes:
      for _ in 0..<(try readU32()) { _ = try readValueType() }
    case .castBranch: _ = try readCastBranch()
    case .fence: try readZeroByte()
    case .i32: _ = try readS32()
    case .i64: _ = try readS64()
    case .f32: _ = try readFixed32()
    case .f64: _ = try readFixed64()
    }
  }

  /// The reserved byte of `atomic.fence`.
  public mutating func readZeroByte() throws(DecodingError) {
    let start = position
    guard try readByte() == 0 else { throw DecodingError("zero byte expected", offset: start) }
  }
}

/// The type of a structured instruction.
@frozen
public enum BlockType: Hashable, Sendable {
  /// No parameters, no results.
  case empty
  /// No parameters, one result.
  case result(ValueType)
  /// A function type, by its type index.
  case type(UInt32)
}

/// The immediates of a memory access.
@frozen
public struct MemoryArgument: Hashable, Sendable {
  /// The binary logarithm of the alignment in bytes. A hint, except for atomic accesses.
  public var alignmentLog2: UInt32
  public var memory: UInt32
  /// Added to the address, in bytes.
  public var offset: UInt64

  @inlinable
  public init(alignmentLog2: UInt32, memory: UInt32, offset: UInt64) {
    self.alignmentLog2 = alignmentLog2
    self.memory = memory
    self.offset = offset
  }
}

/// The immediates of a branch on a cast.
public struct CastBranch: Hashable, Sendable {
  /// The number of enclosing blocks between the branch and its target.
  public var label: UInt32
  /// The type of the operand.
  public var source: ReferenceType
  /// The type that the operand is tested for.
  public var target: ReferenceType

  public init(label: UInt32, source: ReferenceType, target: ReferenceType) {
    self.label = label
    self.source = source
    self.target = target
  }
}

/// A clause of a `try_table`: which exceptions it catches, and the label that they branch to.
public struct CatchClause: Hashable, Sendable {
  /// The tag, or nil if all are caught.
  public var tag: UInt32?
  public var label: UInt32
  /// Whether the label receives the exception as a reference, after its payload.
  public var withReference: Bool

  public init(tag: UInt32?, label: UInt32, withReference: Bool) {
    self.tag = tag
    self.label = label
    self.withReference = withReference
  }
}
