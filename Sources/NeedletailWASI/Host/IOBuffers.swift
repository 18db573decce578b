/// One piece of memory to read into or write from, in the layout of C's `struct iovec`.
@frozen
public struct IOBuffer {
  public var base: UnsafeMutableRawPointer
  public var count: Int

  @inlinable
  public init(base: UnsafeMutableRawPointer, count: Int) {
    self.base = base
    self.count = count
  }

  /// The bytes as a buffer.
  @inlinable
  public var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count) }
}

/// The pieces of memory of one read or write, all inside the guest's memory, which may overlap. Valid only during the
/// call that hands them over.
public struct IOBuffers {
  public let buffers: UnsafeBufferPointer<IOBuffer>

  public init(_ buffers: UnsafeBufferPointer<IOBuffer>) { self.buffers = buffers }

  /// How many bytes there are in all; at most 2 GiB, by the checks of the guest ABI.
  public var totalCount: Int { buffers.reduce(0) { $0 + $1.count } }

  /// Calls `body` with what begins `offset` bytes into the whole, at most `limit` bytes of it. There must be some.
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

  /// Fills the pieces in turn from `source`; returns how many bytes were copied.
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
