import WasmText
import WebAssembly

/// A component, component type, instance type or module type while its text is read: what it defined so far, and the identifiers.
final class TextScope {
  enum Kind {
    case component, componentType, instanceType, moduleType
  }

  let kind: Kind
  /// The identifier of the component, which aliases can name.
  let name: String?
  /// The definitions of a component.
  var sections: [Component.Section] = []
  /// The declarations of a component or instance type.
  var declarations: [Component.Declaration] = []
  /// The declarations of a module type.
  var coreDeclarations: [Component.CoreDeclaration] = []
  /// The core types, with their identifiers.
  var coreTypes: CoreTypeReader

  private struct Key: Hashable {
    var sort: Component.Sort
    var name: String
  }

  private var counts: [Component.Sort: UInt32] = [:]
  private var indices: [Key: UInt32] = [:]

  init(_ kind: Kind, name: String? = nil, coreTypes: CoreTypeReader) {
    self.kind = kind
    self.name = name
    self.coreTypes = coreTypes
  }

  /// Gives the next index of a sort to an identifier.
  ///
  /// - Returns: nil if the identifier is bound already.
  func bind(_ name: String?, _ sort: Component.Sort) -> UInt32? {
    let index = counts[sort, default: 0]
    counts[sort] = index + 1
    guard let name else { return index }
    guard indices.updateValue(index, forKey: Key(sort: sort, name: name)) == nil else { return nil }
    return index
  }

  /// The index of an identifier.
  func index(of name: String, _ sort: Component.Sort) -> UInt32? { indices[Key(sort: sort, name: name)] }

  // MARK: Definitions

  /// Adds a definition. Consecutive ones of one kind are in one section.
  func append<Entry>(
    _ entry: Entry, at offset: Int, _ open: (Component.Contents) -> [Entry]?, _ close: ([Entry]) -> Component.Contents
  ) {
    if let last = sections.last, var entries = open(last.contents) {
      // Taken out of the section, so that the array grows in place.
      sections[sections.count - 1].contents = .start(.init(function: 0, arguments: [], resultCount: 0))
      entries.append(entry)
      sections[sections.count - 1].contents = close(entries)
      sections[sections.count - 1].entryOffsets.append(offset)
    } else {
      sections.append(Component.Section(close([entry]), offset: offset, entryOffsets: [offset]))
    }
  }

  func append(_ entry: Component.CoreInstance, at offset: Int) {
    append(entry, at: offset, { if case .coreInstances(let entries) = $0 { entries } else { nil } }) {
      .coreInstances($0)
    }
  }

  func append(_ entry: Component.Instance, at offset: Int) {
    append(entry, at: offset, { if case .instances(let entries) = $0 { entries } else { nil } }) { .instances($0) }
  }

  func append(_ entry: Component.Canonical, at offset: Int) {
    append(entry, at: offset, { if case .canonicals(let entries) = $0 { entries } else { nil } }) { .canonicals($0) }
  }

  func append(_ entry: Component.Export, at offset: Int) {
    append(entry, at: offset, { if case .exports(let entries) = $0 { entries } else { nil } }) { .exports($0) }
  }

  func append(_ entry: Component.Value, at offset: Int) {
    append(entry, at: offset, { if case .values(let entries) = $0 { entries } else { nil } }) { .values($0) }
  }

  // What components and types both have.

  func append(_ entry: Component.CoreType, at offset: Int) {
    switch kind {
    case .component:
      append(entry, at: offset, { if case .coreTypes(let entries) = $0 { entries } else { nil } }) { .coreTypes($0) }
    case .moduleType: coreDeclarations.append(.init(.type(entry), offset: offset))
    case .componentType, .instanceType: declarations.append(.init(.coreType(entry), offset: offset))
    }
  }

  func append(_ entry: Component.TypeDefinition, at offset: Int) {
    guard kind == .component else { return declarations.append(.init(.type(entry), offset: offset)) }
    append(entry, at: offset, { if case .types(let entries) = $0 { entries } else { nil } }) { .types($0) }
  }

  func append(_ entry: Component.Alias, at offset: Int) {
    guard kind == .component else { return declarations.append(.init(.alias(entry), offset: offset)) }
    append(entry, at: offset, { if case .aliases(let entries) = $0 { entries } else { nil } }) { .aliases($0) }
  }

  func append(_ entry: Component.Import, at offset: Int) {
    guard kind == .component else { return declarations.append(.init(.import(entry), offset: offset)) }
    append(entry, at: offset, { if case .imports(let entries) = $0 { entries } else { nil } }) { .imports($0) }
  }
}
