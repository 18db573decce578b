import WasmBinary
import WebAssembly

/// Checks all of a module except its function bodies, and prepares the context for checking those.
/// (Core specification 3.0, 3.5 "Modules".)
struct ModuleValidator: ~Copyable {
  private let module: Module
  private let features: Features
  private let context: ModuleContext
  private var expressions: FunctionValidator
  private let stops: StopCheck?

  /// - Parameters:
  ///   - bytes: the module's bytes, which must outlive the returned context.
  ///   - stops: whether validation ends early.
  static func validate(
    _ module: Module, bytes: UnsafePointer<UInt8>, features: Features, stops: StopCheck? = nil
  ) throws(LoadingError) -> ModuleContext {
    for form in module.gatedForms where features.isDisjoint(with: form.features) {
      let missing = MissingFeature(form.name, needs: form.features, isAnyEnough: true)
      throw .malformed(DecodingError(form.message, missing, offset: form.offset))
    }
    var types = TypeSection(module, features: features)
    try types.validate()
    let context = ModuleContext(module, bytes: bytes, checker: types.checker)
    do {
      context.setIndexSpaces(try IndexSpaces(module, types.checker))
    } catch {
      throw .invalid(error)
    }
    var validator = ModuleValidator(module, features: features, context, stops)
    try validator.validate()
    return context
  }

  private init(_ module: Module, features: Features, _ context: ModuleContext, _ stops: StopCheck?) {
    self.module = module
    self.stops = stops
    self.features = features
    self.context = context
    expressions = FunctionValidator(context)
  }

  private mutating func validate() throws(LoadingError) {
    try validateTables()
    try validateGlobals()
    try validateExports()
    try validateStart()
    try validateElementSegments()
    try validateDataSegments()
  }

  /// Called for items that can be many.
  ///
  /// - Throws: `LoadingError.stopped` if validation is to end.
  private func checkStop(_ index: Int) throws(LoadingError) {
    if index & 0xFFF == 0xFFF, let stops, stops() { throw .stopped }
  }

  // MARK: Tables and globals

  /// The globals that an expression outside the global section may read.
  private var allGlobals: ConstantRules {
    let importedCount = module.importedGlobals.count
    return ConstantRules(globalCount: UInt32(features.contains(.gc) ? module.globalCount : importedCount))
  }

  private mutating func validateTables() throws(LoadingError) {
    let firstDefined = module.importedTables.count
    // Tables precede globals: only imported globals are initialized.
    let rules = ConstantRules(globalCount: UInt32(module.importedGlobals.count))
    for (index, table) in module.tables.enumerated() {
      let element = context.view.tables[firstDefined + index].element
      if let initializer = table.initializer {
        try expressions.validate(constant: initializer, type: element, rules)
      } else if !element.isDefaultable {
        throw fail(
          "type mismatch: table \(firstDefined + index) of \(element) needs an initializer",
          at: module.offset(ofTable: index))
      }
    }
  }

  private mutating func validateGlobals() throws(LoadingError) {
    let firstDefined = module.importedGlobals.count
    for (index, global) in module.globals.enumerated() {
      try checkStop(index)
      // Since the GC proposal, an initializer can read all earlier globals.
      let count = features.contains(.gc) ? firstDefined + index : firstDefined
      try expressions.validate(
        constant: global.initializer, type: context.view.globals[firstDefined + index].type,
        ConstantRules(globalCount: UInt32(count)))
    }
  }

  // MARK: Exports and start

