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
    guard let position = position(at: offset) else { return nil }
    return text.withUnsafeBufferPointer { SourceLocation(offset: position, in: $0) }
  }

  /// What gives the lines of ``location(at:)``, for asking of many offsets.
  ///
  /// - Complexity: O(length of the text) once, then O(log(length of the text)) each.
  public func lines() -> @Sendable (Int) -> Int? {
    var starts = [0]
    text.withUnsafeBufferPointer { text in
      _ = SourceLocation.lineStart(offset: text.count, in: text) { starts.append($0) }
    }
    return { [self, starts] offset in
      position(at: offset).map { position in starts.partitioningIndex { $0 > position } }
    }
  }

  /// Where in the text the last instruction begins that begins at an offset in the binary, or before it.
  private func position(at offset: Int) -> Int? {
    let index = entries.partitioningIndex { Int($0.offset) > offset }
    return index > 0 ? Int(entries[index - 1].position) : nil
  }
}

extension Array {
  /// The index of the first element that fulfils a condition, which all behind it do, too. O(log(*n*)).
  fileprivate func partitioningIndex(_ condition: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if condition(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
