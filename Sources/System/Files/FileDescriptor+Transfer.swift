#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A range of memory that is read into or written from: C's `struct iovec`.
@frozen @usableFromInline
package struct IOVector {
  @usableFromInline package var base: UnsafeMutableRawPointer?
  @usableFromInline package var byteCount: Int
}

/// Reads and writes. Each returns the number of bytes transferred, which may be fewer than requested; a read of 0 bytes is the end.
extension FileDescriptor {
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    try retrying { libcRead(number, buffer.baseAddress, buffer.count) }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
    try retrying { libcWrite(number, bytes.baseAddress, bytes.count) }
  }

  @inlinable @inline(__always)
  package func read(into vectors: UnsafeBufferPointer<IOVector>) throws(SystemError) -> Int {
    try withHostVectors(vectors) { vectors, count throws(SystemError) in
      try retrying {
        count == 1
          ? libcRead(number, vectors.pointee.iov_base, vectors.pointee.iov_len) : readv(number, vectors, count)
      }
    }
  }

  @inlinable @inline(__always)
  package func write(_ vectors: UnsafeBufferPointer<IOVector>) throws(SystemError) -> Int {
    try withHostVectors(vectors) { vectors, count throws(SystemError) in
      try retrying {
        count == 1
          ? libcWrite(number, vectors.pointee.iov_base, vectors.pointee.iov_len) : writev(number, vectors, count)
      }
    }
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
    try retrying { pread(number, buffer.baseAddress, buffer.count, off_t(offset)) }
  }

  package func read(into vectors: UnsafeBufferPointer<IOVector>, at offset: Int64) throws(SystemError) -> Int {
    try withHostVectors(vectors) { vectors, count throws(SystemError) in
      try retrying { preadv(number, vectors, count, off_t(offset)) }
    }
  }

  package func write(_ vectors: UnsafeBufferPointer<IOVector>, at offset: Int64) throws(SystemError) -> Int {
    try withHostVectors(vectors) { vectors, count throws(SystemError) in
      try retrying { pwritev(number, vectors, count, off_t(offset)) }
    }
  }

  /// Fills a buffer from an offset in a regular file, with several reads if necessary. Fewer bytes are read only if the file ends.
  package func fill(_ buffer: UnsafeMutableRawBufferPointer, from offset: Int64) throws(SystemError) -> Int {
    var count = 0
    while count < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
      let received = try read(into: rest, at: offset + Int64(count))
      if received == 0 { break }
      count += received
    }
    return count
  }

  /// Reads bytes at an offset in a regular file. Async-signal-safe.
  ///
  /// - Returns: whether all were read.
  package func fill(_ base: UnsafeMutableRawPointer, _ byteCount: Int, from offset: Int) -> Bool {
    var count = 0
    while count < byteCount {
      let received = pread(number, base + count, byteCount - count, off_t(offset + count))
      if received > 0 {
        count += received
      } else if received == 0 || errno != EINTR {
        return false
      }
    }
    return true
  }

  /// Writes all bytes, with several writes if necessary.
  package func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var written = 0
    while written < bytes.count { written += try write(UnsafeRawBufferPointer(rebasing: bytes[written...])) }
  }

  /// Writes as many bytes as the file takes at once; the rest is lost, and so are errors.
  ///
  /// A pipe that is ready for writing takes 4,096 bytes. (POSIX.1-2024, "write": `PIPE_BUF`.) A terminal may take fewer than it is asked to, and
  /// waits then. So its file is opened again, without waiting.
  package func writeWithoutWaiting(_ bytes: UnsafeRawBufferPointer) {
    #if os(Linux)
      if isTerminal {
        let path = "/proc/self/fd/\(number)"
        let flags = OpenFlags.writeOnly.union([.nonblocking, .noTerminal, .closeOnExecution])
        guard let other = try? FileDescriptor.open(path, flags) else { return }
        _ = try? other.write(bytes)
        other.closeIgnoringErrors()
        return
      }
    #endif
    guard (try? isReady(for: .writing)) == true else { return }
    _ = try? write(UnsafeRawBufferPointer(rebasing: bytes.prefix(4096)))
  }

  package func seek(by offset: Int64, from origin: SeekOrigin) throws(SystemError) -> Int64 {
    let position = lseek(number, off_t(offset), origin.host)
    guard position >= 0 else { throw .last }
    return Int64(position)
  }

  /// The origin of an offset.
  package enum SeekOrigin: Sendable {
    case start, current, end

    var host: Int32 {
      switch self {
      case .start: SEEK_SET
      case .current: SEEK_CUR
      case .end: SEEK_END
      }
    }
  }
}

/// Calls `body` with at least one vector of C.
@inlinable @inline(__always)
func withHostVectors<R>(
  _ vectors: UnsafeBufferPointer<IOVector>, _ body: (UnsafePointer<iovec>, Int32) throws(SystemError) -> R
) throws(SystemError) -> R {
  var none = iovec(iov_base: nil, iov_len: 0)
  guard let base = vectors.baseAddress, vectors.count > 0 else { return try body(&none, 1) }
  assert(MemoryLayout<IOVector>.size == MemoryLayout<iovec>.size)
  return try body(UnsafeRawPointer(base).assumingMemoryBound(to: iovec.self), Int32(clamping: vectors.count))
}

// C functions whose names are hidden by methods of the type.
@inlinable @inline(__always)
func libcRead(_ descriptor: Int32, _ base: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(descriptor, base, count)
}

@inlinable @inline(__always)
func libcWrite(_ descriptor: Int32, _ base: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, base, count)
}
