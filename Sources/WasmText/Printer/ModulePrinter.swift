import WasmBinary
import WebAssembly

/// The state for printing one module. The extensions print its parts.
struct ModulePrinter: ~Copyable {
  let module: Module
  /// The module's bytes, which must outlive the printer.
  let bytes: UnsafeBufferPointer<UInt8>
  let options: WatPrinter.Options
  /// The level at which the module begins as a part of a component; nil if it is a text of its own.
  private var partLevel: Int?
  /// Whether indices are written as numbers followed by names, as in a listing.
  var showsIndices = false
  let names: NameSection
  var identifiers: ModuleIdentifiers
  /// The hints to print as annotations; empty if they are printed as a custom section.
  var hints: BranchHints
  let printsHints: Bool

  var out = TextBuffer(capacity: 2 * Self.pieceSize)
  /// The first error in code or a constant expression of a listing.
  var listingError: DecodingError?
  /// The binary offset of each line, by the line's start in ``out``; nil if not requested.
  var lineOffsets: [Int: Int]?
  /// The indentation level of the current line.
  var level = 0

  // The current function or constant expression
  var labels = LabelNames()
  var tree = ExpressionTree()
  /// The start of its code in the binary.
  var origin = 0
  /// The index of the current function; nil in a constant expression.
  var function: UInt32?

  /// The number of names that the text preserves so far. If some are missing, the name section is printed as bytes.
  var nameCount = 0
  /// Whether a function uses a data segment, so that the assembler writes a data count section automatically.
  var usesDataIndices = false

  /// The approximate size of the pieces passed to the sink, in bytes.
  static let pieceSize = 1 << 16

  init(_ module: Module, _ bytes: UnsafeBufferPointer<UInt8>, _ options: WatPrinter.Options) {
    self.init(module, bytes, options, names: NameSection(of: module), isForText: true)
  }

  init(
    _ module: Module, _ bytes: UnsafeBufferPointer<UInt8>, _ options: WatPrinter.Options, names: NameSection,
    isForText: Bool
  ) {
    self.module = module
    self.bytes = bytes
    self.options = options
    self.names = names
    identifiers = ModuleIdentifiers(names, of: module, isForText: isForText)
    let hints = BranchHints(of: module)
    printsHints = isForText && CustomSectionPlan.canAnnotate(hints, in: module)
    self.hints = printsHints ? hints : BranchHints()
  }

  // MARK: The module

  mutating func printModule(_ sink: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    out.write("(module")
    try printRest(sink)
    out.newLine()
    try flush(sink, atLeast: 1)
  }

  /// Prints the module as a part of a component, without a line break before and after it. A name is an annotation, since the identifier
  /// would be one of the component.
  ///
  /// - Parameters:
  ///   - level: the level of its first line, which is indented already.
  ///   - index: its index, for a comment.
  mutating func printPart(
    level: Int, index: Int, _ sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    partLevel = level
    out.write("(core module (;")
    out.decimal(index)
    out.write(";)")
    try printRest(sink)
    try flush(sink, atLeast: 1)
  }

  private mutating func printRest(_ sink: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    printModuleName()
    let start = out.count
    level = (partLevel ?? 0) + 1
    try printFields(sink)
    printCustomSections()
    level -= 1
    if out.count > start || hasFlushed { startLine() }
    out.byte(UInt8(ascii: ")"))
  }

  /// Whether the sink was called.
  private var hasFlushed = false

  private mutating func printFields(_ sink: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    for group in module.recursionGroups {
      printRecursionGroup(group)
      try flush(sink)
    }
    try printImports(sink)
    for position in module.functions.indices {
      try printFunction(position)
      try flush(sink)
    }
    for position in module.tables.indices { try printTable(position) }
    for position in module.memories.indices { printMemory(position) }
    for position in module.tags.indices { printTag(position) }
    for position in module.globals.indices {
      try printGlobal(position)
      try flush(sink)
    }
    for entry in module.exports {
      printExport(entry)
      try flush(sink)
    }
    if let start = module.startFunction {
      startLine()
      out.write("(start ")
      index(start, .function)
      out.byte(UInt8(ascii: ")"))
    }
    for position in module.elementSegments.indices {
      try printElementSegment(position)
      try flush(sink)
    }
    for position in module.dataSegments.indices { try printDataSegment(position, sink) }
  }

