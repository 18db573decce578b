import WebAssembly

extension Suggestion {
  /// The hint that names the word which was probably meant; none if no word is similar.
  static func hints(for word: String, among candidates: some Sequence<String>) -> [Message] {
    best(for: word, among: candidates).map { ["did you mean '\($0)'?"] } ?? []
  }
}
