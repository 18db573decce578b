import Testing

@testable import WasmInterpreter

/// The layouts of code instructions.
@Suite("Instruction formats")
struct InstructionFormatTests {
  /// All formats that handlers have, and variants of these.
  private static var formats: [any InstructionFormat.Type] {
    FormatIdentifier.allCases.map(\.format) + [
      ArrayNewFormat.self, ArrayNewFixedFormat.self, ArrayNewFromSegmentFormat.self, ArrayFillFormat.self,
      ArrayCopyFormat.self, ArrayInitializeFormat.self,
    ]
  }

  /// The properties of a format's instruction with all bits zero: names and values.
  private static func properties<Format: InstructionFormat>(_: Format.Type) -> [(name: String, value: Any)] {
    let words = UnsafeMutableRawPointer.allocate(byteCount: Format.byteCount, alignment: 8)
    defer { words.deallocate() }
    words.initializeMemory(as: UInt8.self, repeating: 0, count: Format.byteCount)
    return Mirror(reflecting: words.load(as: Format.self)).children.map { ($0.label ?? "", $0.value) }
  }

  private static func size(_ property: Any) -> Int {
    func size<Operand: OperandField>(_: Operand) -> Int { MemoryLayout<Operand>.size }
    return (property as? any OperandField).map { size($0) } ?? MemoryLayout<HandlerWord>.size
  }

  @Test("Every identifier is that of its format, and handlers have all formats")
  func identifiers() {
    for identifier in FormatIdentifier.allCases { #expect(identifier.format.identifier == identifier) }
    let used = Set((0..<HandlerTable.shared.count).map { HandlerTable.shared.format($0) })
    #expect(used == Set(FormatIdentifier.allCases))
  }

  @Test("The fields of a format follow each other without gaps, and fill whole words")
  func layout() {
    for format in Self.formats {
      let properties = Self.properties(format)
      #expect(properties.first?.name == "handler" && properties.first?.value is HandlerWord, "\(format)")
      let sizes = properties.map { Self.size($0.value) }
      #expect(sizes.reduce(0, +) == format.byteCount, "\(format) has padding")
      #expect(format.byteCount % 8 == 0, "\(format) does not end at a word")
      // A field of a natural size at a multiple of that size needs no padding before it.
      var offset = 0
      for (property, size) in zip(properties, sizes) {
        #expect(size > 0 && offset % size == 0, "\(property.name) of \(format)")
        offset += size
      }
    }
  }

  @Test("Every field is an operand with a name; exactly the unused ones have no text")
  func names() {
    let context = OperandContext(position: 0) { _ in nil }
    for format in Self.formats {
      for (name, value) in Self.properties(format).dropFirst() {
        guard let operand = value as? any OperandField else {
          Issue.record("\(name) of \(format) is no operand")
          continue
        }
        let isUnused = value is Unused16 || value is Unused32
        #expect((operand.text(in: context) == nil) == isUnused, "\(name) of \(format)")
      }
    }
  }

  @Test("Results are the first operand of their formats; so are branch offsets")
  func headers() throws {
    #expect(MemoryLayout<ResultHeader>.offset(of: \.destination) == MemoryLayout<HandlerWord>.size)
    #expect(MemoryLayout<BranchHeader>.offset(of: \.target) == MemoryLayout<HandlerWord>.size)
    for format in Self.formats {
      let properties = Self.properties(format)
      if format is any ResultFormat.Type { #expect(properties[1].value is Destination, "\(format)") }
      if format is any BranchingFormat.Type { #expect(properties[1].value is BranchOffset, "\(format)") }
    }
  }

  @Test("Variants of a format have its size, and what they have in common in the same places")
  func variants() throws {
    let variants: [any ArrayFormat.Type] = [
      ArrayNewFormat.self, ArrayNewFixedFormat.self, ArrayNewFromSegmentFormat.self, ArrayFillFormat.self,
      ArrayCopyFormat.self, ArrayInitializeFormat.self,
    ]
    let shared = Self.offsets(ArrayBulkFormat.self)
    for variant in variants {
      #expect(variant.identifier == .arrayBulk)
      #expect(variant.byteCount == ArrayBulkFormat.byteCount)
      let offsets = Self.offsets(variant)
      for name in ["type", "wordCount", "instruction"] {
        #expect(offsets[name] == shared[name], "\(name) of \(variant)")
      }
    }
  }

  private static func offsets(_ format: any InstructionFormat.Type) -> [String: Int] {
    var offsets: [String: Int] = [:]
    var offset = 0
    for property in properties(format) {
      offsets[property.name] = offset
      offset += size(property.value)
    }
    return offsets
  }
}
