import WasmBinary
import WebAssembly

/// The state of printing one module. What it prints is spread over the extensions of this type.
struct ModulePrinter: ~Copyable {
  let module: Module
  /// The module's bytes, which outlive the printer.
  let bytes: UnsafeBufferPointer<UInt8>
  let options: WatPrinter.Options
  /// Whether indices are written as numbers, with names behind them; so it is in a listing.
  var showsIndices = false
  let names: NameSection
  var identifiers: ModuleIdentifiers
  /// The hints that are printed as annotations; none if they must be printed as a custom section.
  var hints: BranchHints
  let printsHints: Bool

  var out = TextBuffer(capacity: 2 * Self.pieceSize)
  /// The offset in the binary of what stands on a line, by where the line begins in ``out``; nil if nobody asks.
  var lineOffsets: [Int: Int]?
  /// How many levels the line at hand is indented.
  var level = 0

  // The function or constant expression at hand
  var labels = LabelNames()
  var tree = ExpressionTree()
  /// Where its code begins in the binary.
  var origin = 0
  /// The index of the function at hand, if it is one.
  var function: UInt32?

  /// How many names the text carries so far. If these are not all, the name section is printed as it is.
  var nameCount = 0
  /// Whether an instruction names a data segment, so that the assembler writes a data count section by itself.
  var usesDataIndices = false

  /// The sink gets pieces of about this size.
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
    printModuleName()
    let start = out.count
    level = 1
    try printFields(sink)
    printCustomSections()
    level = 0
    if out.count > start || hasFlushed { startLine() }
    out.write(")\n")
    try flush(sink, atLeast: 1)
  }

  /// Whether anything was given to the sink.
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

  /// Gives what was written to the sink, if it is enough.
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
    if name.isEmpty { nameAnnotation("") } else { out.identifier(name) }
  }

  // MARK: Lines

  /// Begins a line, indented to the level.
  mutating func startLine() {
    out.newLine()
    out.spaces(min(level, options.maximumIndentedLevels) * options.indent)
  }

  /// Begins a line of code, which may tell its offset.
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

  /// An index: its identifier if it has one, else the number.
  @inline(__always)
  mutating func index(_ index: UInt32, _ space: Space) {
    guard let identifier = identifiers[space][index] else { return out.decimal(index) }
    if showsIndices { indexAndName(index, identifier) } else { out.string(identifier) }
  }

  /// An index as a listing shows it, for example `12 <main>`.
  private mutating func indexAndName(_ index: UInt32, _ identifier: String) {
    out.decimal(index)
    name(identifier)
  }

  /// A name as a listing shows it, without the `$`.
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

  /// The identifier and name of a definition, if it has any, each with a space before it.
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

  /// The beginning of a definition: keyword, identifier and name, and the index in a comment.
  mutating func definition(_ keyword: StaticString, _ index: UInt32, _ space: Space) {
    out.byte(UInt8(ascii: "("))
    out.write(keyword)
    definedName(index, in: identifiers[space])
    out.write(" (;")
    out.decimal(index)
    out.write(";)")
  }

  func reader(_ range: Range<Int>) -> InstructionReader {
    // An empty array may have no address; then no range has a byte to be read.
    let base = bytes.baseAddress ?? UnsafePointer(bitPattern: 1).unsafelyUnwrapped
    return InstructionReader(base: base, range: range)
  }
}

extension NameSection {
  /// The number of names, where a function or type that is listed without any counts as one: no text says that.
  var nameCount: Int {
    let direct = [types, functions, tables, memories, globals, tags, elementSegments, dataSegments]
    let indirect = [locals, labels, fields].flatMap(\.maps.values)
    return (module == nil ? 0 : 1) + direct.reduce(0) { $0 + $1.entries.count }
      + indirect.reduce(0) { $0 + max($1.entries.count, 1) }
  }
}
