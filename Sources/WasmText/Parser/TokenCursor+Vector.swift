import WebAssembly

/// A vector constant: its shape and lanes.
struct VectorLiteral {
  /// Sixteen bytes.
  var bytes: [UInt8]

  var low: UInt64 { bytes[0..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
  var high: UInt64 { bytes[8..<16].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
}

extension TokenCursor {
  /// A shape, and as many numbers as the shape has lanes. (Core specification 3.0, 6.5.9 "Vector Instructions".)
  mutating func vector() throws(ParseError) -> VectorLiteral {
    let shape = current.keyword
    let laneBits: Int
    switch shape {
    case .i8x16: laneBits = 8
    case .i16x8: laneBits = 16
    case .i32x4, .f32x4: laneBits = 32
    case .i64x2, .f64x2: laneBits = 64
    default: throw unexpected("the shape of a vector")
    }
    try advance()
    // The number of lanes is checked before their values.
    let lanes = try laneTokens(128 / laneBits)
    var bytes: [UInt8] = []
    for token in lanes {
      let lane =
        switch shape {
        case .f32x4: try float(token, .f32)
        case .f64x2: try float(token, .f64)
        default: try integer(token, bits: UInt64(laneBits))
        }
      for byte in 0..<laneBits / 8 { bytes.append(UInt8(truncatingIfNeeded: lane >> UInt64(8 * byte))) }
    }
    return VectorLiteral(bytes: bytes)
  }

  private mutating func laneTokens(_ count: Int) throws(ParseError) -> [Token] {
    let start = current.start
    var tokens: [Token] = []
    while current.kind == .integer || current.kind == .float {
      guard tokens.count < count else { throw error("wrong number of lane literals: expected \(count), found more") }
      tokens.append(current)
      try advance()
    }
    if current.isNoWord { throw unexpected() }
    guard tokens.count == count else {
      throw error("wrong number of lane literals: expected \(count), found \(tokens.count)", at: start)
    }
    return tokens
  }
}
