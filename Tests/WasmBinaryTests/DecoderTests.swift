import Testing
import WasmBinary
import WebAssembly

@Suite struct DecoderTests {
  struct MalformedModule: Sendable, CustomTestStringConvertible {
    /// The sections after the header.
    var sections: String
    var message: String
    var offset: Int
    var testDescription: String { "\(sections): \(message)" }

    init(_ sections: String, _ message: String, _ offset: Int) {
      (self.sections, self.message, self.offset) = (sections, message, offset)
    }
  }

  static let malformedModules = [
    MalformedModule("0E 00", "malformed section id", 8),
    MalformedModule("03 01 00 01 01 00", "unexpected content after last section", 11),
    MalformedModule("01 05 00", "length out of bounds", 9),
    MalformedModule("01 02 00 00", "section size mismatch", 10),
    MalformedModule("01 05 01 61 00 00 00", "malformed definition type", 11),
    MalformedModule("01 05 01 60 01 20 00", "malformed value type", 13),
    MalformedModule("01 04 01 5E 20 00", "malformed storage type", 12),
    MalformedModule("01 04 01 5E 7F 02", "malformed mutability", 13),
    MalformedModule("01 05 01 5E 64 41 00", "malformed storage type", 12),
    MalformedModule("02 06 01 01 FF 00 00 00", "malformed UTF-8 encoding", 11),
    MalformedModule("02 04 01 00 00 05", "malformed import kind", 13),
    MalformedModule("04 06 01 40 01 70 00 00", "zero byte expected", 12),
    MalformedModule("04 04 01 70 02 00", "malformed limits flags", 12),
    MalformedModule("05 03 01 10 00", "malformed limits flags", 11),
    MalformedModule("05 04 01 08 00 40", "invalid custom page size", 13),
    MalformedModule("06 06 01 7F 00 41 00 05", "END opcode expected", 15),
    MalformedModule("06 05 01 7F 00 FF 0B", "illegal opcode ff", 13),
    MalformedModule("07 04 01 00 05 00", "malformed export kind", 12),
    MalformedModule("09 02 01 08", "malformed elements segment kind", 11),
    MalformedModule("09 04 01 01 01 00", "malformed element kind", 12),
    MalformedModule("0B 02 01 03", "malformed data segment kind", 11),
    MalformedModule("0C 01 01", "data count and data section have inconsistent lengths", 11),
    MalformedModule("0D 03 01 01 00", "zero byte expected", 11),
  ]

  @Test("A malformed module is rejected with the offset of the error", arguments: malformedModules)
  func malformed(module: MalformedModule) {
    let error = #expect(throws: DecodingError.self) { try Decoder.decode(Sample.module(module.sections)) }
    #expect(error?.message.hasPrefix(module.message) == true, "\(String(describing: error))")
    #expect(error?.offset == module.offset)
  }

  @Test("Exceeding a limit is an error")
  func limits() throws {
    let limits: [(path: WritableKeyPath<ModuleLimits, Int>, value: Int, things: String)] = [
      (\.types, 4, "types"), (\.imports, 4, "imports"), (\.functions, 1, "functions"), (\.tables, 1, "tables"),
      (\.memories, 2, "memories"), (\.tags, 0, "tags"), (\.globals, 4, "globals"), (\.exports, 4, "exports"),
      (\.elementSegments, 7, "element segments"), (\.elements, 1, "elements"), (\.dataSegments, 2, "data segments"),
      (\.parameters, 1, "parameters"), (\.results, 1, "results"), (\.fields, 2, "fields"), (\.locals, 4, "locals"),
      (\.customSections, 0, "custom sections"),
    ]
    for (path, value, things) in limits {
      var limits = ModuleLimits()
      limits[keyPath: path] = value
      let error = #expect(throws: DecodingError.self) { try Decoder.decode(Sample.everything, limits: limits) }
      #expect(error?.message.hasPrefix("too many \(things)") == true, "\(String(describing: error))")
      limits[keyPath: path] = value + 1000
      #expect(throws: Never.self) { try Decoder.decode(Sample.everything, limits: limits) }
    }
    let sizes: [(path: WritableKeyPath<ModuleLimits, Int>, value: Int, thing: String)] = [
      (\.moduleSize, 100, "module"), (\.functionBodySize, 20, "code of one function"),
    ]
    for (path, value, thing) in sizes {
      var limits = ModuleLimits()
      limits[keyPath: path] = value
      let error = #expect(throws: DecodingError.self) { try Decoder.decode(Sample.everything, limits: limits) }
      #expect(error?.message.hasPrefix("\(thing) too large") == true, "\(String(describing: error))")
      #expect(error?.limit?.limit == UInt64(value) && error?.limit?.scope == .module)
    }
  }

