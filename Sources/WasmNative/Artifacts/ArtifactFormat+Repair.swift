import WasmCompiler
import WebAssembly

extension ArtifactFormat {
  /// Makes the size and every checksum of an artifact right, whatever else is in it.
  ///
  /// For tests, which alter artifacts: without this, the reader refuses what they made at its first check. A section whose offsets do not
  /// lie in the artifact keeps its checksum, and bytes that are too few for a header stay as they are.
  ///
  /// - Complexity: O(size of the artifact).
  package static func repairChecksums(_ artifact: inout [UInt8]) {
    guard artifact.count >= Header.byteCount else { return }
    let ranges = sectionRanges(artifact)
    artifact.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: UInt64(bytes.count).littleEndian, toByteOffset: Header.totalByteCount, as: UInt64.self)
      for (section, range) in ranges {
        let checksum = Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[range]))
        let place = Header.sections + section.rawValue * MemoryLayout<SectionEntry>.stride
        bytes.storeBytes(of: checksum.littleEndian, toByteOffset: place + 16, as: UInt64.self)
      }
      seal(UnsafeMutableRawBufferPointer(rebasing: bytes[..<Header.byteCount]))
    }
  }

  /// Where the header's table of sections stands in an artifact. It consists of words of eight bytes.
  package static let sectionTable =
    Header.sections..<Header.sections + Section.allCases.count * MemoryLayout<SectionEntry>.stride

  /// The bytes of a header and of the tables in an artifact that is as ``write(_:module:options:)`` made it: up to the module.
  package static func headerAndTables(_ artifact: [UInt8]) -> Range<Int> {
    0..<(sectionRanges(artifact).first { $0.section == .module }?.range.lowerBound ?? 0)
  }

  /// Each section up to the next one, where its offsets lie in the artifact.
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
