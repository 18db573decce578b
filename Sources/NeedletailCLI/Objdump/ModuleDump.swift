import WasmBinary
import WebAssembly

/// Shows what is in a module.
struct ModuleDump {
  let module: Module
  let names: NameSection

  init(_ module: Module) {
    self.module = module
    names = NameSection(of: module)
  }

  /// A number in hexadecimal, filled up with zeros.
  static func hex(_ number: Int, digits: Int = 6) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// The name of something, in angle brackets behind a blank.
  private func suffix(_ name: String?) -> String { name.map { " <\($0)>" } ?? "" }

  /// A function's index with its name.
  func function(_ index: UInt32) -> String { "\(index)\(suffix(functionName(index)))" }

  func functionName(_ index: UInt32) -> String? {
    if let name = names.functions[index] { return name }
    if let export = module.exports.first(where: { $0.kind == .function && $0.index == index }) { return export.name }
    guard index < UInt32(module.importedFunctions.count) else { return nil }
    let imports = module.imports.filter { $0.type.kind == .function }
    return "\(imports[Int(index)].module).\(imports[Int(index)].name)"
  }

  /// Which of the module's own functions has this name or index.
  func functionIndex(_ text: String) -> Int? {
    let index =
      names.functions.entries.first { $0.name == text }?.index
      ?? module.exports.first { $0.kind == .function && $0.name == text }?.index ?? UInt32(text)
    guard let index, index >= UInt32(module.importedFunctions.count), Int(index) < module.functionCount else {
      return nil
    }
    return Int(index) - module.importedFunctions.count
  }

  private func functionType(_ typeIndex: UInt32) -> String {
    module.functionType(typeIndex).map { "\($0)" } ?? "(type \(typeIndex))"
  }

  // MARK: Sections

