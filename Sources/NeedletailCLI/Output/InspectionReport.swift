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

  /// The report for people.
  var text: String {
    var text = "\(fileName.printable): \(kind), \(ByteCount.format(module.bytes.count))\n"
    for (title, lines) in rows where !lines.isEmpty {
      for (index, line) in lines.enumerated() {
        let label = index == 0 ? title : ""
        text += label + String(repeating: " ", count: Self.labelWidth - label.count) + line + "\n"
      }
    }
    return text
  }

  private static let labelWidth = 12
  /// More names are counted.
  private static let maximumNameCount = 200

  private var kind: String {
    let names = exports.lazy.filter { $0.type.kind == .function }.map(\.name)
    if names.contains("_start") { return "a program" }
    if names.contains("_initialize") { return "a library (a reactor of WASI)" }
    return LoadedProgram.isProgram(module) ? "a program" : "a library"
  }

  private var rows: [(title: String, lines: [String])] {
    [
      ("imports", importLines),
      ("asks for", list(WASICapability.capabilities(of: module.imports))),
      ("exports", named(exports.map { "\($0.name.isEmpty ? "\"\"" : $0.name.printable) \($0.type)" })),
      ("memories", memoryLines),
      ("tables", named((module.importedTables + module.tables.map(\.type)).map(describe))),
      ("functions", list([count(module.functionCount, "function"), count(module.importedFunctions.count, "import")])),
      ("data", module.dataSegments.isEmpty ? [] : [data]),
      ("start", module.startFunction.map { ["function \($0) runs when the module is instantiated"] } ?? []),
      ("proposals", list(Features.names.filter { policy.features?.contains($0.feature) ?? false }.map(\.name))),
      ("threads", policy.canUseThreads ? ["yes"] : []),
      ("custom", named(module.customSections.map { "\($0.name.printable) (\(ByteCount.format($0.data.count)))" })),
    ]
  }

  /// The imports of each module together.
  private var importLines: [String] {
    named(imports.map { "\($0.module.printable) \($0.name.printable) \($0.type)" })
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

  private func named(_ lines: [String]) -> [String] {
    lines.count <= Self.maximumNameCount
      ? lines : lines.prefix(Self.maximumNameCount) + ["and \(lines.count - Self.maximumNameCount) more"]
  }

  // MARK: JSON

  /// The report for programs.
  var json: JSONText {
    .object([
      ("file", .string(fileName)), ("kind", .string(kind)), ("size", .number(module.bytes.count)),
      ("imports", .array(imports.map(json))), ("wasi", strings(WASICapability.capabilities(of: module.imports))),
      ("exports", .array(exports.map(json))),
      ("memories", .array((module.importedMemories + module.memories).map(json))),
      (
        "memoryUse",
        .object([
          ("read", .bool(policy.canReadMemory)), ("write", .bool(policy.canWriteMemory)),
          ("grow", .bool(policy.canGrowMemory)),
        ])
      ),
      ("tables", strings((module.importedTables + module.tables.map(\.type)).map { "\($0)" })),
      ("functionCount", .number(module.functionCount)),
      ("startFunction", module.startFunction.map { .number(Int($0)) } ?? .null),
      ("features", strings(Features.names.filter { policy.features?.contains($0.feature) ?? false }.map(\.name))),
      ("threads", .bool(policy.canUseThreads)),
      (
        "customSections",
        .array(
          module.customSections.map { .object([("name", .string($0.name)), ("size", .number($0.data.count))]) })
      ),
    ])
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

  /// The smallest policy that lets the module run, as JSON.
  var policyText: String { policy.json }
}
