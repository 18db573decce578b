import WebAssembly

/// Maps the entries of an assembled module's sections, and the instructions in them, to their locations in the text.
public struct SourceMap: Sendable {
  struct Entry: Sendable {
    /// The offset of the entry or instruction in the binary.
    var offset: UInt32
    /// The offset of its keyword in the text.
    var position: UInt32

    init(offset: UInt32, position: Int) {
      self.offset = offset
      self.position = UInt32(truncatingIfNeeded: position)
    }
  }

  private let text: [UInt8]
  /// In order of binary offsets.
  private let entries: [Entry]

  init(text: [UInt8], entries: [Entry]) {
    self.text = text
    self.entries = entries
  }

  /// The number of entries and instructions in the map.
  public var count: Int { entries.count }

  /// The text location of the entry or instruction at a binary offset, or of the last one before it.
  ///
  /// - Complexity: O(length of the text before the location).
  public func location(at offset: Int) -> TextLocation? {
    guard let position = position(at: offset) else { return nil }
    return text.withUnsafeBufferPointer { TextLocation(offset: position, in: $0) }
  }

  /// An error at the entry or instruction at a binary offset, or at the last one before it, with the line of the text.
  ///
  /// - Complexity: O(length of the text before the location).
  package func error(_ message: String, at offset: Int) -> ParseError? {
    guard let position = position(at: offset) else { return nil }
    return text.withUnsafeBufferPointer { ParseError(message, at: position, in: $0) }
  }

  /// A function that does the same as ``location(at:)``, for many queries.
  ///
  /// - Complexity: O(length of the text) once, then O(log(number of lines) + length of the line) per query.
  public func locations() -> @Sendable (Int) -> TextLocation? {
    var starts = [0]
    text.withUnsafeBufferPointer { text in
      _ = TextLocation.lineStart(offset: text.count, in: text) { starts.append($0) }
    }
    return { [self, starts] offset in
      guard let position = position(at: offset) else { return nil }
      let line = partitionPoint(to: starts.count) { starts[$0] > position }
      return TextLocation(line: line, column: TextLocation.column(of: text[starts[line - 1]..<position]))
    }
  }

  /// The text offset of the last entry or instruction that begins at a binary offset or before it.
  private func position(at offset: Int) -> Int? {
    let index = partitionPoint(to: entries.count) { Int(entries[$0].offset) > offset }
    return index > 0 ? Int(entries[index - 1].position) : nil
  }
}
