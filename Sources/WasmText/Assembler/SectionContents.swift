import WasmBinary
import WebAssembly

/// Encoded bytes, with the places in the text that they come from.
struct EncodedText {
  var writer = BinaryWriter()
  /// In order of offsets into the bytes.
  private(set) var places: [SourceMap.Entry] = []

  /// Records that the next byte comes from a text offset.
  mutating func mark(_ position: Int) {
    places.append(SourceMap.Entry(offset: UInt32(truncatingIfNeeded: writer.count), position: position))
  }

  mutating func append(_ other: EncodedText) {
    places += other.places(from: writer.count)
    writer.raw(other.writer.bytes)
  }

  /// The places if the bytes begin at an offset.
  func places(from start: Int) -> some Sequence<SourceMap.Entry> {
    places.lazy.map { place in
      var place = place
      place.offset += UInt32(truncatingIfNeeded: start)
      return place
    }
  }

  mutating func removeAll() {
    writer.bytes.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }
}

/// The encoded entries of a section and their number.
struct SectionEntries {
  private(set) var count = 0
  private(set) var encoded = EncodedText()

  /// Begins an entry.
  ///
  /// - Parameter position: the text offset of its keyword.
  mutating func append<Failure: Error>(
    at position: Int, _ write: (inout BinaryWriter) throws(Failure) -> Void
  ) throws(Failure) {
    count += 1
    encoded.mark(position)
    try write(&encoded.writer)
  }

  /// Writes the next part of the last entry.
  mutating func extend(_ part: EncodedText) { encoded.append(part) }

  /// Writes the next part of the last entry.
  mutating func extend(_ write: (inout BinaryWriter) -> Void) { write(&encoded.writer) }

  /// Writes the next part of the last entry, which has a place of its own.
  mutating func extend(at position: Int, _ write: (inout BinaryWriter) -> Void) {
    encoded.mark(position)
    write(&encoded.writer)
  }
}

/// The encoded fields of a module by section. Types are stored separately.
struct SectionContents {
  var imports = SectionEntries()
  var functions = SectionEntries()
  var tables = SectionEntries()
  var memories = SectionEntries()
  var tags = SectionEntries()
  var globals = SectionEntries()
  var exports = SectionEntries()
  /// The start function, with the text offset of its field.
  var start: (function: UInt32, position: Int)?
  var elements = SectionEntries()
  var code = SectionEntries()
  var datas = SectionEntries()
  /// Whether a function uses a data segment, so that the module needs a data count section.
  var needsDataCount = false
}
