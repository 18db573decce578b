import WebAssembly

/// The custom sections after a module's last standard section, such as names and debugging information. Running a module does not read
/// most of them, though they are often the larger part of it.
package struct TrailingSections: Equatable {
  /// The offset of the first one.
  package let start: Int
  /// The bytes of each section up to the end of its name, which decoding reads.
  package let headers: [Range<Int>]

  /// - Parameters:
  ///   - byteCount: the module's size.
  ///   - read: returns the bytes of a range, or fewer if they cannot be read.
  /// - Returns: nil if there are none, or if the module's sections are malformed, which decoding will report.
  package init?(ofModuleOf byteCount: Int, read: (Range<Int>) -> [UInt8]) {
    guard byteCount <= ModuleLimits().moduleSize, read(0..<8) == SectionID.moduleHeader else { return nil }
    var start = 8
    var headers: [Range<Int>] = []
    var end = 8
    for _ in 0..<Self.maximumSectionCount where end < byteCount {
      let place = end
      guard let section = Section(read(place..<min(place + Self.headerByteCount, byteCount))) else { return nil }
      end += section.byteCount
      guard end <= byteCount else { return nil }
      if let headerByteCount = section.customHeaderByteCount {
        headers.append(place..<place + headerByteCount)
      } else {
        start = end
        headers = []
      }
    }
    guard end == byteCount, !headers.isEmpty else { return nil }
    self.start = start
    self.headers = headers
  }

  /// The limit on sections; a module with more is read as a whole.
  private static let maximumSectionCount = 1000

  /// The bytes read of each section: identifier, size, and a custom section's name if it is as short as those in use.
  private static let headerByteCount = 64

  private struct Section {
    /// The size including identifier and size field.
    var byteCount: Int
    /// The size of identifier, size field and name, if it is a custom section with a short name.
    var customHeaderByteCount: Int?

    init?(_ bytes: [UInt8]) {
      let parts = bytes.withUnsafeBufferPointer { buffer -> (Int, Int?)? in
        guard let base = buffer.baseAddress else { return nil }
        var reader = InstructionReader(base: base, range: 0..<buffer.count)
        guard let identifier = try? reader.readByte(), let size = try? reader.readU32() else { return nil }
        let start = reader.position
        let byteCount = start + Int(size)
        guard identifier == SectionID.custom.rawValue, let count = try? reader.readU32(),
          Int(count) <= reader.remaining, reader.position + Int(count) <= byteCount
        else { return (byteCount, nil) }
        return (byteCount, reader.position + Int(count))
      }
      guard let parts else { return nil }
      (byteCount, customHeaderByteCount) = parts
    }
  }
}
