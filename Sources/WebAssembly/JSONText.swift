/// A value of JSON. (RFC 8259.)
///
/// Foundation has a parser, but the core does without it: a static executable would be several times as large.
package enum JSONText: Sendable {
  case null
  case number(Int)
  case decimal(Double)
  case string(String)
  case array([JSONText])
  case bool(Bool)
  /// Members in their order; no name occurs twice.
  case object([(name: String, value: JSONText)])

  /// The value on one line.
  package var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(let value): "\(value)"
    case .decimal(let value): value.isFinite ? "\(value)" : "null"
    case .string(let value): Self.quoted(value)
    case .array(let values): "[\(values.map(\.text).joined(separator: ","))]"
    case .object(let members):
      "{\(members.map { "\(Self.quoted($0.name)):\($0.value.text)" }.joined(separator: ","))}"
    }
  }

  /// The value for people: objects on several lines, and arrays too if they are long.
  ///
  /// - Parameter indent: the number of spaces before the lines after the first.
  package func formatted(indent: Int = 0) -> String {
    let inner = String(repeating: " ", count: indent + 2)
    let outer = String(repeating: " ", count: indent)
    switch self {
    case .object(let members) where !members.isEmpty:
      let lines = members.map { "\(inner)\(Self.quoted($0.name)): \($0.value.formatted(indent: indent + 2))" }
      return "{\n\(lines.joined(separator: ",\n"))\n\(outer)}"
    case .array(let values) where text.utf8.count > Self.longestLine - indent:
      let lines = values.map { inner + $0.formatted(indent: indent + 2) }
      return "[\n\(lines.joined(separator: ",\n"))\n\(outer)]"
    case .array(let values): return "[\(values.map { $0.formatted(indent: indent) }.joined(separator: ", "))]"
    default: return text
    }
  }

  private static let longestLine = 72

  private static func quoted(_ string: String) -> String {
    var text = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case _ where !scalar.isPrintable:
        // Escapes in JSON are UTF-16 code units.
        for part in UTF16.encode(scalar).map(Array.init) ?? [] {
          let digits = String(part, radix: 16)
          text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
