/// Checks that bytes are UTF-8.
enum UTF8Validation {
  /// The offset of the first byte that is not part of a well-formed sequence; nil if there is none. O(n); ASCII is
  /// checked eight bytes at a time.
  static func firstError(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let base = UnsafeRawPointer(bytes.baseAddress) else { return nil }
    var position = 0
    while position < bytes.count {
      if position + 8 <= bytes.count,
        base.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        position += 8
      } else if bytes[position] < 0x80 {
        position += 1
      } else {
        guard let length = sequenceLength(bytes[position...]) else { return position }
        position += length
      }
    }
    return nil
  }

  /// The length of the well-formed non-ASCII sequence at the beginning; nil if it is malformed. (The Unicode standard,
  /// table 3-7.)
  private static func sequenceLength(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    let start = bytes.startIndex
    let length: Int
    let second: ClosedRange<UInt8>
    switch bytes[start] {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
    guard bytes.count >= length, second.contains(bytes[start + 1]) else { return nil }
    for position in start + 2..<start + length {
      guard 0x80...0xBF ~= bytes[position] else { return nil }
    }
    return length
  }
}
