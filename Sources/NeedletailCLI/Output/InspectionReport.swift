import Needletail
import WebAssembly

/// What a module asks for and contains.
struct InspectionReport {
  private let module: WebAssembly.Module
  private let fileName: String
  private let imports: [ImportDescription]
  private let exports: [ExportDescription]
  private let policy: Policy

  /// - Throws: as `Policy.init(smallestFor:)`.
  init(_ module: Needletail.Module, fileName: String) throws {
    self.module = module.structure
    self.fileName = fileName
    imports = module.imports
    exports = module.exports
    policy = try Policy(smallestFor: module)
  }

  // MARK: Text

  /// Writes the report for people.
  func writeText(to write: (String) throws -> Void) throws {
    try write("\(fileName.printable): \(kind.text), \(ByteCount.format(module.bytes.count))\n")
    for (title, lines) in rows where !lines.isEmpty {
      for (index, line) in lines.enumerated() {
        let label = index == 0 ? title : ""
        let shown = line.utf8.count > Self.longestLine ? "\(line.prefix(Self.longestLine))…" : line
        try write(label + String(repeating: " ", count: Self.labelWidth - label.count) + shown + "\n")
      }
    }
  }

  /// Types can have a thousand parameters.
  private static let longestLine = 240
  private static let labelWidth = 12
  /// More names are counted.
  private static let maximumNameCount = 200

  /// What WASI calls the module. (WASI, "Application ABI".)
  private enum Kind: String {
    /// It has a function that runs it.
    case program
    /// It has functions to call, after one that initializes it.
    case reactor
    /// It has functions to call.
    case library

    /// For people.
    var text: String { self == .reactor ? "a library (a reactor of WASI)" : "a \(rawValue)" }
  }

  private var kind: Kind {
    if LoadedProgram.isProgram(module) { return .program }
    return exports.contains { $0.type.kind == .function && $0.name == "_initialize" } ? .reactor : .library
  }

  private var rows: [(title: String, lines: [String])] {
    [
      ("imports", importLines),
      ("asks for", list(WASICapability.capabilities(of: module.imports))),
      ("exports", named(exports) { "\($0.name.quoted) \($0.type)" }),
      ("memories", memoryLines),
      ("tables", named(module.importedTables + module.tables.map(\.type), describe)),
      ("functions", list([count(module.functionCount, "function"), count(module.importedFunctions.count, "import")])),
      ("data", module.dataSegments.isEmpty ? [] : [data]),
      ("start", module.startFunction.map { ["function \($0) runs when the module is instantiated"] } ?? []),
      ("proposals", list(Features.names.filter { policy.features?.contains($0.feature) ?? false }.map(\.name))),
      ("threads", policy.canUseThreads ? ["yes"] : []),
      ("custom", named(module.customSections) { "\($0.name.quoted) (\(ByteCount.format($0.data.count)))" }),
    ]
  }

  private var importLines: [String] {
    named(imports) { "\($0.module.quoted) \($0.name.quoted) \($0.type)" }
  }

  private var memoryLines: [String] {
    let types = module.importedMemories + module.memories
    guard !types.isEmpty else { return [] }
    let uses = [("reads", policy.canReadMemory), ("writes", policy.canWriteMemory), ("grows", policy.canGrowMemory)]
      .filter(\.1).map(\.0)
    let use = uses.isEmpty ? "no code uses them" : "code \(uses.joined(separator: ", "))"
    return types.prefix(Self.maximumNameCount).map(describe) + [use]
  }

  private func describe(_ type: MemoryType) -> String {
    func size(_ pageCount: UInt64) -> String {
      let (product, overflow) = pageCount.multipliedReportingOverflow(by: 1 << UInt64(type.pageSizeLog2))
      return ByteCount.format(overflow ? .max : product)
    }
    let noun = type.limits.minimum == 1 ? "page" : "pages"
    let minimum = "\(type.limits.minimum) \(noun) (\(size(type.limits.minimum)))"
    let maximum = type.limits.maximum.map { ", at most \($0) (\(size($0)))" } ?? ", no maximum"
    return minimum + maximum + (type.addressType == .i64 ? ", 64-bit addresses" : "")
      + (type.isShared ? ", shared" : "")
  }

