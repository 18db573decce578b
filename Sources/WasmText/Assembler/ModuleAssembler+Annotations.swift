import WasmBinary
import WebAssembly

/// A custom section from an annotation, and where it is placed.
struct PlacedCustomSection {
  enum Place: Equatable {
    case first, last
    case before(SectionID)
    case after(SectionID)
  }

  var name: [UInt8]
  var place: Place
  /// Empty in an annotation that only places the name section made from identifiers.
  var contents: [UInt8]

  var isNameSection: Bool { name.elementsEqual(NameSection.sectionName.utf8) }
}

// Annotations. (Core specification 3.0, 7.6 "Custom Sections and Annotations".)
extension ModuleAssembler {
  func misplaced(_ place: Annotation.Place) -> ParseError {
    if place.kind == .branchHint, !isInFunction {
      return error("@\(BranchHints.sectionName) annotation: not in a function", at: place.start)
    }
    return error("misplaced @\(place.kind.name) annotation", at: place.start)
  }

  private func cursor(in place: Annotation.Place) throws(ParseError) -> TokenCursor {
    try TokenCursor(cursor.text, range: place.body)
  }

  /// The name in a `@name` annotation.
  func annotatedName(_ place: Annotation.Place) throws(ParseError) -> String {
    var inner = try cursor(in: place)
    guard inner.current.kind == .string else { throw error("@name annotation: unexpected token", at: place.start) }
    guard StringLiteral.isUTF8(cursor.text[inner.current.range]) else {
      throw error("@name annotation: malformed UTF-8 encoding", at: place.start)
    }
    let name = try inner.string()
    guard inner.isAtEnd else { throw error("@name annotation: unexpected token", at: inner.current.start) }
    return String(decoding: name, as: UTF8.self)
  }

  // MARK: Between the fields of a module

  mutating func takeModuleAnnotations(mayBeName: Bool) throws(ParseError) {
    guard cursor.current.annotation >= 0 else { return }
    for place in try cursor.takeAnnotations() {
      switch place.kind {
      case .custom: customSections.append(try customSection(place))
      case .producers: customSections.append(try producersSection(place))
      case .dynamicLinking: customSections.append(try dynamicLinkingSection(place))
      case .name where mayBeName:
        guard !hasModuleNameAnnotation else { throw error("@name annotation: multiple module names", at: place.start) }
        hasModuleNameAnnotation = true
        names.module = try annotatedName(place)
      case .dataCount: hasDataCountAnnotation = true
      default: throw misplaced(place)
      }
    }
  }

  /// `(@custom "name" (before|after section)? "contents"…)`.
  private func customSection(_ place: Annotation.Place) throws(ParseError) -> PlacedCustomSection {
    var inner = try cursor(in: place)
    guard inner.current.kind == .string else {
      throw error("@custom annotation: missing section name", at: place.start)
    }
    guard StringLiteral.isUTF8(cursor.text[inner.current.range]) else {
      throw error("@custom annotation: malformed UTF-8 encoding", at: inner.current.start)
    }
    var section = PlacedCustomSection(name: try inner.string(), place: .last, contents: [])
    if inner.current.kind == .leftParenthesis { section.place = try placement(&inner) }
    try inner.strings(into: &section.contents)
    guard inner.isAtEnd else { throw error("@custom annotation: unexpected token", at: inner.current.start) }
    return section
  }

  private func placement(_ inner: inout TokenCursor) throws(ParseError) -> PlacedCustomSection.Place {
    try inner.advance()
    let isBefore = inner.current.keyword == .before
    guard isBefore || inner.current.keyword == .after else {
      throw error("@custom annotation: malformed placement", at: inner.current.start)
    }
    try inner.advance()
    let place: PlacedCustomSection.Place
    switch inner.current.keyword {
    case .first where isBefore: place = .first
    case .last where !isBefore: place = .last
    default:
      guard let section = Self.sections.first(where: { $0.keyword == inner.current.keyword })?.section else {
        throw error("@custom annotation: malformed section kind", at: inner.current.start)
      }
      place = isBefore ? .before(section) : .after(section)
    }
    try inner.advance()
    guard inner.current.kind == .rightParenthesis else {
      throw error("@custom annotation: malformed placement", at: inner.current.start)
    }
    try inner.advance()
    return place
  }

  private static let sections: [(keyword: Keyword, section: SectionID)] = [
    (.type, .type), (.import, .import), (.func, .function), (.table, .table), (.memory, .memory), (.tag, .tag),
    (.global, .global), (.export, .export), (.start, .start), (.elem, .element), (.datacount, .dataCount),
    (.code, .code), (.data, .data),
  ]

  // MARK: Before instructions

  /// The branch hint before the current token, if there is one. Validation checks that a branch follows.
  mutating func takeHint() throws(ParseError) -> Bool? {
    guard cursor.current.annotation >= 0 else { return nil }
    var hint: Bool?
    for place in try cursor.takeAnnotations() {
      guard place.kind == .branchHint, isInFunction else { throw misplaced(place) }
      guard hint == nil else {
        throw error("@metadata.code.branch_hint annotation: duplicate annotation", at: place.start)
      }
      hint = try hintValue(place)
    }
    return hint
  }

  private func hintValue(_ place: Annotation.Place) throws(ParseError) -> Bool {
    var inner = try cursor(in: place)
    guard inner.current.kind == .string, let value = try Optional(inner.string()), inner.isAtEnd,
      value == [0] || value == [1]
    else { throw error("@metadata.code.branch_hint annotation: malformed hint", at: place.start) }
    return value == [1]
  }

  func invalidHintTarget() -> ParseError {
    cursor.error("@metadata.code.branch_hint annotation: invalid target")
  }
}
