import WebAssembly

extension ModuleBytes {
  /// Loads what decoding a module with known bodies reads, and its data: all sections except code, and of custom sections their names.
  ///
  /// - Parameter load: loads a range.
  /// - Throws: if bytes cannot be read, or are not those that were written. Malformed sections are left to the decoder.
  package func loadStructure<E: Error>(_ load: (Range<Int>) throws(E) -> Void) throws(E) {
    var position = SectionID.moduleHeader.count
    try load(0..<Swift.min(position, count))
    while position < count {
      try load(position..<Swift.min(position + Self.headerByteCount, count))
      guard let section = section(at: position) else { return }
      let contents = section.contents.clamped(to: 0..<count)
      switch section.identifier {
      case SectionID.code.rawValue: break
      case SectionID.custom.rawValue:
        let size = contents.prefix(Self.headerByteCount)
        try load(size)
        try load(contents.lowerBound..<Swift.min(endOfName(in: size), contents.upperBound))
      default: try load(contents)
      }
      position = section.contents.upperBound
    }
  }

  /// The largest size of a section's identifier and size; a name's size takes less.
  private static let headerByteCount = 6

  private func section(at position: Int) -> (identifier: UInt8, contents: Range<Int>)? {
    reading(position..<Swift.min(position + Self.headerByteCount, count)) { reader throws(DecodingError) in
      let identifier = try reader.readByte()
      let size = Int(try reader.readU32())
      return (identifier, reader.position..<reader.position + size)
    }
  }

  /// The end of the name whose size is in a range; the range's start if the size is malformed.
  private func endOfName(in range: Range<Int>) -> Int {
    reading(range) { reader throws(DecodingError) in
      let size = Int(try reader.readU32())
      return reader.position + size
    } ?? range.lowerBound
  }

  private func reading<R>(
    _ range: Range<Int>, _ body: (inout InstructionReader) throws(DecodingError) -> R
  ) -> R? {
    withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return nil }
      var reader = InstructionReader(base: base, range: range)
      return try? body(&reader)
    }
  }
}
