/// A range of memory to read into or write from, in the layout of C's `struct iovec`.
@frozen
public struct IOBuffer {
  /// The first byte.
  public var base: UnsafeMutableRawPointer
  /// The number of bytes.
  public var count: Int

  /// - Parameters:
  ///   - base: the first byte.
  ///   - count: the number of bytes.
  @inlinable
  public init(base: UnsafeMutableRawPointer, count: Int) {
    self.base = base
    self.count = count
  }

  /// The bytes as a buffer.
  @inlinable
  public var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count) }
}

/// The buffers of one read or write. All of them are in the guest's memory and may overlap. Valid only during the call
/// that passes them.
public struct IOBuffers {
  /// The buffers in order.
  public let buffers: UnsafeBufferPointer<IOBuffer>

  /// - Parameter buffers: the buffers in order.
  public init(_ buffers: UnsafeBufferPointer<IOBuffer>) { self.buffers = buffers }

  /// The total number of bytes; at most 2 GiB, as checked by the guest ABI.
  public var totalCount: Int { buffers.reduce(0) { $0 + $1.count } }

  /// Calls `body` with at most `limit` bytes of the buffers, starting at byte `offset` of the whole. There must be at
  /// least one byte there.
  func withPiece<R>(
    from offset: Int, limit: Int, _ body: (IOBuffers) throws(Errno) -> R
  ) throws(Errno) -> R {
    try withUnsafeTemporaryAllocation(of: IOBuffer.self, capacity: max(buffers.count, 1)) { piece throws(Errno) in
      var (skipped, taken, used) = (0, 0, 0)
      for buffer in buffers where taken < limit {
        let start = min(offset - skipped, buffer.count)
        skipped += start
        let count = min(buffer.count - start, limit - taken)
        guard count > 0 else { continue }
        piece.initializeElement(at: used, to: IOBuffer(base: buffer.base + start, count: count))
        used += 1
        taken += count
      }
      return try body(IOBuffers(UnsafeBufferPointer(rebasing: piece[..<used])))
    }
  }

  /// Copies bytes from `source` to the buffers in order; returns the number of bytes copied.
  public func copy(from source: UnsafeRawBufferPointer) -> Int {
    var copied = 0
    for buffer in buffers where copied < source.count {
      let count = min(buffer.count, source.count - copied)
      copyBytes(
        from: UnsafeRawBufferPointer(rebasing: source[copied..<copied + count]),
        to: UnsafeMutableRawBufferPointer(start: buffer.base, count: count))
      copied += count
    }
    return copied
  }
}
