import WebAssembly

/// Sections with debugging information: custom ones whose names begin with `.debug_`, such as those of DWARF.
///
/// Running a module does not need those at its end, which are often the larger part of it.
package enum DebugSections {
  private static let prefix = ".debug_"

  package static func isName(_ name: String) -> Bool { name.hasPrefix(prefix) }

  /// The parts of a module without the debugging information after its last standard section: ranges of its bytes that, concatenated, are
  /// a module.
  ///
  /// - Parameters:
  ///   - byteCount: the module's size.
  ///   - read: returns the bytes of a range, or fewer if they cannot be read.
  /// - Returns: nil if there is nothing to leave out, or if the module's sections are malformed, which decoding will report.
  package static func rest(ofModuleOf byteCount: Int, read: (Range<Int>) -> [UInt8]) -> [Range<Int>]? {
    guard byteCount <= DecodingLimits().moduleSize, read(0..<8) == SectionID.moduleHeader else { return nil }
    var customSections: [(range: Range<Int>, isDebugging: Bool)] = []
    var kept = [0..<8]
    var end = 8
    var count = 0
    while end < byteCount {
      let start = end
      guard count < maximumSectionCount,
        let section = section(read(start..<min(start + headerByteCount, byteCount)))
      else { return nil }
      count += 1
      end += section.byteCount
      guard end <= byteCount else { return nil }
      if section.isCustom {
        customSections.append((start..<end, section.isDebugging))
      } else {
        customSections = []
        kept = [0..<end]
      }
    }
    for section in customSections where !section.isDebugging {
      if kept.last?.upperBound == section.range.lowerBound {
        kept[kept.count - 1] = kept[kept.count - 1].lowerBound..<section.range.upperBound
      } else {
        kept.append(section.range)
      }
    }
    return customSections.contains { $0.isDebugging } ? kept : nil
  }

  /// The limit on sections; a module with more is read as a whole.
  private static let maximumSectionCount = 1000

  /// The bytes read of each section: identifier, size, and a custom section's name if it is as short as those of DWARF.
  private static let headerByteCount = 48

  private struct Section {
    /// The size including identifier and size field.
    var byteCount: Int
    var isCustom: Bool
    var isDebugging: Bool
  }

  private static func section(_ bytes: [UInt8]) -> Section? {
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return nil }
      var reader = InstructionReader(base: base, range: 0..<buffer.count)
      guard let identifier = try? reader.readByte(), let size = try? reader.readU32() else { return nil }
      let start = reader.position
      let isCustom = identifier == SectionID.custom.rawValue
      var section = Section(byteCount: start + Int(size), isCustom: isCustom, isDebugging: false)
      guard isCustom, let count = try? reader.readU32(), Int(count) <= reader.remaining,
        reader.position - start + Int(count) <= Int(size)
      else { return section }
      let name = reader.bytes(reader.position..<reader.position + Int(count))
      section.isDebugging = name.starts(with: prefix.utf8) && name.allSatisfy { $0 < 0x80 }
      return section
    }
  }
}
