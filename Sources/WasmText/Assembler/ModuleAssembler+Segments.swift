import WasmBinary
import WebAssembly

// Element and data segments. (Core specification 3.0, 6.6.8 "Element Segments", 6.6.7 "Data Segments".)
extension ModuleAssembler {
  /// The elements of a segment.
  struct ElementList {
    var type: ReferenceType
    var count = 0
    /// Whether the elements are constant expressions rather than function indices.
    var isExpressions: Bool
    var contents = EncodedText()
    /// The function indices, unless the elements are expressions.
    var functions: [UInt32] = []

    /// Converts function indices to `ref.func` expressions.
    mutating func useExpressions(_ type: ReferenceType) {
      self.type = type
      guard !isExpressions else { return }
      isExpressions = true
      for function in functions {
        contents.writer.opcode(.refFunc)
        contents.writer.u32(function)
        contents.writer.opcode(.end)
      }
    }
  }

  enum ElementMode {
    case passive
    case active(table: UInt32, offset: EncodedText)
    case declarative
  }

  mutating func elementField() throws(ParseError) {
    try cursor.expectOpen(.elem)
    _ = try optionalIdentifier()
    let index = nextIndex(.element)
    if let name = try takeNameAnnotation() { spaces[.element].annotatedNames[index] = name }
    let mode: ElementMode
    var mayBeBare = false
    if try cursor.accept(.declare) {
      mode = .declarative
    } else if cursor.current.keyword == .func || isAtReferenceType {
      mode = .passive
    } else {
      let hasTable = cursor.isOpening(.table)
      let table = try segmentTarget(.table, .table)
      mayBeBare = !hasTable
      mode = .active(table: table, offset: try offsetExpression())
    }
    appendElements(try elementList(mayBeBare: mayBeBare), mode)
    try cursor.close()
  }

  /// `(table …)` or `(memory …)` in a segment; index 0 if it is absent.
  private mutating func segmentTarget(
    _ keyword: Keyword, _ space: Space
  ) throws(ParseError) -> UInt32 {
    if try cursor.open(keyword) {
      let index = try index(space)
      try cursor.close()
      return index
    }
    // Before version 2.0 of the standard there was only the index, which other tools still accept.
    return isAtIndex ? try index(space) : 0
  }

  private mutating func offsetExpression() throws(ParseError) -> EncodedText {
    if try cursor.open(.offset) {
      let expression = try constantExpression()
      try cursor.close()
      return expression
    }
    return try foldedConstantExpression()
  }

  private mutating func elementList(mayBeBare: Bool) throws(ParseError) -> ElementList {
    if try cursor.accept(.func) { return try functionIndices() }
    if isAtReferenceType { return try elementExpressions(try referenceType()) }
    guard mayBeBare else { throw cursor.unexpected("a list of elements") }
    return try functionIndices()
  }

  mutating func functionIndices() throws(ParseError) -> ElementList {
    var list = ElementList(type: ReferenceType(isNullable: false, heapType: .function), isExpressions: false)
    while isAtIndex {
      list.functions.append(try index(.function))
      list.count += 1
    }
    return list
  }

  mutating func elementExpressions(_ type: ReferenceType) throws(ParseError) -> ElementList {
    var list = ElementList(type: type, isExpressions: true)
    while cursor.current.kind == .leftParenthesis {
      if try cursor.open(.item) {
        list.contents.append(try constantExpression())
        try cursor.close()
      } else {
        list.contents.append(try foldedConstantExpression())
      }
      list.count += 1
    }
    return list
  }

  /// Writes an element segment in the shortest of the eight forms. (Core specification 3.0, 5.5.12 "Element Section".)
  mutating func appendElements(_ list: ElementList, _ mode: ElementMode) {
    let expressionFlag: UInt32 = list.isExpressions ? 4 : 0
    var hasType = true
    switch mode {
    case .active(0, let offset) where !list.isExpressions || list.type == .funcref:
      sections.elements.append(at: fieldPosition) { $0.u32(expressionFlag) }
      sections.elements.extend(offset)
      hasType = false
    case .active(let table, let offset):
      sections.elements.append(at: fieldPosition) { writer in
        writer.u32(2 | expressionFlag)
        writer.u32(table)
      }
      sections.elements.extend(offset)
    case .passive: sections.elements.append(at: fieldPosition) { $0.u32(1 | expressionFlag) }
    case .declarative: sections.elements.append(at: fieldPosition) { $0.u32(3 | expressionFlag) }
    }
    sections.elements.extend { writer in
      if hasType { Self.elementType(list, &writer) }
      writer.count(list.count)
      for function in list.isExpressions ? [] : list.functions { writer.u32(function) }
    }
    if list.isExpressions { sections.elements.extend(list.contents) }
  }

  private static func elementType(_ list: ElementList, _ writer: inout BinaryWriter) {
    // Function indices have an element kind instead of a type; only kind 0 exists.
    if list.isExpressions { writer.referenceType(list.type) } else { writer.byte(0x00) }
  }

  mutating func dataField() throws(ParseError) {
    try cursor.expectOpen(.data)
    _ = try optionalIdentifier()
    let index = nextIndex(.data)
    if let name = try takeNameAnnotation() { spaces[.data].annotatedNames[index] = name }
    var target: (memory: UInt32, offset: EncodedText)?
    if cursor.current.kind != .string, cursor.current.kind != .rightParenthesis, !cursor.isAtNumbers {
      let memory = try segmentTarget(.memory, .memory)
      target = (memory, try offsetExpression())
    }
    var data: [UInt8] = []
    try cursor.data(into: &data)
    try cursor.close()
    if let target {
      appendData(data, memory: target.memory, offset: target.offset)
    } else {
      sections.datas.append(at: fieldPosition) { writer in
        writer.u32(1)
        writer.byteVector(data)
      }
    }
  }

  /// Writes an active data segment.
  mutating func appendData(_ data: [UInt8], memory: UInt32, offset: EncodedText) {
    sections.datas.append(at: fieldPosition) { writer in
      writer.u32(memory == 0 ? 0 : 2)
      if memory != 0 { writer.u32(memory) }
    }
    sections.datas.extend(offset)
    sections.datas.extend { $0.byteVector(data) }
  }

  /// The constant 0 of an address type.
  func zeroExpression(_ addressType: AddressType) -> EncodedText {
    var expression = EncodedText()
    expression.writer.opcode(addressType == .i64 ? .i64Const : .i32Const)
    expression.writer.byte(0)
    expression.writer.opcode(.end)
    return expression
  }
}
