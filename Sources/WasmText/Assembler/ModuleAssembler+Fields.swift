import WasmBinary
import WebAssembly

// The second pass: assembles each field into its section. (Core specification 3.0, 6.6 "Modules".)
extension ModuleAssembler {
  mutating func assembleFields(_ fields: Fields) throws(ParseError) {
    cursor.reportsAnnotations = true
    try cursor.move(to: fields.start)
    restartStops()
    var isFirst = true
    while true {
      try checkStop()
      try takeModuleAnnotations(mayBeName: isFirst)
      guard cursor.current.kind == .leftParenthesis else { return }
      isFirst = false
      fieldPosition = cursor.following.start
      switch cursor.following.keyword {
      case .type, .rec: try cursor.skipGroup()
      case .import: try importField()
      case .func: try functionField()
      case .table: try tableField()
      case .memory: try memoryField()
      case .global: try globalField()
      case .tag: try tagField()
      case .export: try exportField()
      case .start: try startField()
      case .elem: try elementField()
      case .data: try dataField()
      default: throw cursor.unexpected("a field of a module")
      }
    }
  }

  /// Enters a definition: moves to the token after its identifier and name annotation.
  private mutating func openDefinition(
    _ keyword: Keyword, _ space: Space, index: UInt32
  ) throws(ParseError) {
    try cursor.expectOpen(keyword)
    _ = try optionalIdentifier()
    if let name = try takeNameAnnotation() { spaces[space].annotatedNames[index] = name }
  }

  /// Counts an entry in the second pass; returns its index.
  mutating func nextIndex(_ counter: Space) -> UInt32 {
    defer { assembled[counter] += 1 }
    return assembled[counter]
  }

  // MARK: Imports and exports

  private mutating func importField() throws(ParseError) {
    try cursor.expectOpen(.import)
    let module = try cursor.name()
    if cursor.current.kind == .string {
      let name = try cursor.name()
      let type = try importType()
      appendImport(module, name, type)
    } else {
      try importItems(module)
    }
    try cursor.close()
  }

  /// The type of an import, which takes the next index of its space.
  private mutating func importType() throws(ParseError) -> ExternalType {
    let type: ExternalType
    switch cursor.following.keyword {
    case .func:
      try openDefinition(.func, .function, index: nextIndex(.function))
      type = try importedFunctionType()
    case .table:
      try openDefinition(.table, .table, index: nextIndex(.table))
      type = .table(try tableType())
    case .memory:
      try openDefinition(.memory, .memory, index: nextIndex(.memory))
      type = .memory(try memoryType())
    case .global:
      try openDefinition(.global, .global, index: nextIndex(.global))
      type = .global(try globalType())
    default:
      try openDefinition(.tag, .tag, index: nextIndex(.tag))
      type = .tag(typeIndex: try typeUse(allowsIdentifiers: true).index)
    }
    try cursor.close()
    return type
  }

  /// Several imports from one module, in the compact form that the text uses. (Compact import section proposal, "Text
  /// format".)
  private mutating func importItems(_ module: [UInt8]) throws(ParseError) {
    var names: [[UInt8]] = []
    var positions: [Int] = []
    var types: [ExternalType] = []
    while cursor.isOpening(.item) {
      positions.append(cursor.following.start)
      try cursor.expectOpen(.item)
      names.append(try cursor.name())
      if cursor.current.kind == .leftParenthesis { types.append(try importType()) }
      try cursor.close()
    }
    let sharedType = cursor.current.kind == .leftParenthesis ? try sharedImportType(count: names.count) : nil
    sections.imports.append(at: fieldPosition) { writer in
      writer.compactImports(module, sharedType: sharedType, count: names.count)
    }
    for (index, name) in names.enumerated() {
      sections.imports.extend(at: positions[index]) { writer in
        writer.byteVector(name)
        if sharedType == nil { writer.importDescription(types[index]) }
      }
    }
  }

