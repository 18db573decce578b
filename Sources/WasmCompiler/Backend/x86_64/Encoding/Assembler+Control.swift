extension Assembler {
  /// Jumps to a label: with a one-byte distance if it is known to be near, else with four bytes.
  mutating func jump(_ label: Label) {
    reserve()
    if let distance = shortDistance(to: label) {
      put(0xEB)
      put(distance)
    } else {
      put(0xE9)
      putDistance(to: label)
    }
  }

  mutating func jump(_ condition: Condition, _ label: Label) {
    reserve()
    if let distance = shortDistance(to: label) {
      put(0x70 | condition.rawValue)
      put(distance)
    } else {
      put(0x0F)
      put(0x80 | condition.rawValue)
      putDistance(to: label)
    }
  }

  /// Jumps to a later label within 127 bytes; ``finish()`` reports if it is farther.
  mutating func jumpShort(_ label: Label) {
    guard offset(of: label) == nil else { return jump(label) }
    reserve()
    put(0xEB)
    putShortDistance(to: label)
  }

  mutating func jumpShort(_ condition: Condition, _ label: Label) {
    guard offset(of: label) == nil else { return jump(condition, label) }
    reserve()
    put(0x70 | condition.rawValue)
    putShortDistance(to: label)
  }

  /// The distance from the end of a two-byte instruction, if it fits in one byte.
  private func shortDistance(to label: Label) -> UInt8? {
    guard let place = offset(of: label), let distance = Int8(exactly: place - (count + 2)) else { return nil }
    return UInt8(bitPattern: distance)
  }

  mutating func call(_ label: Label) {
    reserve()
    put(0xE8)
    putDistance(to: label)
  }

  /// A call whose distance is filled in at link time. Returns the offset of its four bytes; the distance is relative to their end.
  mutating func callRelocated() -> Int {
    reserve()
    put(0xE8)
    put32(0)
    return count - 4
  }

  /// A jump whose distance is filled in at link time.
  mutating func jumpRelocated() -> Int {
    reserve()
    put(0xE9)
    put32(0)
    return count - 4
  }

  mutating func ret() {
    reserve()
    put(0xC3)
  }

  mutating func pushFlags() {
    reserve()
    put(0x9C)
  }

  mutating func popFlags() {
    reserve()
    put(0x9D)
  }

  /// The undefined instruction, which raises SIGILL.
  mutating func ud2() {
    reserve()
    put(0x0F)
    put(0x0B)
  }

  /// Fills up to a multiple of `alignment` with as few no-ops as possible.
  mutating func alignCode(to alignment: Int) {
    var missing = (alignment - count % alignment) % alignment
    while missing > 0 {
      let length = min(missing, 9)
      putNop(length)
      missing -= length
    }
  }

  /// The recommended sequence of 1 to 9 bytes (manual, volume 2, NOP).
  private mutating func putNop(_ length: Int) {
    reserve()
    let sequences: InlineArray<9, UInt64> = [
      0x90, 0x9066, 0x001F0F, 0x00401F0F, 0x0000441F0F, 0x0000441F0F66, 0x00000000801F0F, 0x0000000000841F0F,
      0x00000000841F0F66,
    ]
    let bytes = sequences[length - 1]
    for index in 0..<length { put(UInt8(truncatingIfNeeded: index < 8 ? bytes >> (8 * UInt64(index)) : 0)) }
  }
}
