import Testing
import TestSupport
import WebAssembly

@testable import WasmBinary

/// Bytes that are not a module, or almost one: decoding them quickly returns a typed error or a module.
@Suite struct HostileInputTests {
  /// The samples, and modules of the standard's suite if it is available: twenty in all.
  static let modules: [[UInt8]] = {
    var modules = Sample.all.map(\.bytes)
    for path in TestSuite.binaryScripts {
      let commands = (try? TestSuite.script(path).commands) ?? []
      modules += commands.filter { $0.keyword == "module" && $0.module.count > 40 }.prefix(2).map(\.module)
    }
    return Array(modules.prefix(20))
  }()

  /// Decodes everything, at once and in chunks.
  private func decode(_ bytes: [UInt8]) -> Bool {
    let module = try? Decoder.decode(bytes)
    let streamed = try? decodeStream(bytes, chunkSize: 37)
    #expect((module == nil) == (streamed == nil))
    guard let module else { return false }
    try? module.checkBodies()
    let names = NameSection(of: module)
    _ = try? NameSection(decoding: ModuleBytes(names.encode()), in: 0..<names.encode().count)
    try? BranchHints(of: module).validate(in: module)
    #expect((try? Decoder.decode(Encoder.encode(module)))?.structure == module.structure)
    return true
  }

  @Test("A truncated module is rejected, except at the end of a section")
  func truncations() throws {
    for bytes in Self.modules {
      var accepted = 0
      for count in 0..<bytes.count where decode(Array(bytes[..<count])) { accepted += 1 }
      // Each section has at least two bytes.
      #expect(accepted <= 1 + (bytes.count - 8) / 2)
    }
  }

  @Test("Ten thousand mutated modules are rejected with an error or decoded")
  func mutations() {
    var generator = RandomSource(seed: 2026)
    var accepted = 0
    let clock = ContinuousClock()
    var longest = Duration.zero
    for round in 0..<10_000 {
      let bytes = mutate(Self.modules[round % Self.modules.count], &generator)
      longest = max(longest, clock.measure { if decode(bytes) { accepted += 1 } })
    }
    #expect(accepted > 0 && accepted < 10_000)
    #expect(longest < .seconds(1))
  }

  private func mutate(_ original: [UInt8], _ generator: inout RandomSource) -> [UInt8] {
    var bytes = original
    for _ in 0...Int.random(in: 0..<4, using: &generator) where bytes.count > 8 {
      let position = Int.random(in: 8..<bytes.count, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 2: bytes.remove(at: position)
      case 3: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: position)
      case 4: bytes[position] = [0x00, 0x7F, 0x80, 0xFF, 0x0B].randomElement(using: &generator)!
      default:
        let end = Int.random(in: position...bytes.count, using: &generator)
        bytes.append(contentsOf: bytes[position..<end])
      }
    }
    return bytes
  }

  @Test(
    "A count without entries is rejected before memory is allocated for it",
    arguments: [.type, .import, .function, .table, .memory, .tag, .global, .export, .element, .code, .data]
      as [SectionID])
  func emptyPromises(section: SectionID) {
    // A million zero bytes are not enough for four billion entries.
    var writer = BinaryWriter()
    writer.header()
    writer.section(section) { writer in
      writer.u32(.max)
      writer.raw([UInt8](repeating: 0, count: 1 << 20))
    }
    let error = #expect(throws: DecodingError.self) { try Decoder.decode(writer.bytes) }
    #expect(error?.message.hasPrefix("length out of bounds: expected at most") == true)
  }

  @Test("A repetitive name section is decoded in linear time")
  func repeatedNames() throws {
    for id in UInt8(0)..<12 {
      var section = BinaryWriter()
      for _ in 0..<50_000 {
        section.byte(id)
        section.sized { writer in writer.raw([0x03, 0x05, 0x01, 0x05, 0x00, 0x05, 0x01, 0x05, 0x00]) }
      }
      var writer = BinaryWriter()
      writer.header()
      writer.customSection(NameSection.sectionName, section.bytes)
      let module = try Decoder.decode(writer.bytes)
      let time = ContinuousClock().measure { _ = NameSection(of: module) }
      #expect(time < .seconds(5))
    }
  }
}
