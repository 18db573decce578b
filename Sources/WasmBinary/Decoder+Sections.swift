import WebAssembly

// One method per section, in the order of the sections. (Core specification 3.0, 5.5.3 "Custom Section" to 5.5.16 "Tag Section".)
//
// `end` is the offset after the section.
extension Decoder {
  /// Reads a count and then each entry with `read`.
  ///
  /// - Parameters:
  ///   - minimumSize: the size in bytes of the shortest entry, so that a wrong count reserves little memory.
  ///   - reserve: makes room for a number of entries.
  private mutating func decodeEntries(
    _ reader: inout InstructionReader, end: Int, limit: Int, of resource: LimitExceeded.Resource,
    used: Int = 0, minimumSize: Int, reserve: (inout Decoder, Int) -> Void,
    _ read: (inout Decoder, inout InstructionReader) throws(DecodingError) -> Void
  ) throws(DecodingError) {
    let count = try reader.readCount(limits, limit, resource, used: used)
    reserve(&self, min(count, max(end - reader.position, 0) / minimumSize))
    for _ in 0..<count {
      try checkStop(at: reader.position)
      try read(&self, &reader)
    }
  }

  mutating func decodeCustomSection(
    _ reader: inout InstructionReader, end: Int, start: Int
  ) throws(DecodingError) {
    guard module.customSections.count < limits.customSections else {
      throw excess(.customSections, module.customSections.count + 1, at: start)
    }
    let name = try reader.readName()
    guard reader.position <= end else { throw DecodingError("unexpected end", offset: end) }
    module.customSections.append(
      Module.CustomSection(name: name, data: reader.position..<end, after: lastSection.rawValue, offset: start))
    reader.position = end
  }

  mutating func decodeTypes(_ reader: inout InstructionReader, end: Int) throws(DecodingError) {
    try decodeEntries(&reader, end: end, limit: limits.types, of: .types, minimumSize: 3) { decoder, count in
      decoder.module.types.reserveCapacity(count)
      decoder.module.recursionGroups.reserveCapacity(count)
    } _: { (decoder, reader) throws(DecodingError) in
      let first = decoder.module.types.count
      if let code = reader.peekByte(), TypeCode.groupForms.contains(code) {
        decoder.note("a type with sub or rec", .gc, "malformed definition type", at: reader.position)
      }
      if reader.peekByte() == TypeCode.recursionGroup {
        reader.position += 1
        let offset = reader.position
        let count = try reader.readCount(decoder.limits, decoder.limits.types, .types)
        try decoder.checkTypeCount(first + count, offset: offset)
        for _ in 0..<count { decoder.module.types.append(try reader.readSubType(decoder.limits)) }
      } else {
        try decoder.checkTypeCount(first + 1, offset: reader.position)
        decoder.module.types.append(try reader.readSubType(decoder.limits))
      }
      decoder.module.recursionGroups.append(first..<decoder.module.types.count)
    }
  }

  private func checkTypeCount(_ count: Int, offset: Int) throws(DecodingError) {
    guard count <= limits.types else {
      throw excess(.types, count, at: offset)
    }
  }

  mutating func decodeImports(_ reader: inout InstructionReader, end: Int) throws(DecodingError) {
    try decodeEntries(&reader, end: end, limit: limits.imports, of: .imports, minimumSize: 4) { decoder, count in
      decoder.module.imports.reserveCapacity(count)
    } _: { (decoder, reader) throws(DecodingError) in
      let offset = reader.position
      let moduleName = try reader.readName()
      let name = try reader.readName()
      if name.isEmpty, let code = reader.peekByte(), let form = CompactImports(rawValue: code) {
        try decoder.decodeImports(of: moduleName, form, &reader)
      } else {
        try decoder.decodeImport(moduleName, name, &reader, offset: offset)
      }
    }
    let (memoryCount, tableCount) = (module.importedMemories.count, module.importedTables.count)
    guard memoryCount <= limits.memories else { throw excess(.memories, memoryCount, at: end) }
    guard tableCount <= limits.tables else { throw excess(.tables, tableCount, at: end) }
  }

  private func excess(_ resource: LimitExceeded.Resource, _ count: Int, at offset: Int) -> DecodingError {
    DecodingError(limits.excess(resource, count, at: offset), offset: offset)
  }

  private mutating func decodeImport(
    _ moduleName: String, _ name: String, _ reader: inout InstructionReader, offset: Int
  ) throws(DecodingError) {
    let type = try decodeExternalType(&reader)
    try append(Module.Import(module: moduleName, name: name, type: type, offset: offset))
  }

