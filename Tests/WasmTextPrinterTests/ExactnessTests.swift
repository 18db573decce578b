import Testing
import WasmBinary
import WasmText
import WebAssembly

/// Everything other than code must also be reproduced byte for byte.
@Suite struct ExactnessTests {
  /// A module with two functions with three locals and two labels each, and one of every other named entry.
  private static let text = """
    (module
      (type (func (param i32 i32))) (type (struct (field i32) (field i64)))
      (import "m" "f" (func (type 0)))
      (table 1 funcref) (memory 1) (tag (type 0)) (global i32 (i32.const 0))
      (func (type 0) (local i64) (block (block (br 0))))
      (func (type 0) (local i64) (block (block (br 1))))
      (elem declare func 0) (data "x"))
    """

  private static func module(_ names: [UInt8]...) throws -> [UInt8] {
    var bytes = try assemble(text)
    for contents in names {
      var writer = BinaryWriter()
      writer.customSection(NameSection.sectionName, contents)
      bytes += writer.bytes
    }
    return bytes
  }

  /// Prints a binary in both styles, and expects the text to assemble to the same bytes.
  @discardableResult
  private func roundTrip(_ bytes: [UInt8], location: Testing.SourceLocation = #_sourceLocation) throws -> String {
    let module = try Decoder.decode(bytes)
    let folded = try WatPrinter.print(module, options: .init(folded: true))
    #expect(try assemble(folded) == bytes, "\(folded)", sourceLocation: location)
    let flat = try WatPrinter.print(module)
    #expect(try assemble(flat) == bytes, "\(flat)", sourceLocation: location)
    return flat
  }

  private static func names(_ names: String...) -> NameMap {
    NameMap(names.enumerated().map { NameMap.Entry(index: UInt32($0.offset), name: $0.element) })
  }

  @Test("Names of all kinds become identifiers")
  func allNames() throws {
    var names = NameSection()
    names.module = "m"
    names.functions = Self.names("import", "f", "g")
    names.locals.maps = [1: Self.names("a", "b", "c"), 2: Self.names("a", "b")]
    names.labels.maps = [1: Self.names("outer", "inner"), 2: Self.names("same", "same")]
    names.types = Self.names("function", "structure")
    names.fields.maps = [1: Self.names("x", "y")]
    for path in [\NameSection.tables, \.memories, \.globals, \.tags, \.elementSegments, \.dataSegments] {
      names[keyPath: path] = Self.names("it")
    }
    let text = try roundTrip(try Self.module(names.encode()))
    #expect(!text.contains("(@"))
    // The outer of two labels with the same name can only be referred to by its number.
    #expect(text.contains("br $inner") && text.contains("br 1 (;@1;)"))
  }

  @Test(
    "Names that are not valid identifiers",
    arguments: [
      ["a", "a", "a"], ["a", "a", "a.1"], ["a.1", "a", "a"], ["", "", ""], ["a b", "\"", "\\"],
      ["\u{0}\u{7F}", "\u{202E}", "é"], ["e\u{301}", "é", "日本"], ["(;", ";;", "$"],
    ])
  func strangeNames(_ strings: [String]) throws {
    var names = NameSection()
    names.module = strings[0]
    for path in [\NameSection.functions, \.types] {
      names[keyPath: path] = NameMap(
        strings.prefix(path == \.types ? 2 : 3).enumerated().map { .init(index: UInt32($0.offset), name: $0.element) })
    }
    names.locals.maps = [1: Self.names(strings[0], strings[1], strings[2])]
    names.fields.maps = [1: Self.names(strings[0], strings[1])]
    let text = try roundTrip(try Self.module(names.encode()))
    #expect(!text.contains("@custom"))
  }

