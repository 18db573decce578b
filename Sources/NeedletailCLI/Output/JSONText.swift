import WebAssembly

/// Writes values as JSON on one line. (RFC 8259.)
indirect enum JSONText {
  case null
  case number(Int)
  case decimal(Double)
  case string(String)
  case array([JSONText])
  case object([(name: String, value: JSONText)])

  var text: String {
    switch self {
    case .null: "null"
    case .number(let value): "\(value)"
    case .decimal(let value): value.isFinite ? "\(value)" : "null"
    case .string(let value): Self.quoted(value)
    case .array(let values): "[\(values.map(\.text).joined(separator: ","))]"
    case .object(let members):
      "{\(members.map { "\(Self.quoted($0.name)):\($0.value.text)" }.joined(separator: ","))}"
    }
  }

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