  private mutating func append(_ entry: Module.Import) throws(DecodingError) {
    guard module.imports.count < limits.imports else {
      throw excess(.imports, module.imports.count + 1, at: entry.offset)
    }
    module.appendImport(entry)
  }

  private mutating func decodeExternalType(_ reader: inout InstructionReader) throws(DecodingError) -> ExternalType {
    if reader.peekByte() == ExternalKind.memory.rawValue { noteLimitsFlags(reader, at: reader.position + 1) }
    return try reader.readExternalType()
  }

  /// Imports with one module name. (Compact import section proposal, "Binary".)
  private mutating func decodeImports(
    of moduleName: String, _ form: CompactImports, _ reader: inout InstructionReader
  ) throws(DecodingError) {
    note("a group of imports", .compactImports, "malformed import kind", at: reader.position)
    reader.position += 1
    let sharedType = form == .sharedType ? try decodeExternalType(&reader) : nil
    let first = module.imports.count
    for _ in 0..<(try reader.readCount(limits, limits.imports, .imports)) {
      let offset = reader.position
      let name = try reader.readName()
      if let sharedType {
        try append(Module.Import(module: moduleName, name: name, type: sharedType, offset: offset))
      } else {
        try decodeImport(moduleName, name, &reader, offset: offset)
      }
    }
    module.importGroups.append(
      Module.ImportGroup(module: moduleName, range: first..<module.imports.count, sharedType: sharedType))
  }

  // MARK: Forms of proposals

  /// Records a binary form that belongs to a proposal; one form per proposal is recorded. See ``Module/GatedForm``.
  mutating func note(_ name: String, _ features: Features, _ message: String, at offset: Int) {
    guard !module.gatedForms.contains(where: { $0.features == features }) else { return }
    module.gatedForms.append(Module.GatedForm(name, features, message, offset: offset))
  }

  /// Records an explicit page size, even if it is the standard one.
  private mutating func noteLimitsFlags(_ reader: InstructionReader, at offset: Int) {
    guard offset < reader.end, reader.bytes(offset..<offset + 1)[0] & LimitsFlags.hasPageSize.rawValue != 0 else {
      return
    }
    note("a page size", .customPageSizes, "malformed limits flags", at: offset)
  }

  mutating func decodeFunctions(_ reader: inout InstructionReader, end: Int) throws(DecodingError) {
    try decodeEntries(&reader, end: end, limit: limits.functions, of: .functions, minimumSize: 1) { decoder, count in
      decoder.functionTypes.reserveCapacity(count)
    } _: { (decoder, reader) throws(DecodingError) in
      decoder.functionTypes.append(try reader.readU32())
    }
  }

  mutating func decodeTables(_ reader: inout InstructionReader, end: Int) throws(DecodingError) {
    let imported = module.importedTables.count
    try decodeEntries(
      &reader, end: end, limit: limits.tables, of: .tables, used: imported, minimumSize: 3
    ) { decoder, count in
      decoder.module.tables.reserveCapacity(count)
    } _: { (decoder, reader) throws(DecodingError) in
      let hasInitializer = reader.peekByte() == TypeCode.tableWithInitializer
      if hasInitializer {
        reader.position += 1
        try reader.readZeroByte()
      }
      let type = try reader.readTableType()
      let initializer = hasInitializer ? try reader.readExpression() : nil
      decoder.module.tables.append(Module.Table(type: type, initializer: initializer))
    }
  }

  mutating func decodeMemories(_ reader: inout InstructionReader, end: Int) throws(DecodingError) {
    let imported = module.importedMemories.count
    try decodeEntries(
      &reader, end: end, limit: limits.memories, of: .memories, used: imported, minimumSize: 2
    ) { decoder, count in
      decoder.module.memories.reserveCapacity(count)
    } _: { (decoder, reader) throws(DecodingError) in
      decoder.noteLimitsFlags(reader, at: reader.position)
      decoder.module.memories.append(try reader.readMemoryType())
    }
  }

  mutating func decodeTags(_ reader: inout InstructionReader, end: Int) throws(DecodingError) {
    try decodeEntries(&reader, end: end, limit: limits.tags, of: .tags, minimumSize: 2) { decoder, count in
      decoder.module.tags.reserveCapacity(count)
    } _: { (decoder, reader) throws(DecodingError) in
      decoder.module.tags.append(try reader.readTagType())
    }
  }

