import WebAssembly

/// The names in a module's custom section `name`. (Core specification 3.0, appendix "Name Section"; types, tables,
/// memories, globals, segments, labels and fields from the extended name section proposal.)
public struct NameSection: Hashable, Sendable {
  /// The name of the custom section.
  public static let sectionName = "name"

  /// The name of the module itself.
  public var module: String?
  public var functions = NameMap()
  /// By function, then local; parameters count as locals.
  public var locals = IndirectNameMap()
  /// By function, then block, in the order in which the blocks begin.
  public var labels = IndirectNameMap()
  public var types = NameMap()
  public var tables = NameMap()
  public var memories = NameMap()
  public var globals = NameMap()
  public var elementSegments = NameMap()
  public var dataSegments = NameMap()
  /// By type, then field.
  public var fields = IndirectNameMap()
  public var tags = NameMap()

  public init() {}

  public var isEmpty: Bool { self == NameSection() }

  /// The property of a subsection, by its identifier in the binary format.
  enum Subsection {
    case module
    case direct(WritableKeyPath<NameSection, NameMap> & Sendable)
    case indirect(WritableKeyPath<NameSection, IndirectNameMap> & Sendable)

    static let all: [Subsection] = [
      .module, .direct(\.functions), .indirect(\.locals), .indirect(\.labels), .direct(\.types), .direct(\.tables),
      .direct(\.memories), .direct(\.globals), .direct(\.elementSegments), .direct(\.dataSegments), .indirect(\.fields),
      .direct(\.tags),
    ]
  }
}

// MARK: Decoding

extension NameSection {
  /// The readable names of a module's first name section. Never fails, since a malformed name section leaves a module valid.
  ///
  /// - Complexity: O(size of the section).
  public init(of module: Module) { self.init(of: module) { _ in true } }

  /// The names of the module, its functions and its tags, which are all that backtraces need. Names of locals and labels are more
  /// numerous, and take more memory.
  static func forBacktraces(of module: Module) -> NameSection {
    NameSection(of: module) { path in
      switch path {
      case .module: true
      case .direct(let path): path == \.functions || path == \.tags
      case .indirect: false
      }
    }
  }

  private init(of module: Module, where isWanted: (Subsection) -> Bool) {
    guard let section = module.customSections.first(where: { $0.name == Self.sectionName }) else { return }
    guard (try? module.bytes.load(section.data)) != nil else { return }
    module.bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      var reader = InstructionReader(base: base, range: section.data)
      while !reader.isAtEnd {
        guard let subsection = try? reader.readSubsection() else { return }
        guard Int(subsection.id) < Subsection.all.count, isWanted(Subsection.all[Int(subsection.id)]) else { continue }
        // An unreadable entry ends its subsection; the entries before it count.
        try? decode(subsection, base, isStrict: false)
      }
    }
  }

  /// Decodes the contents of a name section: those of `bytes` in `range`.
  ///
  /// - Throws: `DecodingError` if anything is malformed: subsections that are unknown, repeated or out of order, or indices out of order.
  public init(decoding bytes: ModuleBytes, in range: Range<Int>) throws(DecodingError) {
    var names = NameSection()
    try bytes.withUnsafeBufferPointer { (buffer) throws(DecodingError) in
      guard let base = buffer.baseAddress else { return }
      var reader = InstructionReader(base: base, range: range)
      var last: UInt8?
      while !reader.isAtEnd {
        let offset = reader.position
        let subsection = try reader.readSubsection()
        guard last.map({ $0 < subsection.id }) ?? true else {
          throw DecodingError("name subsection out of order", offset: offset)
        }
        guard Int(subsection.id) < Subsection.all.count else {
          throw DecodingError("malformed name subsection id", offset: offset)
        }
        last = subsection.id
        try names.decode(subsection, base, isStrict: true)
      }
    }
    self = names
  }

  private mutating func decode(
    _ subsection: (id: UInt8, range: Range<Int>), _ base: UnsafePointer<UInt8>, isStrict: Bool
  ) throws(DecodingError) {
    guard Int(subsection.id) < Subsection.all.count else { return }
    var reader = InstructionReader(base: base, range: subsection.range)
    // If tolerance lets a subsection appear twice, the first one counts.
    switch Subsection.all[Int(subsection.id)] {
    case .module: module = try reader.readName()
    case .direct(let path):
      guard self[keyPath: path].isEmpty else { return }
      try reader.readNameMap(into: &self[keyPath: path], isStrict: isStrict)
    case .indirect(let path):
      guard self[keyPath: path].isEmpty else { return }
      try reader.readIndirectNameMap(into: &self[keyPath: path], isStrict: isStrict)
    }
    guard !isStrict || reader.isAtEnd else {
      throw DecodingError("name subsection size mismatch", offset: reader.position)
    }
  }
}

extension InstructionReader {
  fileprivate mutating func readSubsection() throws(DecodingError) -> (id: UInt8, range: Range<Int>) {
    let id = try readByte()
    return (id, try readByteVector())
  }

  /// Fills an empty map. After an error it contains the entries before the error.
  fileprivate mutating func readNameMap(into map: inout NameMap, isStrict: Bool) throws(DecodingError) {
    // Sorted afterwards, so that entries in the worst order cost no more than one sort.
    var entries: [NameMap.Entry] = []
    defer { map = NameMap(entries) }
    var last: UInt32?
    for _ in 0..<(try readCount(NameMap.decodingLimit, of: "names")) {
      let offset = position
      let index = try readU32()
      if isStrict, let last, last >= index { throw DecodingError("name index out of order", offset: offset) }
      last = index
      entries.append(NameMap.Entry(index: index, name: try readName()))
    }
  }

  fileprivate mutating func readIndirectNameMap(
    into map: inout IndirectNameMap, isStrict: Bool
  ) throws(DecodingError) {
    var last: UInt32?
    for _ in 0..<(try readCount(NameMap.decodingLimit, of: "names")) {
      let offset = position
      let index = try readU32()
      if isStrict, let last, last >= index { throw DecodingError("name index out of order", offset: offset) }
      last = index
      var inner = NameMap()
      defer { if map.maps[index] == nil { map.maps[index] = inner } }
      try readNameMap(into: &inner, isStrict: isStrict)
    }
  }
}

// MARK: Encoding

extension NameSection {
  /// The contents of a custom section with these names. Empty subsections are left out.
  public func encode() -> [UInt8] {
    var writer = BinaryWriter()
    for (id, subsection) in Subsection.all.enumerated() {
      switch subsection {
      case .module:
        if let module { writer.subsection(id) { writer in writer.name(module) } }
      case .direct(let path):
        let map = self[keyPath: path]
        if !map.isEmpty { writer.subsection(id) { writer in writer.nameMap(map) } }
      case .indirect(let path):
        let map = self[keyPath: path]
        if !map.isEmpty { writer.subsection(id) { writer in writer.indirectNameMap(map) } }
      }
    }
    return writer.bytes
  }
}

extension BinaryWriter {
  fileprivate mutating func subsection(_ id: Int, _ write: (inout BinaryWriter) -> Void) {
    byte(UInt8(id))
    sized(write)
  }

  fileprivate mutating func nameMap(_ map: NameMap) {
    vector(map.entries) { writer, entry in
      writer.u32(entry.index)
      writer.name(entry.name)
    }
  }

  fileprivate mutating func indirectNameMap(_ map: IndirectNameMap) {
    vector(map.maps.sorted { $0.key < $1.key }) { writer, entry in
      writer.u32(entry.key)
      writer.nameMap(entry.value)
    }
  }
}
