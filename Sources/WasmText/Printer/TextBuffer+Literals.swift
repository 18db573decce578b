import WebAssembly

// Strings, identifiers and floats in the text format. (Core specification 3.0, 6.3 "Values".)
extension TextBuffer {
  // MARK: Strings

  /// Any bytes as a string literal. Everything but printable ASCII is escaped.
  package mutating func stringLiteral(_ bytes: UnsafeBufferPointer<UInt8>) {
    byte(UInt8(ascii: "\""))
    for value in bytes { escaped(value) }
    byte(UInt8(ascii: "\""))
  }

  /// A name as a string literal. Letters of all scripts are kept. Characters that are invisible or affect the display
  /// of the line are escaped.
  package mutating func nameLiteral(_ name: String) {
    byte(UInt8(ascii: "\""))
    for scalar in name.unicodeScalars {
      if scalar.isASCII {
        escaped(UInt8(truncatingIfNeeded: scalar.value))
      } else if scalar.isPrintable && scalar.properties.generalCategory != .spaceSeparator {
        for value in UTF8.encode(scalar).unsafelyUnwrapped { byte(value) }
      } else {
        write("\\u{")
        hex(UInt64(scalar.value))
        byte(UInt8(ascii: "}"))
      }
    }
    byte(UInt8(ascii: "\""))
  }

  @inline(__always)
  private mutating func escaped(_ value: UInt8) {
    switch value {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      byte(UInt8(ascii: "\\"))
      byte(value)
    case 0x20..<0x7F: byte(value)
    default:
      byte(UInt8(ascii: "\\"))
      hexByte(value)
    }
  }

  // MARK: Identifiers

  /// A name, which must not be empty, as an identifier. It is quoted if it contains characters that are otherwise not
  /// allowed.
  mutating func identifier(_ name: String) {
    byte(UInt8(ascii: "$"))
    if name.utf8.allSatisfy(Self.isIdentifierCharacter) { string(name) } else { nameLiteral(name) }
  }

  /// (Core specification 3.0, 6.3.5 "Identifiers".)
  static func isIdentifierCharacter(_ character: UInt8) -> Bool {
    switch character {
    case UInt8(ascii: "\""), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: ";"),
      UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"):
      false
    default: (0x21..<0x7F).contains(character)
    }
  }

  // MARK: Floats

  /// The exact float with these bits: the shortest decimal number that is parsed as the same value, or `nan:0x…`.
  mutating func float32(_ bits: UInt32) {
    let payload = bits & 0x7F_FFFF
    if bits & 0x7F80_0000 == 0x7F80_0000 {
      return special(isNegative: bits >> 31 != 0, payload: UInt64(payload), canonical: 0x40_0000)
    }
    string(Float(bitPattern: bits).description)
  }

  /// As ``float32(_:)``, for 64 bits.
  mutating func float64(_ bits: UInt64) {
    let payload = bits & 0xF_FFFF_FFFF_FFFF
    if bits & 0x7FF0_0000_0000_0000 == 0x7FF0_0000_0000_0000 {
      return special(isNegative: bits >> 63 != 0, payload: payload, canonical: 0x8_0000_0000_0000)
    }
    string(Double(bitPattern: bits).description)
  }

  /// An infinity or a NaN.
  private mutating func special(isNegative: Bool, payload: UInt64, canonical: UInt64) {
    if isNegative { byte(UInt8(ascii: "-")) }
    if payload == 0 { return write("inf") }
    write("nan")
    guard payload != canonical else { return }
    write(":0x")
    hex(payload)
  }

  /// A vector as four 32-bit lanes.
  mutating func vector128(_ bits: SIMD2<UInt64>) {
    write("i32x4")
    for half in [bits.x, bits.y] {
      write(" 0x")
      hex(half & 0xFFFF_FFFF, digits: 8)
      write(" 0x")
      hex(half >> 32, digits: 8)
    }
  }
}