  @Test("Decoding in pieces has the same result as decoding at once", arguments: Sample.all.map(\.name))
  func streaming(name: String) throws {
    let bytes = Sample.all.first { $0.name == name }!.bytes
    let whole = try Decoder.decode(bytes)
    for chunkSize in [1, 2, 3, 7, 64] {
      #expect(try decodeStream(bytes, chunkSize: chunkSize).structure == whole.structure)
    }
  }

  @Test("A stream fails at the first bytes that show the error")
  func earlyFailure() throws {
    var decoder = Decoder()
    try decoder.append([0x00, 0x61, 0x73])
    #expect(throws: DecodingError.self) { try decoder.append([0x6E]) }
    decoder = Decoder()
    try decoder.append(Sample.module("01 04 01"))
    #expect(throws: DecodingError.self) { try decoder.append([0x61, 0x00, 0x00]) }
  }

  @Test("All parts of a module are decoded")
  func everything() throws {
    let module = try Decoder.decode(Sample.everything)
    #expect(module.recursionGroups.map(\.count) == [1, 2, 1, 1, 1, 1])
    #expect(module.functionCount == 3 && module.importedFunctions.count == 1)
    #expect(module.tables.map { $0.initializer != nil } == [true, false])
    #expect(module.tables[1].type.addressType == .i64)
    #expect(module.memories.map(\.addressType) == [.i64, .i32])
    #expect(module.tags.count == 1 && module.tagCount == 2)
    #expect(module.globals.count == 5)
    #expect(module.exports.map(\.name) == ["main", "mem", "tab", "glob", "tag"])
    #expect(module.startFunction == 0)
    #expect(module.elementSegments.map(\.elements.count) == [1, 2, 1, 1, 2, 2, 1, 1])
    #expect(module.dataCount == 3 && module.dataSegments.count == 3)
    #expect(Array(module.bytes[module.dataSegments[1].data]) == Array("passive".utf8))
    #expect(module.functions.allSatisfy { module.codeSection!.contains($0.body.lowerBound) })
    #expect(throws: Never.self) { try module.checkBodies() }
  }

  @Test("Clauses of custom descriptors and exact imports are decoded")
  func descriptors() throws {
    let module = try Decoder.decode(Sample.descriptors)
    #expect(module.types.map(\.descriptor) == [1, 2, nil, nil])
    #expect(module.types.map(\.describes) == [nil, 0, 1, nil])
    #expect(module.imports.map(\.type) == [.function(typeIndex: 3, isExact: true)])
  }

  @Test("Deeply nested blocks are an error, not a stack overflow")
  func deepNesting() {
    var writer = BinaryWriter()
    writer.header()
    writer.section(.global) { writer in
      writer.u32(1)
      writer.globalType(GlobalType(value: .i32, isMutable: false))
      for _ in 0..<1_000_000 { writer.raw([0x02, 0x40]) }
    }
    let error = #expect(throws: DecodingError.self) { try Decoder.decode(writer.bytes) }
    #expect(error?.message == "unexpected end of section or function")
  }
}
