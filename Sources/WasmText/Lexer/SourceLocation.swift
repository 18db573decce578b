/// The line and column of a byte offset.
public struct SourceLocation: Hashable, Sendable {
  /// The line, counted from 1.
  public var line: Int
  /// The column, counted from 1 in Unicode scalars.
  public var column: Int

  /// Creates a location.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

extension SourceLocation {
  /// The location of a byte offset in a text. A line ends with LF, CR or CR LF. O(offset).
  init(offset: Int, in text: UnsafeBufferPointer<UInt8>) {
    var line = 1
    let lineStart = Self.lineStart(offset: offset, in: text) { _ in line += 1 }
    // Continuation bytes of UTF-8 do not count.
    let column = 1 + text[lineStart..<min(offset, text.count)].count { $0 & 0xC0 != 0x80 }
    self.init(line: line, column: column)
  }

  /// The offset at which the line of `offset` begins. Calls `newLine` with the start of each line after the first, up
  /// to that one.
  static func lineStart(
    offset: Int, in text: UnsafeBufferPointer<UInt8>, newLine: (Int) -> Void = { _ in }
  ) -> Int {
    var lineStart = 0
    for position in 0..<min(offset, text.count) {
      let isLineBreak =
        text[position] == 0x0A || (text[position] == 0x0D && (position + 1 >= text.count || text[position + 1] != 0x0A))
      guard isLineBreak else { continue }
      lineStart = position + 1
      newLine(lineStart)
    }
    return lineStart
  }
}

extension SourceLocation: CustomStringConvertible {
  /// The location as `line:column`.
  public var description: String { "\(line):\(column)" }
}
