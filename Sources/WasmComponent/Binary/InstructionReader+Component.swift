import WasmBinary
import WebAssembly

extension DecodingError {
  /// The error for a byte that begins nothing known.
  static func leadingByte(_ byte: UInt8, for what: String, at offset: Int) -> DecodingError {
    DecodingError("invalid leading byte (0x\(String(byte, radix: 16))) for \(what)", offset: offset)
  }
}

// Counts, names and definitions without nesting.
extension InstructionReader {
  /// The number of entries that follow. Each takes at least a byte.
  mutating func readEntryCount(_ limit: Int = ComponentLimits.entries) throws(DecodingError) -> Int {
    let start = position
    let count = Int(try readU32())
    guard count <= remaining else { throw DecodingError("\(endMessage): \(count) entries", offset: start) }
    guard count <= limit else {
      throw DecodingError("too many entries: expected at most \(limit), found \(count)", offset: start)
    }
    return count
  }

  /// A count, then that many entries.
  mutating func readEntries<Entry>(
    _ limit: Int = ComponentLimits.entries,
    _ read: (inout InstructionReader) throws(DecodingError) -> Entry
  ) throws(DecodingError) -> [Entry] {
    var entries: [Entry] = []
    for _ in 0..<(try readEntryCount(limit)) { entries.append(try read(&self)) }
    return entries
  }

  /// A count, then that many entries, whose offsets are recorded.
  mutating func readEntries<Entry>(
    _ offsets: inout [Int], _ read: (inout InstructionReader) throws(DecodingError) -> Entry
  ) throws(DecodingError) -> [Entry] {
    var entries: [Entry] = []
    for _ in 0..<(try readEntryCount()) {
      offsets.append(position)
      entries.append(try read(&self))
    }
    return entries
  }

  mutating func readComponentName() throws(DecodingError) -> String {
    let start = position
    let size = Int(try readU32())
    guard size <= ComponentLimits.nameSize else {
      throw remaining < size
        ? DecodingError("\(endMessage)", offset: start)
        : DecodingError(
          "name too long: expected at most \(ComponentLimits.nameSize) bytes, found \(size)", offset: start)
    }
    return try name(in: try readBytes(size), at: start)
  }

  /// A byte with one possible value.
  mutating func readFixedByte(_ expected: UInt8, for what: String) throws(DecodingError) {
    let start = position
    let byte = try readByte()
    guard byte == expected else { throw .leadingByte(byte, for: what, at: start) }
  }

  mutating func readFlag() throws(DecodingError) -> Bool {
    let start = position
    let byte = try readByte()
    guard byte <= 1 else { throw DecodingError("invalid boolean value: expected 0 or 1, found \(byte)", offset: start) }
    return byte == 1
  }

  /// A byte that says whether an item follows, and the item.
  mutating func readOptional<Item>(
    _ what: String, _ read: (inout InstructionReader) throws(DecodingError) -> Item
  ) throws(DecodingError) -> Item? {
    let start = position
    switch try readByte() {
    case 0: return nil
    case 1: return try read(&self)
    case let byte: throw .leadingByte(byte, for: what, at: start)
    }
  }

  // MARK: Sorts

  mutating func readCoreSort(for what: String) throws(DecodingError) -> Component.CoreSort {
    let start = position
    let byte = try readByte()
    guard let sort = Component.CoreSort(rawValue: byte) else { throw .leadingByte(byte, for: what, at: start) }
    return sort
  }

  /// A sort of which components can import and export definitions.
  mutating func readExternSort() throws(DecodingError) -> Component.Sort {
    let start = position
    let byte = try readByte()
    if byte == 0 {
      try readFixedByte(Component.CoreSort.module.rawValue, for: "component external kind")
      return .core(.module)
    }
    guard let sort = Component.Sort(code: byte) else {
      throw .leadingByte(byte, for: "component external kind", at: start)
    }
    return sort
  }

  mutating func readSortIndex() throws(DecodingError) -> Component.SortIndex {
    Component.SortIndex(try readExternSort(), try readU32())
  }

  // MARK: Instances and aliases

  mutating func readCoreInstance() throws(DecodingError) -> Component.CoreInstance {
    let start = position
    switch try readByte() {
    case 0x00:
      let module = try readU32()
      return .instantiate(
        module: module,
        arguments: try readEntries { (reader) throws(DecodingError) in
          let name = try reader.readComponentName()
          try reader.readFixedByte(Component.CoreSort.instance.rawValue, for: "instantiation arg kind")
          return Component.CoreInstance.Argument(name: name, instance: try reader.readU32())
        })
    case 0x01:
      return .exports(
        try readEntries { (reader) throws(DecodingError) in
          let name = try reader.readComponentName()
          let sort = try reader.readCoreSort(for: "external kind")
          return Component.CoreInstance.Export(name: name, sort: sort, index: try reader.readU32())
        })
    case let byte: throw .leadingByte(byte, for: "core instance", at: start)
    }
  }

