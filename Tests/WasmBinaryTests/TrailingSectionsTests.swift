import Testing

@testable import WasmBinary

/// The parts of a module that are read if it only runs.
@Suite struct TrailingSectionsTests {
  /// A custom section with this name and four bytes of content.
  private static func custom(_ name: String) -> [UInt8] {
    [0, UInt8(name.utf8.count + 5), UInt8(name.utf8.count)] + name.utf8 + [1, 2, 3, 4]
  }

  private static func sections(_ module: [UInt8]) -> TrailingSections? {
    TrailingSections(ofModuleOf: module.count) { Array(module[$0.clamped(to: module.indices)]) }
  }

  private static let header = SectionID.moduleHeader
  private static let types: [UInt8] = [1, 4, 1, 0x60, 0, 0]
  private static let names = custom("name")
  private static let info = custom(".debug_info")

  @Test("Trailing custom sections are found, and what decoding reads of them")
  func found() throws {
    let cases: [(module: [UInt8], start: Int, count: Int)] = [
      (Self.header + Self.info, 8, 1),
      (Self.header + Self.types + Self.info + Self.names, 14, 2),
      (Self.header + Self.names + Self.types + Self.names, 14 + Self.names.count, 1),
    ]
    for (module, start, count) in cases {
      let sections = try #require(Self.sections(module))
      #expect(sections.start == start)
      #expect(sections.headers.count == count)
      // Decoding reads nothing else.
      var read = [UInt8](repeating: 0xFF, count: module.count)
      for range in [0..<start] + sections.headers { read[range] = module[range] }
      let (partial, whole) = (try Decoder.decode(read), try Decoder.decode(module))
      #expect(partial.types.count == whole.types.count)
      #expect(partial.customSections.map(\.name) == whole.customSections.map(\.name))
      #expect(partial.customSections.map(\.data) == whole.customSections.map(\.data))
    }
  }

  @Test("Everything is read if there is no such section, or one is incomplete or has a long name")
  func whole() {
    let module = Self.header + Self.types + Self.info
    for length in (Self.header.count + Self.types.count)..<module.count {
      #expect(Self.sections(Array(module[..<length])) == nil)
    }
    let others: [[UInt8]] = [
      [], Self.header, Self.header + Self.info + Self.types, [1] + module, Self.header + Self.info + [0],
      Self.header + Self.info + [0, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
      Self.header + Self.custom(String(repeating: "n", count: 100)),
      // A name longer than its section.
      Self.header + [0, 4, 0x0B] + ".debug_info".utf8,
      Self.header + (0..<1001).flatMap { _ in Self.info },
    ]
    for module in others { #expect(Self.sections(module) == nil) }
  }

  @Test("Sections whose beginning cannot be read are not left out")
  func shortReads() {
    let module = Self.header + Self.types + Self.info
    for limit in 0..<module.count {
      let sections = TrailingSections(ofModuleOf: module.count) { range in
        Array(module[range.clamped(to: 0..<limit)])
      }
      #expect(sections == nil || limit >= Self.header.count + Self.types.count + 3 + ".debug_info".utf8.count)
    }
  }
}
