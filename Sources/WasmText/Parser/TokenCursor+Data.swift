/// The contents of data segments. (Core specification 3.0, 6.6.7 "Data Segments"; numeric values proposal, "Text Format Spec Changes".)
extension TokenCursor {
  /// Whether a list of numbers begins here, such as `(i16 1 2)`.
  var isAtNumbers: Bool {
    guard current.kind == .leftParenthesis else { return false }
    return switch following.keyword {
    case .i8, .i16, .i32, .i64, .f32, .f64, .v128: true
    default: false
    }
  }

  /// Appends strings and lists of numbers. Numbers are little-endian, as in memory.
  mutating func data(into bytes: inout [UInt8]) throws(ParseError) {
    while true {
      if current.kind == .string {
        try strings(into: &bytes)
      } else if isAtNumbers {
        try numbers(into: &bytes)
      } else {
        return
      }
    }
  }

  private mutating func numbers(into bytes: inout [UInt8]) throws(ParseError) {
    let type = following.keyword
    try advance()
    try advance()
    while current.kind != .rightParenthesis {
      switch type {
      case .v128: bytes += try vector().bytes
      case .f32: Self.append(try float(.f32), count: 4, to: &bytes)
      case .f64: Self.append(try float(.f64), count: 8, to: &bytes)
      case .i8: Self.append(try integer(bits: 8), count: 1, to: &bytes)
      case .i16: Self.append(try integer(bits: 16), count: 2, to: &bytes)
      case .i32: Self.append(try integer(bits: 32), count: 4, to: &bytes)
      default: Self.append(try integer(bits: 64), count: 8, to: &bytes)
      }
    }
    try close()
  }

  private static func append(_ bits: UInt64, count: Int, to bytes: inout [UInt8]) {
    for byte in 0..<count { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte))) }
  }
}
