import WasmCompiler
import WebAssembly

extension ArtifactFormat {
  /// Sets the size and all checksums of an artifact to match its other bytes.
  ///
  /// For tests that alter artifacts: otherwise the reader would reject them at its first check. If sections' offsets are outside the
  /// artifact, pieces keep their checksums, and bytes that are too few for a header are not changed.
  ///
  /// - Complexity: O(size of the artifact).
  package static func repairChecksums(_ artifact: inout [UInt8]) {
    guard artifact.count >= Header.byteCount else { return }
    let ranges = sectionRanges(artifact)
    func range(_ section: Section) -> Range<Int>? { ranges.first { $0.section == section }?.range }
    let code = range(.code)
    let checksums = range(.checksums)
    let digests = range(.digests)
    let isPartial = artifact[Header.flags] & partialFlag != 0
    artifact.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: UInt64(bytes.count).littleEndian, toByteOffset: Header.totalByteCount, as: UInt64.self)
      if let code, let checksums, let digests, code.lowerBound >= Header.byteCount {
        let checks = pieceChecks(UnsafeRawBufferPointer(bytes), code: code, isPartial: isPartial)
        if checks.checksums.count * Section.checksums.rowByteCount <= checksums.count,
          checks.digests.count * Section.digests.rowByteCount <= digests.count
        {
          checks.write(
            checksums: bytes.baseAddress! + checksums.lowerBound, digests: bytes.baseAddress! + digests.lowerBound)
        }
        let checksum = Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[checksums.lowerBound..<digests.upperBound]))
        bytes.storeBytes(of: checksum.littleEndian, toByteOffset: Header.checksumOfChecks, as: UInt64.self)
      }
      seal(UnsafeMutableRawBufferPointer(rebasing: bytes[..<Header.byteCount]))
    }
  }

  /// The range of the section table in an artifact's header. It consists of 8-byte words.
  package static let sectionTable =
    Header.sections..<Header.sections + Section.allCases.count * MemoryLayout<SectionEntry>.stride

  /// The range of the header and the tables, up to the module, in an artifact by ``write(_:module:options:)``.
  package static func headerAndTables(_ artifact: [UInt8]) -> Range<Int> {
    0..<(sectionRanges(artifact).first { $0.section == .module }?.range.lowerBound ?? 0)
  }

  /// The range of each section, up to the next one, if its offsets are in the artifact.
  private static func sectionRanges(_ artifact: [UInt8]) -> [(section: Section, range: Range<Int>)] {
    guard artifact.count >= Header.byteCount else { return [] }
    func offset(_ section: Int) -> UInt64 {
      guard section < Section.allCases.count else { return UInt64(artifact.count) }
      let place = Header.sections + section * MemoryLayout<SectionEntry>.stride
      return artifact.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt64.self)) }
    }
    return Section.allCases.compactMap { section in
      let (start, end) = (offset(section.rawValue), offset(section.rawValue + 1))
      guard start <= end, end <= artifact.count else { return nil }
      return (section, Int(start)..<Int(end))
    }
  }
}
