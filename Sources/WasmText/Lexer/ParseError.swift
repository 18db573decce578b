import WebAssembly

/// A syntax error in a text, with its location.
public struct ParseError: Error, Hashable, Sendable {
  /// A description. It begins with the message of the standard's test suite.
  public var message: String
  /// The line, counted from 1.
  public var line: Int
  /// The column, counted from 1 in Unicode scalars.
  public var column: Int
  /// The line of the text that contains the error, without its line break. Long lines are shortened.
  public var sourceLine: String
  /// The position of ``column`` within ``sourceLine``, counted from 0.
  public var caret: Int

  /// Creates an error at a location.
  public init(_ message: String, line: Int, column: Int, sourceLine: String = "", caret: Int = 0) {
    self.message = message
    self.line = line
    self.column = column
    self.sourceLine = sourceLine
    self.caret = caret
  }
}

extension ParseError {
  /// The number of scalars of a line that are shown before and after the location.
  private static let shownContext = 100

  /// An error at a byte offset of a text. O(offset).
  @inline(never)
  package init(_ message: String, at offset: Int, in text: UnsafeBufferPointer<UInt8>) {
    let offset = min(offset, text.count)
    let location = TextLocation(offset: offset, in: text)
    let lineStart = TextLocation.lineStart(offset: offset, in: text)
    let lineEnd = text[offset...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? text.count
    let before = Self.scalars(text[max(lineStart, offset - 4 * Self.shownContext)..<offset])
    let after = Self.scalars(text[offset..<min(lineEnd, offset + 4 * Self.shownContext)])
    let shownBefore = before.suffix(Self.shownContext)
    self.init(
      message.printable, line: location.line, column: location.column,
      sourceLine: String(String.UnicodeScalarView(shownBefore + after.prefix(Self.shownContext))),
      caret: shownBefore.count)
  }

  /// The scalars of a range of the text. Characters that would misplace the caret are replaced:
  /// control characters by spaces, others by U+FFFD.
  private static func scalars(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> [Unicode.Scalar] {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar in
      scalar.isPrintable ? scalar : scalar.isASCII ? " " : "\u{FFFD}"
    }
  }
}

extension ParseError {
  /// The message as the standard's test suite writes it, without quotation marks around tokens.
  package var unquotedMessage: String { message.filter { $0 != "'" } }
}

extension ParseError: CustomStringConvertible {
  /// `line:column: message`, on one line.
  public var description: String { "\(line):\(column): \(message)" }

  /// The message, the line of the text, and a caret under the column:
  ///
  ///     3:12: unknown operator i32.ad
  ///       (i32.const 1) (i32.ad)
  ///                      ^
  public var rendered: String {
    "\(description)\n  \(sourceLine)\n  \(String(repeating: " ", count: caret))^"
  }
}
