import WasmBinary
import WasmText
import WebAssembly

/// Parses components in the text format. (Component model, "Explainer".)
///
/// ```swift
/// let component = try ComponentParser.parse("(component (type (list u8)))")
/// ```
///
/// Offsets in the result are offsets in the text. The component is not validated.
public struct ComponentParser {
  var cursor: TokenCursor
  var scopes: [TextScope] = []
  let script: [UInt8]
  /// The components around the text, if it is in strings of another text.
  private let outerDepth: Int
  /// How many value types are around the current one.
  var valueDepth = 0

  private init(_ script: [UInt8], _ cursor: TokenCursor, outerDepth: Int = 0) {
    self.script = script
    self.outerDepth = outerDepth
    self.cursor = cursor
  }

  /// Parses a text with one component: `(component …)`, or its definitions alone.
  ///
  /// - Throws: `ParseError` if it is malformed.
  /// - Complexity: O(length of the text).
  public static func parse(_ text: [UInt8]) throws(ParseError) -> Component {
    try parse(text, range: 0..<text.count)
  }

  /// Parses a text with one component.
  ///
  /// - Throws: `ParseError` if it is malformed.
  public static func parse(_ text: String) throws(ParseError) -> Component { try parse(Array(text.utf8)) }

  /// Parses the component in a range of a text.
  ///
  /// - Parameters:
  ///   - name: the identifier of the component, if the range has only its definitions.
  ///   - isBody: whether the range has only the definitions, even if the first one is a component.
  package static func parse(
    _ text: [UInt8], range: Range<Int>, name: String? = nil, isBody: Bool = false
  ) throws(ParseError) -> Component {
    try parse(text, range: range, name: name, isBody: isBody, outerDepth: 0)
  }

  private static func parse(
    _ text: [UInt8], range: Range<Int>, name: String?, isBody: Bool, outerDepth: Int
  ) throws(ParseError) -> Component {
    do throws(ParseError) {
      return try text.withUnsafeBufferPointer { (buffer) throws(ParseError) in
        try checkUTF8(buffer, range)
        var parser = ComponentParser(text, try TokenCursor(buffer, range: range), outerDepth: outerDepth)
        return try parser.wholeText(range, name, isBody: isBody)
      }
    } catch {
      var error = error
      // The suite of the component model has other words for this.
      let words = "illegal escape"
      if error.message.hasPrefix(words) {
        error.message = "invalid string escape: \(error.message)"
      }
      throw error
    }
  }

  /// Whether a text begins as a component does: with `(component`, after white space and comments.
  public static func recognizes(_ text: [UInt8]) -> Bool {
    text.withUnsafeBufferPointer { buffer in
      guard let cursor = try? TokenCursor(buffer, range: 0..<buffer.count) else { return false }
      return ComponentParser(text, cursor).isOpening("component")
    }
  }

  private mutating func wholeText(
    _ range: Range<Int>, _ name: String?, isBody: Bool
  ) throws(ParseError) -> Component {
    let component: Component
    if !isBody, isOpening("component") {
      let start = cursor.current.start
      try cursor.advance()
      try cursor.advance()
      let name = try cursor.optionalIdentifier()
      component = try body(name, at: start)
      try cursor.close()
    } else {
      component = try self.component(name, at: range.lowerBound) { (parser) throws(ParseError) in
        try parser.fields()
      }
    }
    guard cursor.isAtEnd else { throw fail("the end of the text") }
    return component
  }

  // MARK: Components

  /// What follows `(component $id?`: definitions, bytes, or a text in strings.
  mutating func body(_ name: String?, at offset: Int) throws(ParseError) -> Component {
    if isWord("binary") {
      try cursor.advance()
      let start = cursor.current.start
      var bytes: [UInt8] = []
      try cursor.strings(into: &bytes)
      do throws(DecodingError) { return try ComponentDecoder.decode(bytes) } catch {
        throw cursor.error("\(error)", at: start)
      }
    }
    if isWord("quote") {
      try cursor.advance()
      var text: [UInt8] = []
      try cursor.strings(into: &text)
      // Texts in strings of texts count too: each needs only a few more backslashes.
      let depth = outerDepth + scopes.count + 1
      guard depth <= ComponentLimits.nesting else { throw nestingError }
      return try Self.parse(text, range: 0..<text.count, name: nil, isBody: false, outerDepth: depth)
    }
    return try component(name, at: offset) { (parser) throws(ParseError) in try parser.fields() }
  }