  @Test("Names without an entry, of imported functions' locals, and of unnamed labels are kept as bytes")
  func namesThatTextCannotSay() throws {
    var one = NameSection()
    one.functions = NameMap([.init(index: 1000, name: "nobody")])
    var two = NameSection()
    two.locals.maps = [0: Self.names("imported")]
    var three = NameSection()
    three.labels.maps = [1: Self.names("")]
    var four = NameSection()
    four.locals.maps = [1: NameMap()]
    for names in [one, two, three, four] {
      let text = try roundTrip(try Self.module(names.encode()))
      #expect(text.contains("(@custom \"name\" (after data) \""))
    }
  }

  @Test("Malformed, unordered, repeated and empty name sections are kept as bytes")
  func strangeNameSections() throws {
    var names = NameSection()
    names.functions = Self.names("a", "b")
    let good = names.encode()
    for contents in [[0xFF], [1, 0], [1, 1, 0], good + [0, 2, 1, 0x61], [1, 2, 1, 0, 0x80]] as [[UInt8]] {
      try roundTrip(try Self.module(contents))
    }
    try roundTrip(try Self.module(good, good))
    try roundTrip(try Self.module([], good))
    try roundTrip(try Self.module([]))
    try roundTrip(try Self.module([], []))
  }

  @Test("Custom sections keep their places, including the name section")
  func places() throws {
    var names = NameSection()
    names.functions = Self.names("a", "b")
    var writer = BinaryWriter()
    writer.raw(try Self.module(names.encode()))
    writer.customSection("producers", [1, 2, 3])
    let text = try roundTrip(writer.bytes)
    #expect(text.contains("(@custom \"name\" (after data))"))
    #expect(text.contains("(@custom \"producers\" (after data) \"\\01\\02\\03\")"))

    writer = BinaryWriter()
    writer.header()
    writer.customSection("first", [])
    writer.customSection("name", names.encode())
    writer.raw(try assemble(Self.text)[8...])
    #expect(try roundTrip(writer.bytes).contains("(@custom \"name\" (before first))"))
  }

  @Test("A data count section that no instruction needs is kept")
  func dataCount() throws {
    let bytes = try assemble("(module (memory 1) (data \"x\") (func) (@datacount))")
    #expect(try Decoder.decode(bytes).dataCount == 1)
    #expect(try roundTrip(bytes).contains("(@datacount)"))
    #expect(try !roundTrip(try assemble("(module (data $d \"x\") (func data.drop $d))")).contains("(@"))
  }

  @Test("Branch hints become annotations if they are where an assembler puts them")
  func branchHints() throws {
    let code = "(func (param i32) (block (br_if 0 (local.get 0))) (if (local.get 0) (then)))"
    var hints = BranchHints()
    hints.functions = [0: [.init(offset: 5, isLikely: true), .init(offset: 10, isLikely: false)]]
    func place(_ after: String, _ hints: BranchHints) -> String {
      let contents = hints.encode().map { "\\" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      return "(module \(code) (@custom \"\(BranchHints.sectionName)\" (after \(after)) \"\(contents)\"))"
    }
    let text = try roundTrip(try assemble(place("func", hints)))
    #expect(text.contains("(@metadata.code.branch_hint \"\\01\") br_if 0"))
    #expect(text.contains("(@metadata.code.branch_hint \"\\00\") if"))
    #expect(!text.contains("@custom"))
    #expect(try roundTrip(try assemble(place("type", hints))).contains("@custom"))
    #expect(try roundTrip(try assemble(place("code", hints))).contains("@custom"))
    hints.functions = [0: [.init(offset: 6, isLikely: true)]]
    #expect(try roundTrip(try assemble(place("func", hints))).contains("@custom"))
  }
  @Test("Types with very many parameters are written inline only if some have names")
  func manyParameters() throws {
    let parameters = [String](repeating: "i32", count: 999).joined(separator: " ")
    let type = "(module (type (func (param \(parameters)))) (func (type 0) (block (type 0) unreachable)))"
    #expect(try roundTrip(try assemble(type)).utf8.count < 5000)
    let named = "(module (func (param $a i32) (param \(parameters)) (local.set $a (i32.const 1))))"
    #expect(try roundTrip(try assemble(named)).contains("local.set $a"))
  }
}
