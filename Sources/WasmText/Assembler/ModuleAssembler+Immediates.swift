import WasmBinary
import WebAssembly

// The immediates after an instruction's mnemonic. Everything is written to `deferred`.
extension ModuleAssembler {
  /// The label, type and clauses of a structured instruction. Returns the number of the label's identifier.
  mutating func structuredInstruction(_ opcode: Opcode) throws(ParseError) -> Int? {
    try cursor.advance()
    let label = try optionalIdentifier()
    deferred.opcode(opcode)
    deferred.blockType(try blockType())
    if opcode == .tryTable { try catchClauses() }
    return label
  }

  private mutating func catchClauses() throws(ParseError) {
    var clauses: [CatchClause] = []
    while cursor.current.kind == .leftParenthesis {
      let word = cursor.following
      let isOfTag = word.opcode == .catch || word.keyword == .catchRef
      guard isOfTag || word.opcode == .catchAll || word.keyword == .catchAllRef else { break }
      try cursor.advance()
      try cursor.advance()
      let tag = isOfTag ? try index(.tag) : nil
      let label = try label()
      try cursor.close()
      clauses.append(CatchClause(tag: tag, label: label, withReference: word.opcode == nil))
    }
    deferred.vector(clauses) { $0.catchClause($1) }
  }

  /// An instruction with its immediates. The current token is its mnemonic.
  mutating func plainInstruction(_ opcode: Opcode) throws(ParseError) {
    try cursor.advance()
    switch opcode {
    case .select: try select()
    case .refTest: try referenceTest(.refTest, nullable: .refTestNull)
    case .refCast: try referenceTest(.refCast, nullable: .refCastNull)
    case .refCastDescEq: try referenceTest(.refCastDescEq, nullable: .refCastDescEqNull)
    default:
      deferred.opcode(opcode)
      try immediates(opcode)
    }
  }

  /// `select`, with or without types.
  private mutating func select() throws(ParseError) {
    guard cursor.isOpening(.result) else {
      deferred.opcode(.select)
      return
    }
    var types: [ValueType] = []
    while try cursor.open(.result) {
      while cursor.current.kind != .rightParenthesis { types.append(try valueType()) }
      try cursor.close()
    }
    deferred.opcode(.selectTyped)
    deferred.valueTypes(types)
  }

  /// An instruction whose opcode depends on whether the type in its immediate is nullable.
  private mutating func referenceTest(_ opcode: Opcode, nullable: Opcode) throws(ParseError) {
    let type = try referenceType()
    deferred.opcode(type.isNullable ? nullable : opcode)
    deferred.heapType(type.heapType)
  }

  private mutating func immediates(_ opcode: Opcode) throws(ParseError) {
    switch InstructionTable.shared[opcode].immediates {
    case .none: break
    case .block, .tryTable: preconditionFailure("a structured instruction is not a plain one")
    case .label: deferred.u32(try label())
    case .labelTable: try labelTable()
    case .function: deferred.u32(try index(.function))
    case .indirectCall: try indirectCall()
    case .type: deferred.u32(try typeIndex())
    case .field: try field()
    case .typeAndCount:
      deferred.u32(try typeIndex())
      deferred.u32(try cursor.natural32("a number of elements"))
    case .typeAndData:
      deferred.u32(try typeIndex())
      try dataIndex()
    case .typeAndElement:
      deferred.u32(try typeIndex())
      deferred.u32(try index(.element))
    case .typeAndType:
      deferred.u32(try typeIndex())
      deferred.u32(try typeIndex())
    case .tag: deferred.u32(try index(.tag))
    case .local: deferred.u32(try localIndex())
    case .global: deferred.u32(try index(.global))
    case .element: deferred.u32(try index(.element))
    case .data: try dataIndex()
    case .table: deferred.u32(isAtIndex ? try index(.table) : 0)
    case .tableAndTable: try copy(.table)
    case .elementAndTable: try initialize(.table, from: .element)
    case .memoryIndex: deferred.u32(isAtIndex ? try index(.memory) : 0)
    case .memoryAndMemory: try copy(.memory)
    case .dataAndMemory:
      noteDataIndex()
      try initialize(.memory, from: .data)
    case .memory: try memoryArgument(opcode, isLane: false)
    case .memoryLane:
      try memoryArgument(opcode, isLane: true)
      deferred.byte(UInt8(truncatingIfNeeded: try cursor.natural(bits: 8, "a lane")))
    case .lane: deferred.byte(UInt8(truncatingIfNeeded: try cursor.natural(bits: 8, "a lane")))
    case .shuffle: try shuffleLanes()
    case .heapType: deferred.heapType(try heapType())
    case .selectTypes: preconditionFailure("both forms of select are read as one")
    case .castBranch: try castBranch()
    case .fence: deferred.byte(0)
    case .i32: deferred.s32(Int32(truncatingIfNeeded: try cursor.integer(bits: 32)))
    case .i64: deferred.s64(Int64(bitPattern: try cursor.integer(bits: 64)))
    case .f32: deferred.fixed32(UInt32(truncatingIfNeeded: try cursor.float(.f32)))
    case .f64: deferred.fixed64(try cursor.float(.f64))
    case .v128: deferred.vector128(try cursor.vector().bytes)
    }
  }

  // MARK: Indices

  private mutating func label() throws(ParseError) -> UInt32 {
    guard cursor.current.kind == .identifier else { return try cursor.natural32("a label") }
    guard let depth = labels.depth(number(of: cursor.current)) else {
      throw unknown("label", among: labels.openIdentifiers)
    }
    try cursor.advance()
    return depth
  }

