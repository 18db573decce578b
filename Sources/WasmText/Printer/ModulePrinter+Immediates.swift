import WebAssembly

// Instructions without their operands. (Core specification 3.0, 6.5 "Instructions".)
extension ModulePrinter {
  /// The mnemonic and the immediates of an instruction.
  ///
  /// - Parameter reader: positioned at the immediates; afterwards after them.
  mutating func instruction(_ opcode: Opcode, _ reader: inout InstructionReader) throws(DecodingError) {
    out.write(InstructionTable.shared[opcode].mnemonic)
    try immediates(opcode, &reader)
  }

  /// The immediates of an instruction, each with a space before it.
  mutating func immediates(_ opcode: Opcode, _ reader: inout InstructionReader) throws(DecodingError) {
    let row = InstructionTable.shared[opcode]
    switch row.immediates {
    case .none: break
    case .block: try blockType(&reader)
    case .tryTable: try tryTable(&reader)
    case .label: label(try reader.readU32())
    case .labelTable: try labelTable(&reader)
    case .function: immediate(try reader.readU32(), .function)
    case .indirectCall: try indirectCall(&reader)
    case .type: immediate(try reader.readU32(), .type)
    case .field: try field(&reader)
    case .typeAndCount:
      immediate(try reader.readU32(), .type)
      number(try reader.readU32())
    case .typeAndData:
      immediate(try reader.readU32(), .type)
      dataIndex(try reader.readU32())
    case .typeAndElement:
      immediate(try reader.readU32(), .type)
      immediate(try reader.readU32(), .element)
    case .typeAndType:
      immediate(try reader.readU32(), .type)
      immediate(try reader.readU32(), .type)
    case .tag: immediate(try reader.readU32(), .tag)
    case .local: immediate(try reader.readU32(), .local)
    case .global: immediate(try reader.readU32(), .global)
    case .element: immediate(try reader.readU32(), .element)
    case .data: dataIndex(try reader.readU32())
    case .table: optionalIndex(try reader.readU32(), .table)
    case .tableAndTable: try copy(&reader, .table)
    case .elementAndTable:
      let element = try reader.readU32()
      optionalIndex(try reader.readU32(), .table)
      immediate(element, .element)
    case .memoryIndex: optionalIndex(try reader.readU32(), .memory)
    case .memoryAndMemory: try copy(&reader, .memory)
    case .dataAndMemory:
      let data = try reader.readU32()
      optionalIndex(try reader.readU32(), .memory)
      dataIndex(data)
    case .memory: memoryArgument(try reader.readMemoryArgument(), natural: row.alignmentLog2)
    case .memoryLane:
      memoryArgument(try reader.readMemoryArgument(), natural: row.alignmentLog2)
      number(UInt32(try reader.readByte()))
    case .lane: number(UInt32(try reader.readByte()))
    case .shuffle:
      for lane in reader.bytes(try reader.readBytes(16)) { number(UInt32(lane)) }
    case .heapType: heapTypeImmediate(opcode, try reader.readHeapType())
    case .selectTypes: try selectTypes(&reader)
    case .castBranch: try castBranch(&reader)
    case .fence: try reader.readZeroByte()
    case .i32:
      out.byte(UInt8(ascii: " "))
      out.decimal(Int64(try reader.readS32()))
    case .i64:
      out.byte(UInt8(ascii: " "))
      out.decimal(try reader.readS64())
    case .f32:
      out.byte(UInt8(ascii: " "))
      out.float32(try reader.readFixed32())
    case .f64:
      out.byte(UInt8(ascii: " "))
      out.float64(try reader.readFixed64())
    case .v128:
      out.byte(UInt8(ascii: " "))
      out.vector128(try reader.readFixed128())
    }
  }

  // MARK: Indices

  @inline(__always)
  private mutating func immediate(_ index: UInt32, _ space: Space) {
    out.byte(UInt8(ascii: " "))
    self.index(index, space)
  }

  private mutating func number(_ number: UInt32) {
    out.byte(UInt8(ascii: " "))
    out.decimal(number)
  }

  /// An index, omitted if it is 0.
  private mutating func optionalIndex(_ index: UInt32, _ space: Space) {
    if index != 0 { immediate(index, space) }
  }

