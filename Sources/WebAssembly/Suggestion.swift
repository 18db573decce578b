/// Finds the word that a mistyped word was probably meant to be, for messages.
package enum Suggestion {
  /// Longer words are not compared.
  private static let maximumLength = 64

  /// The most similar word; nil if none is similar enough. One mistake is allowed for each three bytes of the longer word.
  ///
  /// - Complexity: O(length of `word` × length of the candidates of a similar length).
  package static func best(for word: String, among candidates: some Sequence<String>) -> String? {
    let letters = Array(word.utf8.prefix(maximumLength)).map(lowercased)
    var best: (distance: Int, word: String)?
    for candidate in candidates {
      let count = candidate.utf8.count
      let limit = min(max(letters.count, count) / 3, (best?.distance ?? .max) - 1)
      guard count <= maximumLength, limit >= 0, abs(count - letters.count) <= limit, candidate != word else { continue }
      let distance = distance(letters, candidate.utf8.map(lowercased))
      if distance <= limit { best = (distance, candidate) }
    }
    return best?.word
  }

  /// The end of a message: `; did you mean 'add'?`, or nothing.
  package static func question(for word: String, among candidates: some Sequence<String>) -> String {
    best(for: word, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
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
