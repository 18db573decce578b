import WasmBinary
import WebAssembly

// The sections of a listing, and hex dumps. (Core specification 3.0, 5.5.2 "Sections".)
extension ModulePrinter {
  /// A printer for listings, which write indices as numbers.
  init(listing module: Module, _ bytes: UnsafeBufferPointer<UInt8>, _ names: NameSection) {
    self.init(module, bytes, .init(), names: names, isForText: false)
    showsIndices = true
  }

  /// Lists the sections with their offsets and sizes, without decoding them.
  mutating func listSections() {
    out.write("sections:\n")
    var reader = reader(min(SectionID.moduleHeader.count, bytes.count)..<bytes.count)
    var customSections = module.customSections[...]
    while !reader.isAtEnd {
      let start = reader.position
      guard let code = try? reader.readByte(), let size = try? reader.readU32() else {
        out.string("  incomplete section header at offset 0x\(String(start, radix: 16))\n")
        break
      }
      let place = reader.position
      guard let payload = try? reader.readBytes(Int(size)) else {
        listSection(code, place..<bytes.count, &customSections, size: Int(size))
        break
      }
      listSection(code, payload, &customSections)
    }
  }

  /// - Parameters:
  ///   - customSections: the decoded custom sections that are not listed yet.
  ///   - size: the size in bytes, if the section ends beyond the end of the binary.
  private mutating func listSection(
    _ code: UInt8, _ payload: Range<Int>, _ customSections: inout ArraySlice<Module.CustomSection>, size: Int? = nil
  ) {
    let start = out.count
    out.write("  ")
    out.string(Self.title(code))
    out.pad(from: start, to: 13)
    out.write("start=0x")
    out.hex(UInt64(payload.lowerBound), digits: 6)
    out.write(" end=0x")
    out.hex(UInt64(payload.upperBound), digits: 6)
    out.write(" size=")
    out.decimal(payload.count)
    if let size { return out.string(" of \(size): cut off\n") }
    var contents = reader(payload)
    switch SectionID(rawValue: code) {
    case nil: break
    case .custom:
      guard let name = customSections.popFirst()?.name else { break }
      out.pad(from: start, to: 57)
      out.nameLiteral(name)
    case .start:
      guard let function = try? contents.readU32() else { break }
      out.pad(from: start, to: 57)
      out.write("function: ")
      index(function, .function)
    default:
      guard let count = try? contents.readU32() else { break }
      out.pad(from: start, to: 57)
      out.write("count: ")
      out.decimal(count)
    }
    out.newLine()
  }

  private static func title(_ code: UInt8) -> String {
    switch SectionID(rawValue: code) {
    case .dataCount?: "data count"
    case let id?: "\(id)"
    case nil: "unknown \(code)"
    }
  }

  // MARK: Contents

  /// Lists the bytes of data segments and custom sections.
  mutating func listContents(_ sink: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
    for (position, segment) in module.dataSegments.enumerated() {
      out.newLine()
      listedDefinition("data", UInt32(position), .data)
      out.write(":\n")
      try hexDump(segment.data, sink)
    }
    for section in module.customSections {
      out.write("\ncustom ")
      out.nameLiteral(section.name)
      out.write(":\n")
      try hexDump(section.data, sink)
    }
  }

  private mutating func hexDump(
    _ range: Range<Int>, _ sink: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) throws {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 16) {
      let line = bytes[start..<min(start + 16, range.upperBound)]
      out.write("  ")
      out.hex(UInt64(start), digits: 6)
      out.write(": ")
      listBytes(line, width: 49)
      for byte in line { out.byte((0x20..<0x7F).contains(byte) ? byte : UInt8(ascii: ".")) }
      out.newLine()
      try flush(sink)
    }
  }

  /// Bytes in hexadecimal, padded to `width`.
  mutating func listBytes(_ line: Slice<UnsafeBufferPointer<UInt8>>, width: Int) {
    let start = out.count
    for (position, byte) in line.enumerated() {
      if position > 0 { out.byte(UInt8(ascii: " ")) }
      out.hexByte(byte)
    }
    out.pad(from: start, to: width)
  }

  /// A reference to a definition in a listing, for example `func[12] <main>`.
  mutating func listedDefinition(_ kind: StaticString, _ index: UInt32, _ space: Space) {
    out.write(kind)
    out.byte(UInt8(ascii: "["))
    out.decimal(index)
    out.byte(UInt8(ascii: "]"))
    if let identifier = identifiers[space][index] { name(identifier) }
  }
}
