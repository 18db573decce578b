import WasmBinary
import WebAssembly

// The definitions of a module, one per line.
extension ModulePrinter {
  /// Lists all definitions by kind.
  mutating func listDetails(_ sink: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    try group("types", module.types.indices, sink) { printer, position in
      printer.listedDefinition("type", UInt32(position), .type)
      printer.space()
      printer.subType(printer.module.types[position], index: UInt32(position))
    }
    try listImports(sink)
    try group("functions", module.functions.indices, sink) { printer, position in
      let function = printer.module.functions[position]
      printer.listedDefinition("func", UInt32(printer.module.importedFunctions.count + position), .function)
      printer.space()
      printer.typeUse(function.typeIndex)
      // A function that was decoded completely has an `end` at least.
      if function.body.isEmpty { return printer.out.write(" no code") }
      printer.out.write(" size=")
      printer.out.decimal(function.body.count)
    }
    try group("tables", module.tables.indices, sink) { printer, position in
      let table = printer.module.tables[position]
      printer.listedDefinition("table", UInt32(printer.module.importedTables.count + position), .table)
      printer.space()
      printer.tableType(table.type)
      if let initializer = table.initializer { printer.listExpression(" =", initializer) }
    }
    try group("memories", module.memories.indices, sink) { printer, position in
      printer.listedDefinition("memory", UInt32(printer.module.importedMemories.count + position), .memory)
      printer.space()
      printer.memoryType(printer.module.memories[position])
    }
    try group("tags", module.tags.indices, sink) { printer, position in
      printer.listedDefinition("tag", UInt32(printer.module.importedTags.count + position), .tag)
      printer.space()
      printer.typeUse(printer.module.tags[position])
    }
    try group("globals", module.globals.indices, sink) { printer, position in
      let global = printer.module.globals[position]
      printer.listedDefinition("global", UInt32(printer.module.importedGlobals.count + position), .global)
      printer.space()
      printer.globalType(global.type)
      printer.listExpression(" =", global.initializer)
    }
    try group("exports", module.exports.indices, sink) { printer, position in
      let export = printer.module.exports[position]
      printer.listedReference(export.kind, export.index)
      printer.out.write(" -> ")
      printer.out.nameLiteral(export.name)
    }
    if let start = module.startFunction {
      try group("start", 0..<1, sink) { printer, _ in printer.listedReference(.function, start) }
    }
    try listSegments(sink)
    try group("custom sections", module.customSections.indices, sink) { printer, position in
      let section = printer.module.customSections[position]
      printer.out.nameLiteral(section.name)
      printer.out.write(" size=")
      // As in the list of sections, with the name.
      let nameCount = section.name.utf8.count
      printer.out.decimal(
        section.data.count + nameCount + (max(nameCount, 1).bitWidth - max(nameCount, 1).leadingZeroBitCount + 6) / 7)
    }
  }

  /// A heading and one line per entry; nothing if there are no entries.
  private mutating func group(
    _ title: StaticString, _ positions: Range<Int>, _ sink: (UnsafeBufferPointer<UInt8>) throws -> Void,
    _ line: (inout ModulePrinter, Int) -> Void
  ) throws {
    guard !positions.isEmpty else { return }
    out.newLine()
    out.write(title)
    out.write(":\n")
    for position in positions {
      out.write("  ")
      line(&self, position)
      out.newLine()
      try flush(sink)
    }
  }

  private mutating func space() { out.byte(UInt8(ascii: " ")) }

  private mutating func listedReference(_ kind: ExternalKind, _ index: UInt32) {
    switch kind {
    case .function: listedDefinition("func", index, .function)
    case .table: listedDefinition("table", index, .table)
    case .memory: listedDefinition("memory", index, .memory)
    case .global: listedDefinition("global", index, .global)
    case .tag: listedDefinition("tag", index, .tag)
    }
  }

  private mutating func listImports(_ sink: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    var counts: [ExternalKind: UInt32] = [:]
    try group("imports", module.imports.indices, sink) { printer, position in
      let entry = printer.module.imports[position]
      printer.listedReference(entry.type.kind, counts[entry.type.kind, default: 0])
      counts[entry.type.kind, default: 0] += 1
      printer.space()
      switch entry.type {
      case .function(let typeIndex, let isExact):
        if isExact { printer.out.write("exact ") }
        printer.typeUse(typeIndex)
      case .table(let type): printer.tableType(type)
      case .memory(let type): printer.memoryType(type)
      case .global(let type): printer.globalType(type)
      case .tag(let typeIndex): printer.typeUse(typeIndex)
      }
      printer.out.write(" <- ")
      printer.out.nameLiteral(entry.module)
      printer.space()
      printer.out.nameLiteral(entry.name)
    }
  }

  private mutating func listSegments(_ sink: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    try group("element segments", module.elementSegments.indices, sink) { printer, position in
      let segment = printer.module.elementSegments[position]
      printer.listedDefinition("elem", UInt32(position), .element)
      printer.space()
      printer.referenceType(segment.type)
      switch segment.mode {
      case .passive: printer.out.write(" passive")
      case .declarative: printer.out.write(" declarative")
      case .active(let table, let offset):
        printer.out.write(" table ")
        printer.index(table, .table)
        printer.listExpression(", offset", offset)
      }
      printer.out.write(", count: ")
      printer.out.decimal(segment.elements.count)
    }
    try group("data segments", module.dataSegments.indices, sink) { printer, position in
      let segment = printer.module.dataSegments[position]
      printer.listedDefinition("data", UInt32(position), .data)
      switch segment.mode {
      case .passive: printer.out.write(" passive")
      case .active(let memory, let offset):
        printer.out.write(" memory ")
        printer.index(memory, .memory)
        printer.listExpression(", offset", offset)
      }
      printer.out.write(", size: ")
      printer.out.decimal(segment.data.count)
    }
  }

  /// A constant expression in folded form, or the error if it is malformed.
  private mutating func listExpression(_ introduction: StaticString, _ range: Range<Int>) {
    out.write(introduction)
    let start = out.count
    do throws(DecodingError) {
      try constantExpression(range)
    } catch {
      out.truncate(to: start)
      listingError = listingError ?? error
      out.string(" malformed: \(error)")
    }
  }
}
