import Testing
import WasmBinary
import WebAssembly

@Suite struct NameSectionTests {
  @Test("All kinds of names are decoded")
  func everything() throws {
    let names = NameSection(of: try Decoder.decode(Sample.everything))
    #expect(names.module == "everything")
    #expect(names.functions.entries.map(\.name) == ["f", "main", "second"])
    #expect(names.locals[1, 0] == "a" && names.locals[1, 1] == "b" && names.locals[1, 2] == nil)
    #expect(names.labels[1, 0] == "out" && names.labels[1, 1] == "i" && names.labels[1, 2] == "l")
    #expect(names.types[1] == "node" && names.types[4] == "void")
    #expect(names.tables[0] == "t0" && names.memories[2] == "m2" && names.globals[5] == "g5")
    #expect(names.fields[1, 0] == "next" && names.fields[1, 1] == "v" && names.fields[1, 2] == nil)
    #expect(names.tags[1] == "e1")
  }

  @Test("Names survive encoding and strict decoding")
  func identity() throws {
    var names = NameSection(of: try Decoder.decode(Sample.everything))
    names.elementSegments[3] = "elements"
    names.dataSegments[0] = "λ"
    names.dataSegments[1_000_000] = ""
    let bytes = names.encode()
    #expect(try NameSection(decoding: ModuleBytes(bytes), in: 0..<bytes.count) == names)
  }

  static let malformedSections = [
    ("00 02 01 FF", "malformed UTF-8 encoding"), ("01 01 00 01 01 00", "out of order"),
    ("02 01 00 01 01 00", "out of order"), ("0C 00", "malformed name subsection id"),
    ("01 07 02 01 01 61 00 01 62", "index out of order"), ("01 02 00 00", "size mismatch"),
    ("01 05 02 00 01 61 01", "unexpected end"),
  ]

  @Test("Strict decoding rejects malformed sections", arguments: malformedSections)
  func strict(digits: String, message: String) {
    let bytes = Sample.bytes(digits)
    let error = #expect(throws: DecodingError.self) {
      try NameSection(decoding: ModuleBytes(bytes), in: 0..<bytes.count)
    }
    #expect(error?.message.contains(message) == true, "\(String(describing: error))")
  }

  @Test("Of a malformed section, the readable names are decoded")
  func tolerant() throws {
    let sections: [(digits: String, names: [UInt32: String])] = [
      ("01 07 02 01 01 61 00 01 62", [1: "a", 0: "b"]),
      ("01 07 02 01 01 61 01 01 62", [1: "a"]),
      ("01 05 02 01 01 61 02", [1: "a"]),
      ("0C 01 00 01 04 01 01 01 61", [1: "a"]),
      ("01 04 01 01 01 61 01 04 01 02 01 62", [1: "a"]),
      ("00 02 01 FF 01 04 01 01 01 61", [1: "a"]),
      ("01 7F 01 01 01 61", [:]),
    ]
    for (digits, expected) in sections {
      var writer = BinaryWriter()
      writer.header()
      writer.customSection(NameSection.sectionName, Sample.bytes(digits))
      let names = NameSection(of: try Decoder.decode(writer.bytes)).functions
      #expect(names.entries.map(\.index) == expected.keys.sorted())
      for (index, name) in expected { #expect(names[index] == name) }
    }
  }

  @Test("A function's name is found without decoding the whole section")
  func moduleNames() throws {
    let names = ModuleNames(try Decoder.decode(Sample.everything))
    #expect(names.function(1) == "main" && names.function(7) == nil)
    #expect(ModuleNames(Module(bytes: [])).function(0) == nil)
  }

  @Test("A map keeps its entries in order after any change")
  func nameMap() {
    var map = NameMap()
    for index: UInt32 in [5, 1, 9, 5, 3] { map[index] = "\(index)" }
    map[1] = nil
    map[2] = nil
    #expect(map.entries.map(\.index) == [3, 5, 9])
    #expect(map[9] == "9" && map[1] == nil && map[10] == nil)
  }
}
