import Testing

@testable import WasmBinary

/// The parts of a module that are read if it only runs.
@Suite struct DebugSectionsTests {
  /// A custom section with this name and four bytes of content.
  private static func custom(_ name: String) -> [UInt8] {
    [0, UInt8(name.utf8.count + 5), UInt8(name.utf8.count)] + name.utf8 + [1, 2, 3, 4]
  }

  /// The parts of the module that are read; nil if it is read completely.
  private static func rest(_ module: [UInt8]) -> [UInt8]? {
    let ranges = DebugSections.rest(ofModuleOf: module.count) { Array(module[$0.clamped(to: module.indices)]) }
    return ranges.map { ranges in
      #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
      return ranges.flatMap { module[$0] }
    }
  }

  private static let header = SectionID.moduleHeader
  private static let types: [UInt8] = [1, 4, 1, 0x60, 0, 0]
  private static let names = custom("name")
  private static let info = custom(".debug_info")
  private static let lines = custom(".debug_line")

  @Test("Trailing debugging information is omitted")
  func leftOut() throws {
    let cases: [(module: [UInt8], rest: [UInt8]?)] = [
      (Self.header + Self.info, Self.header),
      (Self.header + Self.types + Self.info + Self.lines, Self.header + Self.types),
      (
        Self.header + Self.types + Self.info + Self.names + Self.lines + Self.names,
        Self.header + Self.types + Self.names + Self.names
      ),
      (
        Self.header + Self.names + Self.info + Self.types + Self.lines,
        Self.header + Self.names + Self.info + Self.types
      ),
      (
        Self.header + Self.names + Self.types + Self.names + Self.info,
        Self.header + Self.names + Self.types + Self.names
      ),
    ]
    for (module, rest) in cases {
      #expect(Self.rest(module) == rest)
      #expect(try Decoder.decode(try #require(rest)).types.count == (try Decoder.decode(module)).types.count)
    }
  }

  @Test("Everything is read if there is no debugging information or a section is incomplete")
  func whole() {
    let module = Self.header + Self.types + Self.info
    for length in (Self.header.count + Self.types.count)..<module.count {
      #expect(Self.rest(Array(module[..<length])) == nil)
    }
    let malformed: [[UInt8]] = [
      [], Self.header, Self.header + Self.types + Self.names, Self.header + Self.info + Self.types, [1] + module,
      Self.header + Self.custom(".debug_\u{E4}"), Self.header + Self.custom("debug_info"),
      Self.header + Self.info + [0], Self.header + Self.info + [0, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
      // A name longer than its section.
      Self.header + [0, 4, 0x0B] + ".debug_info".utf8,
      Self.header + (0..<1001).flatMap { _ in Self.info },
    ]
    for module in malformed { #expect(Self.rest(module) == nil) }
  }

  @Test("Sections that cannot be read completely are not omitted")
  func shortReads() {
    let module = Self.header + Self.types + Self.info
    for limit in 0..<module.count {
      let ranges = DebugSections.rest(ofModuleOf: module.count) { range in
        Array(module[range.clamped(to: 0..<limit)])
      }
      // A sufficient part of the last section's name identifies it.
      #expect(ranges == nil || limit >= Self.header.count + Self.types.count + 3 + ".debug_info".utf8.count)
    }
  }
}
