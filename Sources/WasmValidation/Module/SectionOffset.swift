import WebAssembly

extension Module {
  /// The offset of a section's payload, or 0 if there is none: the place of errors in entries that do not record their own.
  /// O(number of sections).
  func offset(ofSection id: UInt8) -> Int {
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress, buffer.count > 8 else { return 0 }
      var reader = InstructionReader(base: base, range: 8..<buffer.count)
      while let section = try? reader.readByte(), let size = try? reader.readU32() {
        if section == id { return reader.position }
        guard Int(size) <= reader.remaining else { return 0 }
        reader.position += Int(size)
      }
      return 0
    }
  }
}
