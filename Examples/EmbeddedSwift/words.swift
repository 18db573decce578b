// Prints the ten most frequent words in the named files, or in standard input.

private func words(of bytes: [UInt8]) -> [Substring] {
  String(decoding: bytes, as: UTF8.self).split { !$0.isLetter }
}

private func run() throws(WASIError) {
  let paths = try commandLine().dropFirst()
  var texts: [[UInt8]] = []
  if paths.isEmpty { texts.append(try File().readAll()) }
  for path in paths { texts.append(try File(path).readAll()) }

  var counts: [String: Int] = [:]
  for text in texts {
    for word in words(of: text) { counts[word.lowercased(), default: 0] += 1 }
  }
  let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
  for (word, count) in sorted.prefix(10) { say("\(count)\t\(word)") }
}

@_cdecl("_start")
public func start() {
  do {
    try run()
  } catch {
    say("words: error \(error.number)", to: File.standardError)
    proc_exit(1)
  }
}
