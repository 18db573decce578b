import Testing
import WasmBinary
import WasmText
import WebAssembly

/// The binaries that texts assemble to.
@Suite struct AssemblerTests {
  /// The contents of a section, or nil.
  private func section(_ id: SectionID, of bytes: [UInt8]) throws -> [UInt8]? {
    var reader = bytes[8...]
    while let identifier = reader.popFirst() {
      var size = 0
      var shift = 0
      while let byte = reader.popFirst() {
        size |= Int(byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 { break }
      }
      if identifier == id.rawValue { return Array(reader.prefix(size)) }
      reader = reader.dropFirst(size)
    }
    return nil
  }

  /// The body of the first function, without its size, locals and `end`.
  private func body(_ instructions: String, around: String = "") throws -> [UInt8] {
    let code = try #require(
      try section(.code, of: try assemble("(module \(around) (func \(instructions)))")))
    return Array(code[3..<code.count - 1])
  }

  /// The expected bytes are those of wasm-tools 1.262.
  @Test func annotationsOfToolsBecomeSections() throws {
    let bytes = try assemble(
      """
      (module
        (@dylink.0 (mem-info (memory 1 2) (table 3 4)) (needed "a" "b") (export-info "x" binding-weak 0x10)
          (import-info "m" "n" undefined) (runtime-path "p"))
        (@producers (language "Rust" "2021") (processed-by "rustc" "1.0") (processed-by "clang" "2") (sdk "x" "y"))
        (func))
      """)
    let linking: [UInt8] = [
      0, 0x29, 8, 0x64, 0x79, 0x6C, 0x69, 0x6E, 0x6B, 0x2E, 0x30, 1, 4, 1, 2, 3, 4, 2, 5, 2, 1, 0x61, 1, 0x62, 3, 4, 1,
      1,
      0x78, 0x11, 4, 6, 1, 1, 0x6D, 1, 0x6E, 0x10, 5, 3, 1, 1, 0x70,
    ]
    let producers =
      [0, 0x48, 9] + Array("producers".utf8) + [3, 8] + Array("language".utf8) + [1, 4] + Array("Rust".utf8) + [4]
      + Array("2021".utf8) + [3] + Array("sdk".utf8) + [1, 1, 0x78, 1, 0x79, 12] + Array("processed-by".utf8) + [2, 5]
      + Array("rustc".utf8) + [3] + Array("1.0".utf8) + [5] + Array("clang".utf8) + [1] + Array("2".utf8)
    #expect(Array(bytes.dropFirst(8).prefix(linking.count)) == linking)
    #expect(Array(bytes.suffix(producers.count)) == producers)
    // The text survives a round trip.
    let text = try WatPrinter.print(try Decoder.decode(bytes))
    #expect(try assemble(text) == bytes)
  }

  @Test(
    arguments: [
      "(@producers (tool \"a\" \"b\"))", "(@producers (sdk \"a\"))", "(@producers 1)",
      "(@dylink.0 (mem-info (memory 1)))",
      "(@dylink.0 (export-info \"x\" strong))", "(@dylink.0 (needed 1))", "(@dylink.0 what)",
    ])
  func malformedAnnotationsOfTools(_ annotation: String) {
    #expect(throws: ParseError.self) { try assemble("(module \(annotation))") }
  }

  // MARK: Numbers in data segments

