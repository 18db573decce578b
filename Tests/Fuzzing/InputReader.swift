/// Splits an input into numbers. After its end all bytes are 0.
struct InputReader {
  private var rest: ArraySlice<UInt8>

  init(_ input: [UInt8]) { rest = input[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  mutating func below(_ bound: Int) -> Int { Int(byte()) % bound }

  /// A little-endian number of `byteCount` bytes.
  mutating func word(_ byteCount: Int) -> UInt64 {
    (0..<byteCount).reduce(0) { $0 | UInt64(byte()) << UInt64(8 * $1) }
  }

  /// A number that is often small, or close to a limit of 32 bits, 64 bits or a memory page.
  mutating func number() -> UInt64 {
    let byte = byte()
    let low = UInt64(byte & 15)
    switch byte >> 4 {
    case 0...5: return low
    case 6: return low * 0x100
    case 7: return low * 16
    case 8: return 0x1_0000 &- low
    case 9: return UInt64.max &- low
    case 10: return UInt64(Int32.max) &+ low &- 7
    case 11: return UInt64(Int64.max) &+ low &- 7
    case 12: return word(2)
    case 13: return word(8)
    case 14: return 1 << low
    default: return 1 << (low * 4)
    }
  }
}
