// Texts of strangers (names in modules, of files, of arguments) within messages.

extension StringProtocol {
  /// The text on one line, with nothing in it that a terminal obeys, that separates lines, that turns the direction of text, or that cannot be
  /// seen: such characters are written as in the text format (`\n`, `\t`, `\u{202e}`). Backslashes stay as they are, so that file names do, and
  /// what is printable already does not change. A text of more than 4,096 characters is cut, with `…` at its end.
  ///
  /// Every text that is not the program's own goes through here before it becomes part of a message: it cannot forge a line of one.
  ///
  /// - Complexity: O(length).
  package var printable: String {
    if utf8.count <= PrintableText.maximumCount, utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return String(self) }
    var result = String.UnicodeScalarView()
    var count = 0
    for scalar in unicodeScalars {
      if count == PrintableText.maximumCount {
        result.append("…")
        break
      }
      count += 1
      switch scalar {
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r": result.append(contentsOf: "\\r".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      case _ where scalar.isPrintable: result.append(scalar)
      default: result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      }
    }
    return String(result)
  }
}

private enum PrintableText {
  /// The characters of a text that are shown: as many as a path may have.
  static let maximumCount = 4096
}

extension Unicode.Scalar {
  /// Whether a terminal shows the character and does nothing else: it controls nothing, separates no lines, has no influence on the direction
  /// of text, and has a meaning. Blanks are printable.
  package var isPrintable: Bool {
    if isASCII { return (0x20..<0x7F).contains(value) }
    return switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
    default: true
    }
  }
}
