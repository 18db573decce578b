/// The format of a file that is not a binary module, recognized by its first bytes.
package struct FileFormat: Hashable, Sendable, CustomStringConvertible {
  /// With its article: `an ELF file`.
  package let description: String
  /// Whether it is text, and may be meant as the text format.
  package let isText: Bool

  private init(_ description: String, isText: Bool = false) {
    self.description = description
    self.isText = isText
  }

  /// Whether it cannot be a module in the text format either.
  package var isForeign: Bool { !isText || description != Self.plainText }

  /// Recognizes a format by the first bytes of a file; a few hundred are enough.
  ///
  /// - Returns: nil if the format is unknown, or if the file is a module.
  package init?(_ bytes: some Collection<UInt8>) {
    if let row = Self.signatures.first(where: { bytes.starts(with: $0.bytes) }) {
      self.init(row.description)
      return
    }
    let head = Array(bytes.prefix(512))
    if head.starts(with: Self.magic), head.count >= 8, head[6] == 1, head[7] == 0 {
      self.init("a component (component model), not a core module; components are not supported")
      return
    }
    guard let text = Self.text(head) else { return nil }
    self.init(text, isText: true)
  }

  private static let plainText = "text, not a module in the binary format"

  private static let magic: [UInt8] = [0x00, 0x61, 0x73, 0x6D]

  private static let signatures: [(bytes: [UInt8], description: String)] = [
    ([0x7F, 0x45, 0x4C, 0x46], "an ELF file: a program or library for Linux or another Unix"),
    ([0xCF, 0xFA, 0xED, 0xFE], "a Mach-O file: a program or library for macOS"),
    ([0xCE, 0xFA, 0xED, 0xFE], "a Mach-O file: a program or library for macOS"),
    ([0xFE, 0xED, 0xFA, 0xCF], "a Mach-O file: a program or library for macOS"),
    ([0xFE, 0xED, 0xFA, 0xCE], "a Mach-O file: a program or library for macOS"),
    ([0xCA, 0xFE, 0xBA, 0xBE], "a universal Mach-O file or a Java class"),
    (Array("MZ".utf8), "a PE file: a program or library for Windows"),
    ([0x1F, 0x8B], "compressed with gzip; decompress it first"),
    ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd; decompress it first"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "compressed with xz; decompress it first"),
    (Array("BZh".utf8), "compressed with bzip2; decompress it first"),
    ([0x50, 0x4B, 0x03, 0x04], "a zip archive; unpack it first"),
    ([0x50, 0x4B, 0x05, 0x06], "an empty zip archive"),
    ([0x42, 0x43, 0xC0, 0xDE], "LLVM bitcode, which a compiler turns into a module"),
    ([0xDE, 0xC0, 0x17, 0x0B], "LLVM bitcode, which a compiler turns into a module"),
    (Array("%PDF-".utf8), "a PDF file"),
    ([0x89, 0x50, 0x4E, 0x47], "a PNG image"),
    (Array("!<arch>\n".utf8), "a static library, which a linker turns into a module"),
    ([0x7F, 0x6E, 0x77, 0x61, 0x73, 0x6D, 0x0D, 0x0A], "an artifact of Needletail, not a module"),
  ]

  /// The description of a text by its beginning; nil if it is not text.
  private static func text(_ head: [UInt8]) -> String? {
    let isCut = head.count == 512
    // The last character may be cut.
    let candidates = isCut ? (0..<4).map { head.dropLast($0) } : [head[...]]
    guard !head.isEmpty, let text = candidates.lazy.compactMap({ String(validating: $0, as: UTF8.self) }).first,
      !head.contains(where: { $0 < 0x20 && !(9...13).contains($0) || $0 == 0x7F })
    else { return nil }
    let start = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.lowercased()
    if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") || start.hasPrefix("<head") {
      return "an HTML page, perhaps an error that a server sent in place of the file"
    }
    if start.hasPrefix("<?xml") || start.hasPrefix("<!doctype") { return "an XML file" }
    if start.hasPrefix("#!") { return "a script for another program (#!)" }
    if let first = start.first, first == "{" || first == "[" { return "a JSON file" }
    if start.hasPrefix("#include") || start.hasPrefix("/*") || start.hasPrefix("//") {
      return "source code of another language"
    }
    if start.hasPrefix("version https://git-lfs") { return "a pointer of Git LFS; fetch the file with 'git lfs pull'" }
    return plainText
  }
}
