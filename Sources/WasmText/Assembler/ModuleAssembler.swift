import WasmBinary
import WebAssembly

/// Turns one module's text into its binary.
///
/// The text is gone through twice. First only the identifiers of all definitions are bound and types are read, since
/// anything may refer to what stands behind it. Then each field is assembled straight into the bytes of its section.
/// Types that are only written out where they are used come behind all others, in the order of their first use.
struct ModuleAssembler {
  var cursor: TokenCursor
  let options: WatOptions
  var identifiers = IdentifierTable()

  // Index spaces
  var types = TypeSpace()
  var spaces = IndexSpaces()
  /// How many of each kind the second pass has met.
  var assembled = IndexCounts()

  // What the fields are assembled to
  var sections = SectionContents()
  var customSections: [PlacedCustomSection] = []
  var branchHints = BranchHints()
  /// The names of the module and of what is inside of functions; those of definitions are in the index spaces.
  var names = NameSection()
  var hasModuleNameAnnotation = false
  var hasDataCountAnnotation = false

  // The function or constant expression at hand
  var code = BinaryWriter()
  /// Instructions whose operands, written behind them, must come first; also the scratch space of all others.
  var deferred = BinaryWriter()
  var frames: [Frame] = []
  var labels = LabelScope()
  /// The identifiers of locals can only be numbered if the number of parameters is known.
  var unknownParameterType: UInt32?
  var isInFunction = false
  var hints: [BranchHints.Hint] = []

  /// For each instruction of a function the offset in the code section's contents; absolute once all is assembled.
  var sourceMapEntries: [SourceMap.Entry] = []

  let recordsSourceMap: Bool

  init(
    _ text: UnsafeBufferPointer<UInt8>, range: Range<Int>, options: WatOptions, recordsSourceMap: Bool
  ) throws(ParseError) {
    self.recordsSourceMap = recordsSourceMap
    cursor = try TokenCursor(text, range: range, acceptsLegacyWords: options.legacyDialect)
    self.options = options
  }

  /// The whole text. Throws if anything stands behind the module.
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

  func error(_ message: String, at offset: Int) -> ParseError { cursor.error(message, at: offset) }

  // MARK: Identifiers and indices

  /// The number of an identifier, if one stands here.
  mutating func optionalIdentifier() throws(ParseError) -> Int? {
    guard cursor.current.kind == .identifier else { return nil }
    let identifier = number(of: cursor.current)
    try cursor.advance()
    return identifier
  }

  /// The number of the identifier that a token is.
  mutating func number(of token: Token) -> Int {
    let start = token.start + 1
    if cursor.text[start] == UInt8(ascii: "\"") {
      return cursor.identifierBytes(token).withUnsafeBufferPointer { identifiers.intern($0) }
    }
    return identifiers.intern(UnsafeBufferPointer(rebasing: cursor.text[start..<token.end]))
  }

  /// Whether an index stands here, as a number or an identifier.
  var isAtIndex: Bool { cursor.current.kind == .identifier || cursor.isNatural }

  /// An index into one of the index spaces. That a number is in range is for validation to say.
  mutating func index(_ space: Space) throws(ParseError) -> UInt32 {
    guard cursor.current.kind == .identifier else {
      return try cursor.natural32("an index")
    }
    guard let index = spaces[space][number(of: cursor.current)] else {
      throw unknown(space.noun)
    }
    try cursor.advance()
    return index
  }

  /// The error that the identifier at hand is not bound.
  func unknown(_ noun: String) -> ParseError { cursor.error("unknown \(noun) \(cursor.spelling(cursor.current))") }

  /// A name in an annotation behind an identifier, as in `(func $f (@name "…") …)`.
  mutating func takeNameAnnotation() throws(ParseError) -> String? {
    guard cursor.current.annotation >= 0 else { return nil }
    var name: String?
    for place in try cursor.takeAnnotations(.name) { name = try annotatedName(place) }
    return name
  }
}
