/// A text that is not well-formed, with the place where that shows.
public struct ParseError: Error, Hashable, Sendable {
  /// What is wrong, beginning with the words of the standard's test suite.
  public var message: String
  /// Counted from 1.
  public var line: Int
  /// Counted from 1, in Unicode scalars.
  public var column: Int
  /// The line of the text where it is, without its line break, shortened if it is very long.
  public var sourceLine: String
  /// The position of ``column`` within ``sourceLine``, counted from 0.
  public var caret: Int

  public init(_ message: String, line: Int, column: Int, sourceLine: String = "", caret: Int = 0) {
    self.message = message
    self.line = line
    self.column = column
    self.sourceLine = sourceLine
    self.caret = caret
  }
}

extension ParseError {
  /// How many scalars of a line are shown before and behind the place.
  private static let shownContext = 100

  /// An error at a byte offset of a text. O(offset).
  @inline(never)
  init(_ message: String, at offset: Int, in text: UnsafeBufferPointer<UInt8>) {
    let offset = min(offset, text.count)
    let location = SourceLocation(offset: offset, in: text)
    let lineStart = SourceLocation.lineStart(offset: offset, in: text)
    let lineEnd = text[offset...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? text.count
    let before = Self.scalars(text[max(lineStart, offset - 4 * Self.shownContext)..<offset])
    let after = Self.scalars(text[offset..<min(lineEnd, offset + 4 * Self.shownContext)])
    let shownBefore = before.suffix(Self.shownContext)
    self.init(
      message, line: location.line, column: location.column,
      sourceLine: String(String.UnicodeScalarView(shownBefore + after.prefix(Self.shownContext))),
      caret: shownBefore.count)
  }

  /// The scalars of a piece of text; control characters, which would spoil the line under which the caret goes, as blanks.
  private static func scalars(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> [Unicode.Scalar] {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }
  }
}

extension ParseError: CustomStringConvertible {
  /// `line:column: message`, on one line.
  public var description: String { "\(line):\(column): \(message)" }

  /// The message, the line of the text, and a caret below the place:
  ///
  ///     3:12: unknown operator i32.ad
  ///       (i32.const 1) (i32.ad)
  ///                      ^
  public var rendered: String {
    "\(description)\n  \(sourceLine)\n  \(String(repeating: " ", count: caret))^"
  }
}
