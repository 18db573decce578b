extension [UInt8] {
  /// A number that depends on all bytes: for decisions that are to be the same whenever the same input is run. (The FNV-1a hash of
  /// G. Fowler, L. C. Noll and K.-P. Vo.)
  var fingerprint: UInt64 {
    let hash = reduce(0xCBF2_9CE4_8422_2325) { (hash: UInt64, byte) in (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash ^ hash >> 32
  }
}