  /// Passes the text to the sink once there are at least `size` bytes.
  mutating func flush(
    _ sink: (UnsafeBufferPointer<UInt8>) throws -> Void, atLeast size: Int = Self.pieceSize
  ) throws {
    guard out.count >= size else { return }
    try out.withBytes(sink)
    out.removeAll()
    hasFlushed = true
  }

  private mutating func printModuleName() {
    guard let name = names.module else { return }
    nameCount += 1
    out.byte(UInt8(ascii: " "))
    if name.isEmpty || partLevel != nil { nameAnnotation(name) } else { out.identifier(name) }
  }

  // MARK: Lines

  /// Starts a line with indentation.
  mutating func startLine() {
    out.newLine()
    out.spaces(min(level, options.maximumIndentedLevels) * options.indent)
  }

  /// Starts a line of code, with its binary offset if requested.
  mutating func startLine(offset: Int) {
    out.newLine()
    lineOffsets?[out.count] = offset
    if options.showOffsets {
      let start = out.count
      out.write("(;@")
      out.hex(UInt64(offset))
      out.pad(from: start, to: 10)
      out.write(";)")
    }
    out.spaces(min(level, options.maximumIndentedLevels) * options.indent)
  }

  // MARK: Indices and names

  /// An index: its identifier if it has one, otherwise the number.
  @inline(__always)
  mutating func index(_ index: UInt32, _ space: Space) {
    guard let identifier = identifiers[space][index] else { return out.decimal(index) }
    if showsIndices { indexAndName(index, identifier) } else { out.string(identifier) }
  }

  /// An index in a listing, for example `12 <main>`.
  private mutating func indexAndName(_ index: UInt32, _ identifier: String) {
    out.decimal(index)
    name(identifier)
  }

  /// A name in a listing, without the `$`.
  mutating func name(_ identifier: String) {
    out.write(" <")
    out.string(String(identifier.dropFirst()))
    out.byte(UInt8(ascii: ">"))
  }

  mutating func nameAnnotation(_ name: String) {
    out.write("(@name ")
    out.nameLiteral(name)
    out.byte(UInt8(ascii: ")"))
  }

  /// The identifier and name annotation of a definition, if it has any, each after a space.
  mutating func definedName(_ index: UInt32, in map: borrowing IdentifierMap) {
    if let identifier = map[index] {
      out.byte(UInt8(ascii: " "))
      out.string(identifier)
    }
    if let name = map.annotation(index) {
      out.byte(UInt8(ascii: " "))
      nameAnnotation(name)
    }
  }

  /// The start of a definition: keyword, identifier, name annotation, and the index in a comment.
  mutating func definition(_ keyword: StaticString, _ index: UInt32, _ space: Space) {
    out.byte(UInt8(ascii: "("))
    out.write(keyword)
    definedName(index, in: identifiers[space])
    out.write(" (;")
    out.decimal(index)
    out.write(";)")
  }

  func reader(_ range: Range<Int>) -> InstructionReader {
    // An empty array may have no base address; no byte is read then.
    let base = bytes.baseAddress ?? UnsafePointer(bitPattern: 1).unsafelyUnwrapped
    return InstructionReader(base: base, range: range)
  }
}

extension NameSection {
  /// The number of names. A function or type that is listed without names counts as one name, because the text cannot
  /// express it.
  var nameCount: Int {
    let direct = [types, functions, tables, memories, globals, tags, elementSegments, dataSegments]
    let indirect = [locals, labels, fields].flatMap(\.maps.values)
    return (module == nil ? 0 : 1) + direct.reduce(0) { $0 + $1.entries.count }
      + indirect.reduce(0) { $0 + max($1.entries.count, 1) }
  }
}
