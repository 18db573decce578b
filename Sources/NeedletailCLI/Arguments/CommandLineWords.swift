/// The words of the command line. Options and names of files must be UTF-8; a program's own arguments are passed as bytes.
struct CommandLineWords {
  /// The words, with U+FFFD in place of malformed UTF-8.
  private(set) var text: ArraySlice<String> = []
  /// The bytes of the words that are not UTF-8, and their indices in ``text``. There are few, if any.
  private var malformed: [(index: Int, bytes: [UInt8])] = []

  /// The words of this process, its own name first.
  static var process: CommandLineWords {
    let words = ProcessStart.arguments.compactMap { $0 }
    return CommandLineWords(
      words.map { word in Array((0...).lazy.map { UInt8(bitPattern: word[$0]) }.prefix { $0 != 0 }) })
  }

  init(_ words: [[UInt8]]) {
    for (index, word) in words.enumerated() {
      text.append(String(decoding: word, as: UTF8.self))
      if String(validating: word, as: UTF8.self) == nil { malformed.append((index, word)) }
    }
  }

  init(_ words: [String]) { text = words[...] }

  /// The bytes of a word that is not UTF-8; nil for any other.
  private func bytes(_ index: Int) -> [UInt8]? { malformed.first { $0.index == index }?.bytes }

  var isEmpty: Bool { text.isEmpty }
  var count: Int { text.count }
  var first: String? { text.first }

  func dropFirst() -> CommandLineWords {
    var rest = self
    rest.text = text.dropFirst()
    return rest
  }

  /// Removes the first word; nil if there is none.
  ///
  /// - Throws: `UsageError` if it is not UTF-8, since its text would differ from what was typed.
  mutating func popFirst(command: String) throws(UsageError) -> String? {
    let index = text.startIndex
    guard let word = text.popFirst() else { return nil }
    guard bytes(index) == nil else {
      throw UsageError("argument \(index) is not UTF-8: '\(word)'", command: command)
    }
    return word
  }

  /// Removes all words; returns their bytes.
  mutating func takeAll() -> [[UInt8]] {
    defer { text = [] }
    return zip(text.indices, text).map { index, word in bytes(index) ?? Array(word.utf8) }
  }
}
