/// Finds the word that a mistyped one was meant to be.
enum Suggestion {
  /// The word nearest to `word`, if it is near enough to be meant.
  ///
  /// - Complexity: O(length of `word` × length of all candidates).
  static func best(for word: String, among candidates: some Sequence<String>) -> String? {
    let letters = Array(word.lowercased().prefix(64))
    // One mistake for each three letters of the longer word.
    var best: (distance: Int, word: String)?
    for candidate in candidates {
      let distance = distance(letters, Array(candidate.lowercased().prefix(64)))
      let limit = max(letters.count, candidate.count) / 3
      if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
    }
    return best?.word
  }

  /// How many letters must be changed, added, removed, or swapped with their neighbours to get from one word to the other.
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var beforePrevious = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 0..<a.count {
      var current = [i + 1]
      for j in 0..<b.count {
        var cost = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforePrevious[j - 1] + 1) }
        current.append(cost)
      }
      (beforePrevious, previous) = (previous, current)
    }
    return previous[b.count]
  }
}
