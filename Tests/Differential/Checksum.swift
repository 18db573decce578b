/// CRC-32 as in zlib, eight bytes at a time. (M. Kounavis and F. Berry, "A Systematic Approach to Building High Performance
/// Software-Based CRC Generators", 2005.)
struct Checksum {
  private var state = UInt32.max

  var value: UInt32 { ~state }

  /// Indexed by the distance from the last of eight bytes, then by the byte.
  private static let table: [UInt32] = {
    var table: [UInt32] = []
    for byte in UInt32(0)..<256 {
      var crc = byte
      for _ in 0..<8 { crc = crc & 1 != 0 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
      table.append(crc)
    }
    for index in 256..<8 * 256 {
      let previous = table[index - 256]
      table.append((previous >> 8) ^ table[Int(previous & 0xFF)])
    }
    return table
  }()

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var crc = state
    var offset = 0
    Self.table.withUnsafeBufferPointer { table in
      while offset + 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian ^ UInt64(crc)
        crc = 0
        for byte in 0..<8 { crc ^= table[(7 - byte) << 8 | Int(word >> UInt64(8 * byte) & 0xFF)] }
        offset += 8
      }
      for byte in bytes[offset...] { crc = (crc >> 8) ^ table[Int((crc ^ UInt32(byte)) & 0xFF)] }
    }
    state = crc
  }
}
