extension VirtualMemory {
  /// The number of the process's memory mappings and its limit, if the limit is reached; nil also if they are unknown. Each store and each
  /// memory has a few mappings.
  package static var exhaustedMappings: (count: Int, limit: Int)? {
    #if os(Linux)
      guard let limit = number(inFile: "/proc/sys/vm/max_map_count"),
        let count = lineCount(ofFile: "/proc/self/maps"), count + 16 >= limit
      else { return nil }
      return (count, limit)
    #else
      return nil
    #endif
  }

  #if os(Linux)
    private static func number(inFile path: String) -> Int? {
      var text = ""
      guard readFile(path, { text += String(decoding: $0, as: UTF8.self) }) else { return nil }
      return Int(text.prefix { $0.isNumber })
    }

    private static func lineCount(ofFile path: String) -> Int? {
      var count = 0
      return readFile(path, { for byte in $0 where byte == UInt8(ascii: "\n") { count += 1 } }) ? count : nil
    }

    /// Calls `body` with the bytes of a file, in pieces. Returns false if it cannot be read.
    private static func readFile(_ path: String, _ body: (UnsafeRawBufferPointer) -> Void) -> Bool {
      guard let descriptor = try? FileDescriptor.open(path, [.readOnly, .closeOnExecution]) else { return false }
      defer { descriptor.closeIgnoringErrors() }
      return withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
        while true {
          guard let count = try? descriptor.read(into: buffer) else { return false }
          guard count > 0 else { return true }
          body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
      }
    }
  #endif
}
