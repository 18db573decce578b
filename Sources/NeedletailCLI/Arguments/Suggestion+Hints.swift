import WebAssembly

extension Suggestion {
  /// The hint that names the words which were probably meant; none if no word is similar.
  ///
  /// - Parameter prefix: what comes before each word in the hint.
  static func hints(for word: String, among candidates: some Sequence<String>, prefix: String = "") -> [Message] {
    let words = words(for: word, among: candidates)
    return words.isEmpty ? [] : ["did you mean \(ArgumentParser.alternatives(words.map { prefix + $0 }))?"]
  }

  /// The most similar word or, if there is none, those that the word may be short for; none if there are many.
  static func words(for word: String, among candidates: some Sequence<String>) -> [String] {
    if let best = best(for: word, among: candidates) { return [best] }
    let full = candidates.filter { isShort(word, for: $0) }
    return full.count <= 3 && !full.contains(word) ? full : []
  }

  /// Whether a word is the beginning of another one, or of one of its parts between hyphens: `funcs` for `functions`, `data` for `data-segments`.
  /// A plural counts as its singular.
  private static func isShort(_ word: String, for candidate: String) -> Bool {
    var letters = word.lowercased().drop { $0 == "-" }
    if letters.hasSuffix("s") { letters.removeLast() }
    guard letters.utf8.count >= 3 else { return false }
    return candidate.split(separator: "-").contains { $0.hasPrefix(letters) } || candidate.hasPrefix(letters)
  }
}