  private mutating func dataIndex(_ index: UInt32) {
    usesDataIndices = true
    immediate(index, .data)
  }

  /// Destination and source; omitted if both are 0.
  private mutating func copy(
    _ reader: inout InstructionReader, _ space: Space
  ) throws(DecodingError) {
    let destination = try reader.readU32()
    let source = try reader.readU32()
    guard destination != 0 || source != 0 else { return }
    immediate(destination, space)
    immediate(source, space)
  }

  private mutating func indirectCall(_ reader: inout InstructionReader) throws(DecodingError) {
    let type = try reader.readU32()
    optionalIndex(try reader.readU32(), .table)
    out.write(" (type ")
    index(type, .type)
    out.byte(UInt8(ascii: ")"))
  }

  private mutating func field(_ reader: inout InstructionReader) throws(DecodingError) {
    let type = try reader.readU32()
    immediate(type, .type)
    let field = try reader.readU32()
    out.byte(UInt8(ascii: " "))
    if let identifier = identifiers.fields[type]?[field] { out.string(identifier) } else { out.decimal(field) }
  }

  private mutating func memoryArgument(_ argument: MemoryArgument, natural: UInt8) {
    optionalIndex(argument.memory, .memory)
    if argument.offset != 0 {
      out.write(" offset=")
      out.decimal(argument.offset)
    }
    if argument.alignmentLog2 != UInt32(natural) {
      out.write(" align=")
      out.decimal(UInt64(1) << UInt64(argument.alignmentLog2))
    }
  }

  // MARK: Labels

  /// A label: its identifier, or its relative depth with the level in a comment.
  mutating func label(_ depth: UInt32) {
    out.byte(UInt8(ascii: " "))
    if !showsIndices, let identifier = labels.identifier(ofDepth: depth) { return out.string(identifier) }
    out.decimal(depth)
    if Int(depth) < labels.count { levelComment(labels.count - Int(depth)) }
  }

  mutating func levelComment(_ level: Int) {
    guard !showsIndices else { return }
    out.write(" (;@")
    out.decimal(level)
    out.write(";)")
  }

  private mutating func labelTable(_ reader: inout InstructionReader) throws(DecodingError) {
    for _ in 0...(try reader.readU32()) { label(try reader.readU32()) }
  }

  private mutating func tryTable(_ reader: inout InstructionReader) throws(DecodingError) {
    try blockType(&reader)
    for _ in 0..<(try reader.readU32()) {
      let clause = try reader.readCatchClause()
      out.write(clause.tag == nil ? " (catch_all" : " (catch")
      if clause.withReference { out.write("_ref") }
      if let tag = clause.tag { immediate(tag, .tag) }
      label(clause.label)
      out.byte(UInt8(ascii: ")"))
    }
  }

  // MARK: Types

  private mutating func blockType(_ reader: inout InstructionReader) throws(DecodingError) {
    switch try reader.readBlockType() {
    case .empty: break
    case .result(let type):
      out.write(" (result ")
      valueType(type)
      out.byte(UInt8(ascii: ")"))
    case .type(let index):
      out.byte(UInt8(ascii: " "))
      typeUse(index)
    }
  }

  private mutating func selectTypes(_ reader: inout InstructionReader) throws(DecodingError) {
    out.write(" (result")
    for _ in 0..<(try reader.readU32()) {
      out.byte(UInt8(ascii: " "))
      valueType(try reader.readValueType())
    }
    out.byte(UInt8(ascii: ")"))
  }

  /// For most instructions the opcode determines whether the type is nullable.
  private mutating func heapTypeImmediate(_ opcode: Opcode, _ type: HeapType) {
    out.byte(UInt8(ascii: " "))
    switch opcode {
    case .refNull: heapType(type)
    case .refTestNull, .refCastNull, .refCastDescEqNull:
      referenceType(ReferenceType(isNullable: true, heapType: type))
    default: referenceType(ReferenceType(isNullable: false, heapType: type))
    }
  }

  private mutating func castBranch(_ reader: inout InstructionReader) throws(DecodingError) {
    let branch = try reader.readCastBranch()
    label(branch.label)
    for type in [branch.source, branch.target] {
      out.byte(UInt8(ascii: " "))
      referenceType(type)
    }
  }
}
