/// For the instructions of a module that was made from a text, where in the text they stand.
public struct SourceMap: Sendable {
  struct Entry: Sendable {
    /// The offset of the instruction in the binary.
    var offset: UInt32
    /// The offset of its keyword in the text.
    var position: UInt32
  }

  private let text: [UInt8]
  /// In the order of binary offsets.
  private let entries: [Entry]

  init(text: [UInt8], entries: [Entry]) {
    self.text = text
    self.entries = entries
  }

  /// The number of instructions in the map.
  public var count: Int { entries.count }

  /// The place in the text of the instruction at an offset in the binary, or of the last one that begins before it.
  ///
  /// - Complexity: O(length of the text before the place).
  public func location(at offset: Int) -> SourceLocation? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if Int(entries[middle].offset) <= offset { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let position = Int(entries[low - 1].position)
    return text.withUnsafeBufferPointer { SourceLocation(offset: position, in: $0) }
  }
}
