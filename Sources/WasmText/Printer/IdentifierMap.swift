import WasmBinary
import WebAssembly

/// The identifiers of one index space in the text.
///
/// Identifiers must be unique and not empty; names need not be. A repeated name gets a numeric suffix in its
/// identifier, and an annotation with the original name.
struct IdentifierMap {
  /// By index, with the `$`; empty if there is none. May be shorter than the index space.
  private var identifiers: [String] = []
  /// Names that differ from the identifiers, by index.
  private var annotations: [Int: String] = [:]
  /// The number of names with an entry in the index space. The text preserves these.
  private(set) var nameCount = 0

  init() {}

  /// - Parameters:
  ///   - names: the names of the entries.
  ///   - count: the size of the index space. Names beyond it are ignored.
  ///   - isForText: whether identifiers must be unique. If not, names are only displayed.
  init(_ names: NameMap, count: Int, isForText: Bool = true) {
    guard let last = names.entries.last(where: { Int($0.index) < count }) else { return }
    identifiers = [String](repeating: "", count: Int(last.index) + 1)
    var taken = Set(names.entries.lazy.map(\.name))
    var used: Set<String> = []
    var suffixes: [String: Int] = [:]
    for entry in names.entries.prefix(through: last) {
      nameCount += 1
      if entry.name.isEmpty {
        annotations[Int(entry.index)] = ""
      } else if !isForText || used.insert(entry.name).inserted {
        identifiers[Int(entry.index)] = Self.identifier(entry.name)
      } else {
        annotations[Int(entry.index)] = entry.name
        identifiers[Int(entry.index)] = Self.identifier(Self.unique(entry.name, &taken, &suffixes))
      }
    }
  }

  private static func unique(_ name: String, _ taken: inout Set<String>, _ suffixes: inout [String: Int]) -> String {
    var suffix = suffixes[name, default: 0]
    var candidate: String
    repeat {
      suffix += 1
      candidate = "\(name).\(suffix)"
    } while !taken.insert(candidate).inserted
    suffixes[name] = suffix
    return candidate
  }

  static func identifier(_ name: String) -> String {
    if name.utf8.allSatisfy(TextBuffer.isIdentifierCharacter) { return "$" + name }
    var buffer = TextBuffer(capacity: name.utf8.count + 16)
    buffer.identifier(name)
    return buffer.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// The identifier with its `$`, or nil if the entry has none.
  @inline(__always)
  subscript(index: UInt32) -> String? {
    guard Int(index) < identifiers.count, !identifiers[Int(index)].isEmpty else { return nil }
    return identifiers[Int(index)]
  }

  @inline(__always)
  func hasName(_ index: UInt32) -> Bool { self[index] != nil || annotation(index) != nil }

  /// The name for an annotation, if the identifier does not express it.
  func annotation(_ index: UInt32) -> String? { annotations.isEmpty ? nil : annotations[Int(index)] }
}

extension [NameMap.Entry] {
  /// The entries up to the index of `last`.
  fileprivate func prefix(through last: NameMap.Entry) -> some Sequence<NameMap.Entry> {
    lazy.prefix { $0.index <= last.index }
  }
}

/// The identifiers of all entries of a module. The locals are those of the current function.
struct ModuleIdentifiers {
  /// Indexed by the raw value of the space.
  private var maps = [IdentifierMap](repeating: IdentifierMap(), count: Space.allCases.count)
  /// By type index.
  private(set) var fields: [UInt32: IdentifierMap] = [:]

  /// - Parameter isForText: whether identifiers must be unique. If not, names are only displayed.
  init(_ names: NameSection, of module: Module, isForText: Bool = true) {
    let spaces: [(space: Space, names: NameMap, count: Int)] = [
      (.type, names.types, module.types.count), (.function, names.functions, module.functionCount),
      (.table, names.tables, module.tableCount), (.memory, names.memories, module.memoryCount),
      (.global, names.globals, module.globalCount), (.tag, names.tags, module.tagCount),
      (.element, names.elementSegments, module.elementSegments.count),
      (.data, names.dataSegments, module.dataSegments.count),
    ]
    for (space, names, count) in spaces { self[space] = IdentifierMap(names, count: count, isForText: isForText) }
    for (type, map) in names.fields.maps where Int(type) < module.types.count {
      guard let fields = module.types[Int(type)].composite.structure else { continue }
      self.fields[type] = IdentifierMap(map, count: fields.count, isForText: isForText)
    }
  }

  subscript(space: Space) -> IdentifierMap {
    _read { yield maps[space.rawValue] }
    _modify { yield &maps[space.rawValue] }
  }

  /// The total number of names that the text preserves.
  var nameCount: Int {
    maps.reduce(0) { $0 + $1.nameCount } + fields.values.reduce(0) { $0 + $1.nameCount }
  }
}
