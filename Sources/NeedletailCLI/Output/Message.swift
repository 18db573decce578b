import WebAssembly

/// A text for the user. What is interpolated becomes one printable line (`StringProtocol.printable`), whatever it is: names in modules, of files
/// and in arguments may hold line breaks and what terminals obey, and could forge messages otherwise.
///
///     CommandError("the module exports no function '\(name)'")
///
/// Messages of several lines say so: `\(lines: error)`.
struct Message: ExpressibleByStringInterpolation {
  let text: String

  init(stringLiteral text: String) { self.text = text }

  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ value: some Any) { text += "\(value)".printable }

    mutating func appendInterpolation(_ message: Message) { text += message.text }

    /// Something of the library's whose description has several lines. All but the first are indented, so none can be mistaken for the
    /// beginning of a message.
    mutating func appendInterpolation(lines value: some Any) {
      for (index, line) in "\(value)".split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        if index > 0 { text += line.hasPrefix("  ") ? "\n" : "\n  " }
        text += line.printable
      }
    }
  }
}
