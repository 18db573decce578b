import WebAssembly

/// Writes a module in the binary format. (Core specification 3.0, 5.5 "Modules".)
///
/// Numbers and types are written in their shortest forms; bodies, expressions and data keep their bytes. Decoding the result gives the
/// same module, except for positions.
public struct Encoder {
  private let module: Module
  private var writer: BinaryWriter

  private init(_ module: Module) {
    self.module = module
    writer = BinaryWriter(capacity: module.bytes.count)
  }

  /// The binary form of a module whose ranges refer to its ``WebAssembly/Module/bytes``.
  ///
  /// - Complexity: O(size of the module).
  public static func encode(_ module: Module) -> [UInt8] {
    var encoder = Encoder(module)
    encoder.writer.header()
    encoder.encodeCustomSections(after: .custom)
    for section in SectionID.order {
      encoder.encode(section)
      encoder.encodeCustomSections(after: section)
    }
    return encoder.writer.bytes
  }

  private mutating func encodeCustomSections(after section: SectionID) {
    for custom in module.customSections where custom.after == section.rawValue {
      writer.customSection(custom.name, module.bytes[custom.data])
    }
  }

  private mutating func encode(_ section: SectionID) {
    switch section {
    case .custom: break
    case .type:
      encode(section, Array(module.recursionGroups)) { module, writer, range in
        writer.recursionGroup(module.types[range])
      }
    case .import: encodeImports()
    case .function: encode(section, module.functions) { _, writer, function in writer.u32(function.typeIndex) }
    case .table:
      encode(section, module.tables) { module, writer, table in
        writer.table(table.type, initializer: table.initializer.map { module.bytes[$0] })
      }
    case .memory: encode(section, module.memories) { _, writer, type in writer.memoryType(type) }
    case .tag: encode(section, module.tags) { _, writer, typeIndex in writer.tagType(typeIndex) }
    case .global:
      encode(section, module.globals) { module, writer, global in
        writer.globalType(global.type)
        writer.raw(module.bytes[global.initializer])
      }
    case .export: encode(section, module.exports) { _, writer, entry in writer.exportEntry(entry) }
    case .start: if let start = module.startFunction { writer.section(section) { writer in writer.u32(start) } }
    case .element:
      encode(section, module.elementSegments) { module, writer, segment in
        writer.elementSegment(segment, in: module.bytes)
      }
    case .dataCount: if let count = module.dataCount { writer.section(section) { writer in writer.u32(count) } }
    case .code:
      encode(section, module.functions, isPresent: module.codeSection != nil) { module, writer, function in
        writer.byteVector(module.bytes[function.body])
      }
    case .data:
      encode(section, module.dataSegments) { module, writer, segment in
        writer.dataSegment(segment, in: module.bytes)
      }
    }
  }

  /// Writes a section with a list of entries, if the list is not empty or a custom section must follow the section.
  private mutating func encode<Entry>(
    _ section: SectionID, _ entries: [Entry], isPresent: Bool = false,
    _ write: (Module, inout BinaryWriter, Entry) -> Void
  ) {
    let isPlace = module.customSections.contains { $0.after == section.rawValue }
    guard isPresent || isPlace || !entries.isEmpty else { return }
    writer.section(section) { writer in
      writer.vector(entries) { writer, entry in write(module, &writer, entry) }
    }
  }
}

extension Encoder {
  private mutating func encodeImports() {
    let isPlace = module.customSections.contains { $0.after == SectionID.import.rawValue }
    guard isPlace || !module.imports.isEmpty || !module.importGroups.isEmpty else { return }
    let entryCount =
      module.imports.count + module.importGroups.reduce(0) { $0 + 1 - $1.range.count }
    writer.section(.import) { writer in
      writer.count(entryCount)
      var next = 0
      for group in module.importGroups {
        for entry in module.imports[next..<group.range.lowerBound] { writer.importEntry(entry) }
        writer.importGroup(group, module.imports[group.range])
        next = group.range.upperBound
      }
      for entry in module.imports[next...] { writer.importEntry(entry) }
    }
  }
}