  /// The sections with their places and sizes.
  func sections() -> String {
    var text = "sections:\n"
    module.bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      var reader = InstructionReader(base: base, range: SectionID.moduleHeader.count..<buffer.count)
      while !reader.isAtEnd {
        guard let code = try? reader.readByte(), let id = SectionID(rawValue: code), let size = try? reader.readU32(),
          let payload = try? reader.readBytes(Int(size))
        else { return }
        text += "  \(Self.padded(sectionTitle(id), 10)) start=0x\(Self.hex(payload.lowerBound)) "
        text += "end=0x\(Self.hex(payload.upperBound)) size=\(Self.padded("\(size)", 8))"
        text += "\(sectionSummary(id, payload))\n"
      }
    }
    return text
  }

  private func sectionTitle(_ id: SectionID) -> String { id == .dataCount ? "data count" : "\(id)" }

  private func sectionSummary(_ id: SectionID, _ payload: Range<Int>) -> String {
    switch id {
    case .custom:
      let section = module.customSections.first { $0.data.upperBound == payload.upperBound }
      return section.map { " \"\($0.name)\"" } ?? ""
    case .start: return module.startFunction.map { " function: \(function($0))" } ?? ""
    case .dataCount: return " count: \(module.dataCount ?? 0)"
    default: return " count: \(entryCount(id))"
    }
  }

  private func entryCount(_ id: SectionID) -> Int {
    switch id {
    case .type: module.recursionGroups.count
    case .import: module.imports.count
    case .function, .code: module.functions.count
    case .table: module.tables.count
    case .memory: module.memories.count
    case .tag: module.tags.count
    case .global: module.globals.count
    case .export: module.exports.count
    case .element: module.elementSegments.count
    case .data: module.dataSegments.count
    case .custom, .start, .dataCount: 1
    }
  }

  // MARK: Details

  /// All definitions, by kind.
  func details() -> String {
    var text = ""
    func group(_ title: String, _ lines: [String]) {
      guard !lines.isEmpty else { return }
      text += "\n\(title):\n" + lines.map { "  \($0)\n" }.joined()
    }
    group("types", module.types.enumerated().map { "type[\($0)]\(suffix(names.types[UInt32($0)])) \(describe($1))" })
    group("imports", module.imports.map { "\(describe($0.type)) <- \"\($0.module)\" \"\($0.name)\"" })
    group(
      "functions",
      module.functions.enumerated().map { position, function in
        let index = UInt32(position + module.importedFunctions.count)
        return
          "func[\(index)]\(suffix(functionName(index))) \(functionType(function.typeIndex)) size=\(function.body.count)"
      })
    group(
      "tables",
      module.tables.enumerated().map { "\(label("table", $0, module.importedTables.count, names.tables)) \($1.type)" })
    group(
      "memories",
      module.memories.enumerated().map { "\(label("memory", $0, module.importedMemories.count, names.memories)) \($1)" }
    )
    group(
      "tags",
      module.tags.enumerated().map { "\(label("tag", $0, module.importedTags.count, names.tags)) \(functionType($1))" })
    group(
      "globals",
      module.globals.enumerated().map {
        "\(label("global", $0, module.importedGlobals.count, names.globals)) \($1.type) = \(expression($1.initializer))"
      })
    group("exports", module.exports.map { "\($0.kind.keyword)[\($0.index)] -> \"\($0.name)\"" })
    if let start = module.startFunction { group("start", ["func[\(function(start))]"]) }
    group(
      "element segments",
      module.elementSegments.enumerated().map { "\(label("elem", $0, 0, names.elementSegments)) \(describe($1))" })
    group(
      "data segments",
      module.dataSegments.enumerated().map { "\(label("data", $0, 0, names.dataSegments)) \(describe($1))" })
    group("custom sections", module.customSections.map { "\"\($0.name)\" size=\($0.data.count)" })
    return text
  }

  private func label(_ kind: String, _ position: Int, _ imported: Int, _ names: NameMap) -> String {
    "\(kind)[\(position + imported)]\(suffix(names[UInt32(position + imported)]))"
  }

  private func describe(_ type: SubType) -> String {
    let composite =
      switch type.composite {
      case .function(let function): "\(function)"
      case .structure(let fields): "(struct\(fields.map { " (field \($0))" }.joined()))"
      case .array(let element): "(array \(element))"
      }
    guard !type.isFinal || !type.supertypes.isEmpty else { return composite }
    return "(sub\(type.isFinal ? " final" : "")\(type.supertypes.map { " \($0)" }.joined()) \(composite))"
  }

  private func describe(_ type: ExternalType) -> String {
    switch type {
    case .function(let index, _): functionType(index)
    case .table(let type): "(table \(type))"
    case .memory(let type): "(memory \(type))"
    case .global(let type): "(global \(type))"
    case .tag(let index): "(tag \(functionType(index)))"
    }
  }

  private func describe(_ segment: Module.ElementSegment) -> String {
    let mode =
      switch segment.mode {
      case .passive: "passive"
      case .declarative: "declarative"
      case .active(let table, let offset): "table \(table), offset \(expression(offset))"
      }
    return "\(segment.type) \(mode), count: \(segment.elements.count)"
  }

  private func describe(_ segment: Module.DataSegment) -> String {
    let mode =
      switch segment.mode {
      case .passive: "passive"
      case .active(let memory, let offset): "memory \(memory), offset \(expression(offset))"
      }
    return "\(mode), size: \(segment.data.count)"
  }

  /// A constant expression on one line, without the `end`.
  private func expression(_ range: Range<Int>) -> String {
    var instructions: [String] = []
    Disassembler(self).forEachInstruction(in: range) { instructions.append($0.text) }
    return instructions.dropLast().joined(separator: "; ")
  }

  // MARK: Contents

  /// The bytes of data segments and custom sections.
  func contents() -> String {
    var text = ""
    for (index, segment) in module.dataSegments.enumerated() {
      text += "\n\(label("data", index, 0, names.dataSegments)):\n\(hexDump(segment.data))"
    }
    for section in module.customSections { text += "\ncustom \"\(section.name)\":\n\(hexDump(section.data))" }
    return text
  }

  private func hexDump(_ range: Range<Int>) -> String {
    var text = ""
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 16) {
      let line = module.bytes[start..<min(start + 16, range.upperBound)]
      let digits = line.map { Self.hex(Int($0), digits: 2) }.joined(separator: " ")
      let letters = line.map { (0x20..<0x7F).contains($0) ? String(UnicodeScalar($0)) : "." }.joined()
      text += "  \(Self.hex(start)): \(Self.padded(digits, 47))  \(letters)\n"
    }
    return text
  }

  // MARK: Code

  /// The code of one of the module's own functions.
  func disassembly(of position: Int) -> String {
    let function = module.functions[position]
    let index = UInt32(position + module.importedFunctions.count)
    var text = "\nfunc[\(index)]\(suffix(functionName(index))) \(functionType(function.typeIndex)):\n"
    let disassembler = Disassembler(self)
    guard let (locals, code) = disassembler.locals(of: function.body) else { return text + "  malformed locals\n" }
    if !locals.isEmpty { text += "  locals: \(locals.joined(separator: " "))\n" }
    disassembler.forEachInstruction(in: code) { instruction in
      let bytes = module.bytes[instruction.range].prefix(10).map { Self.hex(Int($0), digits: 2) }.joined(separator: " ")
      let indentation = String(repeating: "  ", count: min(instruction.depth, 40))
      text +=
        "  \(Self.hex(instruction.range.lowerBound)): \(Self.padded(bytes, 30))\(indentation)\(instruction.text)\n"
    }
    return text
  }
}
