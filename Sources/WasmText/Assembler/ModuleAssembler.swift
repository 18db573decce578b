import WasmBinary
import WebAssembly

/// Assembles the text of one module into a binary.
///
/// There are two passes over the text. The first one only binds the identifiers of all definitions, because a field can
/// refer to later ones; then the types are read. The second one assembles each field directly into the bytes of its
/// section. Types that are only written inline are added after all others, in order of first use.
struct ModuleAssembler {
  var cursor: TokenCursor
  let options: WatOptions
  var identifiers = IdentifierTable()

  // Index spaces
  var types = TypeSpace()
  var spaces = IndexSpaces()
  /// The number of entries of each space that the second pass has visited.
  var assembled = IndexCounts()

  // The output of the second pass
  var sections = SectionContents()
  var customSections: [PlacedCustomSection] = []
  var branchHints = BranchHints()
  /// Names of the module, of locals, labels and fields. The other names are stored in the index spaces.
  var names = NameSection()
  var hasModuleNameAnnotation = false
  var hasDataCountAnnotation = false

  /// The text offset of the keyword of the current field.
  var fieldPosition = 0

  // The current function or constant expression
  var code = EncodedText()
  /// Folded instructions whose operands are not complete. Also a scratch buffer for all other instructions.
  var deferred = BinaryWriter()
  var frames: [Frame] = []
  var labels = LabelScope()
  /// Set if the number of parameters is unknown, so that locals cannot be identified by name.
  var unknownParameterType: UInt32?
  var isInFunction = false
  var hints: [BranchHints.Hint] = []

  /// The places of all entries and instructions by their offsets in the module, once it is complete.
  var sourceMapEntries: [SourceMap.Entry] = []

  let recordsSourceMap: Bool

  /// Called after each ``stopDistance`` bytes of text.
  var stops: StopCheck? {
    didSet { nextStop = 0 }
  }
  /// Where it is called next in this pass.
  private var nextStop = Int.max
  private static let stopDistance = 64 << 10

  init(
    _ text: UnsafeBufferPointer<UInt8>, range: Range<Int>, options: WatOptions, recordsSourceMap: Bool
  ) throws(ParseError) {
    self.recordsSourceMap = recordsSourceMap
    cursor = try TokenCursor(text, range: range, acceptsLegacyWords: options.legacyDialect)
    self.options = options
  }

  /// Assembles the whole text. Throws if anything follows the module.
  mutating func assemble() throws(ParseError) -> [UInt8] {
    let isGroup = cursor.isOpening(.module)
    var bytes: [UInt8]
    if isGroup {
      cursor.reportsAnnotations = true
      _ = try cursor.open(.module)
      if let identifier = try optionalIdentifier() { names.module = identifiers.name(identifier) }
      switch cursor.current.keyword {
      case .binary, .quote: return try assembleLiteral()
      default: break
      }
    }
    let fields = try scan(isGroup: isGroup)
    try readTypes(fields)
    try assembleFields(fields)
    if isGroup { try cursor.close() }
    guard cursor.isAtEnd else { throw cursor.unexpected("the end of the text") }
    bytes = writeModule()
    return bytes
  }

  /// `(module binary "…")` and `(module quote "…")`.
  private mutating func assembleLiteral() throws(ParseError) -> [UInt8] {
    let isBinary = cursor.current.keyword == .binary
    try cursor.advance()
    var contents: [UInt8] = []
    try cursor.strings(into: &contents)
    try cursor.close()
    guard cursor.isAtEnd else { throw cursor.unexpected("the end of the text") }
    return isBinary ? contents : try WasmText.assemble(contents, options: options)
  }

  /// Called between fields and instructions.
  ///
  /// - Throws: `ParseError` if assembling is to stop.
  @inline(__always)
  mutating func checkStop() throws(ParseError) {
    if cursor.current.start >= nextStop { try stopIfWanted() }
  }

  /// Begins to count again: each pass reads the text from its beginning.
  mutating func restartStops() { nextStop = stops == nil ? .max : 0 }

  @inline(never)
  private mutating func stopIfWanted() throws(ParseError) {
    nextStop = cursor.current.start + Self.stopDistance
    if let stops, stops() { throw cursor.error("stopped") }
  }

  /// The text offset of the current token, or of the keyword after it if it is a parenthesis.
  var keywordPosition: Int {
    cursor.current.kind == .leftParenthesis ? cursor.following.start : cursor.current.start
  }

  func error(_ message: String, at offset: Int) -> ParseError { cursor.error(message, at: offset) }

  // MARK: Identifiers and indices

  /// The number of an identifier, if there is one here.
  mutating func optionalIdentifier() throws(ParseError) -> Int? {
    guard cursor.current.kind == .identifier else { return nil }
    let identifier = number(of: cursor.current)
    try cursor.advance()
    return identifier
  }

  /// The number of the identifier in a token.
  mutating func number(of token: Token) -> Int {
    let start = token.start + 1
    if cursor.text[start] == UInt8(ascii: "\"") {
      return cursor.identifierBytes(token).withUnsafeBufferPointer { identifiers.intern($0) }
    }
    return identifiers.intern(UnsafeBufferPointer(rebasing: cursor.text[start..<token.end]))
  }

  /// Whether the current token is an index: a number or an identifier.
  var isAtIndex: Bool { cursor.current.kind == .identifier || cursor.isNatural }

  /// An index into one of the index spaces. Validation checks the range of numbers.
  mutating func index(_ space: Space) throws(ParseError) -> UInt32 {
    guard cursor.current.kind == .identifier else {
      return try cursor.natural32("an index")
    }
    let bound = spaces[space]
    guard let index = bound[number(of: cursor.current)] else {
      throw unknown(space.noun, among: bound.identifiers.map(\.identifier))
    }
    try cursor.advance()
    return index
  }

  /// The error for an identifier that is not bound, with a similar one among those that are.
  func unknown(_ noun: String, among identifiers: [Int] = []) -> ParseError {
    let spelling = cursor.spelling(cursor.current)
    let names = identifiers.lazy.map { "$\(self.identifiers.name($0))" }
    return cursor.error("unknown \(noun) '\(spelling)'\(Suggestion.question(for: spelling, among: names))")
  }

  /// A name annotation after an identifier, as in `(func $f (@name "…") …)`.
  mutating func takeNameAnnotation() throws(ParseError) -> String? {
    guard cursor.current.annotation >= 0 else { return nil }
    var name: String?
    for place in try cursor.takeAnnotations(.name) { name = try annotatedName(place) }
    return name
  }
}
