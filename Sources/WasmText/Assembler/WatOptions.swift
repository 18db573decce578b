import WebAssembly

/// How a text is read and what is put into the binary.
public struct WatOptions: Hashable, Sendable {
  /// Accepts the words of the years before the standard, such as `get_local` and `anyfunc`, which are malformed otherwise.
  public var legacyDialect: Bool
  /// Whether identifiers are kept, in a name section.
  public var emitNames: Bool
  /// The proposals whose syntax differs from that of the standard without them: without `memory64`, limits are 32-bit numbers.
  /// All other syntax is always accepted; validation says what is not enabled.
  public var features: Features

  public init(legacyDialect: Bool = false, emitNames: Bool = true, features: Features = .all) {
    self.legacyDialect = legacyDialect
    self.emitNames = emitNames
    self.features = features
  }
}

/// A module in the binary format that was made from a text.
public struct AssembledModule: Sendable {
  public var bytes: [UInt8]
  /// Where in the text the instructions stand.
  public var sourceMap: SourceMap
}

/// Turns a module in the text format into the binary format.
///
///     let module = try assemble("(module (func (export \"answer\") (result i32) (i32.const 42)))")
///
/// The text may also be the fields of a module alone, without `(module …)` around them. What is well-formed may still be
/// invalid. (Core specification 3.0, chapter 6 "Text Format".)
///
/// - Throws: `ParseError` if the text is malformed.
/// - Complexity: O(length of the text).
public func assemble(_ text: [UInt8], options: WatOptions = WatOptions()) throws(ParseError) -> [UInt8] {
  try assembleModule(text, range: 0..<text.count, options: options, recordsSourceMap: false).bytes
}

/// Turns a module in the text format into the binary format.
public func assemble(_ text: String, options: WatOptions = WatOptions()) throws(ParseError) -> [UInt8] {
  try assemble(Array(text.utf8), options: options)
}

/// Turns a module in the text format into the binary format, and says where in the text its instructions stand.
///
/// - Throws: `ParseError` if the text is malformed.
/// - Complexity: O(length of the text).
public func assembleModule(_ text: [UInt8], options: WatOptions = WatOptions()) throws(ParseError) -> AssembledModule {
  try assembleModule(text, range: 0..<text.count, options: options, recordsSourceMap: true)
}

/// Assembles the module that stands in a part of a text.
func assembleModule(
  _ text: [UInt8], range: Range<Int>, options: WatOptions, recordsSourceMap: Bool
) throws(ParseError) -> AssembledModule {
  try text.withUnsafeBufferPointer { (buffer) throws(ParseError) in
    try checkUTF8(buffer)
    var assembler = try ModuleAssembler(
      buffer, range: range, options: options, recordsSourceMap: recordsSourceMap)
    let bytes = try assembler.assemble()
    return AssembledModule(
      bytes: bytes, sourceMap: SourceMap(text: text, entries: assembler.sourceMapEntries))
  }
}

/// Checks what all texts must be: UTF-8, and of a size that offsets of 32 bits can reach.
func checkUTF8(_ text: UnsafeBufferPointer<UInt8>) throws(ParseError) {
  guard text.count <= Int(Int32.max) else { throw ParseError("the text is longer than 2 GiB", line: 1, column: 1) }
  if let offset = UTF8Validation.firstError(in: text) {
    throw ParseError("malformed UTF-8 encoding", at: offset, in: text)
  }
}