  @Test(
    arguments: [
      ("(i8 1 2 -128 255)", "\\01\\02\\80\\ff"), ("(i16 -1 0x102)", "\\ff\\ff\\02\\01"),
      ("(i32 1)", "\\01\\00\\00\\00"),
      ("(i64 -2)", "\\fe\\ff\\ff\\ff\\ff\\ff\\ff\\ff"), ("(f32 62.5)", "\\00\\00\\7a\\42"),
      ("(f64 1 nan)", "\\00\\00\\00\\00\\00\\00\\f0\\3f\\00\\00\\00\\00\\00\\00\\f8\\7f"), ("(i32)", ""),
      (
        "(v128 i32x4 0xA 0xB 0xC 0xD f64x2 1.0 0.5)",
        #"\0a\00\00\00\0b\00\00\00\0c\00\00\00\0d\00\00\00\00\00\00\00\00\00\f0?\00\00\00\00\00\00\e0?"#
      ),
      (#""abcd" (i16 -1) "x" (f32 62.5)"#, "abcd\\ff\\ffx\\00\\00\\7a\\42"),
    ])
  func numbersInDataSegments(_ numbers: String, _ string: String) throws {
    for form in [
      "(memory 1) (data (i32.const 0) %)", "(data %)", "(memory (data %))",
      "(memory 1) (data (memory 0) (i32.const 8) %)",
    ] {
      let expected = try assemble("(module \(form.replacing("%", with: "\"\(string)\"")))")
      #expect(try assemble("(module \(form.replacing("%", with: numbers)))") == expected, "\(form)")
    }
  }

  @Test(arguments: [
    "(i8 256)", "(i8 -129)", "(i16 65536)", "(i32 1.5)", "(i8 $x)", "(v128 1)", "(f32 \"x\")", "(i31 1)",
  ])
  func whatIsNoNumberInADataSegmentIsRefused(_ numbers: String) {
    #expect(throws: ParseError.self) { try assemble("(module (data \(numbers)))") }
  }

  @Test(
    arguments: [
      #"(import "m" (item "a" (func)) (item "b"))"#, #"(import "m" (item "a") (item "b" (func)))"#,
      #"(import "m" (item "a"))"#, #"(import "m" (item "a" (func)) (func))"#, #"(import "m" (item "a") (func $f))"#,
      #"(import "m" (item "a") (func) (func))"#, #"(import "m" (item))"#,
    ])
  func malformedImportItems(_ field: String) {
    #expect(throws: ParseError.self) { try assemble("(module \(field))") }
  }

  @Test func anEmptyModuleIsItsHeader() throws {
    #expect(try assemble("(module)") == [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00])
    #expect(try assemble("") == SectionID.moduleHeader)
  }

  @Test(
    arguments: [
      ("i32.const 1 i32.const 2 i32.add drop", [0x41, 1, 0x41, 2, 0x6A, 0x1A]),
      ("(drop (i32.add (i32.const 1) (i32.const 2)))", [0x41, 1, 0x41, 2, 0x6A, 0x1A]),
      ("i32.const 0 (drop (i32.add (i32.const 2)))", [0x41, 0, 0x41, 2, 0x6A, 0x1A]),
      ("i32.const -1 i32.const 0xffff_ffff", [0x41, 0x7F, 0x41, 0x7F]),
      ("i64.const -0x8000_0000_0000_0000", [0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F]),
      ("f32.const 1.5 f64.const -0", [0x43, 0, 0, 0xC0, 0x3F, 0x44, 0, 0, 0, 0, 0, 0, 0, 0x80]),
      ("block end", [0x02, 0x40, 0x0B]),
      ("block $a (loop $b (br $a) (br $b)) end $a", [0x02, 0x40, 0x03, 0x40, 0x0C, 1, 0x0C, 0, 0x0B, 0x0B]),
      ("(if (i32.const 1) (then (nop)) (else (nop)))", [0x41, 1, 0x04, 0x40, 0x01, 0x05, 0x01, 0x0B]),
      (
        "(if $l (result i32) (i32.const 1) (then (br $l)) (else (br $l)))",
        [0x41, 1, 0x04, 0x7F, 0x0C, 0, 0x05, 0x0C, 0, 0x0B]
      ),
      ("i32.const 1 if $x else $x end $x", [0x41, 1, 0x04, 0x40, 0x05, 0x0B]),
      ("(block $a (block $a (br $a)) (br $a))", [0x02, 0x40, 0x02, 0x40, 0x0C, 0, 0x0B, 0x0C, 0, 0x0B]),
      ("(block $a (br_table $a 1 $a))", [0x02, 0x40, 0x0E, 2, 0, 1, 0, 0x0B]),
      ("select (select (result i32))", [0x1B, 0x1C, 1, 0x7F]),
      ("ref.null func ref.test funcref ref.test (ref i31)", [0xD0, 0x70, 0xFB, 0x15, 0x70, 0xFB, 0x14, 0x6C]),
      ("br_on_cast 0 anyref (ref i31)", [0xFB, 0x18, 1, 0, 0x6E, 0x6C]),
      ("i32.load offset=5 align=1 i32.load", [0x28, 0, 5, 0x28, 2, 0]),
      (
        "v128.load8_lane 3 v128.load8_lane 0 3 v128.load8_lane offset=1 3",
        [0xFD, 0x54, 0, 0, 3, 0xFD, 0x54, 0, 0, 3, 0xFD, 0x54, 0, 1, 3]
      ),
      ("i64.atomic.rmw32.cmpxchg_u atomic.fence", [0xFE, 0x4E, 2, 0, 0xFE, 0x03, 0]),
      ("i64.mul_wide_u", [0xFC, 0x16]),
      ("i32x4.relaxed_dot_i8x16_i7x16_add_s", [0xFD, 0x93, 0x02]),
      ("try nop catch_all end", [0x06, 0x40, 0x01, 0x19, 0x0B]),
      ("block $l try try delegate $l end end", [0x02, 0x40, 0x06, 0x40, 0x06, 0x40, 0x18, 1, 0x0B, 0x0B]),
      (
        "(block $l (try (do (try (do) (delegate $l))) (catch_all)))",
        [0x02, 0x40, 0x06, 0x40, 0x06, 0x40, 0x18, 1, 0x19, 0x0B, 0x0B]
      ),
      (
        "(block $l (try_table $t (catch_all $l) (catch_all_ref 1) (br $t)))",
        [0x02, 0x40, 0x1F, 0x40, 2, 2, 0, 3, 1, 0x0C, 0, 0x0B, 0x0B]
      ),
    ] as [(String, [UInt8])])
  func instructionsBecomeBytes(_ text: String, _ expected: [UInt8]) throws {
    #expect(try body(text) == expected)
  }

  @Test func indicesMayReferToWhatComesLater() throws {
    let instructions = """
      (func call $f global.get $g table.size $t memory.size $m throw $x elem.drop $e data.drop $d struct.get $s $y)
      """
    let definitions = """
      (func $f) (global i32 (i32.const 0)) (global $g i32 (i32.const 0)) (table 1 funcref) (table $t funcref (elem))
      (memory 1) (memory $m (data)) (tag) (tag $x) (elem $e func) (data $d) (type (func)) (type $s (struct (field i32) (field $y i32)))
      """
    let code = try #require(try section(.code, of: try assemble(instructions + definitions)))
    #expect(
      code == [
        2, 23, 0, 0x10, 1, 0x23, 1, 0xFC, 0x10, 1, 0x3F, 1, 0x08, 1, 0xFC, 0x0D, 1, 0xFC, 0x09, 1, 0xFB, 0x02, 1, 1,
        0x0B, 2, 0, 0x0B,
      ])
  }

  @Test func typesThatAreOnlyUsedComeLastInTheOrderOfUse() throws {
    let text = """
      (func (param i32) (block (param i64) (drop)))
      (type (func (result f32)))
      (func (result f32) (f32.const 0))
      (type (sub (func (param i32))))
      """
    #expect(
      try section(.type, of: try assemble(text)) == [
        4, 0x60, 0, 1, 0x7D, 0x50, 0, 0x60, 1, 0x7F, 0, 0x60, 1, 0x7F, 0, 0x60, 1, 0x7E, 0,
      ])
  }

  @Test(
    arguments: [
      ("(elem func 0)", [1, 1, 0, 1, 0]), ("(elem declare func 0 0)", [1, 3, 0, 2, 0, 0]),
      ("(elem (i32.const 7) 0)", [1, 0, 0x41, 7, 0x0B, 1, 0]),
      ("(elem (offset i32.const 7) func 0)", [1, 0, 0x41, 7, 0x0B, 1, 0]),
      ("(table 1 funcref) (elem (table 1) (i32.const 7) func 0)", [1, 2, 1, 0x41, 7, 0x0B, 0, 1, 0]),
      ("(elem funcref (ref.func 0))", [1, 5, 0x70, 1, 0xD2, 0, 0x0B]),
      ("(elem (i32.const 1) funcref (item ref.func 0))", [1, 4, 0x41, 1, 0x0B, 1, 0xD2, 0, 0x0B]),
      ("(elem (i32.const 1) (ref null 0) (item (ref.func 0)))", [1, 6, 0, 0x41, 1, 0x0B, 0x63, 0, 1, 0xD2, 0, 0x0B]),
      ("(table funcref (elem 0))", [1, 2, 1, 0x41, 0, 0x0B, 0, 1, 0]),
      ("(table i64 (ref 0) (elem (ref.func 0)))", [1, 6, 1, 0x42, 0, 0x0B, 0x64, 0, 1, 0xD2, 0, 0x0B]),
    ] as [(String, [UInt8])])
  func elementSegmentsHaveTheShortestForm(_ text: String, _ expected: [UInt8]) throws {
    #expect(try section(.element, of: try assemble("(func) (table 9 funcref) \(text)")) == expected)
  }

  @Test func dataInAMemoryMakesItAsLargeAsNeeded() throws {
    let bytes = try assemble("(memory (pagesize 1) (data \"abc\" \"\\ff\")) (memory i64 (data))")
    #expect(try section(.memory, of: bytes) == [2, 0x09, 4, 4, 0, 0x05, 0, 0])
    #expect(
      try section(.data, of: bytes) == [2, 0, 0x41, 0, 0x0B, 4, 0x61, 0x62, 0x63, 0xFF, 2, 1, 0x42, 0, 0x0B, 0])
  }

  @Test func theNumberOfSegmentsComesBeforeCodeThatNamesThem() throws {
    #expect(try section(.dataCount, of: try assemble("(func data.drop 0) (data)")) == [1])
    #expect(try section(.dataCount, of: try assemble("(func) (data)")) == nil)
  }

  @Test func identifiersBecomeNames() throws {
    let text = """
      (module $m (type $t (struct (field $a i32) (field i32) (field $b i32)))
        (func $f (param $x i32) (local $y i32) (block $l)) (func $"a b" (@name "c")) (global $g i32 (i32.const 0)))
      """
    let bytes = try assemble(text)
    let start = try #require(try section(.custom, of: bytes))
    let names = try NameSection(decoding: ModuleBytes(start), in: 5..<start.count)
    #expect(names.module == "m")
    #expect(names.functions == NameMap([.init(index: 0, name: "f"), .init(index: 1, name: "c")]))
    #expect(names.locals[0] == NameMap([.init(index: 0, name: "x"), .init(index: 1, name: "y")]))
    #expect(names.labels[0, 0] == "l")
    #expect(names.types[0] == "t")
    #expect(names.fields[0] == NameMap([.init(index: 0, name: "a"), .init(index: 2, name: "b")]))
    #expect(names.globals[0] == "g")
    #expect(try section(.custom, of: try assemble(text, options: WatOptions(emitNames: false))) == nil)
  }

  @Test func annotationsPlaceCustomSections() throws {
    let bytes = try assemble("(@custom \"a\" (before func) \"x\" \"y\") (func) (@custom \"b\")")
    // The types, then `a`, functions, code, and `b` at the end.
    #expect(bytes[8...].prefix(6) == [1, 4, 1, 0x60, 0, 0])
    #expect(bytes[14...].prefix(6) == [0, 4, 1, 0x61, 0x78, 0x79])
    #expect(bytes.suffix(4) == [0, 2, 1, 0x62])
  }

  @Test func annotationsHintAtBranches() throws {
    let bytes = try assemble(
      "(func (@metadata.code.branch_hint \"\\01\") (if (i32.const 0) (then)) i32.const 0 (@metadata.code.branch_hint \"\\00\") br_if 0)"
    )
    let custom = try #require(try section(.custom, of: bytes))
    let hints = try BranchHints(decoding: ModuleBytes(custom), in: 26..<custom.count)
    #expect(hints.functions == [0: [.init(offset: 3, isLikely: true), .init(offset: 8, isLikely: false)]])
  }

  @Test(
    "Empty recursion groups, first, last and alone",
    arguments: ["(rec)", "(type (func)) (rec)", "(rec) (type (func))", "(rec) (rec)", "(rec) (type (func)) (rec)"])
  func emptyGroups(text: String) throws {
    let bytes = try assembleModule(Array("(module \(text))".utf8)).bytes
    #expect(bytes.count > 8)
  }

  @Test func theSourceMapLeadsToKeywords() throws {
    let text = "(module\n  (func (result i32)\n    (i32.add (i32.const 1)\n      (i32.const 2))))"
    let module = try assembleModule(Array(text.utf8))
    let code = module.bytes.count - 6
    #expect(module.bytes[code...] == [0x41, 1, 0x41, 2, 0x6A, 0x0B])
    // The counts of types, functions and bodies; the type twice, as a group and in it; the function's type, its entry and its body; the
    // instructions.
    #expect(module.sourceMap.count == 12)
    #expect(module.sourceMap.location(at: code) == TextLocation(line: 3, column: 15))
    #expect(module.sourceMap.location(at: code + 3) == TextLocation(line: 4, column: 8))
    #expect(module.sourceMap.location(at: code + 4) == TextLocation(line: 3, column: 6))
    #expect(module.sourceMap.location(at: code + 5) == TextLocation(line: 4, column: 21), "the function's end")
    #expect(module.sourceMap.location(at: 11) == TextLocation(line: 2, column: 10), "the type")
    #expect(module.sourceMap.location(at: 18) == TextLocation(line: 2, column: 4), "the function")
    #expect(module.sourceMap.location(at: 8) == TextLocation(line: 2, column: 10), "the section of types")
    #expect(module.sourceMap.location(at: 7) == nil)
  }

  @Test func literalModulesAreTakenAsTheyAre() throws {
    #expect(try assemble("(module binary \"\\00asm\" \"\\01\\00\\00\\00\")") == SectionID.moduleHeader)
    #expect(try assemble("(module quote \"(module\" \" )\")") == SectionID.moduleHeader)
  }
}
