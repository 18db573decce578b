import WasmBinary
import WebAssembly

extension Module {
  /// The contents of a module, with bytes in place of positions, so that modules can be compared.
  var structure: [String] {
    var lines: [String] = []
    func text(_ range: Range<Int>) -> String { bytes[range].map { String($0, radix: 16) }.joined(separator: " ") }
    for group in recursionGroups { lines.append("rec \(Array(types[group]))") }
    for entry in imports { lines.append("import \(entry.module) \(entry.name) \(entry.type)") }
    for function in functions { lines.append("func \(function.typeIndex) \(text(function.body))") }
    for table in tables { lines.append("table \(table.type) \(table.initializer.map(text) ?? "")") }
    for memory in memories { lines.append("memory \(memory)") }
    for tag in tags { lines.append("tag \(tag)") }
    for global in globals { lines.append("global \(global.type) \(text(global.initializer))") }
    for export in exports { lines.append("export \(export.name) \(export.kind) \(export.index)") }
    if let startFunction { lines.append("start \(startFunction)") }
    for segment in elementSegments {
      let mode =
        switch segment.mode {
        case .active(let table, let offset): "active \(table) \(text(offset))"
        case .passive: "passive"
        case .declarative: "declarative"
        }
      let elements =
        switch segment.elements {
        case .functions(let indices): "\(indices)"
        case .expressions(let expressions): "\(expressions.map(text))"
        }
      lines.append("elem \(segment.type) \(mode) \(elements)")
    }
    if let dataCount { lines.append("data count \(dataCount)") }
    for segment in dataSegments {
      let mode =
        switch segment.mode {
        case .active(let memory, let offset): "active \(memory) \(text(offset))"
        case .passive: "passive"
        }
      lines.append("data \(mode) \(text(segment.data))")
    }
    for section in customSections { lines.append("custom \(section.name) \(section.after) \(text(section.data))") }
    lines.append("code section: \(codeSection != nil)")
    lines.append(
      "imported: \(importedFunctions) \(importedTables) \(importedMemories) \(importedGlobals) \(importedTags)")
    return lines
  }
}

/// Decodes a module that arrives in chunks.
func decodeStream(_ bytes: [UInt8], chunkSize: Int) throws(DecodingError) -> Module {
  var decoder = Decoder()
  var position = 0
  while position < bytes.count {
    let end = min(position + chunkSize, bytes.count)
    try decoder.append(bytes[position..<end])
    position = end
  }
  return try decoder.finish()
}
