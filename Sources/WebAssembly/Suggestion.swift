/// Finds the word that a mistyped word was probably meant to be, for messages.
package enum Suggestion {
  /// Longer words are not compared.
  private static let maximumLength = 64

  /// The most similar word; nil if none is similar enough. One mistake is allowed for each four bytes of the longer word, and at least one. Parts before or
  /// after a dot that both words share do not count: `i32.foo` is not `i32.or`, and `nope.wasm` is not `tool.wasm`.
  ///
  /// - Complexity: O(length of `word` × length of the candidates of a similar length).
  package static func best(for word: String, among candidates: some Sequence<String>) -> String? {
    let letters = Array(word.utf8.prefix(maximumLength)).map(lowercased)
    var best: (distance: Int, word: String)?
    for candidate in candidates {
      let count = candidate.utf8.count
      // Words of very different length have no distance within any limit.
      guard count <= maximumLength, abs(count - letters.count) <= max(letters.count, count) / 3, candidate != word
      else { continue }
      let (own, other) = differingParts(letters[...], candidate.utf8.map(lowercased)[...])
      let allowed = max(max(own.count, other.count) / 4, max(letters.count, count) >= 3 ? 1 : 0)
      let limit = min(allowed, (best?.distance ?? .max) - 1)
      guard limit >= 0 else { continue }
      let distance = distance(Array(own), Array(other))
      if distance <= limit { best = (distance, candidate) }
    }
    return best?.word
  }

  /// The end of a message: `; did you mean 'add'?`, or nothing.
  package static func question(for word: String, among candidates: some Sequence<String>) -> String {
    best(for: word, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
  }

  /// Two words without the parts up to a dot, and from a dot on, that they share.
  private static func differingParts(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> (
    ArraySlice<UInt8>, ArraySlice<UInt8>
  ) {
    let dot = UInt8(ascii: ".")
    let sharedStart = zip(a, b).prefix { $0 == $1 }.map(\.0)
    let start = sharedStart.lastIndex(of: dot).map { $0 + 1 } ?? 0
    let (a, b) = (a.dropFirst(start), b.dropFirst(start))
    let sharedEnd = zip(a.reversed(), b.reversed()).prefix { $0 == $1 }.map(\.0)
    let end = sharedEnd.lastIndex(of: dot).map { $0 + 1 } ?? 0
    return (a.dropLast(end), b.dropLast(end))
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  /// The number of letters to change, add, remove, or swap with their neighbours to get from one word to the other. (Optimal string alignment
  /// distance.)
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    var current = previous
    for i in 0..<a.count {
      current[0] = i + 1
      for j in 0..<b.count {
        var cost = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforePrevious[j - 1] + 1) }
        current[j + 1] = cost
      }
      (beforePrevious, previous, current) = (previous, current, beforePrevious)
    }
    return previous[b.count]
  }
}
