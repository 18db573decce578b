import WasmBinary
import WebAssembly

// Writes the module in the binary format. (Core specification 3.0, 5.5 "Modules".)
extension ModuleAssembler {
  mutating func writeModule() -> [UInt8] {
    var writer = BinaryWriter()
    writer.header()
    writeCustomSections(.first, to: &writer)
    for section in SectionID.order {
      writeCustomSections(.before(section), to: &writer)
      if section == .code, !branchHints.functions.isEmpty {
        writer.customSection(BranchHints.sectionName, branchHints.encode())
      }
      write(section, to: &writer)
      writeCustomSections(.after(section), to: &writer)
    }
    writeCustomSections(.last, to: &writer)
    // A name section from an annotation, or one placed by an annotation, replaces this one.
    if options.emitNames, !customSections.contains(where: \.isNameSection) {
      let names = allNames()
      if !names.isEmpty { writer.customSection(NameSection.sectionName, names.encode()) }
    }
    return writer.bytes
  }

  private func writeCustomSections(_ place: PlacedCustomSection.Place, to writer: inout BinaryWriter) {
    for section in customSections where section.place == place {
      let isPlaceOfNames = section.isNameSection && section.contents.isEmpty
      if isPlaceOfNames, !options.emitNames { continue }
      writer.section(.custom) { writer in
        writer.byteVector(section.name)
        writer.raw(isPlaceOfNames ? allNames().encode() : section.contents)
      }
    }
  }

  private mutating func write(_ section: SectionID, to writer: inout BinaryWriter) {
    switch section {
    case .type: writeTypes(to: &writer)
    case .import: write(section, sections.imports, to: &writer)
    case .function: write(section, sections.functions, to: &writer)
    case .table: write(section, sections.tables, to: &writer)
    case .memory: write(section, sections.memories, to: &writer)
    case .tag: write(section, sections.tags, to: &writer)
    case .global: write(section, sections.globals, to: &writer)
    case .export: write(section, sections.exports, to: &writer)
    case .start:
      if let start = sections.start {
        var encoded = EncodedText()
        encoded.mark(start.position)
        encoded.writer.u32(start.function)
        write(section, encoded, to: &writer)
      }
    case .element: write(section, sections.elements, to: &writer)
    case .dataCount:
      if sections.needsDataCount || hasDataCountAnnotation {
        mark(sections.datas.encoded, writer)
        writer.section(.dataCount) { $0.count(sections.datas.count) }
      }
    case .code: write(section, sections.code, to: &writer)
    case .data: write(section, sections.datas, to: &writer)
    case .custom: break
    }
  }

  private mutating func write(_ section: SectionID, _ entries: SectionEntries, to writer: inout BinaryWriter) {
    if entries.count > 0 { write(section, count: entries.count, entries.encoded, to: &writer) }
  }

  /// Writes a section that consists of a count, if there is one, and these bytes, and adds their places to the source map.
  private mutating func write(
    _ section: SectionID, count: Int? = nil, _ encoded: EncodedText, to writer: inout BinaryWriter
  ) {
    mark(encoded, writer)
    var number = BinaryWriter()
    if let count { number.count(count) }
    writer.section(section) { writer in
      writer.raw(number.bytes)
      writer.raw(encoded.writer.bytes)
    }
    guard recordsSourceMap else { return }
    sourceMapEntries.append(contentsOf: encoded.places(from: writer.count - encoded.writer.count))
  }

  /// Adds the beginning of the next section to the source map: an error about the section, or its number of entries, is shown at the first entry.
  private mutating func mark(_ encoded: EncodedText, _ writer: BinaryWriter) {
    guard recordsSourceMap, let first = encoded.places.first else { return }
    sourceMapEntries.append(
      SourceMap.Entry(offset: UInt32(truncatingIfNeeded: writer.count), position: Int(first.position)))
  }

  private mutating func writeTypes(to writer: inout BinaryWriter) {
    guard !types.recursionGroups.isEmpty else { return }
    var encoded = EncodedText()
    for group in types.recursionGroups {
      // An empty group has no position of its own.
      if let first = group.first { encoded.mark(types.positions[first]) }
      encoded.writer.recursionGroupHeader(count: group.count)
      for index in group {
        encoded.mark(types.positions[index])
        encoded.writer.subType(types.definitions[index])
      }
    }
    write(.type, count: types.recursionGroups.count, encoded, to: &writer)
  }

  /// The names of all entries that have an identifier or a name annotation.
  private func allNames() -> NameSection {
    var all = names
    all.functions = spaces[.function].names(identifiers)
    all.types = spaces[.type].names(identifiers)
    all.tables = spaces[.table].names(identifiers)
    all.memories = spaces[.memory].names(identifiers)
    all.globals = spaces[.global].names(identifiers)
    all.elementSegments = spaces[.element].names(identifiers)
    all.dataSegments = spaces[.data].names(identifiers)
    all.tags = spaces[.tag].names(identifiers)
    return all
  }
}
