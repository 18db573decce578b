import WebAssembly

/// A pattern for names of imports and exports. `*` matches any text, the empty one included. `\` removes the meaning of the character
/// after it. Names are compared by their bytes, as the standard requires.
///
/// ```swift
/// let files: NamePattern = "fd_*"
/// files.matches("fd_read")  // true
/// ```
public struct NamePattern: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The pattern as it is written.
  public let text: String
  private let parts: [Part]

  private enum Part: Hashable {
    case byte(UInt8)
    case anything
  }

  /// Creates a pattern. Every text is valid. A backslash at the end matches a backslash.
  public init(_ text: String) {
    self.text = text
    var parts: [Part] = []
    var isEscaped = false
    for byte in text.utf8 {
      if isEscaped {
        parts.append(.byte(byte))
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "*") {
        if parts.last != .anything { parts.append(.anything) }
      } else {
        parts.append(.byte(byte))
      }
    }
    if isEscaped { parts.append(.byte(UInt8(ascii: "\\"))) }
    self.parts = parts
  }

  /// Creates a pattern from a literal.
  public init(stringLiteral text: String) { self.init(text) }

  /// The pattern that matches only `name`.
  public static func exactly(_ name: String) -> NamePattern {
    var text = ""
    for scalar in name.unicodeScalars {
      if scalar == "*" || scalar == "\\" { text.unicodeScalars.append("\\") }
      text.unicodeScalars.append(scalar)
    }
    return NamePattern(text)
  }

  /// The pattern that matches all names.
  public static let any: NamePattern = "*"

  /// The only name that the pattern matches; nil if it has a `*`.
  var exactName: String? {
    var bytes: [UInt8] = []
    for part in parts {
      guard case .byte(let byte) = part else { return nil }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The pattern as it is written.
  public var description: String { text }

  /// Whether the pattern matches the whole of a name.
  ///
  /// - Complexity: O(length of the pattern × length of the name).
  public func matches(_ name: String) -> Bool {
    var name = name
    return name.withUTF8 { name in
      var (part, position) = (0, 0)
      // Where matching goes on if it fails: after the last `*`, with one byte more for it.
      var retry: (part: Int, position: Int)?
      while position < name.count {
        if part < parts.count, parts[part] == .anything {
          part += 1
          retry = (part, position)
        } else if part < parts.count, parts[part] == .byte(name[position]) {
          part += 1
          position += 1
        } else if let last = retry {
          (part, position) = (last.part, last.position + 1)
          retry = (part, position)
        } else {
          return false
        }
      }
      return parts[part...].allSatisfy { $0 == .anything }
    }
  }
}
