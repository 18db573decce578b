import WasmBinary
import WebAssembly

// Custom sections as annotations. (Core specification 3.0, 7.6 "Custom Sections and Annotations".)
extension ModulePrinter {
  /// Writes the custom sections that the rest of the text does not imply.
  mutating func printCustomSections() {
    if module.dataCount != nil, !usesDataIndices {
      startLine()
      out.write("(@datacount)")
    }
    nameCount += identifiers.nameCount
    let plan = CustomSectionPlan(module, carriesNames: nameCount == names.nameCount)
    for (position, section) in module.customSections.enumerated() {
      switch plan.form(position) {
      case .implied: break
      case .place: printCustomSection(section, contents: 0..<0)
      case .contents:
        if printsHints, section.name == BranchHints.sectionName { break }
        printCustomSection(section, contents: section.data)
      }
    }
  }

  private mutating func printCustomSection(_ section: Module.CustomSection, contents: Range<Int>) {
    startLine()
    out.write("(@custom ")
    out.nameLiteral(section.name)
    let place = SectionID(rawValue: section.after).flatMap(CustomSectionPlan.keyword)
    out.write(place == nil ? " (before first" : " (after ")
    if let place { out.write(place) }
    out.byte(UInt8(ascii: ")"))
    if !contents.isEmpty {
      out.byte(UInt8(ascii: " "))
      out.stringLiteral(UnsafeBufferPointer(rebasing: bytes[contents]))
    }
    out.byte(UInt8(ascii: ")"))
  }
}

/// How each custom section of a module is represented in the text.
struct CustomSectionPlan {
  enum Form {
    /// Identifiers and annotations imply the contents, and the assembler puts the section at the same place.
    case implied
    /// Identifiers imply the contents; an empty annotation gives the place.
    case place
    /// An annotation gives the place and the contents.
    case contents
  }

  /// The index of the name section that identifiers imply, if they do.
  private var nameSection: Int?
  private var isNameSectionLast = false

  /// - Parameter carriesNames: whether identifiers and annotations express all names of the name section.
  init(_ module: Module, carriesNames: Bool) {
    let sections = module.customSections
    let positions = sections.indices.filter { sections[$0].name == NameSection.sectionName }
    guard carriesNames, positions.count == 1, let position = positions.first else { return }
    let data = sections[position].data
    // A name section in any other encoding than the assembler's is kept as bytes.
    guard let names = try? NameSection(decoding: module.bytes, in: data),
      names.encode().elementsEqual(module.bytes[data])
    else { return }
    nameSection = position
    isNameSectionLast =
      position == sections.count - 1 && !data.isEmpty
      && Self.lastSection(of: module, before: Int.max).rawValue == sections[position].after
  }

  func form(_ position: Int) -> Form {
    guard position == nameSection else { return .contents }
    return isNameSectionLast ? .implied : .place
  }

  /// Whether annotations can express the branch hints section exactly, including its place.
  static func canAnnotate(_ hints: BranchHints, in module: Module) -> Bool {
    let sections = module.customSections
    let positions = sections.indices.filter { sections[$0].name == BranchHints.sectionName }
    guard positions.count == 1, let position = positions.first, !hints.functions.isEmpty,
      hints.functions.values.allSatisfy({ !$0.isEmpty }),
      hints.encode().elementsEqual(module.bytes[sections[position].data]), (try? hints.validate(in: module)) != nil
    else { return false }
    // The assembler puts it directly before the code section.
    let isLast = sections[(position + 1)...].allSatisfy { section in
      SectionID(rawValue: section.after).map { $0.rank >= SectionID.code.rank } ?? true
    }
    return isLast && lastSection(of: module, before: SectionID.code.rank).rawValue == sections[position].after
  }

  /// The last standard section of a module with a rank below `rank`.
  private static func lastSection(of module: Module, before rank: Int) -> SectionID {
    SectionID.order.last { $0.rank < rank && isPresent($0, in: module) } ?? .custom
  }

  private static func isPresent(_ section: SectionID, in module: Module) -> Bool {
    switch section {
    case .custom: false
    case .type: !module.recursionGroups.isEmpty
    case .import: !module.imports.isEmpty || !module.importGroups.isEmpty
    case .function: !module.functions.isEmpty
    case .table: !module.tables.isEmpty
    case .memory: !module.memories.isEmpty
    case .tag: !module.tags.isEmpty
    case .global: !module.globals.isEmpty
    case .export: !module.exports.isEmpty
    case .start: module.startFunction != nil
    case .element: !module.elementSegments.isEmpty
    case .dataCount: module.dataCount != nil
    case .code: !module.functions.isEmpty
    case .data: !module.dataSegments.isEmpty
    }
  }

  /// The keyword for a section in an annotation.
  static func keyword(_ section: SectionID) -> StaticString? {
    switch section {
    case .custom: nil
    case .type: "type"
    case .import: "import"
    case .function: "func"
    case .table: "table"
    case .memory: "memory"
    case .tag: "tag"
    case .global: "global"
    case .export: "export"
    case .start: "start"
    case .element: "elem"
    case .dataCount: "datacount"
    case .code: "code"
    case .data: "data"
    }
  }
}
