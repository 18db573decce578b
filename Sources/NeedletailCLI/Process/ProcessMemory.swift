import NeedletailSystem

/// The memory of this process.
enum ProcessMemory {
  /// The most that was resident at once, in bytes.
  static var peakResidentByteCount: UInt64 {
    #if os(Linux)
      // Unlike `getrusage`, this does not count the program that called `exec`.
      if let status = try? Files.read("/proc/self/status"), let bytes = peak(in: status) { return bytes }
    #endif
    return CurrentProcess.peakResidentByteCount
  }

  /// The line `VmHWM:   12345 kB`.
  private static func peak(in status: [UInt8]) -> UInt64? {
    for line in status.split(separator: UInt8(ascii: "\n")) where line.starts(with: "VmHWM:".utf8) {
      let digits = line.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      return UInt64(String(decoding: digits, as: UTF8.self)).map { $0 << 10 }
    }
    return nil
  }
}
