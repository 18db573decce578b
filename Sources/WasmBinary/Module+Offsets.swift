import WebAssembly

// The offsets of what a module's entries do not record. They are only needed for errors, so they are found by reading the
// section again.
extension Module {
  /// The offset of a section's payload; 0 if there is none. O(number of sections).
  package func offset(of section: SectionID) -> Int {
    reading { reader in reader.seek(section) ? reader.position : 0 }
  }

  /// The offset of a type definition, within its recursion group. O(size of the type section).
  package func offset(ofType index: Int) -> Int {
    offset(in: .type) { reader throws(DecodingError) in
      let limits = ModuleLimits()
      for group in recursionGroups {
        if group.count != 1 {
          _ = try reader.readByte()
          _ = try reader.readU32()
        }
        for type in group {
          if type == index { return }
          _ = try reader.readSubType(limits)
        }
      }
    }
  }

  /// The offset of a table, without the imported ones. O(size of the table section).
  package func offset(ofTable index: Int) -> Int {
    offset(in: .table) { reader throws(DecodingError) in
      for table in tables.prefix(index) {
        if let initializer = table.initializer {
          reader.position = initializer.upperBound
        } else {
          _ = try reader.readTableType()
        }
      }
    }
  }

  /// The offset of a memory, without the imported ones. O(size of the memory section).
  package func offset(ofMemory index: Int) -> Int {
    offset(in: .memory) { reader throws(DecodingError) in for _ in 0..<index { _ = try reader.readMemoryType() } }
  }

  /// The offset of a tag, without the imported ones. O(size of the tag section).
  package func offset(ofTag index: Int) -> Int {
    offset(in: .tag) { reader throws(DecodingError) in for _ in 0..<index { _ = try reader.readTagType() } }
  }

  /// The offset of a global, without the imported ones. O(1).
  package func offset(ofGlobal index: Int) -> Int {
    if index > 0 { return globals[index - 1].initializer.upperBound }
    return offset(in: .global) { _ in }
  }

  /// The offset that a closure reaches from the first entry of a section; that of the section if it fails.
  private func offset(
    in section: SectionID, _ skip: (inout InstructionReader) throws(DecodingError) -> Void
  ) -> Int {
    reading { reader in
      guard reader.seek(section) else { return 0 }
      let start = reader.position
      do throws(DecodingError) {
        _ = try reader.readU32()
        try skip(&reader)
        return reader.position
      } catch {
        return start
      }
    }
  }

  private func reading(_ body: (inout InstructionReader) -> Int) -> Int {
    bytes.withUnsafeBufferPointer { buffer in
      let start = SectionID.moduleHeader.count
      guard let base = buffer.baseAddress, buffer.count > start else { return 0 }
      var reader = InstructionReader(base: base, range: start..<buffer.count)
      return body(&reader)
    }
  }
}

extension InstructionReader {
  /// Moves to the payload of a section. Returns false if there is none.
  fileprivate mutating func seek(_ section: SectionID) -> Bool {
    while let code = try? readByte(), let size = try? readU32() {
      if code == section.rawValue { return true }
      guard Int(size) <= remaining else { return false }
      position += Int(size)
    }
    return false
  }
}
