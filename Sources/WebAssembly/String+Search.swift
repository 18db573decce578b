// Texts within texts. The standard library's `contains` and `replacing` for texts link its parser of regular expressions, which is 0.8 MB of code.
extension String {
  /// Whether the text has another one in it, compared by bytes.
  package func includes(_ other: String) -> Bool {
    let (bytes, pattern) = (Array(utf8), Array(other.utf8))
    return pattern.isEmpty || bytes.indices.contains { Self.has(pattern, at: $0, in: bytes) }
  }

  /// The text with a replacement for each occurrence of another one, compared by bytes.
  package func substituting(_ other: String, by replacement: String) -> String {
    let (bytes, pattern) = (Array(utf8), Array(other.utf8))
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if Self.has(pattern, at: index, in: bytes) {
        result += replacement.utf8
        index += pattern.count
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func has(_ pattern: [UInt8], at index: Int, in bytes: [UInt8]) -> Bool {
    bytes[index] == pattern.first && bytes[index...].starts(with: pattern)
  }
}
