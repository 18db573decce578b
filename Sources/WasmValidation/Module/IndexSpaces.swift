import WasmBinary
import WebAssembly

/// The entries of a module's index spaces, imported ones first. Each is checked on its own: types, limits, features.
/// (Core specification 3.0, 3.2 "Types" and 3.5 "Modules".)
struct IndexSpaces {
  private(set) var functions: [ModuleView.FunctionEntry] = []
  private(set) var tables: [ModuleView.TableEntry] = []
  private(set) var memories: [ValueType] = []
  private(set) var globals: [ModuleView.GlobalEntry] = []
  private(set) var tags: [UInt32] = []
  private(set) var elements: [ValueType] = []

  private let module: Module
  private let checker: TypeChecker
  /// By type index: so that a module with many functions is checked without a look at its types for each.
  private let isFunctionType: [Bool]

  init(_ module: Module, _ checker: TypeChecker) throws(ValidationError) {
    self.module = module
    self.checker = checker
    isFunctionType = module.types.map { $0.composite.function != nil }
    functions.reserveCapacity(module.functionCount)
    for entry in module.imports { try append(entry) }
    try appendDefinitions()
    for segment in module.elementSegments {
      elements.append(ValueType(try checkElement(segment.type, at: segment.offset)))
    }
  }

  private var features: Features { checker.features }

  private func require(_ feature: Features, for what: String, at offset: Int) throws(ValidationError) {
    guard features.contains(feature) else { throw .featureIsOff(feature, for: what, at: offset) }
  }

  // MARK: Imports and definitions

  private mutating func append(_ entry: Module.Import) throws(ValidationError) {
    switch entry.type {
    case .function(let typeIndex, let isExact):
      if isExact { try require(.customDescriptors, for: "exact", at: entry.offset) }
      try appendFunction(typeIndex, isExact: isExact, at: entry.offset)
    case .table(let type): try append(type, at: entry.offset)
    case .memory(let type): try append(type, at: entry.offset)
    case .global(let type):
      if type.isMutable { try require(.mutableGlobals, for: "import of a mutable global", at: entry.offset) }
      try append(type, at: entry.offset)
    case .tag(let typeIndex): try appendTag(typeIndex, at: entry.offset)
    }
  }

  private mutating func appendDefinitions() throws(ValidationError) {
    for function in module.functions {
      try appendFunction(function.typeIndex, isExact: true, at: function.body.lowerBound)
    }
    try appendEach(module.tables, at: module.offset(ofTable:)) { (spaces, table) throws(ValidationError) in
      if table.initializer != nil { try spaces.require(.functionReferences, for: "table with initializer", at: 0) }
      try spaces.append(table.type, at: 0)
    }
    try appendEach(module.memories, at: module.offset(ofMemory:)) { (spaces, memory) throws(ValidationError) in
      try spaces.append(memory, at: 0)
    }
    try appendEach(module.tags, at: module.offset(ofTag:)) { (spaces, tag) throws(ValidationError) in
      try spaces.appendTag(tag, at: 0)
    }
    try appendEach(module.globals, at: module.offset(ofGlobal:)) { (spaces, global) throws(ValidationError) in
      try spaces.append(global.type, at: 0)
    }
  }

  /// Appends definitions that do not record their offset, which is found only for an error.
  private mutating func appendEach<Definition>(
    _ definitions: [Definition], at offset: (Int) -> Int,
    _ append: (inout Self, Definition) throws(ValidationError) -> Void
  ) throws(ValidationError) {
    for (index, definition) in definitions.enumerated() {
      do throws(ValidationError) {
        try append(&self, definition)
      } catch {
        var error = error
        error.offset = offset(index)
        throw error
      }
    }
  }

  // MARK: One entry

  private func functionType(_ index: UInt32, at offset: Int) throws(ValidationError) -> FunctionType {
    guard Int(index) < module.types.count else { throw .unknown("type", index, of: module.types.count, at: offset) }
    let composite = module.types[Int(index)].composite
    guard let type = composite.function else {
      let kind: TypeEntry.Kind = composite.structure != nil ? .structure : .array
      throw ValidationError(
        "type mismatch: expected a function type, found type \(index): \(kind.noun)",
        offset: offset)
    }
    return type
  }

