import Testing
import WasmBinary
import WasmComponent
import WebAssembly

@Suite("Binary format of components")
struct ComponentBinaryTests {
  /// A component with these sections.
  static func component(_ sections: [UInt8]...) -> [UInt8] { Component.header + sections.flatMap { $0 } }

  /// A section with these contents.
  static func section(_ id: ComponentSectionID, _ contents: [UInt8]) -> [UInt8] {
    var writer = BinaryWriter()
    writer.byte(id.rawValue)
    writer.byteVector(contents)
    return writer.bytes
  }

  @Test(
    "Decoding and encoding gives the same bytes",
    arguments: [
      component(),
      component(section(.custom, [2, 0x68, 0x69, 7])),
      component(section(.coreModule, SectionID.moduleHeader), section(.coreInstances, [2, 0, 0, 0, 1, 0])),
      component(section(.component, component(section(.types, [1, 0x73])))),
      // Every defined type.
      component(
        section(
          .types,
          [
            20, 0x3F, 0x7F, 0, 0x72, 1, 1, 0x61, 0x7F, 0x71, 2, 1, 0x78, 1, 0x7E, 0, 1, 0x79, 0, 0, 0x70, 0x7B, 0x6F, 2,
            0x7C, 0x79, 0x6E, 1, 2, 0x66, 0x31, 0x6D, 1, 2, 0x65, 0x31, 0x6B, 0x7A, 0x6A, 0, 0, 0x6A, 1, 0x77, 0, 0x6A,
            0, 1, 0x78, 0x69, 0, 0x68, 0, 0x66, 1, 0x7D, 0x66, 0, 0x65, 1, 0x73, 0x70, 2, 0x67, 0x7D, 3, 0x63, 0x73,
            0x79,
            0x64,
          ])),
      // Types of functions, components, instances and core modules.
      component(
        section(.types, [3, 0x40, 1, 1, 0x70, 0x7F, 0, 0x79, 0x43, 0, 1, 0, 0x42, 2, 1, 0x73, 4, 0, 1, 0x74, 3, 0, 0]),
        section(.types, [1, 0x41, 2, 3, 2, 1, 0x61, 1, 2, 1, 0x78, 3, 1, 4, 1, 1, 0x62, 3, 0, 0]),
        section(.coreTypes, [3, 0x60, 0, 0, 0, 0x50, 0, 0x60, 0, 0, 0x50, 2, 1, 0x60, 0, 0, 3, 1, 0x65, 0, 0])),
      component(
        section(.types, [1, 0x42, 0]),
        section(.imports, [2, 0, 1, 0x69, 5, 0, 2, 1, 0x6A, 1, 0, 5, 0x61, 0x3A, 0x62, 0x2F, 0x63, 5, 0]),
        section(.exports, [1, 0, 1, 0x78, 5, 0, 1, 5, 0]), section(.aliases, [1, 3, 2, 0, 0])),
      component(section(.canonicals, [5, 0x24, 0x0A, 0x7F, 0, 0x09, 1, 0, 0, 0x0C, 1, 0x06, 0])),
      component(section(.start, [0, 1, 2, 1]), section(.values, [1, 0x7D, 1, 9])),
    ])
  func roundTrip(_ bytes: [UInt8]) throws {
    #expect(ComponentEncoder.encode(try ComponentDecoder.decode(bytes)) == bytes)
  }

  @Test(
    "Malformed components",
    arguments: [
      ([], "unexpected end-of-file"), ([0, 0x61, 0x73, 0x6D], "unexpected end-of-file"),
      ([0, 0x61, 0x73, 0x6E, 0x0D, 0, 1, 0], "magic header not detected"),
      ([0, 0x61, 0x73, 0x6D, 0x0C, 0, 1, 0], "unknown binary version"),
      (SectionID.moduleHeader, "expected a version header for a component"),
      (component([0x0D, 0]), "malformed section id"), (component([7, 3, 0]), "unexpected end-of-file"),
      (component(section(.types, [0xBF, 0x84, 0x3D, 0x73])), "unexpected end-of-file"),
      (component(section(.types, [1, 0x62])), "invalid leading byte (0x62) for component defined type"),
      (component(section(.types, [1, 0x73, 0])), "section size mismatch"),
      (component(section(.coreModule, Component.header)), "expected a version header for a module"),
      (component(section(.coreModule, [0])), "unexpected end"),
      (component(section(.canonicals, [1, 0x2E])), "invalid leading byte (0x2e) for canonical function"),
      (component(section(.canonicals, [1, 0x0C, 2])), "invalid boolean value"),
      (component(section(.imports, [1, 0, 2, 0xFF, 0xFE, 1, 0])), "malformed UTF-8 encoding"),
      (component(section(.types, [1, 0x70, 0x40])), "invalid leading byte (0x40) for component value type"),
    ] as [([UInt8], String)])
  func malformed(_ bytes: [UInt8], _ message: String) {
    let error = #expect(throws: DecodingError.self) { _ = try ComponentDecoder.decode(bytes) }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
  }

  @Test("Every prefix of a component is malformed or complete")
  func prefixes() throws {
    let bytes = Self.component(
      Self.section(.types, [1, 0x40, 1, 1, 0x70, 0x7F, 0, 0x79]), Self.section(.imports, [1, 0, 1, 0x66, 1, 0]))
    for count in 0..<bytes.count { _ = try? ComponentDecoder.decode(Array(bytes[..<count])) }
    #expect(throws: Never.self) { _ = try ComponentDecoder.decode(bytes) }
  }

  @Test("Nesting is limited")
  func nesting() {
    var bytes = Self.component()
    for _ in 0...ComponentLimits.nesting { bytes = Self.component(Self.section(.component, bytes)) }
    let error = #expect(throws: DecodingError.self) { _ = try ComponentDecoder.decode(bytes) }
    #expect(error?.message.hasPrefix("nesting too deep") == true)
    let types = Self.component(
      Self.section(.types, [1] + Array(repeating: [0x42, 1, 1], count: 1000).flatMap { $0 } + [0x42, 0]))
    #expect(throws: DecodingError.self) { _ = try ComponentDecoder.decode(types) }
  }

  @Test("Modules in a component are decoded in place, and errors have the component's offsets")
  func modules() throws {
    var module = BinaryWriter()
    module.header()
    module.section(.type) { writer in
      writer.u32(1)
      writer.recursionGroup([SubType(.function(FunctionType()))])
    }
    let component = try ComponentDecoder.decode(Self.component(Self.section(.coreModule, module.bytes)))
    guard case .coreModule(let decoded)? = component.sections.first?.contents else {
      Issue.record("no module")
      return
    }
    #expect(decoded.module.types.count == 1)
    #expect(Array(decoded.module.bytes) == module.bytes)
    module.bytes.append(0x3C)
    let error = #expect(throws: DecodingError.self) {
      _ = try ComponentDecoder.decode(Self.component(Self.section(.coreModule, module.bytes)))
    }
    #expect(error?.offset == Component.header.count + 2 + module.count - 1)
  }
}