  private mutating func sharedImportType(count: Int) throws(ParseError) -> ExternalType {
    let keyword = cursor.following.keyword
    try cursor.expectOpen(keyword)
    let type: ExternalType =
      switch keyword {
      case .func: try importedFunctionType()
      case .table: .table(try tableType())
      case .memory: .memory(try memoryType())
      case .global: .global(try globalType())
      default: .tag(typeIndex: try typeUse(allowsIdentifiers: true).index)
      }
    try cursor.close()
    let space: Space =
      switch type {
      case .function: .function
      case .table: .table
      case .memory: .memory
      case .global: .global
      case .tag: .tag
      }
    for _ in 0..<count { _ = nextIndex(space) }
    return type
  }

  private mutating func appendImport(_ module: [UInt8], _ name: [UInt8], _ type: ExternalType) {
    sections.imports.append(at: fieldPosition) { writer in
      writer.byteVector(module)
      writer.byteVector(name)
      writer.importDescription(type)
    }
  }

  private mutating func importedFunctionType() throws(ParseError) -> ExternalType {
    guard try cursor.open(.exact) else {
      return .function(typeIndex: try typeUse(allowsIdentifiers: true).index)
    }
    let index = try typeUse(allowsIdentifiers: true).index
    try cursor.close()
    return .function(typeIndex: index, isExact: true)
  }

  /// `(export "…")` clauses, and the names of `(import "…" "…")` if it follows.
  private mutating func inlineExportsAndImport(
    _ kind: ExternalKind, index: UInt32
  ) throws(ParseError) -> (module: [UInt8], name: [UInt8])? {
    while cursor.isOpening(.export) {
      let position = cursor.following.start
      try cursor.expectOpen(.export)
      let name = try cursor.name()
      try cursor.close()
      appendExport(name, kind, index, at: position)
    }
    guard try cursor.open(.import) else { return nil }
    let module = try cursor.name()
    let name = try cursor.name()
    try cursor.close()
    return (module, name)
  }

  private mutating func appendExport(_ name: [UInt8], _ kind: ExternalKind, _ index: UInt32, at position: Int) {
    sections.exports.append(at: position) { writer in
      writer.byteVector(name)
      writer.byte(kind.rawValue)
      writer.u32(index)
    }
  }

  private mutating func exportField() throws(ParseError) {
    try cursor.expectOpen(.export)
    let name = try cursor.name()
    let kind: ExternalKind
    let space: Space
    switch cursor.current.kind == .leftParenthesis ? cursor.following.keyword : .unknown {
    case .func: (kind, space) = (.function, .function)
    case .table: (kind, space) = (.table, .table)
    case .memory: (kind, space) = (.memory, .memory)
    case .global: (kind, space) = (.global, .global)
    case .tag: (kind, space) = (.tag, .tag)
    default: throw cursor.unexpected("what is exported")
    }
    try cursor.advance()
    try cursor.advance()
    let index = try index(space)
    try cursor.close()
    try cursor.close()
    appendExport(name, kind, index, at: fieldPosition)
  }

  // MARK: Definitions

  private mutating func functionField() throws(ParseError) {
    let index = nextIndex(.function)
    try openDefinition(.func, .function, index: index)
    if let (module, name) = try inlineExportsAndImport(.function, index: index) {
      let type = try importedFunctionType()
      try cursor.close()
      appendImport(module, name, type)
      return
    }
    let use = try typeUse(allowsIdentifiers: true)
    sections.functions.append(at: fieldPosition) { $0.u32(use.index) }
    try functionBody(index, use)
    try cursor.close()
  }

  private mutating func tableField() throws(ParseError) {
    let index = nextIndex(.table)
    try openDefinition(.table, .table, index: index)
    if let (module, name) = try inlineExportsAndImport(.table, index: index) {
      let type = try tableType()
      try cursor.close()
      appendImport(module, name, .table(type))
      return
    }
    let addressType = try addressType()
    if isAtReferenceType {
      try tableOfElements(index, addressType)
      return
    }
    let limits = try limits()
    let isShared = try cursor.accept(.shared)
    let type = TableType(
      element: try referenceType(), limits: limits, addressType: addressType, isShared: isShared)
    let initializer = cursor.current.kind == .rightParenthesis ? nil : try constantExpression()
    sections.tables.append(at: fieldPosition) { writer in
      // A table with an initializer has its own encoding.
      if initializer != nil { writer.raw([0x40, 0x00]) }
      writer.tableType(type)
    }
    if let initializer { sections.tables.extend(initializer) }
    try cursor.close()
  }

