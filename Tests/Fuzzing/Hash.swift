extension [UInt8] {
  /// A hash of all bytes, for decisions that must be the same whenever an input is run. (FNV-1a, by G. Fowler, L. C.
  /// Noll and K.-P. Vo.)
  var fingerprint: UInt64 {
    let hash = reduce(0xCBF2_9CE4_8422_2325) { (hash: UInt64, byte) in (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash ^ hash >> 32
  }
}
