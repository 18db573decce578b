import WasmCompiler
import WebAssembly

/// A checked artifact header: it is complete, and the code is for this compiler's runtime and this architecture.
struct ArtifactHeader {
  struct Entry {
    var offset: Int
    /// The size without the zeros after it.
    var byteCount: Int
  }

  let options: ArtifactFormat.Options
  private let entries: [Entry]
  private let end: Int
  let checksumOfChecks: UInt64

  init(_ source: ArtifactSource) throws(ArtifactError) {
    let bytes = try Self.read(source)
    let field = Fields(bytes: bytes)
    end = try Self.checkSize(field, source)
    try Self.checkMachine(field)
    options = try Self.options(field)
    checksumOfChecks = field.number(ArtifactFormat.Header.checksumOfChecks, UInt64.self)
    entries = try Self.entries(field, end: end)
    let pieceCount = PagedBytes.pieceCount(of: contents.count) + PagedBytes.pieceCount(of: code.count)
    let digestCount = options.isPartial ? 0 : pieceCount
    guard entry(.checksums).byteCount == pieceCount * ArtifactFormat.Section.checksums.rowByteCount,
      entry(.digests).byteCount == digestCount * ArtifactFormat.Section.digests.rowByteCount
    else {
      throw .altered(part: "header")
    }
  }

  /// The range of all sections between the header and the code.
  var contents: Range<Int> { ArtifactFormat.Header.byteCount..<entry(.code).offset }
  /// The range of the code, with the zeros after it.
  var code: Range<Int> { extent(.code) }

  func entry(_ section: ArtifactFormat.Section) -> Entry { entries[section.rawValue] }

  /// The range of a section's contents.
  func contents(_ section: ArtifactFormat.Section) -> Range<Int> {
    let entry = entries[section.rawValue]
    return entry.offset..<entry.offset + entry.byteCount
  }

  /// The range of a section, up to the next one.
  func extent(_ section: ArtifactFormat.Section) -> Range<Int> {
    let next = section.rawValue + 1
    return entries[section.rawValue].offset..<(next < entries.count ? entries[next].offset : end)
  }

  // MARK: Reading

  /// Numbers in the header.
  private struct Fields {
    let bytes: [UInt8]

    func number<T: FixedWidthInteger>(_ offset: Int, _ type: T.Type) -> T {
      bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
    }
  }

