import WebAssembly

/// The limits on the size of a module and of its parts. They are checked before memory is allocated.
///
/// The defaults are those of the WebAssembly JavaScript Interface ("Implementation-defined Limits"), so that every module that loads in
/// browsers loads here. They are lower where a module with a few bytes per entry would take many times its own size.
///
/// They can only be lowered: the defaults are what this implementation can hold. An engine replaces higher values by the defaults.
public struct ModuleLimits: Hashable, Sendable {
  /// Bytes of the whole module.
  public var moduleSize = 1 << 30
  /// Types.
  public var types = 500_000
  /// Parameters of one function type.
  public var parameters = 1000
  /// Results of one function type.
  public var results = 1000
  /// Fields of one structure.
  public var fields = 10_000
  /// Imports of all kinds.
  public var imports = 1_000_000
  /// Functions that the module defines. Imported functions count as ``imports``, as do imported globals and tags.
  public var functions = 1_000_000
  /// Tables, imported ones included.
  public var tables = 100_000
  /// Memories, imported ones included. More than the 100 of the JavaScript Interface, since other runtimes load modules with more.
  public var memories = 1000
  /// Globals that the module defines.
  public var globals = 1_000_000
  /// Tags that the module defines.
  public var tags = 1_000_000
  /// Exports of all kinds.
  public var exports = 1_000_000
  /// Element segments.
  public var elementSegments = 100_000
  /// Elements of one element segment.
  public var elements = 10_000_000
  /// Data segments.
  public var dataSegments = 100_000
  /// Bytes of one function body.
  public var functionBodySize = 7_654_321
  /// Locals of one function, without its parameters.
  public var locals = 50_000
  /// Custom sections.
  public var customSections = 100_000

  /// Creates the default limits.
  public init() {}
}

extension ModuleLimits {
  /// One of the limits, as data.
  package struct Row: Sendable {
    /// What is limited.
    package var resource: LimitExceeded.Resource
    /// The name of the property.
    package var property: String
    /// What the limit is on, in words.
    package var summary: String
    /// The property.
    package var path: WritableKeyPath<ModuleLimits, Int> & Sendable

    /// Whether the amount is in bytes.
    package var isSize: Bool { resource == .moduleBytes || resource == .functionBodyBytes }
  }

  /// All limits.
  package static let rows: [Row] = [
    Row(resource: .moduleBytes, property: "moduleSize", summary: "Bytes of the module", path: \.moduleSize),
    Row(resource: .types, property: "types", summary: "Types", path: \.types),
    Row(resource: .parameters, property: "parameters", summary: "Parameters of a function type", path: \.parameters),
    Row(resource: .results, property: "results", summary: "Results of a function type", path: \.results),
    Row(resource: .fields, property: "fields", summary: "Fields of a structure", path: \.fields),
    Row(resource: .imports, property: "imports", summary: "Imports", path: \.imports),
    Row(resource: .functions, property: "functions", summary: "Functions that the module defines", path: \.functions),
    Row(resource: .tables, property: "tables", summary: "Tables", path: \.tables),
    Row(resource: .memories, property: "memories", summary: "Memories", path: \.memories),
    Row(resource: .globals, property: "globals", summary: "Globals that the module defines", path: \.globals),
    Row(resource: .tags, property: "tags", summary: "Tags that the module defines", path: \.tags),
    Row(resource: .exports, property: "exports", summary: "Exports", path: \.exports),
    Row(resource: .elementSegments, property: "elementSegments", summary: "Element segments", path: \.elementSegments),
    Row(resource: .elements, property: "elements", summary: "Elements of an element segment", path: \.elements),
    Row(resource: .dataSegments, property: "dataSegments", summary: "Data segments", path: \.dataSegments),
    Row(
      resource: .functionBodyBytes, property: "functionBodySize", summary: "Bytes of the code of a function",
      path: \.functionBodySize),
    Row(resource: .locals, property: "locals", summary: "Locals of a function", path: \.locals),
    Row(resource: .customSections, property: "customSections", summary: "Custom sections", path: \.customSections),
  ]

  /// These limits, with the defaults in place of higher values. Buffers, indices and offsets have the sizes of the defaults.
  package var capped: ModuleLimits {
    let defaults = ModuleLimits()
    var limits = self
    for row in Self.rows { limits[keyPath: row.path] = min(self[keyPath: row.path], defaults[keyPath: row.path]) }
    return limits
  }

  /// The name of the property that limits something.
  package static func setting(_ property: String) -> String { "Engine.Configuration.moduleLimits.\(property)" }

  /// The error for a module that exceeds a limit.
  ///
  /// - Parameters:
  ///   - count: the number of items or bytes.
  ///   - used: how many of them are imported.
  ///   - offset: the place in the module; nil if there is none.
  package func excess(_ resource: LimitExceeded.Resource, _ count: Int, used: Int = 0, at offset: Int?) -> LimitExceeded
  {
    guard let row = Self.rows.first(where: { $0.resource == resource }) else {
      preconditionFailure("a limit of modules has a row")
    }
    let limit = self[keyPath: row.path]
    let place = offset.map { " at offset 0x\(String($0, radix: 16))" } ?? ""
    let (expected, found) = (resource.format(UInt64(clamping: limit)), resource.format(UInt64(clamping: count + used)))
    let excess = row.isSize ? "\(resource.name) too large" : "too many \(resource.name)"
    return LimitExceeded(
      resource, of: .module, requested: UInt64(clamping: count), used: UInt64(clamping: used),
      limit: UInt64(clamping: limit), setting: Self.setting(row.property),
      message: "\(excess)\(place): expected at most \(expected), found \(found)")
  }

  /// Checks a module that was decoded with other limits. The locals of functions are not part of it: see ``Decoder/checkLocals(of:in:limits:)``.
  ///
  /// - Throws: `LimitExceeded` for the first limit that is exceeded.
  /// - Complexity: O(number of items).
  package func check(_ module: Module) throws(LimitExceeded) {
    try check(.moduleBytes, module.bytes.count)
    try check(.types, module.types.count)
    for type in module.types {
      if let function = type.composite.function {
        try check(.parameters, function.parameters.count)
        try check(.results, function.results.count)
      }
      if let fields = type.composite.structure { try check(.fields, fields.count) }
    }
    try check(.imports, module.imports.count)
    try check(.functions, module.functions.count)
    for function in module.functions { try check(.functionBodyBytes, function.body.count) }
    try check(.tables, module.tables.count, used: module.importedTables.count)
    try check(.memories, module.memories.count, used: module.importedMemories.count)
    try check(.globals, module.globals.count)
    try check(.tags, module.tags.count)
    try check(.exports, module.exports.count)
    try check(.elementSegments, module.elementSegments.count)
    for segment in module.elementSegments { try check(.elements, segment.elements.count) }
    try check(.dataSegments, module.dataSegments.count)
    try check(.customSections, module.customSections.count)
  }

  private func check(_ resource: LimitExceeded.Resource, _ count: Int, used: Int = 0) throws(LimitExceeded) {
    guard let row = Self.rows.first(where: { $0.resource == resource }) else { return }
    guard count + used > self[keyPath: row.path] else { return }
    throw excess(resource, count, used: used, at: nil)
  }
}
