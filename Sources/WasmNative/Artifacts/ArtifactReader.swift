import NeedletailSystem
import WasmCompiler
import WasmRuntime
import WebAssembly

/// How the parts of an artifact are loaded.
package enum ArtifactLoading: Sendable {
  /// Large artifacts when they are used, others at once.
  case automatic
  case atOnce
  case whenUsed
}

/// An artifact that was opened. What loading a module needs was read and checked; everything else is read and checked when it is used, or,
/// if the artifact is small or this machine has no signal handler, at once. See ``PagedBytes``.
package final class ArtifactReader: Sendable {
  private let source: ArtifactSource
  private let header: ArtifactHeader
  package var options: ArtifactFormat.Options { header.options }
  /// The module in the binary format; nil if the caller has it.
  package let module: ModuleBytes?
  /// The ranges of the functions' bodies in it.
  package let bodies: [Range<Int>]
  let tables: CodeTables
  /// The functions that were used, but have no code.
  let profile: [ArtifactFormat.ProfileRow]
  /// Everything between the header and the code.
  private let contents: ArtifactContents
  private let codeChecks: PieceChecks.Part
  private let loadsAtOnce: Bool
  /// Whether all code is loaded when the artifact is opened.
  private let opensCode: Bool

  /// Artifacts of fewer bytes are loaded at once: that takes less time than a few faults.
  private static let smallByteCount = 512 << 10
  /// The same for code of cache entries, which is checked with checksums then: a program that uses half of it starts sooner.
  private static let smallEntryByteCount = 16 << 20

  /// Opens an artifact.
  ///
  /// - Parameter source: the bytes of the artifact.
  /// - Throws: any fault of what is read now, including that it is for another machine.
  package convenience init(_ source: ArtifactSource, _ loading: ArtifactLoading = .automatic) throws(ArtifactError) {
    try self.init(source, ArtifactHeader(source), loading, hasModule: true)
  }

  /// Opens an artifact, if it was made from a module that the caller has.
  ///
  /// - Parameters:
  ///   - source: the bytes of the artifact.
  ///   - module: the module's bytes as passed to ``ArtifactFormat/write(_:module:options:)``.
  /// - Returns: nil if it was made from another module.
  package convenience init?(
    _ source: ArtifactSource, for module: Slice<ModuleBytes>, _ loading: ArtifactLoading = .automatic
  ) throws(ArtifactError) {
    let header = try ArtifactHeader(source)
    guard try Self.isModule(module, source, header) else { return nil }
    try self.init(source, header, loading, hasModule: false)
  }

  private init(
    _ source: ArtifactSource, _ header: ArtifactHeader, _ loading: ArtifactLoading, hasModule: Bool
  ) throws(ArtifactError) {
    self.source = source
    self.header = header
    let loadsAtOnce =
      switch loading {
      case .automatic: source.byteCount < Self.smallByteCount
      case .atOnce: true
      case .whenUsed: false
      }
    self.loadsAtOnce = loadsAtOnce || !Self.canLoadWhenUsed
    opensCode =
      !hasModule && (self.loadsAtOnce || loading == .automatic && source.byteCount < Self.smallEntryByteCount)
    let checks = try Self.readChecks(source, header)
    let contentsPieceCount = PagedBytes.pieceCount(of: header.contents.count)
    codeChecks = checks.part(contentsPieceCount..<checks.checksums.count)
    let pages = try PagedBytes(
      source, header.contents, checks.part(0..<contentsPieceCount), isCode: false, loadsAtOnce: self.loadsAtOnce,
      isOpening: true, name: ArtifactFormat.contentsName)
    let section = Sections(pages, header)
    // A damaged entry of the cache is made again, so damage must be found now. Comparing the module has taken longer.
    let readsTables = self.loadsAtOnce || !hasModule
    try section.load(readsTables ? .first : .order, .reasons)
    contents = ArtifactContents(pages, module: section.range(.module))
    // A `Bool` other than 0 or 1 is undefined, so these bytes are checked first.
    try ArtifactTables.checkFlags(section.bytes(.functions))
    tables = CodeTables(
      contents, pages, functions: section.rows(.functions, NativeModule.FunctionRange.self),
      order: section.rows(.order, UInt32.self), traps: section.rows(.traps, CompiledFunction.TrapSite.self),
      calls: section.rows(.calls, CompiledFunction.CallSite.self),
      inlinedPositions: section.rows(.inlinedPositions, InlinedPosition.self),
      liveSites: section.rows(.liveSites, CompiledFunction.LiveSite.self),
      liveWords: section.rows(.liveWords, UInt64.self),
      refusals: try ArtifactTables.refusals(
        section.rows(.refusals, ArtifactFormat.RefusalRow.self), text: section.bytes(.reasons)))
    profile = Array(section.rows(.profile, ArtifactFormat.ProfileRow.self))
    bodies = try Self.bodies(section.rows(.bodies, ArtifactFormat.BodyRow.self))
    module = hasModule ? contents.module : nil
    try ArtifactTables(tables, codeByteCount: codeByteCount, isPartial: options.isPartial)
      .check(profile, readsAll: readsTables)
  }

  // MARK: Sections

  private static func readChecks(
    _ source: ArtifactSource, _ header: ArtifactHeader
  ) throws(ArtifactError) -> PieceChecks {
    let start = header.extent(.checksums).lowerBound
    let byteCount = header.extent(.digests).upperBound - start
    guard let memory = SystemMemory.allocate(UInt64.self, count: (byteCount + 7) / 8) else {
      throw .unreadable("there is no memory for \(byteCount) bytes of an artifact")
    }
    defer { SystemMemory.deallocate(memory) }
    let buffer = UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
    try source.read(at: start, to: buffer)
    guard Checksum.of(UnsafeRawBufferPointer(buffer)) == header.checksumOfChecks else {
      throw .altered(part: ArtifactFormat.Section.checksums.name)
    }
    let digests = header.contents(.digests)
    return PieceChecks(
      UnsafeRawBufferPointer(buffer), checksumCount: header.contents(.checksums).count / MemoryLayout<UInt64>.stride,
      digests: digests.lowerBound - start..<digests.upperBound - start)
  }

  /// The sections in memory.
  private struct Sections {
    private let contents: PagedBytes
    private let header: ArtifactHeader

    init(_ contents: PagedBytes, _ header: ArtifactHeader) {
      self.contents = contents
      self.header = header
    }

    /// The range of a section in the contents.
    func range(_ section: ArtifactFormat.Section) -> Range<Int> {
      let range = header.contents(section)
      let start = header.contents.lowerBound
      return range.lowerBound - start..<range.upperBound - start
    }

    func bytes(_ section: ArtifactFormat.Section) -> UnsafeRawBufferPointer {
      let range = range(section)
      return UnsafeRawBufferPointer(start: contents.start + range.lowerBound, count: range.count)
    }

    func rows<Row>(_ section: ArtifactFormat.Section, _ type: Row.Type) -> UnsafeBufferPointer<Row> {
      let range = range(section)
      let count = range.count / MemoryLayout<Row>.stride
      let base = contents.start + range.lowerBound
      return UnsafeBufferPointer(start: base.bindMemory(to: Row.self, capacity: count), count: count)
    }

    /// Loads adjacent sections.
    func load(
      _ first: ArtifactFormat.Section, _ last: ArtifactFormat.Section
    ) throws(ArtifactError) {
      try contents.load(range(first).lowerBound..<range(last).upperBound, isOpening: true)
    }
  }

  private static func bodies(
    _ rows: UnsafeBufferPointer<ArtifactFormat.BodyRow>
  ) throws(ArtifactError) -> [Range<Int>] {
    guard rows.allSatisfy({ $0.start <= $0.end }) else {
      throw .altered(part: ArtifactFormat.Section.bodies.name)
    }
    return rows.map { Int($0.start)..<Int($0.end) }
  }

  /// Loads a range of the module while the artifact is opened.
  ///
  /// - Throws: if a part is damaged or cannot be read.
  package func loadModule(_ range: Range<Int>) throws(ArtifactError) { try contents.load(range, isOpening: true) }

  /// Whether the module in the artifact is equal to this one, byte for byte.
  private static func isModule(
    _ module: Slice<ModuleBytes>, _ source: ArtifactSource, _ header: ArtifactHeader
  ) throws(ArtifactError) -> Bool {
    let place = header.contents(.module)
    guard place.count == module.count else { return false }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(place.count, comparedByteCount), alignment: 16)
    defer { buffer.deallocate() }
    defer { withExtendedLifetime(module) {} }
    let start = UnsafeRawPointer(module.base.start) + module.startIndex
    var position = 0
    while position < module.count {
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, module.count - position)])
      try source.read(at: place.lowerBound + position, to: piece)
      guard memoryIsEqual(start + position, UnsafeRawPointer(piece.baseAddress!), piece.count) else { return false }
      position += piece.count
    }
    return true
  }

  /// The bytes that are compared at a time: they fit in the processor's caches.
  private static let comparedByteCount = 256 << 10

  /// The code, in memory of its own. Its stubs, and all code that is loaded at once, were checked.
  func readCode(_ quota: CodeQuota) throws(ArtifactError) -> CodeMemory {
    try CodeMemory(byteCount: header.code.count, quota: quota) { () throws(ArtifactError) in
      let bytes = try openCode(isExecutable: true, loadsAtOnce: loadsAtOnce || opensCode)
      // A stub that cannot be loaded could not report that: it runs outside of the activation. Stubs come after functions.
      let stubs = tables.functions.reduce(0) { $1.isCompiled ? max($0, Int($1.end)) : $0 }
      try bytes.load(min(stubs, bytes.byteCount)..<bytes.byteCount)
      return bytes
    }
  }

  /// Reads the code to memory to which functions are added, and checks it.
  func readCode(to memory: GrowingCodeMemory) throws(ArtifactError) {
    let bytes = try openCode(isExecutable: false, loadsAtOnce: true)
    let code = UnsafeRawBufferPointer(start: bytes.start, count: codeByteCount)
    let isAdded = memory.append(code)
    withExtendedLifetime(bytes) {}
    guard isAdded else { throw .unreadable("there is no memory for \(codeByteCount) bytes of compiled code") }
  }

  private func openCode(isExecutable: Bool, loadsAtOnce: Bool) throws(ArtifactError) -> PagedBytes {
    try PagedBytes(
      source, header.code, codeChecks, isCode: isExecutable, loadsAtOnce: loadsAtOnce, isOpening: opensCode,
      name: ArtifactFormat.Section.code.name)
  }

  var codeByteCount: Int { header.entry(.code).byteCount }

  /// Whether parts can be loaded when they are used.
  private static var canLoadWhenUsed: Bool {
    TrapSignals.areSupported && VirtualMemory.pageSize <= PagedBytes.pieceByteCount
  }
}

/// The module and the tables of an artifact, as long as they are used.
private final class ArtifactContents: ModuleBytes.Storage {
  let pages: PagedBytes
  private let moduleRange: Range<Int>

  init(_ pages: PagedBytes, module: Range<Int>) {
    self.pages = pages
    moduleRange = module
  }

  var module: ModuleBytes {
    let start = pages.start + moduleRange.lowerBound
    return ModuleBytes(start.assumingMemoryBound(to: UInt8.self), count: moduleRange.count, in: self)
  }

  func load(_ range: Range<Int>) throws { try load(range, isOpening: false) }

  /// Loads a range of the module.
  func load(_ range: Range<Int>, isOpening: Bool) throws(ArtifactError) {
    let range = range.clamped(to: 0..<moduleRange.count)
    try pages.load(
      range.lowerBound + moduleRange.lowerBound..<range.upperBound + moduleRange.lowerBound, isOpening: isOpening)
  }
}