  private mutating func labelTable() throws(ParseError) {
    var table = [try label()]
    while isAtIndex { table.append(try label()) }
    deferred.labelTable(table)
  }

  private mutating func localIndex() throws(ParseError) -> UInt32 {
    if let type = unknownParameterType, cursor.current.kind == .identifier {
      throw cursor.error("unknown type \(type)")
    }
    return try index(.local)
  }

  private mutating func field() throws(ParseError) {
    let type = try typeIndex()
    deferred.u32(type)
    guard cursor.current.kind == .identifier else {
      deferred.u32(try cursor.natural32("a field"))
      return
    }
    guard let field = types.field(number(of: cursor.current), of: type) else { throw unknown("field") }
    try cursor.advance()
    deferred.u32(field)
  }

  /// Functions that use data segments come before the segments, so that the data count section is needed.
  private mutating func noteDataIndex() {
    if isInFunction { sections.needsDataCount = true }
  }

  private mutating func dataIndex() throws(ParseError) {
    noteDataIndex()
    deferred.u32(try index(.data))
  }

  /// Destination and source; both or neither.
  private mutating func copy(_ space: Space) throws(ParseError) {
    let isExplicit = isAtIndex
    deferred.u32(isExplicit ? try index(space) : 0)
    deferred.u32(isExplicit ? try index(space) : 0)
  }

  /// A segment, optionally preceded by the table or memory to initialize. In the binary format the segment comes first.
  private mutating func initialize(
    _ space: Space, from segments: Space
  ) throws(ParseError) {
    let isTargetExplicit =
      cursor.following.kind == .identifier || (cursor.following.kind == .integer && isAtIndex)
    let target = isTargetExplicit ? try index(space) : 0
    deferred.u32(try index(segments))
    deferred.u32(target)
  }

  private mutating func indirectCall() throws(ParseError) {
    // The pre-standard format has only the type's identifier here.
    if cursor.acceptsLegacyWords, cursor.current.kind == .identifier, spaces[.table][number(of: cursor.current)] == nil
    {
      deferred.u32(try typeIndex())
      deferred.u32(0)
      return
    }
    let table = isAtIndex ? try index(.table) : 0
    deferred.u32(try typeUse(allowsIdentifiers: false).index)
    deferred.u32(table)
  }

  private mutating func castBranch() throws(ParseError) {
    let label = try label()
    let source = try referenceType()
    deferred.castBranch(CastBranch(label: label, source: source, target: try referenceType()))
  }

  // MARK: Memory and vectors

  /// Memory index, `offset=` and `align=`. A following lane could be mistaken for the memory index.
  private mutating func memoryArgument(_ opcode: Opcode, isLane: Bool) throws(ParseError) {
    let naturalAlignment = InstructionTable.shared[opcode].alignmentLog2
    var argument = MemoryArgument(alignmentLog2: UInt32(naturalAlignment), memory: 0, offset: 0)
    if isAtIndex, !isLane || isMemoryBeforeLane { argument.memory = try index(.memory) }
    if let offset = try memoryParameter("offset=") { argument.offset = offset }
    let position = cursor.current.start
    if let alignment = try memoryParameter("align=") {
      guard alignment > 0, alignment & (alignment - 1) == 0 else {
        throw error("alignment must be a power of two: found \(alignment)", at: position)
      }
      argument.alignmentLog2 = UInt32(alignment.trailingZeroBitCount)
    }
    deferred.memoryArgument(argument)
  }

  /// Whether the current index is a memory index, because the lane still follows.
  private var isMemoryBeforeLane: Bool {
    cursor.current.kind == .identifier || cursor.following.kind == .integer
      || memoryParameterNumber("offset=", cursor.following) != nil
      || memoryParameterNumber("align=", cursor.following) != nil
  }

  /// The part after the equals sign in a keyword such as `offset=16`.
  private func memoryParameterNumber(_ prefix: StaticString, _ token: Token) -> UnsafeBufferPointer<UInt8>? {
    let count = prefix.utf8CodeUnitCount
    let literal = cursor.literal(token)
    guard token.kind == .keyword, literal.count >= count else { return nil }
    for position in 0..<count where literal[position] != prefix.utf8Start[position] { return nil }
    return UnsafeBufferPointer(rebasing: literal[count...])
  }

  /// A keyword such as `offset=16`, if it is here; returns the number after the equals sign.
  private mutating func memoryParameter(_ prefix: StaticString) throws(ParseError) -> UInt64? {
    guard let number = memoryParameterNumber(prefix, cursor.current) else { return nil }
    guard NumberLiteral.kind(of: number) == .integer, StringLiteral.hexDigit(number[0]) != nil else {
      throw cursor.unknownOperator(cursor.current)
    }
    guard let value = TokenCursor.natural(number, bits: 64) else {
      throw cursor.naturalOutOfRange(cursor.current, bits: 64)
    }
    try cursor.advance()
    return value
  }

  private mutating func shuffleLanes() throws(ParseError) {
    let position = cursor.current.start
    var lanes: [UInt8] = []
    while cursor.current.kind == .integer || cursor.current.kind == .float {
      guard cursor.isNatural, let lane = TokenCursor.natural(cursor.literal(cursor.current), bits: 8) else {
        throw cursor.naturalOutOfRange(cursor.current, bits: 8)
      }
      lanes.append(UInt8(truncatingIfNeeded: lane))
      try cursor.advance()
    }
    guard lanes.count == 16 else { throw error("invalid lane length: expected 16, found \(lanes.count)", at: position) }
    deferred.vector128(lanes)
  }
}