  private mutating func component(
    _ name: String?, at offset: Int, _ body: (inout ComponentParser) throws(ParseError) -> Void
  ) throws(ParseError) -> Component {
    let scope = try enter(.component, name)
    defer { scopes.removeLast() }
    try body(&self)
    return Component(sections: scope.sections)
  }

  private var nestingError: ParseError {
    cursor.error("nesting too deep: expected at most \(ComponentLimits.nesting) levels")
  }

  /// Begins a scope, which the caller ends.
  mutating func enter(_ kind: TextScope.Kind, _ name: String? = nil) throws(ParseError) -> TextScope {
    // As many as in the binary format, where the outermost component does not count.
    guard outerDepth + scopes.count <= ComponentLimits.nesting else { throw nestingError }
    let reader = try CoreTypeReader(cursor.text, range: cursor.text.count..<cursor.text.count)
    let scope = TextScope(kind, name: name, coreTypes: reader)
    scopes.append(scope)
    return scope
  }

  var scope: TextScope {
    guard let scope = scopes.last else { preconditionFailure("definitions are read in a scope") }
    return scope
  }

  private mutating func fields() throws(ParseError) {
    while true {
      try takeAnnotations()
      guard cursor.current.kind == .leftParenthesis else { return }
      try field()
    }
  }

  /// Custom sections between definitions; other annotations are skipped.
  private mutating func takeAnnotations() throws(ParseError) {
    for place in try cursor.takeAnnotations() where place.kind == .custom {
      var inner = try TokenCursor(cursor.text, range: place.body)
      let name = String(decoding: try inner.name(), as: UTF8.self)
      var data: [UInt8] = []
      try inner.strings(into: &data)
      guard inner.isAtEnd else { throw cursor.error("@custom annotation: unexpected token", at: inner.current.start) }
      scope.sections.append(.init(.custom(.init(name: name, data: data)), offset: place.start))
    }
  }

  // MARK: Words

