/// The kind of a file that is not a module in the binary format, according to its first bytes.
package struct FileFormat: Hashable, Sendable, CustomStringConvertible {
  /// With its article: `an ELF file`.
  package let description: String
  /// Whether it is text in UTF-8 that may be meant for the text format.
  package let isPlainText: Bool

  /// Whether it is a component, in the binary or the text format.
  package let isComponent: Bool

  private init(_ description: String, isPlainText: Bool = false, isComponent: Bool = false) {
    self.description = description
    self.isPlainText = isPlainText
    self.isComponent = isComponent
  }

  /// Whether it cannot be a module in the text format either.
  package var isForeign: Bool { !isPlainText }

  /// The number of bytes that are examined at most.
  private static let headCount = 512

  /// Examines the beginning of a file.
  ///
  /// - Returns: nil if the kind is not known, or if it is a module.
  package init?(_ bytes: some Collection<UInt8>) { self.init(head: Array(bytes.prefix(Self.headCount))) }

  /// As the generic initializer, which takes long for its conformances.
  package init?(_ bytes: [UInt8]) { self.init(head: Array(bytes.prefix(Self.headCount))) }

  private init?(head: [UInt8]) {
    if let row = Self.signatures.first(where: { $0.matches(head) }) {
      self.init(row.description)
    } else if head.starts(with: Self.magic), head.count >= 8, head[6] == 1, head[7] == 0 {
      self.init("a component (component model)", isComponent: true)
    } else if let text = Self.text(head) {
      let kind = Self.kind(ofText: text)
      let isComponent = kind == Self.componentText
      self.init(kind ?? Self.plainText, isPlainText: kind == nil, isComponent: isComponent)
    } else {
      return nil
    }
  }

  private static let plainText = "text, not a module in the binary format"

  private static let magic: [UInt8] = [0x00, 0x61, 0x73, 0x6D]

  // MARK: Binary formats

  /// Bytes at a fixed offset.
  private struct Signature {
    var offset = 0
    var bytes: [UInt8]
    var description: String

    init(_ bytes: [UInt8], at offset: Int = 0, _ description: String) {
      self.bytes = bytes
      self.offset = offset
      self.description = description
    }

    func matches(_ head: [UInt8]) -> Bool { head.dropFirst(offset).starts(with: bytes) }
  }

  private static let machO = "a Mach-O file: a program or library for macOS"
  private static let utf16 = "text in UTF-16; the text format is UTF-8"

  /// More specific signatures come first.
  private static let signatures: [Signature] = [
    // An ELF file whose operating system identification (e_ident[EI_OSABI]) is not a registered one.
    Signature([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 200], "machine code of wasmtime, not a module"),
    Signature([0x7F, 0x45, 0x4C, 0x46], "an ELF file: a program or library for Linux or another Unix"),
    Signature([0xCF, 0xFA, 0xED, 0xFE], machO), Signature([0xCE, 0xFA, 0xED, 0xFE], machO),
    Signature([0xFE, 0xED, 0xFA, 0xCF], machO), Signature([0xFE, 0xED, 0xFA, 0xCE], machO),
    Signature([0xCA, 0xFE, 0xBA, 0xBE], "a universal Mach-O file or a Java class"),
    Signature(Array("MZ".utf8), "a PE file: a program or library for Windows"),
    Signature([0x1F, 0x8B], "a file compressed with gzip; decompress it first"),
    Signature([0x28, 0xB5, 0x2F, 0xFD], "a file compressed with zstd; decompress it first"),
    Signature([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "a file compressed with xz; decompress it first"),
    Signature(Array("BZh".utf8), "a file compressed with bzip2; decompress it first"),
    Signature([0x50, 0x4B, 0x03, 0x04], "a zip archive; unpack it first"),
    Signature([0x50, 0x4B, 0x05, 0x06], "an empty zip archive"),
    Signature([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7z archive; unpack it first"),
    Signature(Array("ustar".utf8), at: 257, "a tar archive; unpack it first"),
    Signature([0x42, 0x43, 0xC0, 0xDE], "LLVM bitcode, which a compiler turns into a module"),
    Signature([0xDE, 0xC0, 0x17, 0x0B], "LLVM bitcode, which a compiler turns into a module"),
    Signature(Array("%PDF-".utf8), "a PDF file"),
    Signature([0x89, 0x50, 0x4E, 0x47], "a PNG image"), Signature([0xFF, 0xD8, 0xFF], "a JPEG image"),
    Signature(Array("SQLite format 3\0".utf8), "a SQLite database"),
    Signature(Array("!<arch>\n".utf8), "a static library, which a linker turns into a module"),
    Signature([0x7F, 0x6E, 0x77, 0x61, 0x73, 0x6D, 0x0D, 0x0A], "an artifact of Needletail, not a module"),
    Signature([0x00, 0x61, 0x6F, 0x74], "machine code of WAMR's wamrc, not a module"),
    Signature(Array("wasmer-universal".utf8), "machine code of Wasmer, not a module"),
    Signature(Array("WASMER".utf8), "machine code of Wasmer, not a module"),
    Signature([0x00, 0x77, 0x65, 0x62, 0x63], "a package of Wasmer (webc), not a module"),
    Signature([0xFF, 0xFE], utf16), Signature([0xFE, 0xFF], utf16),
    Signature(Array("(\0m\0o\0d\0".utf8), utf16),
  ]

  // MARK: Texts

  /// The beginning of a text in UTF-8; nil if the bytes are none.
  private static func text(_ head: [UInt8]) -> String? {
    // The last character may be cut.
    let candidates = head.count == headCount ? (0..<4).map { head.dropLast($0) } : [head[...]]
    guard !head.isEmpty, !head.contains(where: { $0 < 0x20 && !(9...13).contains($0) || $0 == 0x7F }) else {
      return nil
    }
    return candidates.lazy.compactMap { String(validating: $0, as: UTF8.self) }.first
  }

  private static let byteOrderMark: Character = "\u{FEFF}"

  private static let sourceCode = "source code of another language, which a compiler turns into a module"

  /// The description of components in the text format.
  package static let componentText = "a component (component model) in the text format"

  /// Beginnings of texts that are no modules, in lower case.
  private static let beginnings: [(words: [String], description: String)] = [
    (["<!doctype html", "<html", "<head"], "an HTML page, perhaps an error that a server sent in place of the file"),
    (["<?xml", "<!doctype", "<svg"], "an XML file"),
    (["(component"], componentText),
    (["#![", "#["], sourceCode),
    (["#!"], "a script for another program (#!)"),
    (["{", "["], "a JSON file"),
    (["#include", "#define", "#pragma", "#ifndef", "#ifdef", "/*", "//"], sourceCode),
    (
      [
        "fn ", "pub ", "use ", "mod ", "#![", "int ", "void ", "static ", "package ", "import ", "from ", "export ",
        "func ",
        "def ", "class ", "const ", "let ", "var ", "function ", "namespace ", "using ", "module ", "struct ",
      ], sourceCode
    ),
    (["version https://git-lfs"], "a pointer of Git LFS; fetch the file with 'git lfs pull'"),
    (["---\n", "%yaml"], "a YAML file"), (["-----begin "], "a PEM file"),
  ]

  /// The kind of a text, if that is known and it is not the text format.
  private static func kind(ofText text: String) -> String? {
    let start = text.drop { $0.isWhitespace || $0 == byteOrderMark }.lowercased()
    if let row = beginnings.first(where: { $0.words.contains(where: start.hasPrefix) }) { return row.description }
    // The text format does not know byte order marks, which editors on Windows add.
    if text.first == byteOrderMark { return "text with a byte order mark (BOM); save it without one" }
    return startOfModule(start[...]).map { $0 == "(" } == false ? prose : nil
  }

  private static let prose = "other text; the text format begins with '('"

  /// The first character that belongs to neither white space nor a line comment, or is the beginning of a block comment. Nil if there is none.
  private static func startOfModule(_ text: Substring) -> Character? {
    var rest = text
    while rest.hasPrefix(";;") { rest = rest.drop { !$0.isNewline }.drop { $0.isWhitespace } }
    return rest.first
  }
}