  private mutating func appendFunction(_ typeIndex: UInt32, isExact: Bool, at offset: Int) throws(ValidationError) {
    if Int(typeIndex) >= isFunctionType.count || !isFunctionType[Int(typeIndex)] {
      _ = try functionType(typeIndex, at: offset)
    }
    functions.append(ModuleView.FunctionEntry(typeIndex: typeIndex, isExact: isExact))
  }

  private mutating func appendTag(_ typeIndex: UInt32, at offset: Int) throws(ValidationError) {
    if features.isDisjoint(with: [.exceptions, .legacyExceptions]) {
      try require(.exceptions, for: "tag", at: offset)
    }
    let type = try functionType(typeIndex, at: offset)
    guard type.results.isEmpty else {
      throw ValidationError("non-empty tag result type: type \(typeIndex) is \(type)", offset: offset)
    }
    tags.append(typeIndex)
  }

  private mutating func append(_ type: GlobalType, at offset: Int) throws(ValidationError) {
    let value = try checker.check(type.value, at: offset)
    globals.append(ModuleView.GlobalEntry(type: value, isMutable: type.isMutable))
  }

  /// The type of a table's or segment's elements; `funcref` is older than the reference types proposal.
  private func checkElement(_ type: ReferenceType, at offset: Int) throws(ValidationError) -> ReferenceType {
    type.heapType == .function ? type : try checker.check(type, at: offset)
  }

  private mutating func append(_ type: TableType, at offset: Int) throws(ValidationError) {
    if !tables.isEmpty { try require(.referenceTypes, for: "multiple tables: a second table", at: offset) }
    if type.isShared { throw ValidationError("shared tables are not supported", offset: offset) }
    let element = try checkElement(type.element, at: offset)
    try checkLimits(type.limits, at: offset)
    let size = max(type.limits.minimum, type.limits.maximum ?? 0)
    if type.addressType == .i32, size > UInt32.max {
      throw ValidationError("table size must be at most 2^32-1, found \(size)", offset: offset)
    }
    if type.addressType == .i64 { try require(.memory64, for: "table with 64-bit addresses", at: offset) }
    tables.append(ModuleView.TableEntry(element: ValueType(element), address: type.addressType.valueType))
  }

  private mutating func append(_ type: MemoryType, at offset: Int) throws(ValidationError) {
    if !memories.isEmpty { try require(.multiMemory, for: "multiple memories: a second memory", at: offset) }
    if type.pageSizeLog2 != MemoryType.standardPageSizeLog2 {
      guard type.pageSizeLog2 == 0 else {
        throw ValidationError(
          "invalid custom page size: expected 1 or 65536, found \(UInt64(1) << type.pageSizeLog2)", offset: offset)
      }
      try require(.customPageSizes, for: "pagesize", at: offset)
    }
    let maximum = type.maximumPageCount
    let size = max(type.limits.minimum, type.limits.maximum ?? 0)
    if size > maximum {
      let isStandard = maximum == 65536
      throw ValidationError(
        "memory size must be at most \(maximum) pages\(isStandard ? " (4GiB)" : ""), found \(size)", offset: offset)
    }
    try checkLimits(type.limits, at: offset)
    if type.addressType == .i64 { try require(.memory64, for: "memory with 64-bit addresses", at: offset) }
    if type.isShared {
      try require(.threads, for: "shared memory", at: offset)
      guard type.limits.maximum != nil else { throw ValidationError("shared memory must have maximum", offset: offset) }
    }
    memories.append(type.addressType.valueType)
  }

  private func checkLimits(_ limits: Limits, at offset: Int) throws(ValidationError) {
    if let maximum = limits.maximum, limits.minimum > maximum {
      throw ValidationError(
        "size minimum must not be greater than maximum: expected at most \(maximum), found \(limits.minimum)",
        offset: offset)
    }
  }
}
