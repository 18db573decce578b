/// Code words as they are emitted.
struct CodeBuffer {
  private(set) var words: [UInt64] = []
  /// Where in the binary the instruction stands that the words from a position on were made of, if that is recorded.
  private(set) var sourceMap: [(position: Int, offset: Int)] = []
  let recordsSourceMap: Bool
  /// Where the instruction stands that words are made of now.
  private var offset = 0
  /// What of the function's exceptions it catches itself.
  var catchTable = CatchTable()

  init(recordsSourceMap: Bool) { self.recordsSourceMap = recordsSourceMap }

  /// The index of the next word.
  var position: Int { words.count }

  mutating func append(_ word: UInt64) { words.append(word) }

  /// Appends a word of four slot numbers, the first in the lowest bits.
  mutating func append(_ a: Int, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0) {
    words.append(Self.pack(a, b, c, d))
  }

  static func pack(_ a: Int, _ b: Int, _ c: Int, _ d: Int) -> UInt64 {
    UInt64(UInt16(truncatingIfNeeded: a)) | UInt64(UInt16(truncatingIfNeeded: b)) << 16
      | UInt64(UInt16(truncatingIfNeeded: c)) << 32 | UInt64(UInt16(truncatingIfNeeded: d)) << 48
  }

  /// Appends a word of two slot numbers and 32 bits.
  mutating func append(_ a: Int, _ b: Int, immediate: UInt32) {
    words.append(Self.pack(a, b, 0, 0) | UInt64(immediate) << 32)
  }

  /// Appends a word whose low half a branch offset will take, and two slot numbers.
  mutating func appendBranch(_ c: Int = 0, _ d: Int = 0) { words.append(Self.pack(0, 0, c, d)) }

  /// Takes back what was appended since `position`. What comes in its place is made of the current instruction.
  mutating func truncate(to position: Int) {
    words.removeSubrange(position...)
    while let last = sourceMap.last, last.position > position { sourceMap.removeLast() }
    recordSource(offset)
  }

  /// Sets the slot number in the lowest bits of a word.
  mutating func setLowSlot(at position: Int, to slot: Int) {
    words[position] = words[position] & ~0xFFFF | UInt64(UInt16(truncatingIfNeeded: slot))
  }

  /// Sets 32 bits: half 0 or 1 of a word.
  mutating func setHalf(at position: Int, _ half: Int, to value: Int32) {
    let shift = UInt64(32 * half)
    words[position] = words[position] & ~(0xFFFF_FFFF << shift) | UInt64(UInt32(bitPattern: value)) << shift
  }

  /// Says where the instruction stands that the next words are made of.
  mutating func recordSource(_ offset: Int) {
    self.offset = offset
    if recordsSourceMap { sourceMap.append((position, offset)) }
  }
}