// MARK: Entries of sections

extension BinaryWriter {
  /// An import: names, kind and type.
  public mutating func importEntry(_ entry: Module.Import) {
    name(entry.module)
    name(entry.name)
    importDescription(entry.type)
  }

  /// Imports with one module name. (Compact import section proposal.)
  public mutating func importGroup(_ group: Module.ImportGroup, _ entries: some Collection<Module.Import>) {
    compactImports(Array(group.module.utf8), sharedType: group.sharedType, count: entries.count)
    for entry in entries {
      name(entry.name)
      if group.sharedType == nil { importDescription(entry.type) }
    }
  }

  /// The start of a group of imports: the module's name, the form, the type if they share one, and their number.
  public mutating func compactImports(_ module: [UInt8], sharedType: ExternalType?, count: Int) {
    byteVector(module)
    byte(0)
    byte((sharedType == nil ? CompactImports.ownTypes : .sharedType).rawValue)
    if let sharedType { importDescription(sharedType) }
    self.count(count)
  }

  /// An export: name, kind and index.
  public mutating func exportEntry(_ entry: Module.Export) {
    name(entry.name)
    byte(entry.kind.rawValue)
    u32(entry.index)
  }

  /// A table, with the bytes of the expression for its elements if it has one.
  public mutating func table(_ type: TableType, initializer: (some Collection<UInt8>)?) {
    if initializer != nil {
      byte(TypeCode.tableWithInitializer)
      byte(0)
    }
    tableType(type)
    if let initializer { raw(initializer) }
  }

  /// An element segment in the shortest of its eight forms; its ranges refer to `bytes`.
  /// (5.5.12 "Element Section".)
  public mutating func elementSegment<Bytes: Collection>(_ segment: Module.ElementSegment, in bytes: Bytes)
  where Bytes.Element == UInt8, Bytes.Index == Int {
    let form = ElementForm(segment)
    u32(form.flags.rawValue)
    if case .active(let table, let offset) = segment.mode {
      if form.flags.contains(.isExplicit) { u32(table) }
      raw(bytes[offset])
    }
    if form.hasType {
      if form.flags.contains(.hasExpressions) { referenceType(segment.type) } else { byte(0) }
    }
    switch segment.elements {
    case .expressions(let expressions): vector(expressions) { writer, range in writer.raw(bytes[range]) }
    case .functions(let indices):
      vector(indices) { writer, index in
        if form.flags.contains(.hasExpressions) {
          writer.opcode(.refFunc)
          writer.u32(index)
          writer.opcode(.end)
        } else {
          writer.u32(index)
        }
      }
    }
  }

  /// A data segment; its ranges refer to `bytes`. (5.5.14 "Data Section".)
  public mutating func dataSegment<Bytes: Collection>(_ segment: Module.DataSegment, in bytes: Bytes)
  where Bytes.Element == UInt8, Bytes.Index == Int {
    switch segment.mode {
    case .passive: u32(1)
    case .active(0, let offset):
      u32(0)
      raw(bytes[offset])
    case .active(let memory, let offset):
      u32(2)
      u32(memory)
      raw(bytes[offset])
    }
    byteVector(bytes[segment.data])
  }
}

/// The form in which an element segment is written.
private struct ElementForm {
  var flags: ElementFlags = []
  /// Whether the type of the elements is written; otherwise the flags imply it.
  var hasType = true

  init(_ segment: Module.ElementSegment) {
    // The forms with function indices have the type of non-null references.
    let expressionType: ReferenceType
    if case .functions = segment.elements, segment.type == .funcref.nullable(false) {
      expressionType = segment.type
    } else {
      flags.insert(.hasExpressions)
      expressionType = .funcref
    }
    switch segment.mode {
    case .passive: flags.insert(.isNotActive)
    case .declarative: flags.formUnion([.isNotActive, .isExplicit])
    case .active(let table, _):
      if table == 0, segment.type == expressionType { hasType = false } else { flags.insert(.isExplicit) }
    }
  }
}