  mutating func decodeGlobals(_ reader: inout InstructionReader, end: Int) throws(DecodingError) {
    try decodeEntries(&reader, end: end, limit: limits.globals, of: .globals, minimumSize: 3) { decoder, count in
      decoder.module.globals.reserveCapacity(count)
    } _: { (decoder, reader) throws(DecodingError) in
      let type = try reader.readGlobalType()
      decoder.module.globals.append(Module.Global(type: type, initializer: try reader.readExpression()))
    }
  }

  mutating func decodeExports(_ reader: inout InstructionReader, end: Int) throws(DecodingError) {
    try decodeEntries(&reader, end: end, limit: limits.exports, of: .exports, minimumSize: 3) { decoder, count in
      decoder.module.exports.reserveCapacity(count)
    } _: { (decoder, reader) throws(DecodingError) in
      let offset = reader.position
      let name = try reader.readName()
      let kindOffset = reader.position
      let code = try reader.readByte()
      guard let kind = ExternalKind(rawValue: code) else {
        throw DecodingError("malformed export kind: expected 0 to 4, found \(code)", offset: kindOffset)
      }
      let index = try reader.readU32()
      decoder.module.exports.append(Module.Export(name: name, kind: kind, index: index, offset: offset))
    }
  }

  mutating func decodeElementSegments(_ reader: inout InstructionReader, end: Int) throws(DecodingError) {
    try decodeEntries(
      &reader, end: end, limit: limits.elementSegments, of: .elementSegments, minimumSize: 3
    ) { decoder, count in
      decoder.module.elementSegments.reserveCapacity(count)
    } _: { (decoder, reader) throws(DecodingError) in
      if let kind = reader.peekByte(), kind != 0 {
        decoder.note(
          "an element segment of this form", .bulkMemory, "malformed elements segment kind", at: reader.position)
      }
      decoder.module.elementSegments.append(try reader.readElementSegment(decoder.limits))
    }
  }

  mutating func decodeCode(_ reader: inout InstructionReader, end: Int) throws(DecodingError) {
    module.codeSection = reader.position..<end
    if let bodies = knownBodies {
      try checkOrder(bodies, in: reader.position..<end)
      functionBodies = bodies
      reader.position = end
      return
    }
    try decodeEntries(&reader, end: end, limit: limits.functions, of: .functions, minimumSize: 3) { decoder, count in
      decoder.functionBodies.reserveCapacity(count)
    } _: { (decoder, reader) throws(DecodingError) in
      decoder.functionBodies.append(try reader.readFunctionBody(decoder.limits))
    }
  }

  /// Checks that bodies follow each other in the code section.
  private func checkOrder(_ bodies: [Range<Int>], in section: Range<Int>) throws(DecodingError) {
    var last = section.lowerBound
    for body in bodies {
      guard body.lowerBound >= last, !body.isEmpty, body.upperBound <= section.upperBound else {
        throw DecodingError("function outside of its section", offset: section.lowerBound)
      }
      last = body.upperBound
    }
  }

  /// Checks the locals of a body whose range was known, which decoding did not read.
  ///
  /// - Throws: `DecodingError` if they are malformed or exceed a limit.
  package static func checkLocals(
    of body: Range<Int>, in bytes: ModuleBytes, limits: ModuleLimits = .init()
  ) throws(DecodingError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(DecodingError) in
      guard let base = buffer.baseAddress else { return }
      var reader = InstructionReader(base: base, range: body)
      try reader.skipLocals(limits)
    }
  }

  mutating func decodeDataSegments(_ reader: inout InstructionReader, end: Int) throws(DecodingError) {
    try decodeEntries(
      &reader, end: end, limit: limits.dataSegments, of: .dataSegments, minimumSize: 2
    ) { decoder, count in
      decoder.module.dataSegments.reserveCapacity(count)
    } _: { (decoder, reader) throws(DecodingError) in
      let offset = reader.position
      let mode: Module.DataSegment.Mode
      let kind = try reader.readU32()
      if kind != 0 {
        decoder.note("a data segment of this form", .bulkMemory, "malformed data segment kind", at: offset)
      }
      switch kind {
      case 0: mode = .active(memory: 0, offset: try reader.readExpression())
      case 1: mode = .passive
      case 2: mode = .active(memory: try reader.readU32(), offset: try reader.readExpression())
      default: throw DecodingError("malformed data segment kind: expected 0 to 2, found \(kind)", offset: offset)
      }
      let data = try reader.readByteVector()
      decoder.module.dataSegments.append(Module.DataSegment(mode: mode, data: data, offset: offset))
    }
  }
}

