import WebAssembly

/// Reads a module in the binary format. (Core specification 3.0, 5.5 "Modules".)
///
/// All at once:
///
/// ```swift
/// let module = try Decoder.decode(bytes)
/// ```
///
/// or as the bytes arrive; a section is decoded as soon as it is complete:
///
/// ```swift
/// var decoder = Decoder()
/// for chunk in chunks { try decoder.append(chunk) }
/// let module = try decoder.finish()
/// ```
///
/// Function bodies are located but not decoded, except for their locals; validation does that. The decoder cannot be used after an error.
///
/// Like the standard's reference interpreter, the decoder lets a section read past its end and only then reports that its size is wrong,
/// so that messages match the standard's test suite. If the bodies are known, it does not.
public struct Decoder: Sendable {
  let limits: ModuleLimits
  /// The bytes so far, if they arrive in pieces.
  private var received: [UInt8] = []
  /// All bytes, if they are there from the beginning.
  private var complete: ModuleBytes?
  /// Called after each ``stopDistance`` bytes.
  private var stops: StopCheck?
  /// Where it is called next.
  private var nextStop = Int.max
  private static let stopDistance = 64 << 10
  /// The bodies' ranges, if they are known: then the code section is not read.
  var knownBodies: [Range<Int>]?
  /// What was decoded so far; its bytes are set at the end.
  var module = Module(bytes: [])
  /// The offset of the first byte that is not yet decoded.
  var position = 0
  /// The last standard section that was decoded; `custom` before the first.
  var lastSection = SectionID.custom
  /// The contents of the function and the code section, which are joined at the end.
  var functionTypes: [UInt32] = []
  var functionBodies: [Range<Int>] = []

  public init(limits: ModuleLimits = .init()) { self.limits = limits }

  /// Decodes a whole module.
  ///
  /// - Throws: `DecodingError` if it is malformed or exceeds a limit.
  /// - Complexity: O(size of the module, not counting code and data).
  public static func decode(
    _ bytes: [UInt8], limits: ModuleLimits = .init()
  ) throws(DecodingError) -> Module {
    try decode(ModuleBytes(bytes), limits: limits)
  }

  /// Decodes a whole module. The contents of custom sections are not read.
  ///
  /// - Parameters:
  ///   - bodies: the ranges of all function bodies, if they are known. Then the contents of the code section are not read.
  ///   - stops: whether decoding ends early.
  /// - Throws: `DecodingError` if it is malformed or exceeds a limit, or if decoding was stopped.
  /// - Complexity: O(size of the module, not counting code and data).
  package static func decode(
    _ bytes: ModuleBytes, bodies: [Range<Int>]? = nil, limits: ModuleLimits = .init(), stops: StopCheck? = nil
  ) throws(DecodingError) -> Module {
    var decoder = Decoder(limits: limits)
    if let stops {
      decoder.stops = stops
      decoder.nextStop = 0
    }
    try decoder.checkSize(bytes.count)
    decoder.complete = bytes
    decoder.knownBodies = bodies
    return try decoder.finish()
  }

  /// Takes the next bytes and decodes the sections that they complete.
  ///
  /// - Throws: `DecodingError` as soon as the module is known to be malformed or to exceed a limit.
  public mutating func append(_ chunk: some Collection<UInt8>) throws(DecodingError) {
    try checkSize(received.count + chunk.count)
    received.append(contentsOf: chunk)
    try decodeSections(ModuleBytes(received), isComplete: false)
  }

  /// Decodes the rest and returns the module.
  ///
  /// - Throws: `DecodingError` if it is malformed or incomplete or exceeds a limit.
  public mutating func finish() throws(DecodingError) -> Module {
    let bytes = complete ?? ModuleBytes(received)
    try decodeSections(bytes, isComplete: true)
    try joinFunctions(byteCount: bytes.count)
    let dataCount = module.dataCount.map(Int.init) ?? module.dataSegments.count
    guard dataCount == module.dataSegments.count else {
      throw DecodingError(
        "data count and data section have inconsistent lengths: \(dataCount) and \(module.dataSegments.count)",
        offset: bytes.count)
    }
    module.bytes = bytes
    return module
  }

  /// Called between entries.
  ///
  /// - Throws: `DecodingError` if decoding is to stop.
  @inline(__always)
  mutating func checkStop(at offset: Int) throws(DecodingError) {
    if offset >= nextStop { try stopIfWanted(at: offset) }
  }

  @inline(never)
  private mutating func stopIfWanted(at offset: Int) throws(DecodingError) {
    nextStop = offset + Self.stopDistance
    if let stops, stops() { throw .stopped(at: offset) }
  }

  private func checkSize(_ count: Int) throws(DecodingError) {
    guard count <= limits.moduleSize else {
      throw DecodingError(limits.excess(.moduleBytes, count, at: nil), offset: limits.moduleSize)
    }
  }

  private mutating func joinFunctions(byteCount: Int) throws(DecodingError) {
    guard functionTypes.count == functionBodies.count else {
      throw DecodingError(
        "function and code section have inconsistent lengths: \(functionTypes.count) and \(functionBodies.count)",
        offset: byteCount)
    }
    module.functions.reserveCapacity(functionTypes.count)
    for (typeIndex, body) in zip(functionTypes, functionBodies) {
      module.functions.append(Module.Function(typeIndex: typeIndex, body: body))
    }
    functionTypes = []
    functionBodies = []
  }

  // MARK: Header and sections

