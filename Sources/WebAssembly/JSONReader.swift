/// Reads JSON. (RFC 8259.)
package struct JSONReader {
  /// A fault of the text.
  package struct Fault: Error, Hashable, Sendable {
    /// Counted from 1.
    package var line: Int
    /// In bytes, from 1.
    package var column: Int
    package var message: String
  }

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  /// Deeper nesting is refused: the reader is recursive.
  private static let maximumDepth = 32

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Reads a text that is one value.
  ///
  /// - Throws: if it is not, if an object has two members of one name, or if values are nested more than 32 deep.
  /// - Complexity: O(length).
  package static func read(_ bytes: [UInt8]) throws(Fault) -> JSONText {
    var reader = JSONReader(bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw reader.fault("expected a value, found a byte order mark") }
    reader.skipBlanks()
    let value = try reader.readValue()
    reader.skipBlanks()
    guard reader.position == bytes.count else { throw reader.fault("expected the end, found \(reader.found)") }
    return value
  }

  // MARK: Places

  /// A step from a value to a part of it.
  package enum Step: Hashable, Sendable {
    /// The value of a member.
    case member(String)
    /// The name of a member.
    case name(String)
    case element(Int)
  }

  /// The place of a part of a text that was read without a fault; of the last part on the way to it if there is no such part.
  ///
  /// - Complexity: O(length).
  package static func place(of path: [Step], in bytes: [UInt8]) -> (line: Int, column: Int) {
    var reader = JSONReader(bytes)
    reader.skipBlanks()
    for step in path {
      var inner = reader
      guard (try? inner.enter(step)) == true else { break }
      reader = inner
    }
    return reader.place
  }

  /// Moves from the beginning of a value to that of a part of it; false if there is no such part.
  private mutating func enter(_ step: Step) throws(Fault) -> Bool {
    position += 1
    skipBlanks()
    var index = 0
    while let byte = peek, byte != UInt8(ascii: "}"), byte != UInt8(ascii: "]") {
      let start = position
      switch step {
      case .element(let wanted): if index == wanted { return true }
      case .member(let wanted), .name(let wanted):
        let isWanted = ExactName(try readString()) == ExactName(wanted)
        if isWanted, case .name = step {
          position = start
          return true
        }
        skipBlanks()
        _ = skip(UInt8(ascii: ":"))
        skipBlanks()
        if isWanted { return true }
      }
      _ = try readValue()
      skipBlanks()
      _ = skip(UInt8(ascii: ","))
      skipBlanks()
      index += 1
    }
    return false
  }

  // MARK: Values

  private mutating func readValue() throws(Fault) -> JSONText {
    guard let byte = peek else { throw fault("expected a value, found the end") }
    switch byte {
    case UInt8(ascii: "{"): return try nested { reader throws(Fault) in try reader.readObject() }
    case UInt8(ascii: "["): return try nested { reader throws(Fault) in try reader.readArray() }
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try readNumber()
    default:
      for (word, value) in [("true", JSONText.bool(true)), ("false", .bool(false)), ("null", .null)]
      where bytes[position...].starts(with: word.utf8) {
        position += word.utf8.count
        return value
      }
      throw fault("expected a value, found \(found)")
    }
  }

  private mutating func nested(
    _ read: (inout JSONReader) throws(Fault) -> JSONText
  ) throws(Fault) -> JSONText {
    guard depth < Self.maximumDepth else { throw fault("expected at most \(Self.maximumDepth) values in each other") }
    depth += 1
    defer { depth -= 1 }
    return try read(&self)
  }

  private mutating func readObject() throws(Fault) -> JSONText {
    var members: [(name: String, value: JSONText)] = []
    var names: Set<ExactName> = []
    try readList(UInt8(ascii: "}")) { reader throws(Fault) in
      let start = reader
      guard reader.peek == UInt8(ascii: "\"") else { throw reader.fault("expected a name, found \(reader.found)") }
      let name = try reader.readString()
      guard names.insert(ExactName(name)).inserted else {
        throw start.fault("expected each name once, found another \"\(name.printable)\"")
      }
      reader.skipBlanks()
      guard reader.skip(UInt8(ascii: ":")) else { throw reader.fault("expected ':', found \(reader.found)") }
      reader.skipBlanks()
      members.append((name, try reader.readValue()))
    }
    return .object(members)
  }

  private mutating func readArray() throws(Fault) -> JSONText {
    var values: [JSONText] = []
    try readList(UInt8(ascii: "]")) { reader throws(Fault) in values.append(try reader.readValue()) }
    return .array(values)
  }

  /// Reads from an opening bracket to the closing one, with commas between the items.
  private mutating func readList(
    _ closing: UInt8, _ readItem: (inout JSONReader) throws(Fault) -> Void
  ) throws(Fault) {
    position += 1
    skipBlanks()
    if skip(closing) { return }
    while true {
      try readItem(&self)
      skipBlanks()
      if skip(closing) { return }
      guard skip(UInt8(ascii: ",")) else {
        throw fault("expected ',' or '\(Unicode.Scalar(closing))', found \(found)")
      }
      skipBlanks()
    }
  }

  private mutating func readNumber() throws(Fault) -> JSONText {
    let start = self
    _ = skip(UInt8(ascii: "-"))
    if !skip(UInt8(ascii: "0")) { try readDigits() }
    var isWhole = true
    if skip(UInt8(ascii: ".")) {
      isWhole = false
      try readDigits()
    }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      isWhole = false
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      try readDigits()
    }
    let text = String(decoding: bytes[start.position..<position], as: UTF8.self)
    if isWhole {
      guard let value = Int(text) else { throw start.fault("expected a number below 2^63, found \(text.printable)") }
      return .number(value)
    }
    guard let value = Double(text), value.isFinite else {
      throw start.fault("expected a number of 64 bits, found \(text.printable)")
    }
    return .decimal(value)
  }

  private mutating func readDigits() throws(Fault) {
    let start = position
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw fault("expected a digit, found \(found)") }
  }

  // MARK: Strings

  private mutating func readString() throws(Fault) -> String {
    let start = self
    position += 1
    var text: [UInt8] = []
    while true {
      guard let byte = peek, byte >= 0x20 else { throw fault("expected the end of a string, found \(found)") }
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw start.fault("expected UTF-8 in the string")
        }
        return string
      case UInt8(ascii: "\\"): text += String(try readEscape()).utf8
      default: text.append(byte)
      }
    }
  }

  private static let escapes: [UInt8: Unicode.Scalar] = [
    UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
    UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
  ]

  /// Reads what follows a backslash.
  private mutating func readEscape() throws(Fault) -> Unicode.Scalar {
    if let byte = peek, let scalar = Self.escapes[byte] {
      position += 1
      return scalar
    }
    let start = self
    let first = try readCodeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    // The high half of a pair, which the low half must follow.
    if UTF16.isLeadSurrogate(first), skip(UInt8(ascii: "\\")) {
      let second = try readCodeUnit()
      if UTF16.isTrailSurrogate(second) { return UTF16.decode(UTF16.EncodedScalar([first, second])) }
    }
    throw start.fault("expected both halves of a character")
  }

  /// Reads `u` and four hexadecimal digits.
  private mutating func readCodeUnit() throws(Fault) -> UInt16 {
    guard skip(UInt8(ascii: "u")) else { throw fault("expected an escape, found \(found)") }
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else {
      throw fault("expected four hexadecimal digits, found \(found)")
    }
    position += 4
    return unit
  }

  // MARK: Bytes

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipBlanks() {
    while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  /// The next character in messages.
  private var found: String {
    guard let byte = peek else { return "the end" }
    return byte < 0x80 ? "'\(String(Unicode.Scalar(byte)).printable)'" : "another character"
  }

  private var place: (line: Int, column: Int) {
    let before = bytes[..<position]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (line, position - start + 1)
  }

  private func fault(_ message: String) -> Fault {
    let (line, column) = place
    return Fault(line: line, column: column, message: message)
  }
}
