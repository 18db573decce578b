extension GuestMemory {
  /// The most buffers that one request may name; POSIX's `IOV_MAX` on every system that matters.
  static let maximumVectorCount: UInt32 = 1024

  /// The most bytes that one request moves (what Linux moves at most), so that the result fits 32 bits whatever
  /// overlapping buffers a guest names. More is a short read or write, as a guest must expect.
  static let maximumTransferCount = 0x7FFF_F000

  /// Calls `body` with host views of the guest's `iovec` table at `table`, all of them checked.
  ///
  /// The table is copied first: another thread of the guest may change it after the check. Nothing else is copied.
  @inline(__always)
  func withVectors<R>(
    at table: GuestPointer, count: UInt32, _ body: (IOBuffers) throws(Errno) -> R
  ) throws(Errno) -> R {
    if count == 1 {
      var buffer = try vector(0, of: table, limit: Self.maximumTransferCount)
      return try withUnsafeMutablePointer(to: &buffer) { pointer throws(Errno) in
        try body(IOBuffers(UnsafeBufferPointer(start: pointer, count: 1)))
      }
    }
    return try withManyVectors(at: table, count: count, body)
  }

  private func withManyVectors<R>(
    at table: GuestPointer, count: UInt32, _ body: (IOBuffers) throws(Errno) -> R
  ) throws(Errno) -> R {
    guard count <= Self.maximumVectorCount else { throw .inval }
    return try withUnsafeTemporaryAllocation(of: IOBuffer.self, capacity: Int(count)) { buffers throws(Errno) in
      var remaining = Self.maximumTransferCount
      for index in 0..<count {
        let buffer = try vector(index, of: table, limit: remaining)
        buffers.initializeElement(at: Int(index), to: buffer)
        remaining -= buffer.count
      }
      return try body(IOBuffers(UnsafeBufferPointer(buffers)))
    }
  }

  @inline(__always)
  private func vector(_ index: UInt32, of table: GuestPointer, limit: Int) throws(Errno) -> IOBuffer {
    let element = try element(index, of: table, stride: 8)
    let bytes = try bytes(at: element.load(UInt32.self, offset: 0), count: element.load(UInt32.self, offset: 4))
    return IOBuffer(base: bytes.baseAddress!, count: min(bytes.count, limit))
  }
}