  private mutating func decodeSections(_ bytes: ModuleBytes, isComplete: Bool) throws(DecodingError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(DecodingError) in
      if position == 0 { try decodeHeader(buffer, isComplete: isComplete) }
      while position > 0, let base = buffer.baseAddress, position < buffer.count {
        var reader = InstructionReader(base: base, range: position..<buffer.count)
        guard let (id, end) = try readSectionHeader(&reader, isComplete: isComplete) else { break }
        // Then the bytes after a section may not be there.
        if knownBodies != nil { reader = InstructionReader(base: base, range: reader.position..<end) }
        try checkStop(at: position)
        try decodeSection(id, &reader, end: end)
        if let offset = reader.longReferenceOffset {
          note("a reference type of this form", [.functionReferences, .gc], "malformed reference type", at: offset)
        }
        position = end
      }
    }
  }

  private mutating func decodeHeader(
    _ buffer: UnsafeBufferPointer<UInt8>, isComplete: Bool
  ) throws(DecodingError) {
    guard
      try Self.hasPart(0..<4, of: buffer, "magic header not detected", isComplete: isComplete),
      try Self.hasPart(4..<8, of: buffer, "unknown binary version", isComplete: isComplete)
    else { return }
    position = SectionID.moduleHeader.count
  }

  /// Checks a part of the header; false if it is not there yet.
  private static func hasPart(
    _ part: Range<Int>, of buffer: UnsafeBufferPointer<UInt8>, _ message: String, isComplete: Bool
  ) throws(DecodingError) -> Bool {
    guard buffer.count >= part.upperBound else {
      guard isComplete else { return false }
      throw DecodingError("unexpected end: \(shortage(of: buffer))", offset: buffer.count)
    }
    guard buffer[part].elementsEqual(SectionID.moduleHeader[part]) else {
      var remark = remark(on: buffer)
      if remark.isEmpty, part.lowerBound == 4 {
        let version = UnsafeRawBufferPointer(buffer).loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        remark = ": expected 1, found \(UInt32(littleEndian: version))"
      }
      throw DecodingError("\(message)\(remark)", offset: part.lowerBound)
    }
    return true
  }

  /// What is wrong with bytes that are fewer than a header.
  private static func shortage(of buffer: UnsafeBufferPointer<UInt8>) -> String {
    if buffer.isEmpty { return "the file is empty" }
    if let format = FileFormat(buffer) { return "this is \(format)" }
    return "expected a header of \(SectionID.moduleHeader.count) bytes, found \(ByteCount.format(buffer.count))"
  }

  /// Names the file format that the bytes have instead, if it is known.
  private static func remark(on buffer: UnsafeBufferPointer<UInt8>) -> String {
    FileFormat(buffer).map { $0.isComponent ? ": expected a module, found \($0)" : ": this is \($0)" } ?? ""
  }

  /// The identifier of the next section and the offset of its end, or nil if it is not yet complete.
  private mutating func readSectionHeader(
    _ reader: inout InstructionReader, isComplete: Bool
  ) throws(DecodingError) -> (id: SectionID, end: Int)? {
    let code = try reader.readByte()
    guard let id = SectionID(rawValue: code) else {
      throw DecodingError("malformed section id \(code)", offset: position)
    }
    switch id {
    case .dataCount: note("a data count section", .bulkMemory, "malformed section id", at: position)
    case .tag: note("a tag", [.exceptions, .legacyExceptions], "malformed section id", at: position)
    default: break
    }
    guard id == .custom || id.rank > lastSection.rank else {
      throw DecodingError(
        "unexpected content after last section: \(id) section after \(lastSection) section", offset: position)
    }
    let start = reader.position
    let hasSize = reader.remaining >= 5 || reader.bytes(start..<reader.end).contains { $0 < 0x80 }
    guard hasSize || isComplete else { return nil }
    let size = Int(try reader.readU32())
    guard size <= reader.remaining else {
      guard isComplete || size > limits.moduleSize else { return nil }
      if isComplete, id == .import { try checkImportKinds(reader) }
      let rule = size > reader.end - start ? "length out of bounds" : "unexpected end of section or function"
      throw DecodingError(
        "\(rule): \(id) section of \(counted(size, "byte")), found \(reader.remaining)", offset: start)
    }
    return (id, reader.position + size)
  }

  /// Checks the imports of a section that is cut off: a wrong kind is reported first. (Compact import section proposal, tests.)
  private func checkImportKinds(_ reader: InstructionReader) throws(DecodingError) {
    var (decoder, reader) = (self, reader)
    do throws(DecodingError) {
      try decoder.decodeImports(&reader, end: reader.end)
    } catch  where error.message == InstructionReader.malformedImportKind {
      throw error
    } catch {}
  }

  private mutating func decodeSection(
    _ id: SectionID, _ reader: inout InstructionReader, end: Int
  ) throws(DecodingError) {
    let start = reader.position
    switch id {
    case .custom: try decodeCustomSection(&reader, end: end, start: position)
    case .type: try decodeTypes(&reader, end: end)
    case .import: try decodeImports(&reader, end: end)
    case .function: try decodeFunctions(&reader, end: end)
    case .table: try decodeTables(&reader, end: end)
    case .memory: try decodeMemories(&reader, end: end)
    case .tag: try decodeTags(&reader, end: end)
    case .global: try decodeGlobals(&reader, end: end)
    case .export: try decodeExports(&reader, end: end)
    case .start: module.startFunction = try reader.readU32()
    case .element: try decodeElementSegments(&reader, end: end)
    case .dataCount: module.dataCount = try reader.readU32()
    case .code: try decodeCode(&reader, end: end)
    case .data: try decodeDataSegments(&reader, end: end)
    }
    guard reader.position == end else {
      throw DecodingError(
        "section size mismatch: expected \(end - start) bytes, found \(reader.position - start)", offset: start)
    }
    if id != .custom { lastSection = id }
  }
}
