import WebAssembly

extension TextLocation {
  /// The location of a byte offset in a text. A line ends with LF, CR or CR LF. O(offset).
  init(offset: Int, in text: UnsafeBufferPointer<UInt8>) {
    var line = 1
    let lineStart = Self.lineStart(offset: offset, in: text) { _ in line += 1 }
    self.init(line: line, column: Self.column(of: text[lineStart..<min(offset, text.count)]))
  }

  /// The column after a part of a line, from the line's start on. Continuation bytes of UTF-8 do not count. O(length of the part).
  static func column(of part: some Sequence<UInt8>) -> Int { 1 + part.count { $0 & 0xC0 != 0x80 } }

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

extension TextLocation: CustomStringConvertible {
  /// The location as `line:column`.
  public var description: String { "\(line):\(column)" }
}
