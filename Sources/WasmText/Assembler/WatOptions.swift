import WebAssembly

/// Options for assembling a text.
public struct WatOptions: Hashable, Sendable {
  /// Accepts the pre-standard (2015-2017) keywords, such as `get_local` and `anyfunc`, which are otherwise malformed.
  public var legacyDialect: Bool
  /// Whether identifiers are written to a name section.
  public var emitNames: Bool
  /// The enabled proposals, as far as they change the syntax: without `memory64`, limits are 32-bit numbers. All other
  /// syntax is always accepted; validation rejects instructions and types of disabled proposals.
  public var features: Features

  public init(legacyDialect: Bool = false, emitNames: Bool = true, features: Features = .all) {
    self.legacyDialect = legacyDialect
    self.emitNames = emitNames
    self.features = features
  }
}

/// A module in the binary format, assembled from a text.
public struct AssembledModule: Sendable {
  public var bytes: [UInt8]
  /// The text locations of the sections' entries and of the instructions; empty for `(module binary …)` and
  /// `(module quote …)`.
  public var sourceMap: SourceMap
}

/// Assembles a module in the text format to the binary format.
///
/// ```swift
/// let module = try assemble("(module (func (export \"answer\") (result i32) (i32.const 42)))")
/// ```
///
/// The text may also contain only the fields of a module, without `(module …)` around them. The result is not
/// validated. (Core specification 3.0, chapter 6 "Text Format".)
///
/// - Throws: `ParseError` if the text is malformed.
/// - Complexity: O(length of the text).
public func assemble(_ text: [UInt8], options: WatOptions = WatOptions()) throws(ParseError) -> [UInt8] {
  try assembleModule(text, range: 0..<text.count, options: options, recordsSourceMap: false).bytes
}

/// Assembles a module in the text format to the binary format.
public func assemble(_ text: String, options: WatOptions = WatOptions()) throws(ParseError) -> [UInt8] {
  try assemble(Array(text.utf8), options: options)
}

/// Assembles a module in the text format, and records the text locations of its
/// fields and instructions.
///
/// - Throws: `ParseError` if the text is malformed.
/// - Complexity: O(length of the text).
public func assembleModule(_ text: [UInt8], options: WatOptions = WatOptions()) throws(ParseError) -> AssembledModule {
  try assembleModule(text, range: 0..<text.count, options: options, recordsSourceMap: true)
}

/// The same, which may end early.
///
/// - Parameter stops: whether it ends early.
/// - Throws: `ParseError` if the text is malformed, or it ended early.
package func assembleModule(
  _ text: [UInt8], options: WatOptions, stops: StopCheck?
) throws(ParseError) -> AssembledModule {
  try assembleModule(text, range: 0..<text.count, options: options, recordsSourceMap: true, stops: stops)
}

/// Assembles the module in a range of a text.
///
/// - Parameter name: the name of the module, if the range has only its fields.
package func assembleModule(
  _ text: [UInt8], range: Range<Int>, options: WatOptions, recordsSourceMap: Bool, stops: StopCheck? = nil,
  name: String? = nil
) throws(ParseError) -> AssembledModule {
  try text.withUnsafeBufferPointer { (buffer) throws(ParseError) in
    try checkUTF8(buffer, range)
    var assembler = try ModuleAssembler(
      buffer, range: range, options: options, recordsSourceMap: recordsSourceMap)
    assembler.stops = stops
    assembler.names.module = name
    let bytes = try assembler.assemble()
    return AssembledModule(
      bytes: bytes, sourceMap: SourceMap(text: text, entries: assembler.sourceMapEntries))
  }
}

/// Checks the requirements of all texts: UTF-8, and at most 2 GiB, so that offsets fit in 32 bits.
///
/// - Parameter range: the part that is read, which begins and ends with a character. A script has many modules, so the
///   rest is not checked again for each.
package func checkUTF8(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) throws(ParseError) {
  guard text.count <= Int(Int32.max) else { throw ParseError("the text is longer than 2 GiB", line: 1, column: 1) }
  if let offset = UTF8Validation.firstError(in: UnsafeBufferPointer(rebasing: text[range])) {
    throw ParseError("malformed UTF-8 encoding", at: range.lowerBound + offset, in: text)
  }
}
