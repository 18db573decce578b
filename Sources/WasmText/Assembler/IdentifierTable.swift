/// Gives each identifier of a text a number, counted from 0, so that scopes are arrays.
struct IdentifierTable {
  private struct Entry {
    var hash: UInt32
    var bytes: Range<Int>
  }

  /// The bytes of all identifiers, without their `$`.
  private var storage: [UInt8] = []
  private var entries: [Entry] = []
  /// An open-addressing hash table of positions in `entries`, plus 1; 0 is free.
  private var slots = [UInt32](repeating: 0, count: 64)
  /// Chosen at random, so that no text can be made to collide.
  private let seed: UInt32

  init() {
    var random = SystemRandomNumberGenerator()
    seed = random.next()
  }

  /// The number of different identifiers.
  var count: Int { entries.count }

  /// The bytes of an identifier.
  subscript(identifier: Int) -> ArraySlice<UInt8> { storage[entries[identifier].bytes] }

  /// An identifier as text; it is UTF-8.
  func name(_ identifier: Int) -> String { String(decoding: self[identifier], as: UTF8.self) }

  /// The number of an identifier. O(its length).
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