  mutating func readInstance() throws(DecodingError) -> Component.Instance {
    let start = position
    switch try readByte() {
    case 0x00:
      let component = try readU32()
      return .instantiate(
        component: component,
        arguments: try readEntries { (reader) throws(DecodingError) in
          let name = try reader.readComponentName()
          return Component.Instance.Argument(name: name, value: try reader.readSortIndex())
        })
    case 0x01:
      return .exports(
        try readEntries { (reader) throws(DecodingError) in
          let name = try reader.readExternName()
          return Component.Instance.InlineExport(name: name, value: try reader.readSortIndex())
        })
    case let byte: throw .leadingByte(byte, for: "instance", at: start)
    }
  }

  mutating func readAlias() throws(DecodingError) -> Component.Alias {
    let start = position
    let code = try readByte()
    let coreStart = position
    let coreCode = code == 0 ? try readByte() : 0
    let targetStart = position
    let target = try readByte()
    guard target <= 2 else { throw .leadingByte(target, for: "alias", at: targetStart) }
    let kind = target == 2 ? "component outer alias kind" : target == 1 ? "external kind" : "component external kind"
    let sort: Component.Sort
    if code != 0 {
      guard let known = Component.Sort(code: code) else { throw .leadingByte(code, for: kind, at: start) }
      sort = known
    } else {
      guard let known = Component.CoreSort(rawValue: coreCode) else {
        throw .leadingByte(coreCode, for: kind, at: coreStart)
      }
      sort = .core(known)
    }
    switch (target, sort) {
    case (0, .core(.module)), (0, .function), (0, .value), (0, .type), (0, .component), (0, .instance):
      return .export(sort, instance: try readU32(), name: try readComponentName())
    case (1, .core(let sort)): return .coreExport(sort, instance: try readU32(), name: try readComponentName())
    case (2, .core(.module)), (2, .core(.type)), (2, .type), (2, .component):
      return .outer(sort, scopesOut: try readU32(), index: try readU32())
    case (_, .core): throw .leadingByte(coreCode, for: kind, at: coreStart)
    default: throw .leadingByte(code, for: kind, at: start)
    }
  }

  // MARK: Imports, exports, start, values

  mutating func readExternName() throws(DecodingError) -> Component.ExternName {
    let start = position
    let form = try readByte()
    guard form <= 2 else { throw .leadingByte(form, for: "component name", at: start) }
    let name = try readComponentName()
    guard form == 2 else { return Component.ExternName(name, hasLegacyForm: form == 1) }
    return Component.ExternName(
      name,
      attributes: try readEntries { (reader) throws(DecodingError) in
        let start = reader.position
        switch try reader.readByte() {
        case 0: return .implements(try reader.readComponentName())
        case 1: return .versionSuffix(try reader.readComponentName())
        case 2: return .externalID(try reader.readComponentName())
        case let byte: throw .leadingByte(byte, for: "name option", at: start)
        }
      })
  }

  mutating func readExternType() throws(DecodingError) -> Component.ExternType {
    switch try readExternSort() {
    case .function: return .function(try readU32())
    case .component: return .component(try readU32())
    case .instance: return .instance(try readU32())
    case .core: return .coreModule(try readU32())
    case .type:
      let start = position
      switch try readByte() {
      case 0: return .type(.equal(try readU32()))
      case 1: return .type(.resource)
      case let byte: throw .leadingByte(byte, for: "type bound", at: start)
      }
    case .value:
      let start = position
      switch try readByte() {
      case 0: return .value(.equal(try readU32()))
      case 1: return .value(.type(try readComponentValueType()))
      case let byte: throw .leadingByte(byte, for: "value bound", at: start)
      }
    }
  }

  mutating func readImport() throws(DecodingError) -> Component.Import {
    Component.Import(name: try readExternName(), type: try readExternType())
  }

  mutating func readExport() throws(DecodingError) -> Component.Export {
    let name = try readExternName()
    let value = try readSortIndex()
    let type = try readOptional("optional component export type") { (reader) throws(DecodingError) in
      try reader.readExternType()
    }
    return Component.Export(name: name, value: value, type: type)
  }

  mutating func readStart() throws(DecodingError) -> Component.Start {
    let function = try readU32()
    let arguments = try readEntries { (reader) throws(DecodingError) in try reader.readU32() }
    let start = position
    let resultCount = try readU32()
    guard resultCount <= UInt32(ComponentLimits.fields) else {
      throw DecodingError(
        "too many results: expected at most \(ComponentLimits.fields), found \(resultCount)", offset: start)
    }
    return Component.Start(function: function, arguments: arguments, resultCount: resultCount)
  }

  mutating func readValue() throws(DecodingError) -> Component.Value {
    let type = try readComponentValueType()
    let size = Int(try readU32())
    return Component.Value(type: type, bytes: Array(bytes(try readBytes(size))))
  }
}
