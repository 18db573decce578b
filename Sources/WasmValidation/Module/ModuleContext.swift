import WebAssembly

/// Owns the memory of a ``ModuleView``, and answers queries that are too rare to be prepared.
///
/// `@unchecked Sendable`: it is filled before other threads see it, and only read afterwards.
final class ModuleContext: @unchecked Sendable {
  let checker: TypeChecker
  private(set) var view: ModuleView
  private var owned: [UnsafeMutableRawPointer] = []

  /// - Parameters:
  ///   - bytes: the module's bytes, which outlive the context.
  ///   - checker: holds the module's types, all valid.
  init(_ module: Module, bytes: UnsafePointer<UInt8>, checker: TypeChecker) {
    self.checker = checker
    let (types, pool, fields) = Self.flatten(module, checker)
    let poolPointer = UnsafeMutablePointer<ValueType>.allocate(capacity: max(pool.count, 1))
    poolPointer.initialize(from: pool, count: pool.count)
    owned.append(UnsafeMutableRawPointer(poolPointer))
    view = ModuleView(
      bytes: bytes, pool: UnsafePointer(poolPointer), rules: ValidationRules(features: checker.features),
      features: checker.features)
    view.dataCount = module.dataCount
    view.types = store(types)
    view.fields = store(fields)
  }

  deinit {
    for pointer in owned { pointer.deallocate() }
    view.rules.deallocate()
  }

  private func store<Entry: BitwiseCopyable>(_ entries: [Entry]) -> FlatSlice<Entry> {
    guard !entries.isEmpty else { return FlatSlice() }
    let start = UnsafeMutablePointer<Entry>.allocate(capacity: entries.count)
    start.initialize(from: entries, count: entries.count)
    owned.append(UnsafeMutableRawPointer(start))
    return FlatSlice(base: start, count: entries.count)
  }

  private static func flatten(
    _ module: Module, _ checker: TypeChecker
  ) -> (types: [TypeEntry], pool: [ValueType], fields: [FieldEntry]) {
    var types: [TypeEntry] = []
    types.reserveCapacity(module.types.count)
    // Reserved at once: a growing array needs its memory twice.
    var pool: [ValueType] = []
    pool.reserveCapacity(
      module.types.reduce(0) { count, type in
        guard let function = type.composite.function else { return count }
        let (parameters, results) = (function.parameters.count, function.results.count)
        return count + (parameters > 1 ? parameters : 0) + (results > 1 ? results : 0)
      })
    var fields: [FieldEntry] = []
    fields.reserveCapacity(
      module.types.reduce(0) { $0 + ($1.composite.structure?.count ?? ($1.composite.array == nil ? 0 : 1)) })
    func list(_ types: [ValueType]) -> TypeList {
      if types.isEmpty { return .empty }
      if types.count == 1 { return TypeList(types[0]) }
      pool.append(contentsOf: types)
      return TypeList(word: UInt32(pool.count - types.count), count: UInt32(types.count))
    }
    func append(_ entry: TypeEntry, _ types: [FieldType]) -> TypeEntry {
      var entry = entry
      entry.firstField = UInt32(fields.count)
      entry.fieldCount = UInt32(types.count)
      fields.append(contentsOf: types.map { FieldEntry($0) })
      return entry
    }
    for (index, canonical) in checker.canonical.enumerated() {
      var entry: TypeEntry
      switch checker.types.type(canonical).composite {
      case .function(let type):
        entry = TypeEntry(kind: .function, canonical: canonical)
        entry.parameters = list(type.parameters)
        entry.results = list(type.results)
      case .structure(let types): entry = append(TypeEntry(kind: .structure, canonical: canonical), types)
      case .array(let element): entry = append(TypeEntry(kind: .array, canonical: canonical), [element])
      }
      entry.descriptor = module.types[index].descriptor
      types.append(entry)
    }
    return (types, pool, fields)
  }

  // MARK: Index spaces

  /// Stores the entries of the index spaces after they were validated.
  func setIndexSpaces(_ spaces: IndexSpaces) {
    view.functions = store(spaces.functions)
    view.tables = store(spaces.tables)
    view.memories = store(spaces.memories)
    view.globals = store(spaces.globals)
    view.tags = store(spaces.tags)
    view.elements = store(spaces.elements)
  }
}
