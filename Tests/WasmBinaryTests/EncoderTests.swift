import Testing
import TestSupport
import WasmBinary
import WebAssembly

@Suite struct EncoderTests {
  @Test("A module's contents survive a round trip", arguments: Sample.all.map(\.name))
  func identity(name: String) throws {
    let module = try Decoder.decode(Sample.all.first { $0.name == name }!.bytes)
    let encoded = Encoder.encode(module)
    let decoded = try Decoder.decode(encoded)
    #expect(decoded.structure == module.structure)
    #expect(Encoder.encode(decoded) == encoded)
  }

  @Test("A module in shortest form encodes to the same bytes")
  func shortestForm() throws {
    for bytes in [Sample.arithmetic, Sample.customSections, Sample.descriptors] {
      #expect(Encoder.encode(try Decoder.decode(bytes)) == bytes)
    }
  }

  @Test("The contents of the suite's modules survive a round trip", arguments: TestSuite.binaryScripts)
  func suite(path: String) throws {
    for command in try TestSuite.script(path).commands {
      guard let module = try? Decoder.decode(command.module) else { continue }
      let encoded = try Decoder.decode(Encoder.encode(module))
      #expect(encoded.structure == module.structure, "\(path):\(command.line)")
    }
  }

  @Test("Functions in a segment of a different type are encoded as expressions")
  func functionsAsExpressions() throws {
    var module = try Decoder.decode(Sample.everything)
    module.elementSegments = [
      Module.ElementSegment(type: .funcref, mode: .passive, elements: .functions([0, 1]), offset: 0)
    ]
    let segment = try Decoder.decode(Encoder.encode(module)).elementSegments[0]
    #expect(segment.type == .funcref)
    guard case .expressions(let expressions) = segment.elements else {
      Issue.record("functions")
      return
    }
    #expect(expressions.count == 2)
  }

  @Test("A custom section keeps its place, even after an empty section")
  func placeAfterEmptySection() throws {
    var module = Module(bytes: [])
    module.customSections = [
      Module.CustomSection(name: "a", data: 0..<0, after: SectionID.function.rawValue, offset: 0)
    ]
    let decoded = try Decoder.decode(Encoder.encode(module))
    #expect(decoded.customSections.map(\.after) == [SectionID.function.rawValue])
  }
}
