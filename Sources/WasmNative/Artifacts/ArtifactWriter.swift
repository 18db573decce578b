import NeedletailSystem
import WasmCompiler
import WasmRuntime
import WebAssembly

extension ArtifactFormat {
  /// A compiled module as an artifact. The same module gives the same bytes.
  ///
  /// - Parameter module: the module's bytes; up to the end of the last non-custom section they must be those that were compiled.
  package static func write(
    _ native: NativeModule, module: some Collection<UInt8>, options: Options
  ) -> [UInt8] {
    precondition(native.growingCode == nil && !options.isPartial, "the code is not complete")
    let bodies = native.image.module.functions.map {
      BodyRow(start: UInt32($0.body.lowerBound), end: UInt32($0.body.upperBound))
    }
    let imported = native.image.module.importedFunctions.count
    let names = native.tables.refusals.isEmpty ? nil : native.image.distinctFunctionNames()
    let refusals = native.tables.refusals.map { refusal in
      let name = refusal.name ?? names?(UInt32(imported + refusal.function))
      return FunctionRefusal(function: refusal.function, reason: refusal.reason, name: name)
    }
    return write(
      native.tables, refusals, code: native.codeBytes, bodies: bodies, module: module, options: options)
  }

  /// The code of a module's hot functions as an artifact.
  package static func write(_ kept: PartialCode, module: some Collection<UInt8>, options: Options) -> [UInt8] {
    precondition(options.isPartial, "the code is complete")
    return kept.code.withUnsafeBytes {
      write(kept.tables, kept.tables.refusals, code: $0, profile: kept.profile, module: module, options: options)
    }
  }

  private static func write(
    _ tables: CodeTables, _ refused: [FunctionRefusal], code: UnsafeRawBufferPointer, bodies: [BodyRow] = [],
    profile: [ProfileRow] = [], module: some Collection<UInt8>,
    options: Options
  ) -> [UInt8] {
    let refusals = refusalTable(refused)
    var sizes = [Int](repeating: 0, count: Section.allCases.count)
    var offsets = sizes
    func contents(_ section: Section, _ body: (UnsafeRawBufferPointer) -> Void) {
      switch section {
      case .order: body(UnsafeRawBufferPointer(tables.order))
      case .traps: body(UnsafeRawBufferPointer(tables.traps))
      case .calls: body(UnsafeRawBufferPointer(tables.calls))
      case .liveSites: body(UnsafeRawBufferPointer(tables.liveSites))
      case .liveWords: body(UnsafeRawBufferPointer(tables.liveWords))
      case .inlinedPositions: body(UnsafeRawBufferPointer(tables.inlinedPositions))
      case .functions: body(UnsafeRawBufferPointer(tables.functions))
      case .bodies: bodies.withUnsafeBytes(body)
      case .profile: profile.withUnsafeBytes(body)
      case .refusals: refusals.rows.withUnsafeBytes(body)
      case .reasons: refusals.text.withUnsafeBytes(body)
      case .module:
        if module.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) == nil {
          Array(module).withUnsafeBytes(body)
        }
      case .code: body(code)
      case .checksums, .digests: break
      }
    }
    var end = Header.byteCount
    for section in Section.allCases where section < .checksums {
      contents(section) { sizes[section.rawValue] = $0.count }
      offsets[section.rawValue] = end
      end = rounded(end + sizes[section.rawValue])
    }
    let codeStart = offsets[Section.code.rawValue]
    let pieceCount =
      PagedBytes.pieceCount(of: codeStart - Header.byteCount) + PagedBytes.pieceCount(of: end - codeStart)
    for section in [Section.checksums, .digests] {
      offsets[section.rawValue] = end
      sizes[section.rawValue] = section == .digests && options.isPartial ? 0 : pieceCount * section.rowByteCount
      end = rounded(end + sizes[section.rawValue])
    }
    let byteCount = end
    return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      // Bytes without contents are zero.
      memoryFill(bytes.baseAddress!, 0, Header.byteCount)
      var end = Header.byteCount
      for section in Section.allCases {
        let offset = offsets[section.rawValue]
        memoryFill(bytes.baseAddress! + end, 0, offset - end)
        contents(section) { source in
          if let base = source.baseAddress { memoryCopy(bytes.baseAddress! + offset, base, source.count) }
        }
        end = offset + sizes[section.rawValue]
      }
      memoryFill(bytes.baseAddress! + end, 0, byteCount - end)
      let checks = pieceChecks(
        UnsafeRawBufferPointer(bytes), code: codeStart..<offsets[Section.checksums.rawValue],
        isPartial: options.isPartial)
      checks.write(
        checksums: bytes.baseAddress! + offsets[Section.checksums.rawValue],
        digests: bytes.baseAddress! + offsets[Section.digests.rawValue])
      writeHeader(to: bytes, offsets, sizes, options)
      count = byteCount
    }
  }

  /// The next offset at which a section can begin.
  static func rounded(_ offset: Int) -> Int { (offset + Section.alignment - 1) & ~(Section.alignment - 1) }

  private static func writeHeader(
    to bytes: UnsafeMutableRawBufferPointer, _ offsets: [Int], _ sizes: [Int], _ options: Options
  ) {
    func put<T: FixedWidthInteger>(_ value: T, _ offset: Int) {
      bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }
    for (offset, byte) in magic.enumerated() { put(byte, offset) }
    put(formatVersion, Header.formatVersion)
    put(NativeBackend.architecture.rawValue, Header.architecture)
    put(UInt64(bytes.count), Header.totalByteCount)
    put(CompilerIdentity.current, Header.compiler)
    put(options.processor.rawValue, Header.processor)
    put(options.features.rawValue, Header.features)
    put(options.level.rawValue, Header.level)
    put(
      (options.isDeterministic ? deterministicFlag : 0) | (options.isInterruptible ? interruptibleFlag : 0)
        | (options.isPartial ? partialFlag : 0) | (options.checksBounds ? boundsFlag : 0),
      Header.flags)
    put(options.fuelIdentity, Header.fuel)
    for (index, byte) in Release.version.utf8.prefix(Header.releaseByteCount).enumerated() {
      put(byte, Header.release + index)
    }
    let checks = offsets[Section.checksums.rawValue]..<bytes.count
    put(Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[checks])), Header.checksumOfChecks)
    for section in Section.allCases {
      let offset = offsets[section.rawValue]
      let entry = Header.sections + section.rawValue * MemoryLayout<SectionEntry>.stride
      put(UInt64(offset), entry)
      put(UInt64(sizes[section.rawValue]), entry + 8)
    }
    seal(bytes)
  }

  private static func refusalTable(
    _ refusals: [FunctionRefusal]
  ) -> (rows: [RefusalRow], text: [UInt8]) {
    var rows: [RefusalRow] = []
    var text: [UInt8] = []
    for refusal in refusals {
      let reason = Array(refusal.reason.utf8.prefix(ArtifactFormat.maximumReasonByteCount / 2))
      // Messages show no more of it.
      let name = Array((refusal.name ?? "").utf8.prefix(ArtifactFormat.maximumReasonByteCount / 2))
      rows.append(
        RefusalRow(
          function: UInt32(refusal.function), textStart: UInt32(text.count), textByteCount: UInt32(reason.count),
          nameByteCount: UInt32(name.count)))
      text += reason + name
    }
    return (rows, text)
  }
}
