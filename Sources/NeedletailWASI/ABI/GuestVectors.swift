extension GuestMemory {
  /// The most buffers in one request: POSIX's `IOV_MAX` on all supported systems.
  static let maximumVectorCount: UInt32 = 1024

  /// The most bytes that one request transfers, as on Linux. The result fits in 32 bits even if the guest's buffers
  /// overlap. Longer requests become short reads or writes, which a guest must expect.
  static let maximumTransferCount = 0x7FFF_F000

  /// Calls `body` with host views of the guest's `iovec` table at `table`, all of them bounds-checked.
  ///
  /// The table is copied first, because another thread of the guest can change it after the check. The data is not
  /// copied.
  ///
  /// - Throws: `EFAULT`; `EINVAL` if there are more than ``maximumVectorCount`` buffers; what `body` throws.
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
