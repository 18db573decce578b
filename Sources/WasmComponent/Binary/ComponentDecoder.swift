import WasmBinary
import WebAssembly

/// Reads a component in the binary format. (Component model, "Binary Format".)
///
/// ```swift
/// let component = try ComponentDecoder.decode(Component.header)  // an empty component
/// ```
///
/// The modules and components in it are decoded too. Messages begin with the words of the component model's test suite.
public struct ComponentDecoder {
  let limits: ModuleLimits
  let bytes: ModuleBytes
  /// How many components and types are around the current place.
  var depth = 0

  private init(_ bytes: ModuleBytes, _ limits: ModuleLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  /// Decodes a component.
  ///
  /// - Parameter limits: limits on the size, and on each module in the component.
  /// - Throws: `DecodingError` if it is malformed or exceeds a limit.
  /// - Complexity: O(size of the component), without the code and data of its modules.
  public static func decode(_ bytes: [UInt8], limits: ModuleLimits = .init()) throws(DecodingError) -> Component {
    try decode(ModuleBytes(bytes), limits: limits)
  }

  /// Decodes a component. Its modules share the bytes.
  ///
  /// - Throws: `DecodingError` if it is malformed or exceeds a limit.
  public static func decode(_ bytes: ModuleBytes, limits: ModuleLimits = .init()) throws(DecodingError) -> Component {
    guard bytes.count <= limits.moduleSize else {
      throw DecodingError(limits.excess(.moduleBytes, bytes.count, at: nil), offset: limits.moduleSize)
    }
    return try bytes.withUnsafeBufferPointer { (buffer) throws(DecodingError) in
      guard let base = buffer.baseAddress else { throw DecodingError(endOfFile.description, offset: 0) }
      var decoder = ComponentDecoder(bytes, limits)
      var reader = InstructionReader(base: base, range: 0..<buffer.count, endMessage: endOfFile)
      return try decoder.component(&reader)
    }
  }

  static let endOfFile: StaticString = "unexpected end-of-file"

  /// Runs `body` one level deeper.
  mutating func nested<Result>(
    at offset: Int, _ body: (inout ComponentDecoder) throws(DecodingError) -> Result
  ) throws(DecodingError) -> Result {
    guard depth < ComponentLimits.nesting else {
      throw DecodingError("nesting too deep: expected at most \(ComponentLimits.nesting) levels", offset: offset)
    }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  // MARK: Components and sections

  private mutating func component(_ reader: inout InstructionReader) throws(DecodingError) -> Component {
    try header(&reader)
    var component = Component()
    while !reader.isAtEnd { component.sections.append(try section(&reader)) }
    return component
  }

  private func header(_ reader: inout InstructionReader) throws(DecodingError) {
    let start = reader.position
    let magic = try reader.readBytes(4)
    guard reader.bytes(magic).elementsEqual(Component.header[..<4]) else {
      throw DecodingError("magic header not detected", offset: start)
    }
    let version = try reader.readBytes(4)
    guard !reader.bytes(version).elementsEqual(Component.header[4...]) else { return }
    if reader.bytes(version).elementsEqual(SectionID.moduleHeader[4...]) {
      throw DecodingError("expected a version header for a component, found a module", offset: version.lowerBound)
    }
    let found = reader.bytes(version).first ?? 0
    throw DecodingError(
      "unknown binary version: expected \(Component.header[4]) for a component, found \(found)",
      offset: version.lowerBound)
  }

  private mutating func section(_ reader: inout InstructionReader) throws(DecodingError) -> Component.Section {
    let start = reader.position
    let code = try reader.readByte()
    guard let id = ComponentSectionID(rawValue: code) else {
      throw DecodingError("malformed section id \(code)", offset: start)
    }
    let size = Int(try reader.readU32())
    let range = try reader.readBytes(size)
    var part = reader.part(range)
    var section = Component.Section(.aliases([]), offset: start)
    section.contents = try contents(id, &part, &section.entryOffsets)
    guard part.isAtEnd else {
      throw DecodingError(
        "section size mismatch: expected \(part.position - range.lowerBound) bytes, found \(range.count)",
        offset: range.lowerBound)
    }
    return section
  }

  private mutating func contents(
    _ id: ComponentSectionID, _ reader: inout InstructionReader, _ offsets: inout [Int]
  ) throws(DecodingError) -> Component.Contents {
    switch id {
    case .custom:
      let name = try reader.readComponentName()
      return .custom(.init(name: name, data: Array(reader.bytes(try reader.readBytes(reader.remaining)))))
    case .coreModule: return .coreModule(try coreModule(&reader))
    case .component:
      let start = reader.position
      return .component(try nested(at: start) { (decoder) throws(DecodingError) in try decoder.component(&reader) })
    case .start: return .start(try reader.readStart())
    case .coreInstances:
      return .coreInstances(
        try reader.readEntries(&offsets) { (reader) throws(DecodingError) in try reader.readCoreInstance() })
    case .coreTypes:
      return .coreTypes(
        try entries(&reader, &offsets) { (decoder, reader) throws(DecodingError) in try decoder.coreType(&reader) })
    case .instances:
      return .instances(
        try reader.readEntries(&offsets) { (reader) throws(DecodingError) in try reader.readInstance() })
    case .aliases:
      return .aliases(try reader.readEntries(&offsets) { (reader) throws(DecodingError) in try reader.readAlias() })
    case .types:
      return .types(
        try entries(&reader, &offsets) { (decoder, reader) throws(DecodingError) in
          try decoder.typeDefinition(&reader)
        })
    case .canonicals:
      return .canonicals(
        try reader.readEntries(&offsets) { (reader) throws(DecodingError) in try reader.readCanonical() })
    case .imports:
      return .imports(try reader.readEntries(&offsets) { (reader) throws(DecodingError) in try reader.readImport() })
    case .exports:
      return .exports(try reader.readEntries(&offsets) { (reader) throws(DecodingError) in try reader.readExport() })
    case .values:
      return .values(try reader.readEntries(&offsets) { (reader) throws(DecodingError) in try reader.readValue() })
    }
  }

  private mutating func entries<Entry>(
    _ reader: inout InstructionReader, _ offsets: inout [Int],
    _ read: (inout ComponentDecoder, inout InstructionReader) throws(DecodingError) -> Entry
  ) throws(DecodingError) -> [Entry] {
    var entries: [Entry] = []
    for _ in 0..<(try reader.readEntryCount()) {
      offsets.append(reader.position)
      entries.append(try read(&self, &reader))
    }
    return entries
  }

  // MARK: Core modules

  private func coreModule(_ reader: inout InstructionReader) throws(DecodingError) -> Component.CoreModule {
    let range = try reader.readBytes(reader.remaining)
    let header = reader.bytes(range).prefix(8)
    if header.elementsEqual(Component.header) {
      throw DecodingError("expected a version header for a module, found a component", offset: range.lowerBound + 4)
    }
    do throws(DecodingError) {
      return Component.CoreModule(
        try Decoder.decode(bytes.part(range), limits: limits), start: range.lowerBound)
    } catch {
      var error = error
      error.offset += range.lowerBound
      // The suite of the component model has other words for this.
      let words = "unexpected content after last section"
      if error.message.hasPrefix(words) {
        error.message = "section out of order\(error.message.dropFirst(words.count))"
      }
      throw error
    }
  }

  // MARK: Types, which nest

  mutating func typeDefinition(
    _ reader: inout InstructionReader
  ) throws(DecodingError) -> Component.TypeDefinition {
    let start = reader.position
    switch reader.peekByte() {
    case ComponentTypeCode.component:
      reader.position += 1
      return .component(
        try nested(at: start) { (decoder) throws(DecodingError) in
          try decoder.declarations(&reader, allowsImports: true)
        })
    case ComponentTypeCode.instance:
      reader.position += 1
      return .instance(
        try nested(at: start) { (decoder) throws(DecodingError) in
          try decoder.declarations(&reader, allowsImports: false)
        })
    case ComponentTypeCode.resource:
      reader.position += 1
      return .resource(try reader.readResourceType())
    case ComponentTypeCode.function, ComponentTypeCode.asyncFunction:
      return .function(try reader.readComponentFunctionType())
    default: return .defined(try reader.readDefinedType())
    }
  }

  private mutating func declarations(
    _ reader: inout InstructionReader, allowsImports: Bool
  ) throws(DecodingError) -> [Component.Declaration] {
    var declarations: [Component.Declaration] = []
    for _ in 0..<(try reader.readEntryCount()) {
      let start = reader.position
      let kind: Component.Declaration.Kind
      switch try reader.readByte() {
      case 0x00: kind = .coreType(try coreType(&reader))
      case 0x01: kind = .type(try typeDefinition(&reader))
      case 0x02: kind = .alias(try reader.readAlias())
      case 0x03 where allowsImports: kind = .import(try reader.readImport())
      case 0x04: kind = .export(try reader.readExternName(), try reader.readExternType())
      case let byte: throw .leadingByte(byte, for: "component or instance type declaration", at: start)
      }
      declarations.append(.init(kind, offset: start))
    }
    return declarations
  }

  mutating func coreType(_ reader: inout InstructionReader) throws(DecodingError) -> Component.CoreType {
    let start = reader.position
    switch reader.peekByte() {
    case ComponentTypeCode.coreModule:
      reader.position += 1
      return .module(
        try nested(at: start) { (decoder) throws(DecodingError) in try decoder.coreDeclarations(&reader) })
    case 0x00:
      reader.position += 1
      guard reader.peekByte() == TypeCode.subType else {
        throw .leadingByte(reader.peekByte() ?? 0, for: "non-final sub type", at: reader.position)
      }
      return .group([try reader.readSubType(limits)])
    default: return .group(try reader.readRecursionGroup(limits))
    }
  }

  private mutating func coreDeclarations(
    _ reader: inout InstructionReader
  ) throws(DecodingError) -> [Component.CoreDeclaration] {
    var declarations: [Component.CoreDeclaration] = []
    for _ in 0..<(try reader.readEntryCount()) {
      let start = reader.position
      let kind: Component.CoreDeclaration.Kind
      switch try reader.readByte() {
      case 0x00:
        let module = try reader.readComponentName()
        kind = .import(module: module, name: try reader.readComponentName(), try reader.readExternalType())
      case 0x01: kind = .type(try coreType(&reader))
      case 0x02:
        try reader.readFixedByte(Component.CoreSort.type.rawValue, for: "outer alias kind")
        try reader.readFixedByte(0x01, for: "outer alias target")
        kind = .outerAlias(scopesOut: try reader.readU32(), index: try reader.readU32())
      case 0x03: kind = .export(name: try reader.readComponentName(), try reader.readExternalType())
      case let byte: throw .leadingByte(byte, for: "type definition", at: start)
      }
      declarations.append(.init(kind, offset: start))
    }
    return declarations
  }
}