  private func describe(_ type: TableType) -> String {
    let maximum = type.limits.maximum.map { ", at most \($0)" } ?? ", no maximum"
    let noun = type.limits.minimum == 1 ? "element" : "elements"
    return "\(type.limits.minimum) \(noun) of \(type.element)\(maximum)"
  }

  private var data: String {
    let size = module.dataSegments.reduce(0) { $0 + $1.data.count }
    return "\(count(module.dataSegments.count, "segment")), \(ByteCount.format(size))"
  }

  private func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  private func list(_ words: [String]) -> [String] { words.isEmpty ? [] : [words.joined(separator: ", ")] }

  /// A line for each of the first items, and the number of the others.
  private func named<Item>(_ items: [Item], _ describe: (Item) -> String) -> [String] {
    let rest = items.count - Self.maximumNameCount
    return items.prefix(Self.maximumNameCount).map(describe) + (rest > 0 ? ["and \(rest) more"] : [])
  }

  // MARK: JSON

  /// Writes the report for programs, as one JSON object on one line, piece by piece: a module can have a million imports.
  func writeJSON(to write: (String) throws -> Void) throws {
    try write("{\"file\":\(JSONText.string(fileName).text),\"kind\":\(JSONText.string(kind.rawValue).text)")
    try write(",\"size\":\(module.bytes.count)")
    try writeArray("imports", imports, json, to: write)
    try writeArray("exports", exports, json, to: write)
    try writeArray("memories", module.importedMemories + module.memories, json, to: write)
    try writeArray("tables", module.importedTables + module.tables.map(\.type), { .string("\($0)") }, to: write)
    let use: [(name: String, value: JSONText)] = [
      ("read", .bool(policy.canReadMemory)), ("write", .bool(policy.canWriteMemory)),
      ("grow", .bool(policy.canGrowMemory)),
    ]
    let features = Features.names.filter { policy.features?.contains($0.feature) ?? false }.map(\.name)
    let rest: [(name: String, value: JSONText)] = [
      ("wasi", strings(WASICapability.capabilities(of: module.imports))), ("memoryUse", .object(use)),
      ("functionCount", .number(module.functionCount)),
      ("startFunction", module.startFunction.map { .number(Int($0)) } ?? .null),
      ("features", strings(features)), ("threads", .bool(policy.canUseThreads)),
    ]
    for (name, value) in rest { try write(",\"\(name)\":\(value.text)") }
    try writeArray(
      "customSections", module.customSections,
      { .object([("name", .string($0.name)), ("size", .number($0.data.count))]) }, to: write)
    try write("}\n")
  }

  private func writeArray<Item>(
    _ name: String, _ items: [Item], _ json: (Item) -> JSONText, to write: (String) throws -> Void
  ) throws {
    try write(",\"\(name)\":[")
    for (index, item) in items.enumerated() { try write((index > 0 ? "," : "") + json(item).text) }
    try write("]")
  }

  private func strings(_ words: [String]) -> JSONText { .array(words.map { .string($0) }) }

  private func json(_ item: ImportDescription) -> JSONText {
    .object([
      ("module", .string(item.module)), ("name", .string(item.name)), ("kind", .string("\(item.type.kind)")),
      ("type", .string("\(item.type)")),
    ])
  }

  private func json(_ item: ExportDescription) -> JSONText {
    .object([
      ("name", .string(item.name)), ("kind", .string("\(item.type.kind)")), ("type", .string("\(item.type)")),
    ])
  }

  private func json(_ type: MemoryType) -> JSONText {
    .object([
      ("minimumPages", .number(Int(clamping: type.limits.minimum))),
      ("maximumPages", type.limits.maximum.map { .number(Int(clamping: $0)) } ?? .null),
      ("pageSize", .number(1 << Int(type.pageSizeLog2))), ("addressType", .string("\(type.addressType)")),
      ("shared", .bool(type.isShared)),
    ])
  }
}