  /// `(table … reftype (elem …))`: a table of exactly these elements.
  private mutating func tableOfElements(_ index: UInt32, _ addressType: AddressType) throws(ParseError) {
    let type = try referenceType()
    try cursor.expectOpen(.elem)
    let list: ElementList = isAtIndex ? try functionIndices() : try elementExpressions(type)
    try cursor.close()
    try cursor.close()
    let size = UInt64(list.count)
    sections.tables.append(at: fieldPosition) { writer in
      writer.tableType(
        TableType(element: type, limits: Limits(minimum: size, maximum: size), addressType: addressType))
    }
    _ = nextIndex(.element)
    var elements = list
    // Function indices in a segment have the type `funcref`. Any other type needs expressions.
    if type != .funcref { elements.useExpressions(type) }
    appendElements(elements, .active(table: index, offset: zeroExpression(addressType)))
  }

  private mutating func memoryField() throws(ParseError) {
    let index = nextIndex(.memory)
    try openDefinition(.memory, .memory, index: index)
    if let (module, name) = try inlineExportsAndImport(.memory, index: index) {
      let type = try memoryType()
      try cursor.close()
      appendImport(module, name, .memory(type))
      return
    }
    let isAddressType = cursor.current.keyword == .i32 || cursor.current.keyword == .i64
    guard (isAddressType ? cursor.following : cursor.current).kind == .leftParenthesis else {
      let type = try memoryType()
      sections.memories.append(at: fieldPosition) { $0.memoryType(type) }
      try cursor.close()
      return
    }
    try memoryOfData(index, try addressType())
  }

  /// `(memory … (data "…"))`: as many pages as the data needs.
  private mutating func memoryOfData(_ index: UInt32, _ addressType: AddressType) throws(ParseError) {
    let pageSizeLog2 = try pageSizeLog2()
    try cursor.expectOpen(.data)
    var data: [UInt8] = []
    try cursor.data(into: &data)
    try cursor.close()
    try cursor.close()
    let pageMask = (UInt64(1) << UInt64(pageSizeLog2)) - 1
    let pages = (UInt64(data.count) + pageMask) >> UInt64(pageSizeLog2)
    sections.memories.append(at: fieldPosition) { writer in
      writer.memoryType(
        MemoryType(
          limits: Limits(minimum: pages, maximum: pages), addressType: addressType, pageSizeLog2: pageSizeLog2))
    }
    _ = nextIndex(.data)
    appendData(data, memory: index, offset: zeroExpression(addressType))
  }

  private mutating func globalField() throws(ParseError) {
    let index = nextIndex(.global)
    try openDefinition(.global, .global, index: index)
    let imported = try inlineExportsAndImport(.global, index: index)
    let type = try globalType()
    if let (module, name) = imported {
      appendImport(module, name, .global(type))
    } else {
      let initializer = try constantExpression()
      sections.globals.append(at: fieldPosition) { $0.globalType(type) }
      sections.globals.extend(initializer)
    }
    try cursor.close()
  }

  private mutating func tagField() throws(ParseError) {
    let index = nextIndex(.tag)
    try openDefinition(.tag, .tag, index: index)
    let imported = try inlineExportsAndImport(.tag, index: index)
    let type = try typeUse(allowsIdentifiers: true).index
    if let (module, name) = imported {
      appendImport(module, name, .tag(typeIndex: type))
    } else {
      sections.tags.append(at: fieldPosition) { $0.tagType(type) }
    }
    try cursor.close()
  }

  private mutating func startField() throws(ParseError) {
    let offset = cursor.current.start
    try cursor.expectOpen(.start)
    let function = try index(.function)
    try cursor.close()
    guard sections.start == nil else { throw error("multiple start sections", at: offset) }
    sections.start = (function, fieldPosition)
  }
}
