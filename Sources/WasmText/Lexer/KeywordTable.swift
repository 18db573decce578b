import WebAssembly

/// A hash table from keywords to their meanings. (`@unchecked Sendable`: the memory that the pointers refer to never changes.)
struct KeywordTable: @unchecked Sendable {
  /// The keywords of the standard.
  static let standard = KeywordTable(legacy: false)
  /// The keywords of the legacy dialect only.
  static let legacy = KeywordTable(legacy: true)

  struct Entry {
    var spelling: UnsafePointer<UInt8>
    var count: Int
    var hash: UInt32
    var keyword: Keyword
    var opcodeValue: UInt16
  }

  private let slots: UnsafePointer<Entry?>
  /// The number of slots minus one. At most half of the slots are used.
  private let mask: Int

  private init(legacy: Bool) {
    var words: [(StaticString, Keyword, UInt16)] = []
    if legacy {
      words = Keyword.legacySpellings.map { ($0.spelling, $0.keyword, Token.noOpcode) }
    } else {
      words = Keyword.spellings.map { ($0.spelling, $0.keyword, Token.noOpcode) }
    }
    for row in InstructionTable.shared.all {
      if let word = legacy ? row.legacyMnemonic : row.mnemonic { words.append((word, .unknown, row.opcode.rawValue)) }
    }
    var capacity = 64
    while capacity < 2 * words.count { capacity *= 2 }
    let slots = UnsafeMutablePointer<Entry?>.allocate(capacity: capacity)
    slots.initialize(repeating: nil, count: capacity)
    self.slots = UnsafePointer(slots)
    mask = capacity - 1
    for (word, keyword, opcodeValue) in words {
      let hash = Self.hash(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
      let (slot, isFree) = find(word.utf8Start, word.utf8CodeUnitCount, hash)
      // Of several instructions with the same mnemonic, the first one is stored.
      guard isFree else { continue }
      slots[slot] = Entry(
        spelling: word.utf8Start, count: word.utf8CodeUnitCount, hash: hash, keyword: keyword, opcodeValue: opcodeValue)
    }
  }

  // FNV-1a. The lexer computes it while it scans a word.
  static let initialHash: UInt32 = 0x811C_9DC5

  @inline(__always)
  static func combine(_ hash: UInt32, _ byte: UInt8) -> UInt32 { (hash ^ UInt32(byte)) &* 0x0100_0193 }

  static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 { bytes.reduce(initialHash, combine) }

  /// The slot that holds these bytes, or the free slot where they would be stored.
  private func find(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ hash: UInt32) -> (slot: Int, isFree: Bool) {
    var slot = Int(hash ^ hash >> 15) & mask
    while let entry = slots[slot] {
      if entry.hash == hash, entry.count == count, (0..<count).allSatisfy({ entry.spelling[$0] == bytes[$0] }) {
        return (slot, false)
      }
      slot = (slot + 1) & mask
    }
    return (slot, true)
  }

  /// Looks up a word whose hash is known. O(length of the word).
  func lookUp(_ bytes: UnsafeBufferPointer<UInt8>, hash: UInt32) -> Entry? {
    guard let start = bytes.baseAddress else { return nil }
    return slots[find(start, bytes.count, hash).slot]
  }
}
