import WebAssembly

/// A text for the user. Interpolated values become one printable line (`StringProtocol.printable`): names in modules, of files and in arguments
/// may contain line breaks and control characters, and could forge messages otherwise.
///
///     CommandError("the module exports no function '\(name)'")
///
/// Values of several lines are interpolated as `\(lines: error)`.
struct Message: ExpressibleByStringInterpolation {
  let text: String

  init(stringLiteral text: String) { self.text = text }

  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }

    mutating func appendInterpolation(_ value: some Any) { text += Self.describe(value).printable }

    mutating func appendInterpolation(_ message: Message) { text += message.text }

    /// Errors of the library name the properties that set limits: see ``LimitOptions``.
    private static func describe(_ value: some Any) -> String {
      guard value is any Error else { return "\(value)" }
      return LimitOptions.naming("\(value)")
    }

    /// An error of the library whose description has several lines. All lines but the first are indented, so that none looks like a new message.
    mutating func appendInterpolation(lines value: some Any) {
      for (index, line) in Self.describe(value).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        if index > 0 { text += line.hasPrefix("  ") ? "\n" : "\n  " }
        text += line.printable
      }
    }
  }
}
