import NeedletailSystem
import WasmCompiler
import WasmRuntime
import WebAssembly

/// An artifact that was read and checked, except for its code, which is read when there is memory for it.
package final class ArtifactReader: Sendable {
  private let source: ArtifactSource
  private let header: ArtifactHeader
  package var options: ArtifactFormat.Options { header.options }
  /// The module in the binary format; empty if the caller has it.
  package let module: [UInt8]
  let tables: CodeTables
  /// The functions that were used, but have no code.
  let profile: [ArtifactFormat.ProfileRow]

  /// Reads and checks everything except the code.
  ///
  /// - Parameter source: the bytes of the artifact.
  /// - Throws: any fault of the artifact, including that it is for another machine.
  package init(_ source: ArtifactSource) throws(ArtifactError) {
    self.source = source
    header = try ArtifactHeader(source)
    (tables, profile) = try Self.readTables(source, header)
    module = try Self.readModule(source, header)
    try ArtifactTables(tables, codeByteCount: codeByteCount, isPartial: options.isPartial)
      .check(profile)
  }

  /// Reads and checks everything except the code, if the artifact was made from a module that the caller has.
  ///
  /// - Parameters:
  ///   - source: the bytes of the artifact.
  ///   - module: the module's bytes as passed to ``ArtifactFormat/write(_:module:options:)``.
  /// - Returns: nil if it was made from another module.
  package init?(_ source: ArtifactSource, for module: ArraySlice<UInt8>) throws(ArtifactError) {
    self.source = source
    header = try ArtifactHeader(source)
    self.module = []
    guard try Self.isModule(module, source, header) else { return nil }
    (tables, profile) = try Self.readTables(source, header)
    try ArtifactTables(tables, codeByteCount: codeByteCount, isPartial: options.isPartial)
      .check(profile)
  }

  // MARK: Sections

  private static func check(
    _ section: ArtifactFormat.Section, _ bytes: UnsafeRawBufferPointer, _ header: ArtifactHeader
  ) throws(ArtifactError) {
    guard Checksum.of(bytes) == header.entry(section).checksum else { throw .altered(part: section.name) }
  }

  /// The tables, in one allocation.
  private static func readTables(
    _ source: ArtifactSource, _ header: ArtifactHeader
  ) throws(ArtifactError) -> (CodeTables, [ArtifactFormat.ProfileRow]) {
    let start = header.extent(.functions).lowerBound
    let end = header.extent(.reasons).upperBound
    let storage = CodeTables.Storage(byteCount: end - start)
    try source.read(at: start, to: UnsafeMutableRawBufferPointer(start: storage.base, count: end - start))
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(start: storage.base + (range.lowerBound - start), count: range.count)
    }
    func rows<Row>(_ section: ArtifactFormat.Section, _ type: Row.Type) -> UnsafeBufferPointer<Row> {
      let range = header.contents(section)
      let count = range.count / MemoryLayout<Row>.stride
      let base = storage.base + (range.lowerBound - start)
      return UnsafeBufferPointer(start: base.bindMemory(to: Row.self, capacity: count), count: count)
    }
    for section in ArtifactFormat.Section.allCases where ArtifactFormat.Section.tables.contains(section) {
      try check(section, bytes(header.extent(section)), header)
    }
    // A `Bool` other than 0 or 1 is undefined, so these bytes are checked first.
    try ArtifactTables.checkFlags(bytes(header.contents(.functions)))
    let tables = CodeTables(
      storage, functions: rows(.functions, NativeModule.FunctionRange.self), order: rows(.order, UInt32.self),
      traps: rows(.traps, CompiledFunction.TrapSite.self), calls: rows(.calls, CompiledFunction.CallSite.self),
      inlinedPositions: rows(.inlinedPositions, InlinedPosition.self),
      liveSites: rows(.liveSites, CompiledFunction.LiveSite.self), liveWords: rows(.liveWords, UInt64.self),
      refusals: try ArtifactTables.refusals(
        rows(.refusals, ArtifactFormat.RefusalRow.self), text: bytes(header.contents(.reasons))))
    return (tables, Array(rows(.profile, ArtifactFormat.ProfileRow.self)))
  }

  private static func readModule(
    _ source: ArtifactSource, _ header: ArtifactHeader
  ) throws(ArtifactError) -> [UInt8] {
    let extent = header.extent(.module)
    var result: Result<Void, ArtifactError> = .success(())
    let bytes = [UInt8](unsafeUninitializedCapacity: extent.count) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<extent.count])
      if let base = raw.baseAddress { VirtualMemory.populate(base, raw.count) }
      result = Result { () throws(ArtifactError) in
        try source.read(at: extent.lowerBound, to: raw)
        try check(.module, UnsafeRawBufferPointer(raw), header)
        count = header.contents(.module).count
      }
    }
    try result.get()
    return bytes
  }

  /// Whether the module in the artifact is equal to this one, byte for byte.
  private static func isModule(
    _ module: ArraySlice<UInt8>, _ source: ArtifactSource, _ header: ArtifactHeader
  ) throws(ArtifactError) -> Bool {
    let place = header.contents(.module)
    guard place.count == module.count else { return false }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(place.count, comparedByteCount), alignment: 16)
    defer { buffer.deallocate() }
    var position = 0
    while position < module.count {
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, module.count - position)])
      try source.read(at: place.lowerBound + position, to: piece)
      let isSame = module.withUnsafeBytes { bytes in
        memoryIsEqual(bytes.baseAddress! + position, UnsafeRawPointer(piece.baseAddress!), piece.count)
      }
      guard isSame else { return false }
      position += piece.count
    }
    return true
  }

  /// The bytes that are compared at a time: they fit in the processor's caches.
  private static let comparedByteCount = 256 << 10

  /// Reads the code to memory, checks it, and makes it executable.
  func readCode(_ quota: CodeQuota) throws(ArtifactError) -> CodeMemory {
    let extent = header.extent(.code)
    let pages: CodePages
    do throws(CodeMemoryError) {
      pages = try CodePages(byteCount: extent.count, quota: quota)
    } catch {
      throw .unreadable("\(error)")
    }
    let bytes = UnsafeMutableRawBufferPointer(start: pages.base, count: extent.count)
    try source.read(at: extent.lowerBound, to: bytes)
    try Self.check(.code, UnsafeRawBufferPointer(bytes), header)
    pages.fill(from: header.entry(.code).byteCount)
    do throws(CodeMemoryError) {
      return try CodeMemory(pages)
    } catch {
      throw .unreadable("\(error)")
    }
  }

  /// Reads the code to memory to which functions are added, and checks it.
  func readCode(to memory: GrowingCodeMemory) throws(ArtifactError) {
    let extent = header.extent(.code)
    var bytes = [UInt8](repeating: 0, count: extent.count)
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(ArtifactError) in
        try source.read(at: extent.lowerBound, to: buffer)
        try Self.check(.code, UnsafeRawBufferPointer(buffer), header)
        guard memory.append(UnsafeRawBufferPointer(rebasing: buffer[..<codeByteCount])) else {
          throw .unreadable("there is no memory for \(codeByteCount) bytes of compiled code")
        }
      }
    }
    try result.get()
  }

  var codeByteCount: Int { header.entry(.code).byteCount }
}
