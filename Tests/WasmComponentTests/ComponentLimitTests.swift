import Testing
import WasmBinary
import WasmComponent
import WasmText
import WebAssembly

@Suite("Types that are too large")
struct ComponentLimitTests {
  /// A component with these type definitions, each in its binary form.
  private func validate(_ types: [[UInt8]], _ more: [UInt8] = []) throws {
    var writer = BinaryWriter()
    writer.u32(UInt32(types.count))
    for type in types { writer.raw(type) }
    let bytes = ComponentBinaryTests.component(ComponentBinaryTests.section(.types, writer.bytes), more)
    try ComponentValidator.validate(try ComponentDecoder.decode(bytes))
  }

  private func index(_ index: Int) -> [UInt8] {
    var writer = BinaryWriter()
    writer.s33(Int64(index))
    return writer.bytes
  }

  @Test("A tuple that doubles with each definition reaches the size of a value")
  func doublingTuple() {
    let types = [[0x6F, 1, 0x77]] + (0..<60).map { [0x6F, 2] + index($0) + index($0) }
    let error = #expect(throws: LoadingError.self) { try validate(types) }
    #expect(error?.message.contains("exceeds maximum byte size") == true)
  }

  @Test("Lists may be nested to a limit")
  func depth() throws {
    func types(_ count: Int) -> [[UInt8]] { [[0x70, 0x7D]] + (0..<count).map { [0x70] + index($0) } }
    try validate(types(ComponentLimits.typeDepth - 2))
    let error = #expect(throws: LoadingError.self) { try validate(types(ComponentLimits.typeDepth)) }
    #expect(error?.message.contains("nesting is too deep") == true)
  }

  @Test("Instance types that double with each definition end with an error")
  func doublingInstances() {
    // (type (instance (alias outer 1 N-1) (export "a" (instance 0)) (export "b" (instance 0))))
    let first: [UInt8] = [0x42, 1, 0x04, 0, 1, 0x72, 3, 1]
    let types =
      [first]
      + (0..<64).map { previous -> [UInt8] in
        [0x42, 3, 2, 3, 2, 1] + [UInt8(previous)] + [4, 0, 1, 0x61, 5, 0, 4, 0, 1, 0x62, 5, 0]
      }
    let error = #expect(throws: LoadingError.self) { try validate(types) }
    #expect(error?.message.contains("effective type size exceeds the limit") == true)
  }

  @Test("Comparing types that double with each definition ends with an error")
  func doublingComparison() {
    // Two types of lists of pairs; values stay small, but a comparison would take 2^40 steps.
    var types: [[UInt8]] = [[0x72, 1, 1, 0x61, 0x7D], [0x72, 1, 1, 0x61, 0x7D]]
    var (first, second) = (0, 1)
    for _ in 0..<45 {
      for last in [first, second] {
        types.append([0x6F, 2] + index(last) + index(last))
        types.append([0x70] + index(types.count - 1))
      }
      (first, second) = (types.count - 3, types.count - 1)
    }
    // (component (alias outer 1 first) (import "t" (type (eq 0)))) instantiated with the second.
    let inner = ComponentBinaryTests.component(
      ComponentBinaryTests.section(.aliases, [1, 3, 2, 1] + index(first)),
      ComponentBinaryTests.section(.types, [0]),
      ComponentBinaryTests.section(.imports, [1, 0, 1, 0x74, 3, 0, 0]))
    let more =
      ComponentBinaryTests.section(.component, inner)
      + ComponentBinaryTests.section(.instances, [1, 0, 0, 1, 1, 0x74, 3] + index(second))
    // The records have no name outside, which is found first, or the comparison ends.
    #expect(throws: LoadingError.self) { try validate(types, more) }
  }

  @Test("Texts in strings of texts count as levels")
  func quotedTexts() {
    for (levels, around) in [(110, 0), (4, 40)] {
      var text = "(component)"
      for _ in 0..<levels {
        let quoted = text.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\5c")
          .split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\22")
        text =
          String(repeating: "(component ", count: around) + "(component quote \"\(quoted)\")"
          + String(repeating: ")", count: around)
      }
      let error = #expect(throws: ParseError.self) { try ComponentParser.parse(text) }
      #expect(error?.message.hasPrefix("nesting too deep") == true, "\(levels) \(error?.message.prefix(80) ?? "")")
    }
  }
}