  /// Whether a token is a word.
  private func isWord(_ word: StaticString, _ token: Token) -> Bool {
    token.kind == .keyword && token.range.count == word.utf8CodeUnitCount
      && cursor.text[token.range].elementsEqual(
        UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  func isWord(_ word: StaticString) -> Bool { isWord(word, cursor.current) }

  /// The word of a token; empty if it is none.
  func word(_ token: Token) -> String { token.kind == .keyword ? cursor.spelling(token) : "" }

  /// Whether `(` and a word are here.
  func isOpening(_ word: StaticString) -> Bool {
    cursor.current.kind == .leftParenthesis && isWord(word, cursor.following)
  }

  /// Enters a group, if it begins with this word.
  mutating func open(_ word: StaticString) throws(ParseError) -> Bool {
    guard isOpening(word) else { return false }
    try cursor.advance()
    try cursor.advance()
    return true
  }

  mutating func expectOpen(_ word: StaticString) throws(ParseError) {
    guard try open(word) else { throw fail("'(\(word)'") }
  }

  mutating func accept(_ word: StaticString) throws(ParseError) -> Bool {
    guard isWord(word) else { return false }
    try cursor.advance()
    return true
  }

  mutating func expect(_ word: StaticString) throws(ParseError) {
    guard try accept(word) else { throw fail("'\(word)'") }
  }

  /// The error for a token that is not allowed here.
  func fail(_ expected: String) -> ParseError {
    let token =
      cursor.current.kind == .leftParenthesis && cursor.following.kind == .keyword ? cursor.following : cursor.current
    let found = token.kind == .end ? "the end of the text" : "'\(cursor.spelling(token))'"
    return cursor.error("unexpected token: expected \(expected), found \(found)", at: token.start)
  }

  // MARK: Names

  /// A string that is a name.
  mutating func name() throws(ParseError) -> String { String(decoding: try cursor.name(), as: UTF8.self) }

  /// The name of an import or export, with its attributes.
  mutating func externName() throws(ParseError) -> Component.ExternName {
    let name = try name()
    var attributes: [Component.Attribute] = []
    while true {
      let keyword = cursor.current.kind == .leftParenthesis ? word(cursor.following) : ""
      guard ["implements", "versionsuffix", "external-id"].contains(keyword) else { break }
      guard !attributes.contains(where: { $0.keyword == keyword }) else { throw fail("each attribute once") }
      try cursor.advance()
      try cursor.advance()
      let value = try self.name()
      try cursor.close()
      switch keyword {
      case "implements": attributes.append(.implements(value))
      case "versionsuffix": attributes.append(.versionSuffix(value))
      default: attributes.append(.externalID(value))
      }
    }
    return Component.ExternName(name, attributes: attributes.isEmpty ? nil : attributes)
  }

  // MARK: Index spaces

  /// Gives an index to the next definition of a sort.
  @discardableResult
  func bind(_ name: String?, _ sort: Component.Sort) throws(ParseError) -> UInt32 {
    guard let index = scope.bind(name, sort) else {
      throw cursor.error("duplicate \(sort.keyword) '$\(name ?? "")'")
    }
    if sort == .core(.type), !scope.coreTypes.bind(name) {
      throw cursor.error("duplicate \(sort.keyword) '$\(name ?? "")'")
    }
    return index
  }

  /// Whether an index is here.
  var isAtIndex: Bool { cursor.current.kind == .identifier || cursor.isNatural }

  /// An index: a number, or an identifier of this scope or of one around it.
  mutating func index(_ sort: Component.Sort) throws(ParseError) -> UInt32 {
    let start = cursor.current.start
    guard let identifier = try cursor.optionalIdentifier() else { return try cursor.natural32("an index") }
    if let index = scope.index(of: identifier, sort) { return index }
    for (distance, outer) in scopes.reversed().enumerated().dropFirst() {
      guard let index = outer.index(of: identifier, sort) else { continue }
      switch sort {
      case .core(.module), .core(.type), .type, .component: break
      default:
        throw cursor.error("outer item `\(identifier)` is not a module, type, or component", at: start)
      }
      return try defineAlias(.outer(sort, scopesOut: UInt32(distance), index: index), identifier, at: start)
    }
    throw cursor.error("unknown \(sort.keyword): failed to find name `$\(identifier)`", at: start)
  }

  /// Adds an alias to the scope.
  @discardableResult
  func defineAlias(_ alias: Component.Alias, _ name: String?, at offset: Int) throws(ParseError) -> UInt32 {
    scope.append(alias, at: offset)
    let index = try bind(name, alias.sort)
    if alias.sort == .core(.type) { scope.coreTypes.defineOther() }
    return index
  }

  /// An index after the word of its sort, with the names of exports that lead from an instance to it.
  mutating func reference(_ sort: Component.Sort) throws(ParseError) -> UInt32 {
    let start = cursor.current.start
    if case .core(let core) = sort, core != .module {
      // Whether names follow decides the sort of the index.
      guard cursor.following.kind == .string else { return try index(sort) }
      let instance = try index(.core(.instance))
      return try defineAlias(.coreExport(core, instance: instance, name: try name()), nil, at: start)
    }
    guard cursor.following.kind == .string else { return try index(sort) }
    var index = try index(.instance)
    while true {
      let name = try name()
      let isLast = cursor.current.kind != .string
      index = try defineAlias(.export(isLast ? sort : .instance, instance: index, name: name), nil, at: start)
      if isLast { return index }
    }
  }

  /// An index, or a group with the word of its sort around it; the group may begin with `core` if the sort is one.
  mutating func reference(orGroup sort: Component.Sort) throws(ParseError) -> UInt32 {
    guard cursor.current.kind == .leftParenthesis else { return try index(sort) }
    try cursor.advance()
    var keyword = sort.keyword
    if case .core(let core) = sort {
      _ = try accept("core")
      keyword = core.keyword
    }
    guard word(cursor.current) == keyword else { throw fail("'\(keyword)'") }
    try cursor.advance()
    let index = try reference(sort)
    try cursor.close()
    return index
  }

  /// A sort after `(`: the words of it are skipped.
  mutating func sort() throws(ParseError) -> Component.Sort {
    let isCore = try accept("core")
    let keyword = word(cursor.current)
    let sort: Component.Sort? =
      isCore
      ? Component.CoreSort.allCases.first { $0.keyword == keyword }.map { .core($0) }
      : Component.Sort.all.first { $0.keyword == keyword }
    guard let sort else { throw fail("a sort") }
    try cursor.advance()
    return sort
  }

  /// `(sort index)`: a definition.
  mutating func sortIndex() throws(ParseError) -> Component.SortIndex {
    guard try cursor.expect(.leftParenthesis, "'('").kind == .leftParenthesis else { throw fail("'('") }
    let sort = try sort()
    let index = try reference(sort)
    try cursor.close()
    return Component.SortIndex(sort, index)
  }
}