// MARK: Entries

extension InstructionReader {
  /// A segment in any of its eight forms. (5.5.12 "Element Section".)
  mutating func readElementSegment(_ limits: ModuleLimits) throws(DecodingError) -> Module.ElementSegment {
    let start = position
    let flags = ElementFlags(rawValue: try readU32())
    guard flags.rawValue < 8 else {
      throw DecodingError("malformed elements segment kind: expected 0 to 7, found \(flags.rawValue)", offset: start)
    }
    let mode: Module.ElementSegment.Mode
    if flags.contains(.isNotActive) {
      mode = flags.contains(.isExplicit) ? .declarative : .passive
    } else {
      let table = flags.contains(.isExplicit) ? try readU32() : 0
      mode = .active(table: table, offset: try readExpression())
    }
    let hasExpressions = flags.contains(.hasExpressions)
    var type = hasExpressions ? ReferenceType.funcref : ReferenceType.funcref.nullable(false)
    if !flags.isDisjoint(with: [.isNotActive, .isExplicit]) {
      if hasExpressions { type = try readReferenceType() } else { try readElementKind() }
    }
    return Module.ElementSegment(
      type: type, mode: mode, elements: try readElements(limits, areExpressions: hasExpressions), offset: start)
  }

  /// The only element kind besides expressions: functions.
  private mutating func readElementKind() throws(DecodingError) {
    let start = position
    let kind = try readByte()
    guard kind == 0 else {
      throw DecodingError("malformed element kind: expected 0, found \(kind)", offset: start)
    }
  }

  private mutating func readElements(
    _ limits: ModuleLimits, areExpressions: Bool
  ) throws(DecodingError) -> Module.ElementSegment.Elements {
    let count = try readCount(limits, limits.elements, .elements)
    if areExpressions {
      var expressions: [Module.ConstantExpression] = []
      // An expression takes at least three bytes.
      expressions.reserveCapacity(min(count, remaining / 3))
      for _ in 0..<count { expressions.append(try readExpression()) }
      return .expressions(expressions)
    }
    var functions: [UInt32] = []
    functions.reserveCapacity(count)
    for _ in 0..<count { functions.append(try readU32()) }
    return .functions(functions)
  }

  /// Reads the size of a function's body, and the body, of which only the locals are decoded. (5.5.13 "Code Section".)
  mutating func readFunctionBody(_ limits: ModuleLimits) throws(DecodingError) -> Range<Int> {
    let size = try readCount(limits, limits.functionBodySize, .functionBodyBytes)
    let start = position
    guard size <= remaining else {
      throw DecodingError("\(endMessage): function of \(counted(size, "byte")), found \(remaining)", offset: end)
    }
    try skipLocals(limits)
    let bodyEnd = start + size
    guard position < bodyEnd, bytes(bodyEnd - 1..<bodyEnd)[0] == Self.endCode else {
      // The body cannot be well-formed. Reading on, past its end if necessary, finds the error to report.
      _ = try readExpression()
      throw DecodingError(
        "section size mismatch: function of \(counted(size, "byte")), found \(position - start)", offset: start)
    }
    position = bodyEnd
    return start..<bodyEnd
  }

  private static let endCode: UInt8 = 0x0B

  /// Skips the declarations of locals at the start of a body.
  mutating func skipLocals(_ limits: ModuleLimits) throws(DecodingError) {
    let start = position
    var total: UInt64 = 0
    for _ in 0..<(try readCount(of: "runs of locals")) {
      total += UInt64(try readU32())
      _ = try readValueType()
    }
    guard total <= UInt64(UInt32.max) else {
      throw DecodingError("too many locals: expected at most \(UInt32.max), found \(total)", offset: start)
    }
    guard total <= UInt64(clamping: limits.locals) else {
      throw DecodingError(limits.excess(.locals, Int(total), at: start), offset: start)
    }
  }
}

/// The byte in place of an import's kind, after an empty name, that begins a group of imports. (Compact import section proposal.)
enum CompactImports: UInt8 {
  case ownTypes = 0x7F
  case sharedType = 0x7E
}

/// The flags at the start of an element segment.
struct ElementFlags: OptionSet {
  let rawValue: UInt32

  /// Passive, or declarative if ``isExplicit`` is set too.
  static let isNotActive = ElementFlags(rawValue: 1)
  /// An active segment names its table.
  static let isExplicit = ElementFlags(rawValue: 2)
  static let hasExpressions = ElementFlags(rawValue: 4)
}