  /// Reads the header, if the bytes are an artifact of this format.
  private static func read(_ source: ArtifactSource) throws(ArtifactError) -> [UInt8] {
    let available = min(source.byteCount, ArtifactFormat.Header.byteCount)
    var bytes = [UInt8](repeating: 0, count: available)
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(ArtifactError) in try source.read(at: 0, to: buffer) }
    }
    try result.get()
    let magic = ArtifactFormat.magic.prefix(available)
    guard !magic.isEmpty, bytes.starts(with: magic) else { throw .notAnArtifact }
    let truncated = ArtifactError.truncated(
      byteCount: source.byteCount, expectedByteCount: UInt64(ArtifactFormat.Header.byteCount))
    guard available >= ArtifactFormat.Header.formatVersion + 4 else { throw truncated }
    guard Fields(bytes: bytes).number(ArtifactFormat.Header.formatVersion, UInt32.self) == ArtifactFormat.formatVersion
    else {
      throw .madeByAnotherVersion(nil)
    }
    guard available == ArtifactFormat.Header.byteCount else { throw truncated }
    let checksum = bytes.withUnsafeBytes { ArtifactFormat.headerChecksum($0) }
    guard checksum == Fields(bytes: bytes).number(ArtifactFormat.Header.checksum, UInt64.self) else {
      throw .altered(part: "header")
    }
    return bytes
  }

  private static func checkSize(_ field: Fields, _ source: ArtifactSource) throws(ArtifactError) -> Int {
    let total = field.number(ArtifactFormat.Header.totalByteCount, UInt64.self)
    guard UInt64(source.byteCount) >= total else {
      throw .truncated(byteCount: source.byteCount, expectedByteCount: total)
    }
    guard UInt64(source.byteCount) == total else { throw .altered(part: "end") }
    guard source.byteCount <= ArtifactFormat.maximumByteCount else { throw .altered(part: "header") }
    return source.byteCount
  }

  /// Checks that the code is for this architecture and this runtime.
  private static func checkMachine(_ field: Fields) throws(ArtifactError) {
    let architecture = field.number(ArtifactFormat.Header.architecture, UInt32.self)
    guard architecture == NativeBackend.architecture.rawValue else {
      throw .madeForAnotherArchitecture(
        Architecture(rawValue: architecture)?.name ?? "one that this version does not know")
    }
    guard field.number(ArtifactFormat.Header.compiler, UInt64.self) == CompilerIdentity.current else {
      let start = ArtifactFormat.Header.release
      let name = field.bytes[start..<start + ArtifactFormat.Header.releaseByteCount].prefix { $0 != 0 }
      throw .madeByAnotherVersion(String(decoding: name, as: UTF8.self))
    }
  }

  private static func options(_ field: Fields) throws(ArtifactError) -> ArtifactFormat.Options {
    let flags = field.number(ArtifactFormat.Header.flags, UInt8.self)
    let features = Features(rawValue: field.number(ArtifactFormat.Header.features, UInt32.self))
    guard let level = OptimizationLevel(rawValue: field.number(ArtifactFormat.Header.level, UInt8.self)),
      flags & ~ArtifactFormat.allFlags == 0,
      features.isSubset(of: .all)
    else { throw .altered(part: "header") }
    return ArtifactFormat.Options(
      level: level, isDeterministic: flags & ArtifactFormat.deterministicFlag != 0,
      isInterruptible: flags & ArtifactFormat.interruptibleFlag != 0,
      processor: ProcessorFeatures(rawValue: field.number(ArtifactFormat.Header.processor, UInt32.self)),
      checksBounds: flags & ArtifactFormat.boundsFlag != 0,
      fuelIdentity: field.number(ArtifactFormat.Header.fuel, UInt64.self), features: features,
      isPartial: flags & ArtifactFormat.partialFlag != 0)
  }

  /// Whether what is read when an artifact is opened is no larger than its functions need: a sparse file can have any size.
  private static func areProportionate(_ entries: [Entry]) -> Bool {
    func rowCount(_ section: ArtifactFormat.Section) -> Int {
      entries[section.rawValue].byteCount / section.rowByteCount
    }
    let functionCount = rowCount(.functions)
    return functionCount <= ArtifactFormat.maximumFunctionCount
      && [.order, .bodies, .profile, .refusals].allSatisfy { rowCount($0) <= functionCount }
      && rowCount(.reasons) <= rowCount(.refusals) * ArtifactFormat.maximumReasonByteCount
  }

  /// Reads the sections' ranges and checks them: they are in order, without gaps except for alignment, and each has whole rows. So the
  /// checksums and digests are as large as their numbers of rows say, which is also the number of pieces.
  private static func entries(_ field: Fields, end: Int) throws(ArtifactError) -> [Entry] {
    var entries: [Entry] = []
    var start = ArtifactFormat.Header.byteCount
    for section in ArtifactFormat.Section.allCases {
      let place = ArtifactFormat.Header.sections + section.rawValue * MemoryLayout<ArtifactFormat.SectionEntry>.stride
      let byteCount = field.number(place + 8, UInt64.self)
      guard let offset = Int(exactly: field.number(place, UInt64.self)), offset == ArtifactFormat.rounded(start),
        offset <= end, byteCount <= UInt64(end - offset), byteCount % UInt64(section.rowByteCount) == 0
      else { throw .altered(part: "header") }
      start = offset + Int(byteCount)
      entries.append(Entry(offset: offset, byteCount: Int(byteCount)))
    }
    guard end == ArtifactFormat.rounded(start), areProportionate(entries) else { throw .altered(part: "header") }
    return entries
  }
}