  private func validateExports() throws(LoadingError) {
    var names: Set<ExactName> = []
    names.reserveCapacity(module.exports.count)
    for export in module.exports {
      let view = context.view
      let count: Int
      switch export.kind {
      case .function: count = view.functions.count
      case .table: count = view.tables.count
      case .memory: count = view.memories.count
      case .global: count = view.globals.count
      case .tag: count = view.tags.count
      }
      guard Int(export.index) < count else {
        throw .invalid(.unknown(Self.noun(export.kind), export.index, of: count, at: export.offset))
      }
      if export.kind == .function { view.functions[Int(export.index)].isDeclared = true }
      if export.kind == .global, view.globals[Int(export.index)].isMutable,
        !features.contains(.mutableGlobals)
      {
        throw .invalid(.featureIsOff(.mutableGlobals, for: "export of a mutable global", at: export.offset))
      }
      guard names.insert(ExactName(export.name)).inserted else {
        throw fail("duplicate export name \"\(export.name.printable)\"", at: export.offset)
      }
    }
  }

  private static func noun(_ kind: ExternalKind) -> String { kind == .function ? "function" : kind.keyword }

  private func validateStart() throws(LoadingError) {
    guard let index = module.startFunction else { return }
    let offset = module.offset(of: .start)
    guard let function = context.view.functions.entry(index) else {
      throw .invalid(.unknown("function", index, of: context.view.functions.count, at: offset))
    }
    let type = context.view.types[Int(function.pointee.typeIndex)]
    guard type.parameters.isEmpty, type.results.isEmpty else {
      throw fail(
        "start function \(index) must not take or return anything: found \(module.functionType(index).map { "\($0)" } ?? "")",
        at: offset)
    }
  }

  // MARK: Segments

  private mutating func validateElementSegments() throws(LoadingError) {
    for (index, segment) in module.elementSegments.enumerated() {
      try checkStop(index)
      let type = context.view.elements[index]
      try validate(segment.elements, type: type, at: segment.offset)
      try validate(segment.mode, type: type, at: segment.offset)
    }
  }

  private mutating func validate(
    _ elements: Module.ElementSegment.Elements, type: ValueType, at offset: Int
  ) throws(LoadingError) {
    switch elements {
    case .functions(let indices):
      for index in indices {
        guard let entry = context.view.functions.entry(index) else {
          throw .invalid(.unknown("function", index, of: context.view.functions.count, at: offset))
        }
        entry.pointee.isDeclared = true
      }
    case .expressions(let elements):
      let rules = allGlobals
      for (index, element) in elements.enumerated() {
        try checkStop(index)
        try expressions.validate(constant: element, type: type, rules)
      }
    }
  }

  private mutating func validate(
    _ mode: Module.ElementSegment.Mode, type: ValueType, at offset: Int
  ) throws(LoadingError) {
    switch mode {
    case .passive: try require(.bulkMemory, for: "passive element segment", at: offset)
    case .declarative: try require(.referenceTypes, for: "declarative element segment", at: offset)
    case .active(let index, let start):
      guard let table = context.view.tables.entry(index)?.pointee else {
        throw .invalid(.unknown("table", index, of: context.view.tables.count, at: offset))
      }
      guard context.checker.matches(type, table.element) else {
        throw fail(
          "type mismatch: elements for table \(index): expected \(table.element), found \(type)", at: offset)
      }
      try expressions.validate(constant: start, type: table.address, allGlobals)
    }
  }

  private mutating func validateDataSegments() throws(LoadingError) {
    for segment in module.dataSegments {
      switch segment.mode {
      case .passive: try require(.bulkMemory, for: "passive data segment", at: segment.offset)
      case .active(let index, let start):
        guard let address = context.view.memories.entry(index)?.pointee else {
          throw .invalid(.unknown("memory", index, of: context.view.memories.count, at: segment.offset))
        }
        try expressions.validate(constant: start, type: address, allGlobals)
      }
    }
  }

  private func require(_ feature: Features, for what: String, at offset: Int) throws(LoadingError) {
    guard features.contains(feature) else { throw .invalid(.featureIsOff(feature, for: what, at: offset)) }
  }

  private func fail(_ message: String, at offset: Int) -> LoadingError {
    .invalid(ValidationError(message, offset: offset))
  }
}
