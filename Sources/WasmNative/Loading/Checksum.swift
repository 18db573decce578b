import WasmCompiler
/// A checksum over many megabytes: detects accidents, not attacks. An attacker who can write an artifact can also write its checksum, as
/// one who can write an executable can make it do anything.
///
/// Multiply and fold: each step multiplies two 64-bit words and folds the 128-bit product, in four independent lanes. (The step is that
/// of W. Yi's wyhash.) Any changed bit changes a factor.
enum Checksum {
  private static let keys = SIMD4<UInt64>(
    0x2D35_8DCC_AA6C_78A5, 0x8BB8_4B93_962E_ACC9, 0x4B33_A62E_D433_D4A3, 0x4D5A_2DA5_1DE1_AA47)
  /// The initial lanes: different numbers, since otherwise factors could be swapped.
  private static let starts = SIMD4<UInt64>(
    0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB, 0x8EBC_6AF0_9C88_C6E3, 0x5899_65CC_7537_4CC3)

  /// The bytes that one step of all lanes consumes.
  private static let blockByteCount = 64

  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  /// The checksum of bytes. O(*n*); about 64 bytes in six cycles.
  static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    var lanes = (starts[0] ^ seed, starts[1] ^ seed, starts[2] ^ seed, starts[3] ^ seed)
    var position = 0
    if let base = bytes.baseAddress {
      while position + blockByteCount <= bytes.count {
        step(&lanes, base + position)
        position += blockByteCount
      }
      if position < bytes.count {
        let last = UnsafeRawBufferPointer(rebasing: bytes[position...])
        withUnsafeTemporaryAllocation(byteCount: blockByteCount, alignment: 8) { block in
          for index in 0..<blockByteCount { block[index] = index < last.count ? last[index] : 0 }
          step(&lanes, UnsafeRawPointer(block.baseAddress!))
        }
      }
    }
    let joined = fold(lanes.0 ^ keys[1], lanes.1 ^ starts[2]) ^ fold(lanes.2 ^ keys[3], lanes.3 ^ starts[0])
    return fold(joined ^ keys[0], UInt64(bytes.count) ^ starts[1])
  }

  @inline(__always)
  private static func step(_ lanes: inout (UInt64, UInt64, UInt64, UInt64), _ block: UnsafeRawPointer) {
    func word(_ index: Int) -> UInt64 {
      UInt64(littleEndian: block.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
    }
    // The lane is added to the product, so that a factor of zero does not discard the previous state.
    lanes.0 = fold(word(0) ^ lanes.0, word(1) ^ keys[0]) &+ lanes.0
    lanes.1 = fold(word(2) ^ lanes.1, word(3) ^ keys[1]) &+ lanes.1
    lanes.2 = fold(word(4) ^ lanes.2, word(5) ^ keys[2]) &+ lanes.2
    lanes.3 = fold(word(6) ^ lanes.3, word(7) ^ keys[3]) &+ lanes.3
  }
}
