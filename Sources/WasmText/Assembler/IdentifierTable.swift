/// Numbers the identifiers of a text from 0, so that scopes can be arrays.
struct IdentifierTable {
  private struct Entry {
    var hash: UInt32
    var bytes: Range<Int>
  }

  /// The bytes of all identifiers, without their `$`.
  private var storage: [UInt8] = []
  private var entries: [Entry] = []
  /// An open-addressing hash table of indices into `entries`, plus 1; 0 marks a free slot.
  private var slots = [UInt32](repeating: 0, count: 64)
  /// Random, so that no text can force collisions.
  private let seed: UInt32

  init() {
    var random = SystemRandomNumberGenerator()
    seed = random.next()
  }

  /// The number of distinct identifiers.
  var count: Int { entries.count }

  /// The bytes of an identifier.
  subscript(identifier: Int) -> ArraySlice<UInt8> { storage[entries[identifier].bytes] }

  /// An identifier as a string; its bytes are valid UTF-8.
  func name(_ identifier: Int) -> String { String(decoding: self[identifier], as: UTF8.self) }

  /// The number of an identifier. O(length of the identifier).
  mutating func intern(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var hash = seed
    for byte in bytes { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    hash ^= hash >> 15
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let identifier = Int(slots[slot]) - 1
      if entries[identifier].hash == hash, self[identifier].elementsEqual(bytes) { return identifier }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = UInt32(entries.count + 1)
    entries.append(Entry(hash: hash, bytes: storage.count..<storage.count + bytes.count))
    storage.append(contentsOf: bytes)
    if entries.count * 2 > slots.count { grow() }
    return entries.count - 1
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    for (identifier, entry) in entries.enumerated() {
      var slot = Int(entry.hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(identifier + 1)
    }
  }
}
