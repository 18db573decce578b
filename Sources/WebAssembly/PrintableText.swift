// Makes text from outside the program (names in modules, of files, of arguments) safe to print in messages.

extension StringProtocol {
  /// The text on one line, with unsafe characters escaped as in the text format (`\n`, `\t`, `\u{202e}`): control characters, line
  /// separators, characters that change the direction of text, and invisible ones. Backslashes are kept, so that file names do not
  /// change, and a text that is printable already does not change. A text of more than 4,096 characters is cut and ends in `…`.
  ///
  /// Every text from outside goes through here before it becomes part of a message, so that it cannot forge a line of one.
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

extension StringProtocol {
  /// The text in quotation marks, as ``printable``; marks and backslashes in it have a backslash in front. So nothing that comes after the
  /// text in a message can be a part of it.
  package var quoted: String {
    var result = "\""
    for character in printable.unicodeScalars {
      if character == "\"" || character == "\\" { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(character)
    }
    return result + "\""
  }
}

private enum PrintableText {
  /// The longest text that is shown, in characters: the longest path.
  static let maximumCount = 4096
}

extension Unicode.Scalar {
  /// Whether a terminal shows the character and does nothing else: it is no control, line separator or direction mark, and it is
  /// assigned. Blanks are printable.
  package var isPrintable: Bool {
    if isASCII { return (0x20..<0x7F).contains(value) }
    return switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
    default: true
    }
  }
}
