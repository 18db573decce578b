import WebAssembly

// Definitions, exports and segments. (Core specification 3.0, 6.6 "Modules".)
extension ModulePrinter {
  // MARK: Exports

  mutating func printExport(_ entry: Module.Export) {
    startLine()
    out.write("(export ")
    out.nameLiteral(entry.name)
    out.write(" (")
    out.string(entry.kind.keyword)
    out.byte(UInt8(ascii: " "))
    switch entry.kind {
    case .function: index(entry.index, .function)
    case .table: index(entry.index, .table)
    case .memory: index(entry.index, .memory)
    case .global: index(entry.index, .global)
    case .tag: index(entry.index, .tag)
    }
    out.write("))")
  }

  // MARK: Definitions

  private mutating func limits(_ limits: Limits) {
    out.decimal(limits.minimum)
    if let maximum = limits.maximum {
      out.byte(UInt8(ascii: " "))
      out.decimal(maximum)
    }
  }

  mutating func tableType(_ type: TableType) {
    if type.addressType == .i64 { out.write("i64 ") }
    limits(type.limits)
    out.write(type.isShared ? " shared " : " ")
    referenceType(type.element)
  }

  mutating func memoryType(_ type: MemoryType) { out.string(type.description) }

  mutating func globalType(_ type: GlobalType) {
    if type.isMutable { out.write("(mut ") }
    valueType(type.value)
    if type.isMutable { out.byte(UInt8(ascii: ")")) }
  }

  mutating func printTable(_ position: Int) throws(DecodingError) {
    let table = module.tables[position]
    startLine()
    definition("table", UInt32(module.importedTables.count + position), .table)
    out.byte(UInt8(ascii: " "))
    tableType(table.type)
    if let initializer = table.initializer { try constantExpression(initializer) }
    out.byte(UInt8(ascii: ")"))
  }

  mutating func printMemory(_ position: Int) {
    startLine()
    definition("memory", UInt32(module.importedMemories.count + position), .memory)
    out.byte(UInt8(ascii: " "))
    memoryType(module.memories[position])
    out.byte(UInt8(ascii: ")"))
  }

  mutating func printTag(_ position: Int) {
    startLine()
    definition("tag", UInt32(module.importedTags.count + position), .tag)
    out.byte(UInt8(ascii: " "))
    typeUse(module.tags[position])
    out.byte(UInt8(ascii: ")"))
  }

  mutating func printGlobal(_ position: Int) throws(DecodingError) {
    let global = module.globals[position]
    startLine()
    definition("global", UInt32(module.importedGlobals.count + position), .global)
    out.byte(UInt8(ascii: " "))
    globalType(global.type)
    try constantExpression(global.initializer)
    out.byte(UInt8(ascii: ")"))
  }

  // MARK: Segments

  mutating func printElementSegment(_ position: Int) throws(DecodingError) {
    let segment = module.elementSegments[position]
    startLine()
    definition("elem", UInt32(position), .element)
    switch segment.mode {
    case .passive: break
    case .declarative: out.write(" declare")
    case .active(let table, let offset):
      if table != 0 {
        out.write(" (table ")
        index(table, .table)
        out.byte(UInt8(ascii: ")"))
      }
      try clause("offset", offset)
    }
    out.byte(UInt8(ascii: " "))
    try elements(of: segment)
    out.byte(UInt8(ascii: ")"))
  }

  private mutating func elements(of segment: Module.ElementSegment) throws(DecodingError) {
    switch segment.elements {
    case .functions(let functions) where segment.type == .funcref.nullable(false):
      out.write("func")
      for function in functions {
        out.byte(UInt8(ascii: " "))
        index(function, .function)
      }
    case .functions(let functions):
      referenceType(segment.type)
      for function in functions {
        out.write(" (ref.func ")
        index(function, .function)
        out.byte(UInt8(ascii: ")"))
      }
    case .expressions(let expressions):
      referenceType(segment.type)
      for expression in expressions { try clause("item", expression) }
    }
  }

  /// The most bytes of data on one line. Longer data starts on its own line.
  private static let dataLineLength = 64

  mutating func printDataSegment(
    _ position: Int, _ sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    let segment = module.dataSegments[position]
    startLine()
    definition("data", UInt32(position), .data)
    if case .active(let memory, let offset) = segment.mode {
      if memory != 0 {
        out.write(" (memory ")
        index(memory, .memory)
        out.byte(UInt8(ascii: ")"))
      }
      try clause("offset", offset)
    }
    let isShort = segment.data.count <= Self.dataLineLength
    level += 1
    var start = segment.data.lowerBound
    repeat {
      let end = min(start + Self.dataLineLength, segment.data.upperBound)
      if isShort { out.byte(UInt8(ascii: " ")) } else { startLine() }
      out.stringLiteral(UnsafeBufferPointer(rebasing: bytes[start..<end]))
      try flush(sink)
      start = end
    } while start < segment.data.upperBound
    level -= 1
    out.byte(UInt8(ascii: ")"))
  }
}
